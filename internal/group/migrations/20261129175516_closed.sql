-- +goose Up
-- The servers whose software keeps our profile of closed groups.
create table group_host (
  host    text   primary key,
  seen_at bigint not null
);

-- What was answered about who reads what is for the members of a group of another
-- server: a server of theirs, and until when the answer is good.
create table group_vouch (
  group_id bigint  not null references account (id) on delete cascade,
  host     text    not null,
  yes      boolean not null,
  until_ms bigint  not null,
  primary key (group_id, host)
);

-- The activities of members of a closed group that wait for a moderator with their posts.
create table group_held (
  post_id bigint primary key references post (id) on delete cascade,
  body    blob   not null
);

-- The invitations of our people into groups of other servers.
create table group_invitation (
  id         bigint primary key,
  account_id bigint not null references account (id) on delete cascade,
  group_id   bigint not null references account (id) on delete cascade,
  by_id      bigint not null,
  uri        text   not null,
  at         bigint not null,
  unique (account_id, group_id)
);
