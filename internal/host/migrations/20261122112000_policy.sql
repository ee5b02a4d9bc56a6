-- +goose Up
-- Beside the level: what is not taken from a server whatever its level, the
-- sentence that everybody may read, and whether the name is hidden there.
alter table host_policy add column reject_media boolean not null default false;
alter table host_policy add column reject_reports boolean not null default false;
alter table host_policy add column public_note text not null default '';
alter table host_policy add column obfuscate boolean not null default false;

-- Who changed what about which server, when and why. Rows are only added.
-- by_id is 0 for the command line, or when the account was deleted since.
create table host_audit (
  id     bigserial primary key,
  at     bigint not null,
  by_id  bigint not null,
  host   text   not null,
  act    text   not null,
  detail text   not null default '',
  why    text   not null default ''
);
create index host_audit_host on host_audit (host, id);
create index host_audit_by on host_audit (by_id) where by_id <> 0;

-- What other servers run, by the host of their ids. An empty name is one that
-- could not be learnt.
create table host_software (
  host       text   primary key,
  name       text   not null default '',
  version    text   not null default '',
  implements text   not null default '',
  checked_at bigint not null,
  fails      bigint not null default 0
);

-- What somebody who runs the server should know, once for each kind, subject and day.
create table host_notice (
  kind    text   not null,
  host    text   not null,
  day     bigint not null,
  at      bigint not null,
  primary key (kind, host, day)
);
create index host_notice_at on host_notice (at);
