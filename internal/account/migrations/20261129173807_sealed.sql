-- +goose Up
-- Whether a private key is sealed. Those from before are sealed by a job; the
-- indexes hold only what it has left to do.
alter table account_key add column sealed bigint not null default 0;
alter table account_proof_key add column sealed bigint not null default 0;
create index account_key_clear on account_key (account_id) where sealed = 0;
create index account_proof_key_clear on account_proof_key (account_id) where sealed = 0;
