-- +goose Up
-- How far somebody has read in a timeline, as their apps say.
create table marker (
  account_id bigint not null references account (id) on delete cascade,
  timeline   text   not null,
  last_read  bigint not null,
  version    bigint not null,
  updated_at bigint not null,
  primary key (account_id, timeline)
);
