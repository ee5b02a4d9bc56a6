-- +goose Up
create table filter (
  id         bigint primary key,
  account_id bigint not null references account (id) on delete cascade,
  title      text   not null,
  contexts   text   not null,
  action     text   not null,
  expires_at bigint not null default 0
);
create index filter_account on filter (account_id, id);

create table filter_keyword (
  id         bigint  primary key,
  filter_id  bigint  not null references filter (id) on delete cascade,
  keyword    text    not null,
  whole_word boolean not null
);
create index filter_keyword_filter on filter_keyword (filter_id, id);

create table filter_status (
  id        bigint primary key,
  filter_id bigint not null references filter (id) on delete cascade,
  post_id   bigint not null references post (id) on delete cascade
);
create unique index filter_status_post on filter_status (filter_id, post_id);
create index filter_status_of on filter_status (post_id);

-- Raised at each change of somebody's filters.
create table filter_version (
  account_id bigint primary key references account (id) on delete cascade,
  version    bigint not null
);
