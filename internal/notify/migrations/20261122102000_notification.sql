-- +goose Up
create table notification (
  id         bigint  primary key,
  account_id bigint  not null references account (id) on delete cascade,
  kind       text    not null,
  from_id    bigint  not null references account (id) on delete cascade,
  post_id    bigint  not null default 0,
  created_at bigint  not null,
  unique (account_id, kind, from_id, post_id)
);
create index notification_page on notification (account_id, id);
create index notification_post on notification (post_id) where post_id <> 0;

-- How far somebody has read.
create table notification_mark (
  account_id bigint primary key references account (id) on delete cascade,
  last_read  bigint not null
);
