-- +goose Up
-- A job that is done is no row. run_at is when the job is due; of one that
-- runs it is the end of the lease, after which another runner may take it.
-- 0 means at once, in the order of the ids.
create table job (
	id bigserial primary key,
	kind text not null,
	payload text not null,
	unique_key text,
	state text not null, -- ready, running, retry, parked
	run_at bigint not null,
	lease_by text not null default '',
	tries bigint not null default 0,
	last_error text not null default '',
	created_at bigint not null
);
create index job_due on job (kind, run_at, id) where state <> 'parked';
create unique index job_unique on job (kind, unique_key) where state = 'ready' and unique_key is not null;
