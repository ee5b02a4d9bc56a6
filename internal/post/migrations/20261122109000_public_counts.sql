-- +goose Up
-- The counters of an account are of its posts for everyone, and no others.
update account set
  posts_count = (select count(*) from post p where p.account_id = account.id and p.audience = 'public' and p.deleted_at = 0),
  last_post_at = coalesce((select max(p.created_at) from post p where p.account_id = account.id and p.audience = 'public' and p.deleted_at = 0), 0);

-- A post counts the answers that all its readers may read.
update post set replies_count = (select count(*) from post p where p.reply_to_id = post.id and p.deleted_at = 0
  and p.audience = post.audience and post.audience <> 'direct' and (post.audience <> 'followers' or p.account_id = post.account_id))
where replies_count <> 0;
