-- +goose Up
-- What was deleted while it was being sent had been counted twice.
update dest set pending = (select count(*) from delivery d where d.host = dest.host)
	where pending <> (select count(*) from delivery d where d.host = dest.host);
