-- +goose Up
-- A filtered notification is kept apart until its owner accepts who it is from.
alter table notification add column filtered boolean not null default false;
create index notification_filtered on notification (account_id, from_id, id) where filtered;
create index notification_from on notification (from_id);

create table notification_policy (
  account_id       bigint primary key references account (id) on delete cascade,
  not_following    text not null,
  not_followers    text not null,
  new_accounts     text not null,
  private_mentions text not null,
  limited_accounts text not null
);

-- Whose notifications somebody has accepted, whatever the policy.
create table notification_permission (
  account_id bigint not null references account (id) on delete cascade,
  from_id    bigint not null references account (id) on delete cascade,
  created_at bigint not null,
  primary key (account_id, from_id)
);
create index notification_permission_from on notification_permission (from_id);
