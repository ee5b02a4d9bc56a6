-- +goose Up
-- Whether the street of a meeting is told to those alone who are registered to come.
alter table meeting add column withheld boolean not null default false;
