-- +goose Up
-- Other addresses that somebody of ours says are theirs: from one of them its
-- followers can be brought here.
create table account_alias (
  account_id bigint not null references account (id) on delete cascade,
  uri        text   not null,
  primary key (account_id, uri)
);
-- Where somebody moved to, and when: not more often than once in thirty days.
create table account_move (
  account_id bigint primary key references account (id) on delete cascade,
  target_uri text   not null,
  moved_at   bigint not null
);
