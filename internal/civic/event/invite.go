package event

import (
	"context"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/relation"
)

// Bounds of invitations.
const (
	maxInvited = 200 // to one meeting, who have not answered
	maxHeld    = 20  // that wait for one person
)

// Invitation is one that waits for an answer.
type Invitation struct {
	PostID    int64
	AccountID int64
	ByID      int64
	Uri       string
	CreatedAt int64
}

const inviteColumns = `i.post_id, i.account_id, i.by_id, i.uri, i.created_at`

// invitation is the one that waits for somebody, nil for none.
func invitation(ctx context.Context, q db.Q, postID, accountID int64) (*Invitation, error) {
	return maybeInvitation(ctx, q, `i.post_id = $1 and i.account_id = $2`, postID, accountID)
}

func maybeInvitation(ctx context.Context, q db.Q, where string, args ...any) (*Invitation, error) {
	i, err := db.Get[Invitation](ctx, q, `select `+inviteColumns+` from meeting_invite i where `+where, args...)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, nil
	}
	return &i, err
}

// invited are those who have not answered, the first who was invited first.
func invited(ctx context.Context, q db.Q, postID int64) ([]Invitation, error) {
	return db.All[Invitation](ctx, q, `select `+inviteColumns+` from meeting_invite i where i.post_id = $1 order by i.created_at, i.account_id`, postID)
}

// settled ends the invitation of somebody who answered.
func settleInvitation(ctx context.Context, tx *db.Tx, postID, accountID int64) error {
	_, err := tx.Exec(ctx, `delete from meeting_invite where post_id = $1 and account_id = $2`, postID, accountID)
	return err
}

// invitee finds whom an address names, here or on another server, which is asked.
func (s *Service) invitee(ctx context.Context, v *auth.Viewer, address string) (*account.Account, error) {
	no := func() *apperr.Error {
		return apperr.Invalid("event.no_such_person").Field("who", "event.no_such_person")
	}
	name, host, ok := account.ParseAcct(address, s.Accounts.Host)
	if !ok {
		return nil, no()
	}
	if host != "" {
		if _, err := s.Fetch.ResolveHandle(ctx, name, host); err != nil {
			return nil, no().Wrap(err)
		}
	}
	a, err := account.ByHandle(ctx, s.DB.Read(), name, host)
	if apperr.Is(err, apperr.KindNotFound) || err == nil && (!a.VisibleTo(v) || a.Kind != account.Person || a.Gone()) {
		return nil, no()
	}
	return a, err
}

// Invite asks somebody to a meeting of one's own: one of ours by a notification,
// somebody of another server by an Invite. Each is asked once. Errors: KindInvalid
// with the field "who" ("event.no_such_person", "event.cannot_read",
// "event.invited_already", "event.answered_already", "event.many_invited"), those of
// a meeting that is over; KindNotFound for a meeting of somebody else.
func (s *Service) Invite(ctx context.Context, v *auth.Viewer, postID int64, address string) (*account.Account, error) {
	p, m, _, err := s.mine(ctx, v, postID)
	if err != nil {
		return nil, err
	}
	by, err := s.author(ctx, v, p)
	if err != nil {
		return nil, err
	}
	if err := m.takes(&Seat{Answer: Maybe}); err != nil {
		return nil, err
	}
	to, err := s.invitee(ctx, v, address)
	if err != nil {
		return nil, err
	}
	refuse := func(key string) error {
		return apperr.Invalid(key, "Name", to.Name()).Field("who", key, "Name", to.Name())
	}
	if to.ID == v.AccountID {
		return nil, refuse("event.invites_self")
	}
	return to, s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := hold(ctx, tx, p.ID); err != nil {
			return err
		}
		// Who blocks the organiser is told nothing, and neither is the organiser.
		if no, err := relation.Refuses(ctx, tx, to.ID, by.AccountID); err != nil || no {
			return err
		}
		if yes, err := s.reads(ctx, tx, to, p); err != nil {
			return err
		} else if !yes {
			return refuse("event.cannot_read")
		}
		if x, err := seatOf(ctx, tx, p.ID, who{account: to.ID}); err != nil {
			return err
		} else if x != nil {
			return refuse("event.answered_already")
		}
		all, err := invited(ctx, tx, p.ID)
		if err != nil {
			return err
		}
		for _, i := range all {
			if i.AccountID == to.ID {
				return refuse("event.invited_already")
			}
		}
		if len(all) >= maxInvited {
			return refuse("event.many_invited")
		}
		i := &Invitation{p.ID, to.ID, by.AccountID, s.Accounts.Base + "/activities/" + ids.Key(), now()}
		if err := db.Insert(ctx, tx, "meeting_invite", i); err != nil {
			return err
		}
		if to.Local() {
			return s.Notify.Add(ctx, tx, to.ID, noticeInvite, by.AccountID, p.ID)
		}
		return s.sendInvite(ctx, tx, p, i, to)
	})
}

// reads reports whether somebody may read a meeting of ours.
func (s *Service) reads(ctx context.Context, q db.Q, a *account.Account, p *post.Post) (bool, error) {
	r := post.Reader{AccountID: a.ID, Host: a.Host}
	if a.Local() {
		members, err := auth.MembersAmong(ctx, q, []int64{a.ID})
		if err != nil {
			return false, err
		}
		r.Member = members[a.ID]
	}
	_, err := post.ByURI(ctx, q, r, p.URI)
	if apperr.Is(err, apperr.KindNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Uninvite takes an invitation back that was not answered.
func (s *Service) Uninvite(ctx context.Context, v *auth.Viewer, postID, accountID int64) error {
	p, _, _, err := s.mine(ctx, v, postID)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		i, err := invitation(ctx, tx, p.ID, accountID)
		if err != nil || i == nil {
			return err
		}
		if err := settleInvitation(ctx, tx, p.ID, accountID); err != nil {
			return err
		}
		to, err := account.ByID(ctx, tx, accountID)
		if err != nil {
			return err
		}
		if to.Local() {
			return s.Notify.Take(ctx, tx, to.ID, noticeInvite, i.ByID, p.ID)
		}
		return s.sendUninvite(ctx, tx, p, i, to)
	})
}
