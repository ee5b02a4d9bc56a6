-- +goose Up
-- People paste the address of a page, which need not be the id of what it shows.
create index account_url on account (url) where host <> '';
create index post_url on post (url) where not local;
