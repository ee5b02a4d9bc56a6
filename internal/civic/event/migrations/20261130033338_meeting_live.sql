-- +goose Up
-- A meeting as it happens: when each point of its agenda began, where one
-- watches, when the recording began and when it was over. 0 is not yet.
alter table meeting_item add column began_at bigint not null default 0;

create table meeting_live (
  post_id       bigint primary key references meeting (post_id) on delete cascade,
  watch_url     text   not null default '',
  recording_at  bigint not null default 0,
  ended_at      bigint not null default 0
);

-- What those who come say to each other during it.
create table meeting_message (
  id          bigint primary key,
  post_id     bigint not null references meeting (post_id) on delete cascade,
  account_id  bigint not null default 0,
  visitor_id  bigint not null default 0,
  body        text   not null,
  created_at  bigint not null
);
create index meeting_message_post on meeting_message (post_id, id);
create index meeting_message_account on meeting_message (account_id) where account_id <> 0;
create index meeting_message_visitor on meeting_message (visitor_id) where visitor_id <> 0;
