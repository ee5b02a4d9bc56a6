-- +goose Up
-- Deliveries that were taken, by the hour in which they set out.
create table delivery_hour (
	hour bigint primary key,
	arrived bigint not null default 0,
	soon bigint not null default 0
);
