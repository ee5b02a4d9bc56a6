-- +goose Up
-- The second key of our own actors, Ed25519, with which documents are proven.
-- An actor made before this table gets one when it is first needed.
create table account_proof_key (
  account_id  bigint primary key references account (id) on delete cascade,
  key_id      text   not null,
  private_key text   not null,
  public_key  text   not null,
  created_at  bigint not null
);

-- Further public keys of actors of other servers, beside the one in their row.
create table actor_key (
  account_id bigint not null references account (id) on delete cascade,
  key_id     text   not null,
  public_key text   not null,
  primary key (account_id, key_id)
);
create index actor_key_id on actor_key (key_id);
