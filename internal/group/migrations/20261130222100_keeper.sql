-- +goose Up
-- The slice of posts asks for these where it says who may read.
insert into audience_keeper (host) select host from group_host;
drop table group_host;
