-- +goose Up
-- Whether the follower is notified of each post, and the languages they want,
-- between commas; '' for all.
alter table follow add column notify boolean not null default false;
alter table follow add column languages text not null default '';
