-- +goose Up
-- What somebody complained about. account_id is who did: one of ours, an actor of
-- another server, or 0 when the account was deleted since.
create table report (
  id          bigint  primary key,
  account_id  bigint  not null,
  target_id   bigint  not null references account (id) on delete cascade,
  uri         text    not null unique,
  category    text    not null,
  comment     text    not null,
  rules       text    not null default '',
  forwarded   boolean not null default false,
  created_at  bigint  not null,
  resolved_at bigint  not null default 0,
  resolved_by bigint  not null default 0
);
create index report_open on report (resolved_at, id);
create index report_target on report (target_id, id);
create index report_account on report (account_id) where account_id <> 0;

create table report_post (
  report_id bigint not null references report (id) on delete cascade,
  post_id   bigint not null,
  primary key (report_id, post_id)
);

-- Who among the moderators did what, when and why. Rows are only added, each with
-- a hash over itself and the one before. Accounts enter the hash by a mark made
-- with a nonce of the row, so that a deleted account can be taken out (0).
create table staff_log (
  id          bigint primary key,
  at          bigint not null,
  by_id       bigint not null,
  target_id   bigint not null,
  act         text   not null,
  report_id   bigint not null,
  post_id     bigint not null,
  why         text   not null,
  nonce       text   not null,
  by_mark     text   not null,
  target_mark text   not null,
  hash        text   not null
);
create index staff_log_report on staff_log (report_id, id);
create index staff_log_by on staff_log (by_id) where by_id <> 0;
create index staff_log_target on staff_log (target_id, id) where target_id <> 0;

-- The last hash, so that two moderators at once make one chain.
create table staff_log_head (
  one  bigint primary key,
  id   bigint not null,
  hash text   not null
);
insert into staff_log_head (one, id, hash) values (1, 0, '');
