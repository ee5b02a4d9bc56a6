-- +goose Up
-- Each post cost a second entry of an index for each follower; what somebody no
-- longer followed wrote is found among the entries of one timeline.
drop index home_entry_author;
