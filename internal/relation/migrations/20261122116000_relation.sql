-- +goose Up
-- Who blocks whom: ours, and those of others who block ours.
create table block (
  account_id bigint not null references account (id) on delete cascade,
  target_id  bigint not null references account (id) on delete cascade,
  id         bigint not null unique,
  uri        text   not null unique,
  created_at bigint not null,
  primary key (account_id, target_id)
);
create index block_target on block (target_id, account_id);

-- until is 0 for a mute without an end.
create table mute (
  account_id    bigint  not null references account (id) on delete cascade,
  target_id     bigint  not null references account (id) on delete cascade,
  id            bigint  not null unique,
  notifications boolean not null,
  until         bigint  not null,
  created_at    bigint  not null,
  primary key (account_id, target_id)
);
create index mute_target on mute (target_id);

-- Servers of which somebody wants to see nothing.
create table domain_block (
  account_id bigint not null references account (id) on delete cascade,
  host       text   not null,
  id         bigint not null unique,
  created_at bigint not null,
  primary key (account_id, host)
);

-- What somebody notes for themselves about another.
create table private_note (
  account_id bigint not null references account (id) on delete cascade,
  target_id  bigint not null references account (id) on delete cascade,
  comment    text   not null,
  updated_at bigint not null,
  primary key (account_id, target_id)
);
create index private_note_target on private_note (target_id);

-- Whom somebody recommends on their profile.
create table endorsement (
  account_id bigint not null references account (id) on delete cascade,
  target_id  bigint not null references account (id) on delete cascade,
  id         bigint not null unique,
  created_at bigint not null,
  primary key (account_id, target_id)
);
create index endorsement_target on endorsement (target_id);
