-- +goose Up
-- What a meeting adds to its post: when, where, how many. Times are unix
-- milliseconds; zone is the IANA name of where it happens.
create table meeting (
  post_id      bigint  primary key references post (id) on delete cascade,
  kind         text    not null default 'meeting',
  uid          text    not null unique,
  sequence     bigint  not null default 0,
  starts_at    bigint  not null,
  ends_at      bigint  not null,
  zone         text    not null,
  place        text    not null default '',
  address      text    not null default '',
  postcode     text    not null default '',
  city         text    not null default '',
  remote_url   text    not null default '',
  online       boolean not null default false,
  capacity     bigint  not null default 0,
  companions   bigint  not null default 0,
  status       text    not null default 'confirmed',
  status_note  text    not null default '',
  register_url text    not null default '',
  group_id     bigint  not null default 0,
  next_rank    bigint  not null default 1,
  keep_list    boolean not null default false,
  minutes      text    not null default '',
  replay_url   text    not null default '',
  changed_at   bigint  not null
);
create index meeting_start on meeting (starts_at);
create index meeting_end on meeting (ends_at);

create table meeting_item (
  post_id   bigint  not null references meeting (post_id) on delete cascade,
  position  bigint  not null,
  at        text    not null default '',
  title     text    not null,
  note      text    not null default '',
  decision  boolean not null default false,
  primary key (post_id, position)
);

-- Who said whether they come. account_id is 0 for a visitor, who has an address
-- for mail instead. rank is the order of arrival, which the waiting list keeps.
create table meeting_seat (
  id           bigint  primary key,
  post_id      bigint  not null references meeting (post_id) on delete cascade,
  account_id   bigint  not null default 0,
  email        text    not null default '',
  name         text    not null default '',
  answer       text    not null,
  state        text    not null,
  companions   bigint  not null default 0,
  rank         bigint  not null default 0,
  join_uri     text    not null default '',
  token_hash   text    not null default '',
  present_at   bigint  not null default 0,
  created_at   bigint  not null
);
create unique index meeting_seat_who on meeting_seat (post_id, account_id, email);
create index meeting_seat_account on meeting_seat (account_id) where account_id <> 0;
create index meeting_seat_join on meeting_seat (join_uri) where join_uri <> '';
create index meeting_seat_token on meeting_seat (token_hash) where token_hash <> '';

-- The address under which a person's calendar is read without signing in.
create table meeting_feed (
  account_id bigint primary key,
  token_hash text   not null unique,
  created_at bigint not null
);
