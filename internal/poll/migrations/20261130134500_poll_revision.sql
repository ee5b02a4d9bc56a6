-- +goose Up
-- What a poll asked before an edit of its post: the options of that version.
create table poll_revision (
  revision_id bigint not null references post_revision (id) on delete cascade,
  position    bigint not null,
  title       text   not null,
  primary key (revision_id, position)
);
