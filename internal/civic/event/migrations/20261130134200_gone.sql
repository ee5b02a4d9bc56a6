-- +goose Up
-- What a notification says of a meeting that is no more.
create table meeting_gone (
  id         bigint primary key,
  title      text   not null,
  starts_at  bigint not null,
  ends_at    bigint not null,
  zone       text   not null,
  created_at bigint not null
);
create index meeting_gone_at on meeting_gone (created_at);
