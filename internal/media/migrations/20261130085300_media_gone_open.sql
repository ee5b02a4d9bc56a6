-- +goose Up
-- What was not for everybody is, once gone, not known to everybody either.
alter table media_gone add column was_open boolean not null default false;
