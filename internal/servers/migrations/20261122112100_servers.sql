-- +goose Up
-- What another server refused for good of a post: it has no copy by this way.
create table post_undelivered (
  post_id bigint not null references post (id) on delete cascade,
  inbox   text   not null,
  error   text   not null,
  at      bigint not null,
  primary key (post_id, inbox)
);

-- First words of newcomers from servers that nobody here follows, with a link or
-- a picture in them: the account is limited until somebody has looked.
create table held_first (
  account_id bigint primary key references account (id) on delete cascade,
  post_uri   text   not null,
  at         bigint not null
);

-- Relays that pass public posts on. actor is known once it has answered.
create table relay (
  id         bigserial primary key,
  inbox      text   not null unique,
  actor      text   not null default '',
  style      text   not null,
  follow_uri text   not null unique,
  state      text   not null,
  created_at bigint not null
);
