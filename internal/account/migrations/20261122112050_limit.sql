-- +goose Up
-- A limited account is shown to its followers, and to nobody else unasked: not in
-- the public lists, not in notifications. suspended_by and limited_by say why, so
-- that what a rule for a whole server laid down can be lifted with that rule:
-- 'host' for such a rule, 'flood' and 'first' for newcomers that are held back,
-- '' for a decision about this person.
alter table account add column suspended_by text not null default '';
alter table account add column limited_at bigint not null default 0;
alter table account add column limited_by text not null default '';
create index account_suspended_by on account (suspended_by, host) where suspended_by <> '';
create index account_limited on account (limited_by, host) where limited_at <> 0;
