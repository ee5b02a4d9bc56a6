-- +goose Up
-- What those who come ask before and during a meeting, and who would ask it too.
create table meeting_question (
  id           bigint primary key,
  post_id      bigint not null references meeting (post_id) on delete cascade,
  account_id   bigint not null default 0,
  visitor_id   bigint not null default 0,
  body         text   not null,
  answered_at  bigint not null default 0,
  created_at   bigint not null
);
create index meeting_question_post on meeting_question (post_id);
create index meeting_question_account on meeting_question (account_id) where account_id <> 0;
create index meeting_question_visitor on meeting_question (visitor_id) where visitor_id <> 0;

create table meeting_question_too (
  question_id  bigint not null references meeting_question (id) on delete cascade,
  account_id   bigint not null default 0,
  visitor_id   bigint not null default 0,
  primary key (question_id, account_id, visitor_id)
);
create index meeting_question_too_account on meeting_question_too (account_id) where account_id <> 0;
create index meeting_question_too_visitor on meeting_question_too (visitor_id) where visitor_id <> 0;

-- Seats in cars. contact is how to reach somebody, shown to the other of the two alone.
create table meeting_ride (
  id          bigint primary key,
  post_id     bigint not null references meeting (post_id) on delete cascade,
  account_id  bigint not null default 0,
  visitor_id  bigint not null default 0,
  place       text   not null,
  leaves      text   not null,
  seats       bigint not null,
  contact     text   not null,
  created_at  bigint not null
);
create unique index meeting_ride_who on meeting_ride (post_id, account_id, visitor_id);
create index meeting_ride_account on meeting_ride (account_id) where account_id <> 0;
create index meeting_ride_visitor on meeting_ride (visitor_id) where visitor_id <> 0;

create table meeting_ride_ask (
  ride_id     bigint not null references meeting_ride (id) on delete cascade,
  account_id  bigint not null default 0,
  visitor_id  bigint not null default 0,
  contact     text   not null,
  state       text   not null default 'asked',
  created_at  bigint not null,
  primary key (ride_id, account_id, visitor_id)
);
create index meeting_ride_ask_account on meeting_ride_ask (account_id) where account_id <> 0;
create index meeting_ride_ask_visitor on meeting_ride_ask (visitor_id) where visitor_id <> 0;
