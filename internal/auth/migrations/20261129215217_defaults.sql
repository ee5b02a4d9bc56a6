-- +goose Up
-- What somebody's new posts are unless they say otherwise, beside the audience:
-- the language, '' for that of the pages; whether their pictures are covered;
-- and who may quote them, '' for everybody.
alter table login add column default_lang text not null default '';
alter table login add column default_sensitive boolean not null default false;
alter table login add column default_quotes text not null default '';
