-- +goose Up
-- A meeting that comes again. rule is the RRULE of RFC 5545 from first_at on, on
-- the clock of zone; template is what each date is made of, as JSON. Dates up to
-- made_until have a meeting of their own; those at or after stop_at, unless it is
-- 0, never will.
create table meeting_series (
  id           bigint primary key,
  account_id   bigint not null,
  rule         text   not null,
  zone         text   not null,
  first_at     bigint not null,
  template     text   not null,
  made_until   bigint not null,
  stop_at      bigint not null default 0,
  last_post_id bigint not null,
  created_at   bigint not null
);
create index meeting_series_account on meeting_series (account_id);
create index meeting_series_last on meeting_series (last_post_id);

-- The meetings of a series. original is the moment that the rule gave; own says
-- that the date was changed by itself, and later changes of all leave it alone.
create table meeting_date (
  post_id   bigint  primary key references meeting (post_id) on delete cascade,
  series_id bigint  not null references meeting_series (id) on delete cascade,
  original  bigint  not null,
  own       boolean not null default false
);
create unique index meeting_date_of on meeting_date (series_id, original);
