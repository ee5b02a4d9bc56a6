-- +goose Up
-- The threads of other groups that a group carries, because it follows them. Of a
-- group of ours, dropped are those that its own moderation took out again.
create table group_carried (
  group_id  bigint  not null references account (id) on delete cascade,
  thread_id bigint  not null references post (id) on delete cascade,
  dropped   boolean not null default false,
  at        bigint  not null,
  primary key (group_id, thread_id)
);
create index group_carried_thread on group_carried (thread_id);
