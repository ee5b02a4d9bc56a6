-- +goose Up
-- What stands in the home timeline of each of our people. Written when a post
-- arrives, by one statement for all followers; whether it may be read is asked
-- again at each reading.
create table home_entry (
  account_id bigint not null references account (id) on delete cascade,
  post_id    bigint not null,
  author_id  bigint not null,
  primary key (account_id, post_id)
);
create index home_entry_author on home_entry (account_id, author_id);
