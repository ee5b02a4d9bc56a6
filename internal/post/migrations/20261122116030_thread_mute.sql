-- +goose Up
-- Threads of which somebody wants no more notifications.
create table thread_mute (
  account_id bigint not null references account (id) on delete cascade,
  thread_id  bigint not null,
  created_at bigint not null,
  primary key (account_id, thread_id)
);
