-- +goose Up
-- Which media a post had before an edit, and how they were described. Media
-- that an edit takes out are erased, and leave the earlier versions with them.
create table media_revision (
  revision_id bigint not null references post_revision (id) on delete cascade,
  media_id    bigint not null references media (id) on delete cascade,
  place       bigint not null,
  description text   not null,
  primary key (revision_id, media_id)
);
create index media_revision_media on media_revision (media_id);
