-- +goose Up
-- What a thread has for those who are not of this server: what is for the section does not count there.
alter table group_thread add column open_posts bigint not null default 0;
alter table group_thread add column open_last_at bigint not null default 0;
update group_thread set
	open_posts = (select count(*) from group_post g join post p on p.id = g.post_id
		where g.thread_id = group_thread.post_id and g.state = 'shown' and p.deleted_at = 0 and p.audience in ('public', 'group')),
	open_last_at = coalesce((select max(p.created_at) from group_post g join post p on p.id = g.post_id
		where g.thread_id = group_thread.post_id and g.state = 'shown' and p.deleted_at = 0 and p.audience in ('public', 'group')), last_at);
create index group_thread_open on group_thread (group_id, open_last_at);
