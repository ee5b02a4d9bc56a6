-- +goose Up
-- The root of the movement, pinned; none while this instance is a root itself.
create table movement_root (
  uri       text   primary key,
  host      text   not null,
  key       text   not null,
  pinned_at bigint not null,
  by_id     bigint not null default 0
);

-- How this instance stands with its parent (role parent) and its children (role child).
create table movement_link (
  role       text   not null,
  host       text   not null,
  uri        text   not null,
  name       text   not null default '',
  state      text   not null,
  reason     text   not null default '',
  level      text   not null default '',
  territory  text   not null default '',
  organes    text   not null default '[]',
  offer_uri  text   not null default '',
  offer      blob,
  cert_id    text   not null default '',
  ends_at    bigint not null default 0,
  created_at bigint not null,
  decided_at bigint not null default 0,
  by_id      bigint not null default 0,
  primary key (role, host)
);
create index movement_link_offer on movement_link (offer_uri);

-- Certificates whose signature was verified with the key signed_by.
create table movement_cert (
  subject    text   not null,
  issuer     text   not null,
  id         text   not null unique,
  signed_by  text   not null,
  starts_at  bigint not null,
  ends_at    bigint not null,
  body       blob   not null,
  primary key (subject, issuer)
);

-- Certificates that were revoked by who issued them, for ever.
create table movement_revoked (
  issuer  text   not null,
  cert_id text   not null,
  at      bigint not null,
  primary key (issuer, cert_id)
);

-- When each issuer's list of revocations was made and last asked for.
create table movement_list (
  issuer     text   primary key,
  updated_at bigint not null default 0,
  looked_at  bigint not null default 0
);

-- The instances of the movement whose chain holds, beside this one.
create table movement_member (
  host      text   primary key,
  uri       text   not null,
  name      text   not null,
  level     text   not null,
  territory text   not null,
  organes   text   not null,
  parent    text   not null,
  until_ms  bigint not null
);

-- What the directory of the movement holds of each of them.
create table movement_entry (
  host     text   not null,
  kind     text   not null,
  uri      text   not null,
  name     text   not null,
  about    text   not null default '',
  url      text   not null default '',
  seen_at  bigint not null,
  primary key (host, kind, uri)
);
