-- +goose Up
-- The acts of others that a group of ours refused, so that each is answered once, and no server without end.
create table group_refusal (
  group_id bigint not null references account (id) on delete cascade,
  uri      text   not null,
  host     text   not null, -- of who was answered
  at       bigint not null,
  primary key (group_id, uri)
);
create index group_refusal_host on group_refusal (host, at);
create index group_refusal_at on group_refusal (at);
delete from group_passed where uri like '%#refused';
