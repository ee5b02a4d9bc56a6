-- +goose Up
-- Where a meeting is, in degrees: told by its server, or found from its postcode
-- or town, which near says.
create table meeting_spot (
  post_id bigint           primary key references meeting (post_id) on delete cascade,
  lat     double precision not null,
  lon     double precision not null,
  near    boolean          not null default false
);
create index meeting_spot_at on meeting_spot (lat, lon);

-- The sources that somebody wants to see in the agenda, separated by spaces.
create table agenda_choice (
  account_id bigint primary key,
  sources    text   not null
);
