-- +goose Up
create table bookmark (
  account_id bigint not null references account (id) on delete cascade,
  post_id    bigint not null references post (id) on delete cascade,
  id         bigint not null unique,
  primary key (account_id, post_id)
);
create index bookmark_order on bookmark (account_id, id);
create index bookmark_post on bookmark (post_id);

-- What people show first on their profile, ours and others.
create table pin (
  account_id bigint not null references account (id) on delete cascade,
  post_id    bigint not null references post (id) on delete cascade,
  id         bigint not null unique,
  primary key (account_id, post_id)
);
create index pin_post on pin (post_id);

-- When the pins of somebody on another server were last asked for.
create table pin_fetch (
  account_id bigint primary key references account (id) on delete cascade,
  fetched_at bigint not null
);
