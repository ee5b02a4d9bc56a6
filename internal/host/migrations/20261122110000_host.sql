-- +goose Up
-- What is done with another server and those below it. The host '*' stands for
-- all that are not named.
create table host_policy (
  host       text   primary key,
  level      text   not null,
  note       text   not null default '',
  created_at bigint not null
);
