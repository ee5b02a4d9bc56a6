-- +goose Up
-- The code of the evening, by which people are noted as present.
create table meeting_door (
  post_id  bigint primary key references meeting (post_id) on delete cascade,
  code     text   not null,
  made_at  bigint not null
);

-- Who joined the meeting that the section's group sends as its own is answered by the group.
alter table meeting_seat add column of_group boolean not null default false;
