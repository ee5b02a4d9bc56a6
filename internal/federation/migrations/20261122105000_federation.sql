-- +goose Up
-- Activities that arrived and whose signature holds, once each however often
-- they are sent. The body goes once it is worked off; id and state stay for a
-- month, longer than any signature is valid.
create table inbox_item (
  id          text   primary key,
  seq         bigint not null unique,
  actor       text   not null,
  kind        text   not null,
  body        blob,
  state       bigint not null default 0,
  error       text   not null default '',
  received_at bigint not null
);
create index inbox_item_waiting on inbox_item (actor, seq) where state = 0;
create index inbox_item_age on inbox_item (received_at);

-- Requests signed with a key that is not known yet, with what checking the
-- signature needs. Nothing else reads them.
create table inbox_unverified (
  id          bigint primary key,
  key_id      text   not null,
  host        text   not null,
  target      text   not null,
  authority   text   not null,
  headers     text   not null,
  body        blob   not null,
  received_at bigint not null
);
create index inbox_unverified_host on inbox_unverified (host);
create index inbox_unverified_key on inbox_unverified (key_id, id);

-- What is remembered of other servers: the signature scheme that they take.
create table peer (
  host      text   primary key,
  scheme    text   not null,
  learnt_at bigint not null
);
