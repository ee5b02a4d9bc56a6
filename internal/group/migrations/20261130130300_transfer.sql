-- +goose Up
-- A thread that a group offers to one of another server, one of the two being ours.
create table group_transfer (
  thread_id bigint primary key references post (id) on delete cascade,
  from_id   bigint not null references account (id) on delete cascade,
  to_id     bigint not null references account (id) on delete cascade,
  by_id     bigint not null default 0,
  uri       text   not null, -- of the Offer
  state     text   not null,
  at        bigint not null
);
create index group_transfer_from on group_transfer (from_id);
create index group_transfer_to on group_transfer (to_id);

-- Where threads went that were in a group.
create table group_moved (
  group_id  bigint not null references account (id) on delete cascade,
  thread_id bigint not null references post (id) on delete cascade,
  to_id     bigint not null references account (id) on delete cascade,
  at        bigint not null,
  primary key (group_id, thread_id)
);
create index group_moved_thread on group_moved (thread_id);
