-- +goose Up
-- A vote attached to a post. voters is -1 where another server does not tell it.
create table poll (
  post_id     bigint  primary key references post (id) on delete cascade,
  multiple    boolean not null,
  hide_totals boolean not null,
  closes_at   bigint  not null,
  ended_at    bigint  not null default 0,
  voters      bigint  not null default 0,
  fetched_at  bigint  not null default 0
);
create table poll_option (
  post_id  bigint not null references post (id) on delete cascade,
  position bigint not null,
  title    text   not null,
  votes    bigint not null default 0,
  primary key (post_id, position)
);

-- Who has voted: one row for each person, which makes them one voter.
create table poll_voter (
  post_id    bigint not null references post (id) on delete cascade,
  account_id bigint not null references account (id) on delete cascade,
  created_at bigint not null,
  primary key (post_id, account_id)
);
create index poll_voter_account on poll_voter (account_id);
create table poll_vote (
  post_id    bigint not null references post (id) on delete cascade,
  account_id bigint not null references account (id) on delete cascade,
  position   bigint not null,
  primary key (post_id, account_id, position)
);
create index poll_vote_account on poll_vote (account_id);
