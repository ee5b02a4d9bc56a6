-- +goose Up
-- What the avatar and the header show, for who does not see them, and the sites
-- that may name somebody as the author of their pages, separated by spaces.
alter table account add column avatar_alt text not null default '';
alter table account add column header_alt text not null default '';
alter table account add column attribution text not null default '';
