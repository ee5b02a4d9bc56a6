package group

import (
	"context"
	"encoding/json"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/post"
)

// Whoever moderates a group of another server acts on it from here: the act is
// sent to the group, whose server does it and tells everybody, us too.

// ask sends an act of v to a group of another server; asked is false when the group
// is ours; what says what it is and of what. Errors: KindForbidden without the role, KindInvalid when v may not be known outside.
//
// Spec: FEP-1b12
func (s *Service) ask(ctx context.Context, v *auth.Viewer, groupID int64, role string, a as.Activity, undo bool, what asking) (asked bool, err error) {
	g, me, err := s.seen(ctx, s.DB.Read(), v, groupID)
	if err != nil || g.Ours() {
		return false, err
	}
	if !me.May(role) {
		return true, needs(role)
	}
	return true, s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		who, err := account.ByID(ctx, tx, v.AccountID)
		if err != nil {
			return err
		}
		if !who.Reachable && !g.Closed() {
			return apperr.Invalid("follow.needs_address")
		}
		a.ID, a.Actor, a.Audience, a.Published = s.activityID(), who.URI, g.Account.URI, time.Now()
		a.To, a.Cc = []string{as.Public}, []string{g.Account.URI}
		if g.Closed() {
			a.To, a.Cc = []string{g.Account.URI, g.Account.Followers}, nil
		}
		what.AccountID, what.GroupID, what.URI = who.ID, g.AccountID, a.ID
		body, err := a.Build()
		if err != nil {
			return err
		}
		if undo {
			what.URI = s.activityID()
			body, err = as.Activity{Type: "Undo", ID: what.URI, Actor: a.Actor, Object: json.RawMessage(body), To: a.To, Cc: a.Cc,
				Audience: a.Audience, Published: a.Published}.Build()
			if err != nil {
				return err
			}
		}
		if body, err = s.Accounts.Prove(ctx, tx, who.ID, body); err != nil {
			return err
		}
		if err := s.noteAsked(ctx, tx, what); err != nil {
			return err
		}
		var o outbox.Opts
		if g.Closed() {
			o.Audience = string(post.Group)
		}
		return outbox.Enqueue(ctx, tx, body, who.ID, o, []string{g.Account.BestInbox()})
	})
}

// askThread is ask about a thread.
func (s *Service) askThread(ctx context.Context, v *auth.Viewer, threadID int64, role string, a as.Activity, undo bool, act string) (asked bool, err error) {
	t, err := threadOf(ctx, s.DB.Read(), threadID)
	if err != nil || t == nil {
		return false, err
	}
	p, err := post.Raw(ctx, s.DB.Read(), t.PostID)
	if err != nil {
		return false, err
	}
	a.Object = p.URI
	return s.ask(ctx, v, t.GroupID, role, a, undo, asking{Act: act, PostID: t.PostID})
}

func (s *Service) askPin(ctx context.Context, v *auth.Viewer, threadID int64, yes bool) (asked bool, err error) {
	t, err := threadOf(ctx, s.DB.Read(), threadID)
	if err != nil || t == nil {
		return false, err
	}
	g, err := Any(ctx, s.DB.Read(), t.GroupID)
	if err != nil || g.Ours() {
		return false, err
	}
	a, act := as.Activity{Type: "Remove", Target: g.Account.Featured}, "unpin"
	if yes {
		a.Type, act = "Add", "pin"
	}
	return s.askThread(ctx, v, threadID, Animator, a, false, act)
}

// askBan is ask about somebody.
func (s *Service) askBan(ctx context.Context, v *auth.Viewer, groupID, accountID int64, reason string, undo bool) (asked bool, err error) {
	g, err := Any(ctx, s.DB.Read(), groupID)
	if err != nil || g.Ours() {
		return false, err
	}
	a, err := account.ByID(ctx, s.DB.Read(), accountID)
	if err != nil {
		return false, err
	}
	act := "ban"
	if undo {
		act = "unban"
	}
	return s.ask(ctx, v, groupID, Moderator, as.Activity{Type: "Block", Object: a.URI, Target: g.Account.URI, Summary: reason}, undo, asking{Act: act, AboutID: a.ID})
}
