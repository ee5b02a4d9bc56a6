-- +goose Up
-- Pictures, sounds and videos: of posts (post_id, or 0 until they are in one),
-- and of profiles. key names them in addresses; file and small_file name what
-- the store of files holds, '' for nothing. Those of other servers have
-- remote_url, and files only while somebody here looks at them (remote_file).
create table media (
  id          bigint  primary key,
  key         text    not null unique,
  account_id  bigint  not null references account (id) on delete cascade,
  post_id     bigint  not null default 0,
  place       bigint  not null default 0,
  use         text    not null,
  kind        text    not null,
  state       text    not null,
  remote_url  text    not null default '',
  type        text    not null default '',
  file        text    not null default '',
  small_type  text    not null default '',
  small_file  text    not null default '',
  width       bigint  not null default 0,
  height      bigint  not null default 0,
  small_w     bigint  not null default 0,
  small_h     bigint  not null default 0,
  duration    bigint  not null default 0,
  size        bigint  not null default 0,
  description text    not null default '',
  blurhash    text    not null default '',
  focus_x     bigint  not null default 0,
  focus_y     bigint  not null default 0,
  created_at  bigint  not null
);
create index media_post on media (post_id, place) where post_id <> 0;
create index media_account on media (account_id, use);
create index media_loose on media (created_at) where post_id = 0 and use = 'post';

-- The keys of what was here and is gone, which says nothing of what it was.
create table media_gone (
  key     text   primary key,
  gone_at bigint not null
);
create index media_gone_age on media_gone (gone_at);

-- Files of other servers, by the hash of their address and what they are used
-- for, while they are looked at. failed_at is when one could not be had.
create table remote_file (
  hash       text   primary key,
  url        text   not null,
  type       text   not null default '',
  file       text   not null default '',
  small_type text   not null default '',
  small_file text   not null default '',
  width      bigint not null default 0,
  height     bigint not null default 0,
  size       bigint not null default 0,
  failed_at  bigint not null default 0,
  fetched_at bigint not null,
  used_at    bigint not null
);
create index remote_file_used on remote_file (used_at);
create index remote_file_url on remote_file (url);
