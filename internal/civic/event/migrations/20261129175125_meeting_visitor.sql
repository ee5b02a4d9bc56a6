-- +goose Up
-- Who comes without an account here is a visitor; somebody whom the organiser
-- notes at the door has a name alone. message is a word to the organiser.
drop index meeting_seat_who;
drop index meeting_seat_token;
alter table meeting_seat drop column email;
alter table meeting_seat drop column token_hash;
alter table meeting_seat add column visitor_id bigint not null default 0;
alter table meeting_seat add column message text not null default '';
create unique index meeting_seat_who on meeting_seat (post_id, account_id, visitor_id) where account_id <> 0 or visitor_id <> 0;
create index meeting_seat_visitor on meeting_seat (visitor_id) where visitor_id <> 0;

-- Which of our people want letters about the meetings that they come to; nobody
-- gets any unasked, since others carry them.
create table meeting_mail (
  account_id bigint primary key
);
