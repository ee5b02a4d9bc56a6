-- +goose Up
-- What a page says of itself to which a post links: asked of it once, for posts
-- of ours, or told by the document of a received one.
create table preview (
  post_id     bigint primary key references post (id) on delete cascade,
  url         text   not null,
  title       text   not null,
  description text   not null default '',
  site        text   not null default '',
  author      text   not null default '',
  image       text   not null default '',
  image_alt   text   not null default '',
  created_at  bigint not null
);
