-- +goose Up
-- Small pictures that stand for words like :this: in what the people of a server
-- write. Ours (host '') have a file, those of others the address of one.
create table emoji (
  id         bigint  primary key,
  host       text    not null default '',
  shortcode  text    not null,
  uri        text    not null default '',
  url        text    not null default '',
  type       text    not null default '',
  file       text    not null default '',
  category   text    not null default '',
  disabled   boolean not null default false,
  created_at bigint  not null,
  updated_at bigint  not null,
  unique (host, shortcode)
);
