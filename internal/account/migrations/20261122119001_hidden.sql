-- +goose Up
-- A hidden account is known to nobody but through the slice that owns it.
alter table account add column hidden boolean not null default false;
