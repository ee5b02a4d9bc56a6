-- +goose Up
-- What a group of another server said of something in it: that it is in or out,
-- closed, pinned. The newest word counts, also of what is not here yet.
create table group_word (
  group_id bigint  not null references account (id) on delete cascade,
  uri      text    not null,
  kind     text    not null,
  yes      boolean not null,
  at       bigint  not null,
  reason   text    not null default '',
  primary key (group_id, uri, kind)
);
create index group_word_at on group_word (at);

-- What is known of a group of another server besides its account. It tells when
-- it announces answers too, and not first posts alone.
create table group_remote (
  account_id bigint  primary key references account (id) on delete cascade,
  moderators text    not null default '',
  wall       text    not null default '',
  restricted boolean not null default false,
  tells      boolean not null default false,
  looked_at  bigint  not null default 0
);

-- Whoever follows a group of another server takes part in it.
insert into group_member (group_id, account_id, role, state, by_id, since)
  select f.target_id, f.account_id, 'member', 'in', f.account_id, f.created_at from follow f
    join account g on g.id = f.target_id join account a on a.id = f.account_id
    where g.kind = 'Group' and g.host <> '' and a.host = '' and f.accepted
  on conflict do nothing;
