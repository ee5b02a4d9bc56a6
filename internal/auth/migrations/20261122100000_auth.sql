-- +goose Up

-- Who may sign in. The account is known by its id only: this table comes
-- before those of accounts and refers to none.
create table login (
  account_id       bigint  primary key,
  email            text    not null,
  email_fold       text    not null unique,
  password_hash    text    not null,
  role             text    not null default 'user',
  member           boolean not null default true,
  disabled         boolean not null default false,
  lang             text    not null default '',
  default_audience text    not null default '',
  created_at       bigint  not null,
  updated_at       bigint  not null
);
create index login_member on login (account_id) where member and not disabled;

-- Apps live for ever: phones keep their client id for good.
create table oauth_app (
  id            bigserial primary key,
  client_id     text      not null unique,
  secret_hash   text      not null,
  name          text      not null,
  website       text      not null default '',
  redirect_uris text      not null,
  scopes        text      not null,
  created_at    bigint    not null
);

-- Web sessions, tokens of apps for people, tokens of apps alone (account_id 0).
create table token (
  id           bigserial primary key,
  hash         text      not null unique,
  kind         text      not null,
  account_id   bigint    not null default 0,
  app_id       bigint    not null default 0,
  scopes       text      not null default '',
  code_hash    text      not null default '',
  created_at   bigint    not null,
  last_used_at bigint    not null,
  expires_at   bigint    not null default 0
);
create index token_account on token (account_id, id) where account_id <> 0;
create index token_code on token (code_hash) where code_hash <> '';

-- A code stays a day after its use, so that a second use is noticed.
create table oauth_code (
  hash         text   primary key,
  app_id       bigint not null references oauth_app (id) on delete cascade,
  account_id   bigint not null,
  redirect_uri text   not null,
  scopes       text   not null,
  challenge    text   not null default '',
  expires_at   bigint not null,
  used_at      bigint not null default 0
);
create index oauth_code_expires on oauth_code (expires_at);

-- Keys of the instance that sign forms and messages.
create table auth_secret (
  name  text primary key,
  value text not null
);
