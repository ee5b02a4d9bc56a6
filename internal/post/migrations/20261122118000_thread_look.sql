-- +goose Up
-- When a thread was last completed by asking other servers.
create table thread_look (
  thread_id bigint primary key,
  at        bigint not null
);
