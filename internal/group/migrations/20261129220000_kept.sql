-- +goose Up
-- The address of a topic of another server's group, '' for ours.
alter table group_topic add column uri text not null default '';
