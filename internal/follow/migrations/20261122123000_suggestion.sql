-- +goose Up
-- Whom somebody does not want suggested again.
create table suggestion_refused (
  account_id bigint not null references account (id) on delete cascade,
  target_id  bigint not null references account (id) on delete cascade,
  primary key (account_id, target_id)
);
create index suggestion_refused_target on suggestion_refused (target_id);
