-- +goose Up
-- What a post quotes. stamp is the consent of the author of the quoted post,
-- request our own asking for it; legacy says that the server of the quotation
-- knows no consent.
create table quote (
  post_id        bigint  primary key references post (id) on delete cascade,
  account_id     bigint  not null references account (id) on delete cascade,
  quoted_uri     text    not null,
  quoted_id      bigint  not null default 0,
  quoted_account bigint  not null default 0,
  state          text    not null,
  stamp          text    not null default '',
  request        text    not null default '',
  legacy         boolean not null default false,
  created_at     bigint  not null
);
create index quote_quoted on quote (quoted_id, post_id) where quoted_id <> 0;
create index quote_stamped on quote (stamp) where stamp <> '';
create index quote_requested on quote (request) where request <> '';
create index quote_account on quote (account_id);
create index quote_quoted_account on quote (quoted_account);

-- The consents that our people gave: to what object was made of their post.
create table quote_stamp (
  uri        text   primary key,
  kind       text   not null,
  target_id  bigint not null references post (id) on delete cascade,
  account_id bigint not null references account (id) on delete cascade,
  by_id      bigint not null references account (id) on delete cascade,
  object     text   not null,
  created_at bigint not null,
  unique (target_id, kind, object)
);
create index quote_stamp_account on quote_stamp (account_id);
create index quote_stamp_by on quote_stamp (by_id);

-- What authors allow to be done with a post, where it is said: rules as JSON.
create table quote_rules (
  post_id bigint primary key references post (id) on delete cascade,
  rules   text   not null
);
