-- +goose Up
create table follow (
  account_id bigint  not null references account (id) on delete cascade,
  target_id  bigint  not null references account (id) on delete cascade,
  id         bigint  not null unique,
  uri        text    not null unique,
  accepted   boolean not null,
  boosts     boolean not null default true,
  created_at bigint  not null,
  primary key (account_id, target_id)
);
create index follow_target on follow (target_id, accepted, account_id);
