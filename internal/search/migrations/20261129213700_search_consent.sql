-- +goose Up
-- By whom a post of another server may be found, where its author says so: ids of
-- actors and collections. A post without a row is found as its author's account says.
create table search_consent (
  post_id bigint not null references post (id) on delete cascade,
  uri text not null,
  primary key (post_id, uri)
);
