-- +goose Up
-- Who deleted it: of what never was here, somebody else's word is not its author's. 0 is certain.
create table tombstone_by (
  uri        text   not null,
  by_id      bigint not null default 0,
  deleted_at bigint not null,
  primary key (uri, by_id)
);
insert into tombstone_by (uri, by_id, deleted_at) select uri, 0, deleted_at from tombstone;
drop table tombstone;
alter table tombstone_by rename to tombstone;
