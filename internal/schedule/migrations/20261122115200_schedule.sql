-- +goose Up
-- Posts that wait for their time, with the parameters they were sent with.
create table scheduled_post (
  id         bigint primary key,
  account_id bigint not null references account (id) on delete cascade,
  at         bigint not null,
  params     text   not null,
  visibility text   not null,
  audience   text   not null,
  key        text   not null default '',
  app_id     bigint not null default 0,
  problem    text   not null default '',
  created_at bigint not null
);
create index scheduled_post_account on scheduled_post (account_id, id);
-- Repeated requests of an app give the same.
create unique index scheduled_post_key on scheduled_post (account_id, key) where key <> '';
