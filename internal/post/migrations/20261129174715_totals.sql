-- +goose Up
-- What the server of a post says of its likes and boosts: this one sees only those of people it knows.
alter table post add column likes_said bigint not null default 0;
alter table post add column boosts_said bigint not null default 0;
