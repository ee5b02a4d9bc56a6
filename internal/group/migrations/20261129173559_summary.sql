-- +goose Up
-- A summary says what is agreed, what is debated, and what comes next.
alter table group_thread add column agreed text not null default '';
alter table group_thread add column debated text not null default '';
alter table group_thread add column next_step text not null default '';
update group_thread set next_step = summary where summary <> '';
alter table group_thread drop column summary;
