package post

import (
	"context"
	"slices"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
)

// movementOf is the collection that posts of an actor for the movement are
// addressed to. Nobody reads who is in it: each server looks at the chain of
// certificates of the author's.
func movementOf(actor string) string { return actor + "/movement" }

// movable refuses a post for a movement where there is none.
func (s *Service) movable(ctx context.Context, d *Draft) error {
	if d.Audience != Movement || d.ReplyTo != 0 {
		return nil // an answer goes no further than what it answers
	}
	if s.Affiliated != nil {
		if yes, err := s.Affiliated(ctx, s.DB.Read()); err != nil || yes {
			return err
		}
	}
	return apperr.Invalid("post.no_movement").Field("audience", "post.no_movement")
}

// Affiliated reports whether a server is of the movement at a moment: the one
// question that every door asks of audience_host.
func Affiliated(ctx context.Context, q db.Q, host string, at time.Time) (bool, error) {
	if host == "" {
		return false, nil
	}
	n, err := db.Get[int](ctx, q, `select count(*) from audience_host where host = $1 and (valid_until = 0 or valid_until > $2)`, host, at.UnixMilli())
	return n > 0, err
}

// InMovement reports whether there is a movement to write for and to read.
func (s *Service) InMovement(ctx context.Context) bool {
	return s.movable(ctx, &Draft{Audience: Movement}) == nil
}

// ofMovement reads whether a received document is for the movement: its author
// says so, and is of it.
func ofMovement(ctx context.Context, q db.Q, d *as.Doc, author *route.Actor) (bool, error) {
	if !slices.Contains(d.To(), movementOf(author.URI)) {
		return false, nil
	}
	return Affiliated(ctx, q, as.Host(author.URI), time.Now())
}

// copyToMovement notes the inboxes to which a post for the movement goes: of the
// servers of the movement that have a follower of its author or somebody it names.
func copyToMovement(ctx context.Context, tx *db.Tx, p *Post) error {
	_, err := tx.Exec(ctx, `insert into post_copy (post_id, inbox) select cast($2 as bigint), i.inbox from (
		select distinct case when a.shared_inbox <> '' then a.shared_inbox else a.inbox end as inbox from account a join audience_host h on h.host = a.host
		where (h.valid_until = 0 or h.valid_until > $3) and a.inbox <> '' and a.deleted_at = 0 and a.suspended_at = 0
			and (a.id in (select f.account_id from follow f where f.target_id = $1 and f.accepted)
				or a.id in (select m.account_id from post_mention m where m.post_id = $2))) as i
		where true on conflict do nothing`, p.AccountID, p.ID, time.Now().UnixMilli())
	return err
}

// goesAbroad reports whether a post of ours may leave: its author is known
// outside, or it stays within the movement, which may know of all our members,
// or within a group that has some of its servers.
func (s *Service) goesAbroad(ctx context.Context, q db.Q, author *account.Account, p *Post) (bool, error) {
	if p.Audience == Group {
		if s.Circles == nil || p.BoostOfID != 0 {
			return false, nil
		}
		return s.Circles.Leaves(ctx, q, p.ScopeID)
	}
	return author.Reachable || p.Audience == Movement, nil
}
