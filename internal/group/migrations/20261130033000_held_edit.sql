-- +goose Up
-- What waits with a post for a moderator: its Create, and the last edit of what waits or was taken out.
create table group_held_by_kind (
  post_id bigint not null references post (id) on delete cascade,
  kind    text   not null,
  body    blob   not null,
  primary key (post_id, kind)
);
insert into group_held_by_kind (post_id, kind, body) select post_id, 'Create', body from group_held;
drop table group_held;
alter table group_held_by_kind rename to group_held;
