-- +goose Up
create table announcement (
  id           bigint  primary key,
  source       text    not null,
  starts_at    bigint  not null default 0,
  ends_at      bigint  not null default 0,
  all_day      boolean not null default false,
  published_at bigint  not null,
  updated_at   bigint  not null
);

create table announcement_read (
  announcement_id bigint not null references announcement (id) on delete cascade,
  account_id      bigint not null references account (id) on delete cascade,
  primary key (announcement_id, account_id)
);
create index announcement_read_account on announcement_read (account_id);

create table announcement_reaction (
  announcement_id bigint not null references announcement (id) on delete cascade,
  account_id      bigint not null references account (id) on delete cascade,
  name            text   not null,
  created_at      bigint not null,
  primary key (announcement_id, account_id, name)
);
create index announcement_reaction_account on announcement_reaction (account_id);
