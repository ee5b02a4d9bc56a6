-- +goose Up
create table tag_follow (
  account_id bigint not null references account (id) on delete cascade,
  tag        text   not null,
  shown      text   not null,
  id         bigint not null unique,
  primary key (account_id, tag)
);
create index tag_follow_tag on tag_follow (tag, account_id);

create table tag_feature (
  account_id bigint not null references account (id) on delete cascade,
  tag        text   not null,
  shown      text   not null,
  id         bigint not null unique,
  primary key (account_id, tag)
);
