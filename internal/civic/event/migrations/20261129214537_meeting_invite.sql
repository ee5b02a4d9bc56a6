-- +goose Up
-- Who was invited to a meeting and has not answered yet: somebody of ours, or of
-- another server to a meeting of ours. uri is that of the Invite.
create table meeting_invite (
  post_id     bigint not null references meeting (post_id) on delete cascade,
  account_id  bigint not null,
  by_id       bigint not null,
  uri         text   not null,
  created_at  bigint not null,
  primary key (post_id, account_id)
);
create index meeting_invite_account on meeting_invite (account_id);
create index meeting_invite_by on meeting_invite (by_id);
create index meeting_invite_uri on meeting_invite (uri);
