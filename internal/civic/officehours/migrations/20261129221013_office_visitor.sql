-- +goose Up
-- Hours that people without an account here may book too, and who booked so: a
-- visitor, with the name that they gave.
alter table office_hours add column open boolean not null default false;
alter table office_booking add column visitor_id bigint not null default 0;
alter table office_booking add column name text not null default '';
create index office_booking_visitor on office_booking (visitor_id) where visitor_id <> 0;
