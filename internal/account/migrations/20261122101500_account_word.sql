-- +goose Up
-- The words by which people look for somebody: user name and display name, folded.
create table account_word (
  word       text   not null,
  account_id bigint not null references account (id) on delete cascade,
  primary key (word, account_id)
);
create index account_word_account on account_word (account_id);
