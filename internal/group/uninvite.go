package group

import (
	"context"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/outbox"
)

// Uninvite takes an invitation back that was not answered. Moderators may, and
// who invited. It does nothing when there is none.
func (s *Service) Uninvite(ctx context.Context, v *auth.Viewer, groupID, accountID int64) error {
	return s.by(ctx, v, groupID, Member, func(ctx context.Context, tx *db.Tx, g *Group, me *Membership) error {
		m, err := membership(ctx, tx, g.AccountID, accountID)
		if err != nil || m == nil || m.State != Invited {
			return err
		}
		if m.ByID != me.AccountID && !me.May(Moderator) {
			return needs(Moderator)
		}
		if _, err := tx.Exec(ctx, `delete from group_member where group_id = $1 and account_id = $2 and state = 'invited'`, g.AccountID, accountID); err != nil {
			return err
		}
		if err := s.journal(ctx, tx, Line{GroupID: g.AccountID, ByID: me.AccountID, Act: "uninvite", AccountID: accountID}); err != nil {
			return err
		}
		a, err := account.ByID(ctx, tx, accountID)
		if err != nil {
			return ignoreMissing(err)
		}
		if a.Local() {
			return s.Notify.Take(ctx, tx, a.ID, notify.GroupInvite, g.AccountID, 0)
		}
		return s.sendUninvite(ctx, tx, g, a)
	})
}

// sendUninvite has the group take an invitation back, whoever sent that: a waiting
// one is not sent any more.
func (s *Service) sendUninvite(ctx context.Context, tx *db.Tx, g *Group, to *account.Account) error {
	if err := g.mayInvite(ctx, tx, to); err != nil {
		return nil // that server is to hear of the group no more
	}
	// It may have been sent more than once: what it says leads to it, not its id.
	invite := as.Activity{Type: "Invite", ID: g.Account.URI + "#invitations/" + ids.String(to.ID), Actor: g.Account.URI, Object: g.Account.URI, Target: to.URI}
	body, err := as.Activity{Type: "Undo", ID: s.activityID(), Actor: g.Account.URI, Object: invite, To: []string{to.URI}}.Build()
	if err != nil {
		return err
	}
	return outbox.Enqueue(ctx, tx, body, g.AccountID, outbox.Opts{Audience: outbox.Invitation}, []string{to.Inbox})
}

// onUninvite forgets an invitation into a group that the group, or who invited, takes back.
func (s *Service) onUninvite(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	invite := in.Doc.Object().Doc()
	if invite == nil {
		return nil
	}
	g, err := account.ByURI(ctx, tx, invite.Object().ID())
	if err != nil {
		return ignoreMissing(err)
	}
	to, err := account.ByURI(ctx, tx, invite.Target().ID())
	if err != nil {
		return ignoreMissing(err)
	}
	by, err := db.All[int64](ctx, tx, `delete from group_invitation where group_id = $1 and account_id = $2 and (by_id = $3 or group_id = $3) returning by_id`, g.ID, to.ID, in.Actor.ID)
	if err != nil {
		return err
	}
	for _, id := range by {
		if err := s.Notify.Take(ctx, tx, to.ID, notify.GroupInvite, id, 0); err != nil {
			return err
		}
	}
	return nil
}
