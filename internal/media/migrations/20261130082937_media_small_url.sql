-- +goose Up
-- The picture that stands for a sound or a video of another server, as it names it.
alter table media add column small_url text not null default '';
