-- +goose Up
-- People without an account here who take part in what is open to all: known by
-- an address that they confirmed, or by the account that they have elsewhere.
-- Times are unix milliseconds; a visitor is forgotten at expires_at.
create table visitor (
  id          bigint primary key,
  email       text   not null default '',
  email_fold  text   not null default '',
  handle      text   not null default '',
  account_id  bigint not null default 0,
  name        text   not null,
  lang        text   not null,
  created_at  bigint not null,
  expires_at  bigint not null
);
create unique index visitor_email on visitor (email_fold) where email_fold <> '';
create unique index visitor_handle on visitor (handle) where handle <> '';
create index visitor_account on visitor (account_id) where account_id <> 0;

create table visitor_session (
  hash        text   primary key,
  visitor_id  bigint not null references visitor (id) on delete cascade,
  expires_at  bigint not null
);
create index visitor_session_visitor on visitor_session (visitor_id);

-- Addresses that wait to be confirmed, each with what the person wants to do.
create table visitor_ask (
  hash        text   primary key,
  email       text   not null,
  name        text   not null,
  lang        text   not null,
  act         text   not null,
  payload     text   not null,
  back        text   not null,
  expires_at  bigint not null
);
create index visitor_ask_expires on visitor_ask (expires_at);
