-- +goose Up
create table person_list (
  id         bigint  primary key,
  account_id bigint  not null references account (id) on delete cascade,
  title      text    not null,
  replies    text    not null,
  exclusive  boolean not null default false
);
create index person_list_account on person_list (account_id, id);

create table list_member (
  list_id    bigint not null references person_list (id) on delete cascade,
  account_id bigint not null references account (id) on delete cascade,
  id         bigint not null unique,
  primary key (list_id, account_id)
);
create index list_member_account on list_member (account_id, list_id);
