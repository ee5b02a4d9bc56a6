-- +goose Up
-- What those who keep a group of another server from here asked its server to do.
create table group_ask (
  id         bigint primary key,
  account_id bigint not null references account (id) on delete cascade,
  group_id   bigint not null references account (id) on delete cascade,
  uri        text   not null unique, -- of the activity
  act        text   not null,
  post_id    bigint not null, -- the thread or the message, 0 for none
  about_id   bigint not null, -- who is put out, or the group that is to have the thread; 0 for none
  state      text   not null, -- asked, done, refused, silent
  reason     text   not null default '',
  at         bigint not null
);
create index group_ask_group on group_ask (group_id, post_id);
create index group_ask_account on group_ask (account_id);

-- The Move by which a moderator of another server asked to offer a thread.
alter table group_transfer add column asked text not null default '';
