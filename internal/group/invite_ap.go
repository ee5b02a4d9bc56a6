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
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/relation"
)

// An invitation across servers is an Invite of the inviter: its object the group, its
// target who is invited. Accept and Reject answer it; who accepts follows the group.
//
// Spec: AP vocabulary Invite

// maxInvitations is how many invitations may wait for one person.
const maxInvitations = 20

func (s *Service) invitations() []route.Activity {
	return []route.Activity{
		{Type: "Invite", Object: "*", Prepare: s.prepareInvite, Handle: s.onInvite},
		{Type: "Accept", Object: "Invite", Handle: s.onAnswered},
		{Type: "Reject", Object: "Invite", Handle: s.onAnswered},
		{Type: "Undo", Object: "Invite", Handle: s.onUninvite},
	}
}

// sendInvite tells somebody of another server that they are invited.
func (s *Service) sendInvite(ctx context.Context, tx *db.Tx, g *Group, by *account.Account, to *account.Account) error {
	body, err := as.Activity{Type: "Invite", ID: s.activityID(), Actor: by.URI, Object: g.Account.URI, Target: to.URI, To: []string{to.URI}, Published: time.Now()}.Build()
	if err != nil {
		return err
	}
	return outbox.Enqueue(ctx, tx, body, by.ID, outbox.Opts{Audience: outbox.Invitation}, []string{to.Inbox})
}

// Invites reports whether an Invite, or the Undo of one, that waits may still be sent to an inbox: the group
// may go to the server of whom it is for, who is invited still, or no longer, and who sends it may be known there.
func (s *Service) Invites(ctx context.Context, q db.Q, activity []byte, inbox string) (bool, error) {
	d, err := as.Parse(activity)
	if err != nil {
		return false, err
	}
	by, err := account.ByURI(ctx, q, d.Actor())
	if err != nil {
		return false, ignoreMissing(err)
	}
	undo := d.Is("Undo")
	if undo {
		if d = d.Object().Doc(); d == nil {
			return false, nil
		}
	}
	to, err := account.ByURI(ctx, q, d.Target().ID())
	if err != nil || to.Gone() || to.Inbox != inbox {
		return false, ignoreMissing(err)
	}
	into, err := account.ByURI(ctx, q, d.Object().ID())
	if err != nil {
		return false, ignoreMissing(err)
	}
	g, err := ByID(ctx, q, into.ID)
	if err != nil {
		return false, ignoreMissing(err)
	}
	m, err := membership(ctx, q, g.AccountID, to.ID)
	if err != nil || undo == (m != nil && m.State == Invited) {
		return false, err
	}
	if err := g.mayInvite(ctx, q, to); apperr.Is(err, apperr.KindInvalid) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	if by.ID == g.AccountID { // which is told with the invitation itself
		return true, nil
	}
	return s.Accounts.KnownTo(ctx, q, by, to.Host)
}

// prepareInvite meets the group that somebody is invited into.
func (s *Service) prepareInvite(ctx context.Context, f route.Fetcher, in *route.Inbound) error {
	if !as.SameOrigin(in.ObjectURI, in.Actor.URI) {
		return nil
	}
	to, err := account.ByURI(ctx, s.DB.Read(), in.Doc.Target().ID())
	if err != nil || !to.Local() || to.Gone() {
		return ignoreMissing(err)
	}
	if _, err := f.Resolve(ctx, in.ObjectURI); err != nil && ctx.Err() != nil {
		return err
	}
	return nil
}

