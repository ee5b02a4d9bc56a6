-- +goose Up
-- The group that a post waits for: for no other will it appear.
alter table scheduled_post add column scope_id bigint not null default 0;
