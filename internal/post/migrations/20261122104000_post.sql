-- +goose Up
create table post (
  id             bigint  primary key,
  uri            text    not null unique,
  url            text    not null default '',
  account_id     bigint  not null references account (id) on delete cascade,
  local          boolean not null,
  kind           text    not null default 'note',
  audience       text    not null,
  listed         boolean not null default true,
  scope_id       bigint  not null default 0,
  title          text    not null default '',
  content        text    not null default '',
  source         text    not null default '',
  warning        text    not null default '',
  sensitive      boolean not null default false,
  lang           text    not null default '',
  reply_to_id    bigint  not null default 0,
  reply_to_account bigint not null default 0,
  reply_to_uri   text    not null default '',
  thread_id      bigint  not null,
  boost_of_id    bigint  not null default 0,
  app_id         bigint  not null default 0,
  replies_count  bigint  not null default 0,
  boosts_count   bigint  not null default 0,
  likes_count    bigint  not null default 0,
  created_at     bigint  not null,
  edited_at      bigint  not null default 0,
  deleted_at     bigint  not null default 0
);
create index post_account on post (account_id, id);
create index post_thread on post (thread_id, id);
create index post_reply on post (reply_to_id) where reply_to_id <> 0;
create index post_waiting on post (reply_to_uri) where reply_to_uri <> '' and reply_to_id = 0;
create index post_public on post (id) where audience = 'public' and listed and boost_of_id = 0 and deleted_at = 0;
create index post_local on post (id) where local and boost_of_id = 0 and deleted_at = 0;
create unique index post_boost on post (boost_of_id, account_id) where boost_of_id <> 0 and deleted_at = 0;

create table post_mention (
  post_id    bigint not null references post (id) on delete cascade,
  account_id bigint not null references account (id) on delete cascade,
  primary key (post_id, account_id)
);
create index post_mention_account on post_mention (account_id, post_id);

create table post_tag (
  post_id bigint not null references post (id) on delete cascade,
  tag     text   not null,
  shown   text   not null,
  primary key (post_id, tag)
);
create index post_tag_tag on post_tag (tag, post_id);

create table post_revision (
  id         bigint  primary key,
  post_id    bigint  not null references post (id) on delete cascade,
  content    text    not null,
  source     text    not null,
  warning    text    not null,
  sensitive  boolean not null,
  created_at bigint  not null
);
create index post_revision_post on post_revision (post_id, id);

create table post_like (
  account_id bigint not null references account (id) on delete cascade,
  post_id    bigint not null references post (id) on delete cascade,
  id         bigint not null unique,
  uri        text   not null unique,
  created_at bigint not null,
  primary key (account_id, post_id)
);
create index post_like_post on post_like (post_id, id);

-- Who may read a post for a group or for the movement: accounts of a group,
-- hosts of affiliated servers. Written by the slices that own groups and
-- affiliation, read by the one predicate.
create table audience_account (
  scope_id   bigint not null,
  account_id bigint not null references account (id) on delete cascade,
  primary key (scope_id, account_id)
);
create table audience_host (
  host text primary key
);

-- The document of a post: as sent when it is ours, as received otherwise.
create table post_document (
  post_id bigint primary key references post (id) on delete cascade,
  body    blob   not null
);

-- The inboxes that were sent a post, so that its edit and its deletion reach them.
create table post_copy (
  post_id bigint not null references post (id) on delete cascade,
  inbox   text   not null,
  primary key (post_id, inbox)
);

-- Answers to a client's repeated request, by account and key.
create table post_idempotency (
  account_id bigint not null references account (id) on delete cascade,
  key        text   not null,
  post_id    bigint not null,
  created_at bigint not null,
  primary key (account_id, key)
);
create index post_idempotency_age on post_idempotency (created_at);

-- Ids of objects whose deletion arrived, known here or not: they never come back.
create table tombstone (
  uri        text   primary key,
  deleted_at bigint not null
);
