-- +goose Up
-- The public page of a meeting elsewhere, for whoever may read the meeting.
alter table meeting add column website text not null default '';
