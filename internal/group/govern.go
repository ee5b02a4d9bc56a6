package group

import (
	"context"
	"encoding/json"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
)

// govern tells the threadiverse servers of a group's followers what moderation
// did: an activity of the moderator, or of the group for one whom outsiders may
// not know, announced by the group. undo takes it back.
//
// Spec: FEP-1b12
func (s *Service) govern(ctx context.Context, tx *db.Tx, g *Group, by int64, a as.Activity, undo bool) error {
	moderator, err := account.ByID(ctx, tx, by)
	if err != nil {
		return err
	}
	a.Actor = g.Account.URI
	if moderator.Local() && moderator.Reachable {
		a.Actor = moderator.URI
	}
	a.ID, a.To, a.Cc = s.activityID(), []string{as.Public}, []string{g.Account.URI}
	if g.Closed() { // who moderates it is its own affair
		a.Actor, a.To, a.Cc = g.Account.URI, []string{g.Account.URI, g.Account.Followers}, nil
	}
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
	if g.Closed() {
		return s.announceClosed(ctx, tx, g, body)
	}
	if err := s.governForums(ctx, tx, g, a, body); err != nil {
		return err
	}
	return s.announce(ctx, tx, g, body, threads)
}

// governOr passes on what a moderator of another server sent, or tells of an act of one of ours.
func (s *Service) governOr(ctx context.Context, tx *db.Tx, g *Group, by int64, a as.Activity, undo bool, passed []byte) error {
	if passed != nil && !g.Closed() {
		if err := s.announce(ctx, tx, g, passed, threads); err != nil {
			return err
		}
		uri, _ := a.Object.(string)
		if a.Type != "Delete" || undo || uri == "" {
			return nil
		}
		return s.deleteInForums(ctx, tx, g, uri, a.Summary)
	}
	return s.govern(ctx, tx, g, by, a, undo)
}

func (s *Service) activityID() string { return s.Accounts.Base + "/activities/" + ids.Key() }
