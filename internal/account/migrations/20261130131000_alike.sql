-- +goose Up
-- Whether somebody of another server has the name of somebody whom all may know of here.
alter table account add column alike boolean not null default false;
