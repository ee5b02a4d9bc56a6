-- +goose Up
-- What the people who run the server decide on its pages, by name.
create table setting (
  key   text primary key,
  value text not null
);
