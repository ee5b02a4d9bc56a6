package group

import (
	"context"
	"encoding/json"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
)

// govern tells the threadiverse servers of a group's followers what moderation
// did: an activity of the moderator, or of the group for one whom outsiders may
// not know, announced by the group. undo takes it back.
//
// Spec: FEP-1b12
func (s *Service) govern(ctx context.Context, tx *db.Tx, g *Group, by int64, a as.Activity, undo bool) error {
	if g.Closed() {
		return nil
	}
	moderator, err := account.ByID(ctx, tx, by)
	if err != nil {
		return err
	}
	a.Actor = g.Account.URI
	if moderator.Local() && moderator.Reachable {
		a.Actor = moderator.URI
	}
	a.ID, a.To, a.Cc = s.activityID(), []string{as.Public}, []string{g.Account.URI}
	a.Audience = g.Account.URI
	body, err := a.Build()
	if err != nil {
		return err
	}
	if undo {
		body, err = as.Activity{Type: "Undo", ID: s.activityID(), Actor: a.Actor, Object: json.RawMessage(body), To: a.To, Cc: a.Cc,
			Audience: a.Audience, Published: time.Now()}.Build()
		if err != nil {
			return err
		}
	}
	return s.announce(ctx, tx, g, body)
}

// governOr passes on what a moderator of another server sent, or tells of an act of one of ours.
func (s *Service) governOr(ctx context.Context, tx *db.Tx, g *Group, by int64, a as.Activity, undo bool, passed []byte) error {
	if passed != nil {
		return s.announce(ctx, tx, g, passed)
	}
	return s.govern(ctx, tx, g, by, a, undo)
}

func (s *Service) activityID() string { return s.Accounts.Base + "/activities/" + ids.Key() }

// onGoverned does here what a group of another server says of what is in it. The
// group announces it and is the one to decide; who asked for it is its own affair.
func (s *Service) onGoverned(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	if in.Actor.Type != account.Group {
		return nil
	}
	inner := in.Doc.Object().Doc()
	if inner == nil {
		return nil
	}
	undo := inner.Is("Undo")
	if undo {
		if inner = inner.Object().Doc(); inner == nil {
			return nil
		}
	}
	if !inner.Is("Delete", "Lock", "Add", "Remove") {
		return nil
	}
	p, err := post.RawByURI(ctx, tx, inner.Object().ID())
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	row, err := placed(ctx, tx, p.ID)
	if err != nil || row == nil || row.GroupID != in.Actor.ID {
		return err
	}
	switch {
	case inner.Is("Delete"):
		return s.governDelete(ctx, tx, in, row, p, clip(inner.Summary()), undo)
	case inner.Is("Lock"):
		return setMark(ctx, tx, row.ThreadID, "locked_at", !undo)
	default:
		if as.HTTPURL(inner.Refs("target").ID()) != in.Actor.URI+"/featured" {
			return nil // of moderators, for one
		}
		return setMark(ctx, tx, row.ThreadID, "pinned_at", inner.Is("Add") != undo)
	}
}

// governDelete takes a post out of another server's group, or puts it back.
func (s *Service) governDelete(ctx context.Context, tx *db.Tx, in *route.Inbound, row *Post, p *post.Post, reason string, undo bool) error {
	if p.DeletedAt != 0 || p.URI == "" {
		return nil
	}
	state := Removed
	if undo {
		state = Shown
	}
	if row.State == state {
		return nil
	}
	if _, err := tx.Exec(ctx, `update group_post set state = $1, by_id = 0, reason = $2, decided_at = $3 where post_id = $4`, state, reason, now(), p.ID); err != nil {
		return err
	}
	if p.ReplyToID == 0 {
		if err := s.relayed(ctx, tx, in.Actor.ID, p, undo); err != nil {
			return err
		}
	}
	return recount(ctx, tx, row.ThreadID)
}

// relayed shows a thread of another server's group in home timelines, or no longer.
func (s *Service) relayed(ctx context.Context, tx *db.Tx, groupID int64, p *post.Post, yes bool) error {
	if yes {
		a, err := account.ByID(ctx, tx, groupID)
		if err != nil {
			return err
		}
		_, err = s.Posts.Relay(ctx, tx, a, p)
		return err
	}
	_, err := s.Posts.Unrelay(ctx, tx, groupID, p)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	}
	return err
}

func setMark(ctx context.Context, tx *db.Tx, threadID int64, column string, yes bool) error {
	at := int64(0)
	if yes {
		at = now()
	}
	_, err := tx.Exec(ctx, `update group_thread set `+column+` = $1 where post_id = $2`, at, threadID)
	return err
}