func (s *Service) onInvite(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	g, err := account.ByURI(ctx, tx, in.ObjectURI)
	if err != nil || g.Local() || g.Gone() || g.Kind != account.Group || !as.SameOrigin(g.URI, in.Actor.URI) {
		return ignoreMissing(err)
	}
	to, err := account.ByURI(ctx, tx, in.Doc.Target().ID())
	if err != nil || !to.Local() || to.Gone() || to.Kind != account.Person {
		return ignoreMissing(err)
	}
	if no, err := relation.Refuses(ctx, tx, to.ID, in.Actor.ID); err != nil || no {
		return err
	}
	if !g.Public { // only our members go into closed groups
		members, err := auth.MembersAmong(ctx, tx, []int64{to.ID})
		if err != nil || !members[to.ID] {
			return err
		}
		if yes, err := affiliated(ctx, tx, g.Host); err != nil || !yes {
			return err
		}
	}
	in2, err := db.Get[int](ctx, tx, `select count(*) from follow where account_id = $1 and target_id = $2 and accepted`, to.ID, g.ID)
	if err != nil || in2 > 0 {
		return err
	}
	waiting, err := db.Get[int](ctx, tx, `select count(*) from group_invitation where account_id = $1`, to.ID)
	if err != nil || waiting >= maxInvitations {
		return err
	}
	n, err := db.Exec(ctx, tx, `insert into group_invitation (id, account_id, group_id, by_id, uri, at) values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
		s.IDs.New(), to.ID, g.ID, in.Actor.ID, in.Doc.ID(), now())
	if err != nil || n == 0 {
		return err
	}
	return s.Notify.Add(ctx, tx, to.ID, notify.GroupInvite, in.Actor.ID, 0)
}

// onAnswered hears what somebody of another server says to an invitation.
func (s *Service) onAnswered(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	inner := in.Doc.Object().Doc()
	if inner == nil || inner.Target().ID() != in.Actor.URI {
		return nil
	}
	a, err := account.ByURI(ctx, tx, inner.Object().ID())
	if err != nil || !a.Local() {
		return ignoreMissing(err)
	}
	g, err := ByID(ctx, tx, a.ID)
	if err != nil {
		return ignoreMissing(err)
	}
	m, err := membership(ctx, tx, g.AccountID, in.Actor.ID)
	if err != nil || m == nil || m.State != Invited {
		return err
	}
	if in.Doc.Is("Reject") {
		if _, err := tx.Exec(ctx, `delete from group_member where group_id = $1 and account_id = $2 and state = 'invited'`, g.AccountID, in.Actor.ID); err != nil {
			return err
		}
		return s.journal(ctx, tx, Line{GroupID: g.AccountID, Act: "decline", AccountID: in.Actor.ID})
	}
	if g.Closed() {
		if err := g.admitsHost(ctx, tx, in.Actor.Host); err != nil {
			return nil
		}
	}
	return s.admit(ctx, tx, g, in.Actor.ID, Member, m.ByID)
}

// Invitation is an invitation into a group of another server, as who is invited sees it.
type Invitation struct {
	ID, AccountID, GroupID, ByID int64
	URI                          string `db:"uri"`
	At                           int64
}

// Invitations lists those that wait for somebody, newest first.
func (s *Service) Invitations(ctx context.Context, accountID int64) ([]Invitation, error) {
	return db.All[Invitation](ctx, s.DB.Read(), `select id, account_id, group_id, by_id, uri, at from group_invitation where account_id = $1 order by id desc limit 50`, accountID)
}

func invitation(ctx context.Context, q db.Q, v *auth.Viewer, id int64) (*Invitation, error) {
	i, err := db.Get[Invitation](ctx, q, `select id, account_id, group_id, by_id, uri, at from group_invitation where id = $1 and account_id = $2`, id, v.AccountID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, apperr.NotFound("group.no_invitation")
	}
	return &i, err
}

// AnswerInvitation accepts an invitation into a group of another server, or declines it.
// Errors: KindNotFound, those of a follow.
func (s *Service) AnswerInvitation(ctx context.Context, v *auth.Viewer, id int64, yes bool) error {
	i, err := invitation(ctx, s.DB.Read(), v, id)
	if err != nil {
		return err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err := db.Exec(ctx, tx, `delete from group_invitation where id = $1`, i.ID)
		if err != nil || n == 0 {
			return err
		}
		if err := s.Notify.Take(ctx, tx, v.AccountID, notify.GroupInvite, i.ByID, 0); err != nil {
			return err
		}
		people, err := account.ByIDs(ctx, tx, []int64{i.AccountID, i.GroupID, i.ByID})
		if err != nil {
			return err
		}
		me, g, by := people[i.AccountID], people[i.GroupID], people[i.ByID]
		if g == nil || by == nil || g.Gone() {
			return apperr.NotFound("group.no_invitation")
		}
		inner, err := as.Activity{Type: "Invite", ID: i.URI, Actor: by.URI, Object: g.URI, Target: me.URI}.Build()
		if err != nil {
			return err
		}
		kind := "Reject"
		if yes {
			kind = "Accept"
		}
		body, err := as.Activity{Type: kind, ID: s.activityID(), Actor: me.URI, Object: json.RawMessage(inner), To: []string{g.URI}}.Build()
		if err != nil {
			return err
		}
		return outbox.Enqueue(ctx, tx, body, me.ID, outbox.Opts{}, []string{g.Inbox})
	})
	if err != nil || !yes {
		return err
	}
	return s.Follows.Follow(ctx, v.AccountID, i.GroupID, nil)
}
