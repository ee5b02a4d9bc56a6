-- +goose Up
-- What other servers gave us so that people can sign in there, and sign-ins under
-- way. Times are unix milliseconds. A sign-in is known by the hash of its state.
create table visitor_app (
  host           text   primary key,
  client_id      text   not null,
  client_secret  text   not null,
  scope          text   not null,
  created_at     bigint not null
);

create table visitor_signin (
  hash        text   primary key,
  host        text   not null,
  verifier    text   not null,
  lang        text   not null,
  act         text   not null,
  payload     text   not null,
  back        text   not null,
  expires_at  bigint not null
);
create index visitor_signin_expires on visitor_signin (expires_at);
