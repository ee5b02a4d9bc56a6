-- +goose Up
-- How far somebody has read in a thread of direct posts, and up to where they
-- put it away. A thread without a row is unread and in the list.
create table conversation_state (
  account_id bigint not null references account (id) on delete cascade,
  thread_id  bigint not null,
  read_up_to bigint not null default 0,
  away_up_to bigint not null default 0,
  primary key (account_id, thread_id)
);
