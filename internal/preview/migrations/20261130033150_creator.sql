-- +goose Up
-- The account that the page names as its author, 0 when none, and the host that
-- said so: it counts while the account allows it.
alter table preview add column creator_id bigint not null default 0;
alter table preview add column creator_host text not null default '';
