-- +goose Up
-- What somebody told those who moderate a group of ours about a message in it.
-- account_id is 0 for the people of other servers, who stay unnamed.
create table group_report (
  id          bigint primary key,
  group_id    bigint not null references account (id) on delete cascade,
  post_id     bigint not null references post (id) on delete cascade,
  account_id  bigint not null,
  uri         text   not null unique,
  reason      text   not null,
  created_at  bigint not null,
  resolved_at bigint not null default 0
);
create index group_report_group on group_report (group_id, resolved_at, id);
