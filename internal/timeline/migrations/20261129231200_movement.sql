-- +goose Up
-- The tab of the movement reads its posts by their order.
create index post_movement on post (id) where audience = 'movement' and boost_of_id = 0 and deleted_at = 0;

-- +goose Down
drop index post_movement;
