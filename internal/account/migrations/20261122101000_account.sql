-- +goose Up
create table account (
  id             bigint  primary key,
  uri            text    not null unique,
  kind           text    not null,
  username       text    not null,
  host           text    not null default '',
  handle         text    not null unique,
  display_name   text    not null default '',
  note           text    not null default '',
  note_source    text    not null default '',
  fields         text    not null default '[]',
  url            text    not null default '',
  inbox          text    not null default '',
  shared_inbox   text    not null default '',
  outbox         text    not null default '',
  followers      text    not null default '',
  following      text    not null default '',
  featured       text    not null default '',
  avatar         text    not null default '',
  header         text    not null default '',
  key_id         text    not null default '',
  public_key     text    not null default '',
  locked         boolean not null default false,
  bot            boolean not null default false,
  discoverable   boolean not null default false,
  indexable      boolean not null default false,
  reachable      boolean not null default false,
  public         boolean not null default false,
  posts_count    bigint  not null default 0,
  followers_count bigint not null default 0,
  following_count bigint not null default 0,
  last_post_at   bigint  not null default 0,
  moved_to       text    not null default '',
  suspended_at   bigint  not null default 0,
  deleted_at     bigint  not null default 0,
  created_at     bigint  not null,
  updated_at     bigint  not null,
  fetched_at     bigint  not null default 0
);
create index account_host on account (host, id);
create index account_inbox on account (inbox) where host <> '';
create index account_shared_inbox on account (shared_inbox) where host <> '' and shared_inbox <> '';
create index account_key_id on account (key_id) where key_id <> '';

-- Private keys of our own actors, apart from the rows that pages read.
create table account_key (
  account_id  bigint primary key references account (id) on delete cascade,
  private_key text   not null,
  created_at  bigint not null
);

-- What somebody agreed to, with the words they read. Withdrawing keeps the row.
create table consent (
  id           bigint primary key,
  account_id   bigint not null references account (id) on delete cascade,
  kind         text   not null,
  words        text   not null,
  given_at     bigint not null,
  withdrawn_at bigint not null default 0
);
create index consent_account on consent (account_id, kind);
