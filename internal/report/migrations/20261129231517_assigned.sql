-- +goose Up
-- Who of the moderators has taken a report upon themselves, 0 for nobody.
alter table report add column assigned_to bigint not null default 0;
