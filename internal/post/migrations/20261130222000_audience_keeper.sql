-- +goose Up
-- The servers whose software says that it keeps our profile of closed groups.
create table audience_keeper (
  host text primary key
);
