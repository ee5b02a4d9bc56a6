-- +goose Up
-- A body of ours that decides or speaks; its name, address and keys are those of its account.
create table organe (
  account_id bigint primary key references account (id) on delete cascade,
  by_id      bigint not null default 0,
  created_at bigint not null,
  closed_at  bigint not null default 0
);

-- Who may act in its name.
create table organe_member (
  organe_id  bigint not null references account (id) on delete cascade,
  account_id bigint not null references account (id) on delete cascade,
  by_id      bigint not null default 0,
  since      bigint not null,
  primary key (organe_id, account_id)
);
create index organe_member_account on organe_member (account_id, organe_id);

-- Who wrote a post in the name of a body. It is told to those who may act in that name, and in no document.
create table organe_act (
  post_id bigint primary key references post (id) on delete cascade,
  by_id   bigint not null references account (id) on delete cascade
);
create index organe_act_by on organe_act (by_id);
