-- +goose Up
-- One row per host that was ever sent to. next_at is when it is next due; of a
-- host that is leased, when the lease ends. pending counts its deliveries.
create table dest (
	host text primary key,
	next_at bigint not null default 0,
	lease_by text not null default '',
	fails bigint not null default 0,
	pending bigint not null default 0,
	last_error text not null default '',
	last_ok_at bigint not null default 0
);
create index dest_due on dest (next_at) where pending > 0 and fails = 0;
create index dest_retry on dest (next_at) where pending > 0 and fails > 0;

create table delivery_body (
	id bigserial primary key,
	body blob not null
);

-- One row per inbox still to be reached; ids give the order of one host.
create table delivery (
	id bigserial primary key,
	host text not null,
	inbox text not null,
	body_id bigint not null,
	actor_id bigint not null,
	post_id bigint not null,
	audience text not null,
	created_at bigint not null
);
create index delivery_host on delivery (host, id);
create index delivery_body_id on delivery (body_id);
create index delivery_post on delivery (post_id) where post_id <> 0;
