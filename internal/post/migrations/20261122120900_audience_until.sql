-- +goose Up
-- Until when a server belongs to the movement, in unix milliseconds: a certificate
-- that has run out admits nobody, whether or not a job has noticed. 0 is for ever.
alter table audience_host add column valid_until bigint not null default 0;
