-- +goose Up
-- A group of ours; its name, address and keys are those of its account.
create table group_info (
  account_id bigint  primary key references account (id) on delete cascade,
  access     text    not null,
  secret     boolean not null,
  joining    text    not null,
  posting    text    not null,
  charter    text    not null default '',
  icon       text    not null default 'users',
  created_at bigint  not null
);

-- Who belongs to a group of ours, asked to, is invited or may not come back.
create table group_member (
  group_id   bigint not null references account (id) on delete cascade,
  account_id bigint not null references account (id) on delete cascade,
  role       text   not null,
  state      text   not null,
  by_id      bigint not null default 0,
  since      bigint not null,
  primary key (group_id, account_id)
);
create index group_member_account on group_member (account_id, group_id);

-- The posts of groups, ours and others' as far as they are known here.
create table group_post (
  post_id    bigint primary key references post (id) on delete cascade,
  group_id   bigint not null references account (id) on delete cascade,
  thread_id  bigint not null,
  state      text   not null,
  by_id      bigint not null default 0,
  reason     text   not null default '',
  decided_at bigint not null default 0
);
create index group_post_group on group_post (group_id, state, post_id);
create index group_post_thread on group_post (thread_id, post_id);

-- A thread is its first post and what the group says of it.
create table group_thread (
  post_id    bigint primary key references post (id) on delete cascade,
  group_id   bigint not null references account (id) on delete cascade,
  topic_id   bigint not null default 0,
  pinned_at  bigint not null default 0,
  locked_at  bigint not null default 0,
  posts      bigint not null default 1,
  last_at    bigint not null,
  summary    text   not null default '',
  summary_by bigint not null default 0,
  summary_at bigint not null default 0
);
create index group_thread_group on group_thread (group_id, last_at);

create table group_topic (
  id       bigint primary key,
  group_id bigint not null references account (id) on delete cascade,
  name     text   not null,
  place    bigint not null
);
create index group_topic_group on group_topic (group_id, place);

-- The journal: what was done, by whom, to whom or what, why. Only ever added to.
create table group_log (
  id         bigint primary key,
  group_id   bigint not null references account (id) on delete cascade,
  by_id      bigint not null,
  act        text   not null,
  account_id bigint not null default 0,
  post_id    bigint not null default 0,
  reason     text   not null default '',
  at         bigint not null
);
create index group_log_group on group_log (group_id, id);

-- The activities that a group of ours passed on, so that each goes out once.
create table group_passed (
  group_id bigint not null references account (id) on delete cascade,
  uri      text   not null,
  at       bigint not null,
  primary key (group_id, uri)
);
