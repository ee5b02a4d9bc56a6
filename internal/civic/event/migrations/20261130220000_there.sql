-- +goose Up
-- Who answered from their own server, which says not how they take part.
alter table meeting_seat add column there boolean not null default false;
update meeting_seat set there = true where join_uri <> '';
