-- +goose Up
-- What is still to be put into the index of words of posts (see index.go). Posts
-- that were here before are put into it by a job.
create table post_search_todo (
  post_id bigint primary key
);
insert into post_search_todo (post_id) select id from post where boost_of_id = 0 and deleted_at = 0;
