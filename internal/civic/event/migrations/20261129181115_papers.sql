-- +goose Up
-- What was decided on a point of the agenda.
alter table meeting_item add column outcome text not null default '';

-- Documents of a meeting; whom is readers (of the meeting) or registered.
create table meeting_paper (
  id         bigint primary key,
  post_id    bigint not null references meeting (post_id) on delete cascade,
  name       text   not null,
  type       text   not null,
  size       bigint not null,
  file       text   not null,
  whom       text   not null,
  created_at bigint not null
);
create index meeting_paper_of on meeting_paper (post_id);
