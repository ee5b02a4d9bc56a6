-- +goose Up
-- Since when moderators have all pictures of an account covered, 0 for never.
alter table account add column sensitive_at bigint not null default 0;
