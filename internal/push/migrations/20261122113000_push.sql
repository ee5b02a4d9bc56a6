-- +goose Up
-- Where apps want to be woken. The token is sealed with a key of the instance:
-- apps look for it in what they receive.
create table push_subscription (
  id         bigserial primary key,
  token_id   bigint  not null unique references token (id) on delete cascade,
  account_id bigint  not null references account (id) on delete cascade,
  endpoint   text    not null,
  p256dh     text    not null,
  auth       text    not null,
  standard   boolean not null,
  alerts     text    not null,
  policy     text    not null,
  sealed     text    not null,
  created_at bigint  not null
);
create index push_subscription_account on push_subscription (account_id);

-- Who wants pushes to say what happened.
create table push_choice (
  account_id bigint  primary key references account (id) on delete cascade,
  details    boolean not null
);
