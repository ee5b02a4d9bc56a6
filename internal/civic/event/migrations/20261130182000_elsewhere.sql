-- +goose Up
-- Of other servers' meetings: the end is for programs and told to nobody; nobody registers by a Join.
alter table meeting add column open_end boolean not null default false;
alter table meeting add column no_join boolean not null default false;
