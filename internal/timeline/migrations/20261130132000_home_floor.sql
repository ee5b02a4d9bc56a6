-- +goose Up
-- Up to which post the entries of somebody's home timeline were removed: what is
-- older is found by whom they follow.
create table home_floor (
  account_id bigint not null primary key references account (id) on delete cascade,
  post_id    bigint not null
);
