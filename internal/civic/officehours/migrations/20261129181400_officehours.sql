-- +goose Up
-- Hours at which somebody receives people, every week: begins and ends are minutes
-- of the day on the clock of zone, slot is minutes. Days are "2026-12-03"; last_day
-- is "" while there is no end.
create table office_hours (
  id         bigint  primary key,
  account_id bigint  not null,
  title      text    not null,
  note       text    not null default '',
  place      text    not null default '',
  video_url  text    not null default '',
  phone      boolean not null default false,
  zone       text    not null,
  weekday    bigint  not null,
  begins     bigint  not null,
  ends       bigint  not null,
  slot       bigint  not null,
  first_day  text    not null,
  last_day   text    not null default '',
  created_at bigint  not null
);
create index office_hours_account on office_hours (account_id);

-- Days on which nobody is received.
create table office_closed (
  hours_id bigint not null references office_hours (id) on delete cascade,
  day      text   not null,
  primary key (hours_id, day)
);

-- Who comes at what moment: one person for each. way is room, video or phone.
create table office_booking (
  id         bigint  primary key,
  hours_id   bigint  not null references office_hours (id) on delete cascade,
  starts_at  bigint  not null,
  account_id bigint  not null,
  way        text    not null,
  phone      text    not null default '',
  note       text    not null default '',
  reminded   boolean not null default false,
  created_at bigint  not null
);
create unique index office_booking_slot on office_booking (hours_id, starts_at);
create index office_booking_account on office_booking (account_id, starts_at);
