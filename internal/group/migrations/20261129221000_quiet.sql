-- +goose Up
-- Who does not want to stand on the page of contributions of a group.
create table group_quiet (
  group_id   bigint not null references account (id) on delete cascade,
  account_id bigint not null references account (id) on delete cascade,
  primary key (group_id, account_id)
);
