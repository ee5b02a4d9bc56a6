package event

import (
	"context"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/relation"
)

// An invitation is an Invite of the organiser: its object the Event, its target
// who is invited, who alone gets it. Accept, TentativeAccept and Reject answer it;
// a Join of the Event answers it too, and who accepts of ours sends both, since
// only a Join is answered with a seat.
//
// Spec: AP-Vocabulary Invite; Spec: Smithereen; Spec: Friendica

// inviteOf is the Invite of an invitation, without its address.
func inviteOf(i *Invitation, p *post.Post, by, to *account.Account) as.Activity {
	return as.Activity{Type: "Invite", ID: i.Uri, Actor: by.URI, Object: p.URI, Target: to.URI, To: []string{to.URI}}
}

func (s *Service) sendInvite(ctx context.Context, tx *db.Tx, p *post.Post, i *Invitation, to *account.Account) error {
	by, err := account.ByID(ctx, tx, i.ByID)
	if err != nil {
		return err
	}
	return s.send(ctx, tx, by, to, inviteOf(i, p, by, to))
}

func (s *Service) sendUninvite(ctx context.Context, tx *db.Tx, p *post.Post, i *Invitation, to *account.Account) error {
	by, err := account.ByID(ctx, tx, i.ByID)
	if err != nil {
		return err
	}
	return s.send(ctx, tx, by, to, as.Activity{Type: "Undo", ID: i.Uri + "#undo", Object: inviteOf(i, p, by, to)})
}

// answerInvite tells who invited one of ours to a meeting of another server what they answer.
func (s *Service) answerInvite(ctx context.Context, tx *db.Tx, p *post.Post, me *account.Account, answer string) error {
	i, err := invitation(ctx, tx, p.ID, me.ID)
	if err != nil || i == nil {
		return err
	}
	if err := settleInvitation(ctx, tx, p.ID, me.ID); err != nil {
		return err
	}
	by, err := account.ByID(ctx, tx, i.ByID)
	if apperr.Is(err, apperr.KindNotFound) || err == nil && by.Gone() {
		return nil
	} else if err != nil {
		return err
	}
	kind := map[string]string{No: "Reject", Maybe: "TentativeAccept"}[answer]
	if kind == "" {
		kind = "Accept"
	}
	return s.send(ctx, tx, me, by, as.Activity{Type: kind, Object: inviteOf(i, p, by, me)})
}

// behindInvite gives the meeting behind an Invite of ours, to who was invited by
// it; other ids are as they are.
func behindInvite(ctx context.Context, q db.Q, in *route.Inbound, uri string) (string, error) {
	i, err := maybeInvitation(ctx, q, `i.uri = $1 and i.account_id = $2`, uri, in.Actor.ID)
	if err != nil || i == nil {
		return uri, err
	}
	p, err := post.Raw(ctx, q, i.PostID)
	if err != nil {
		return "", err
	}
	return p.URI, nil
}

// objectOf is the id of what an activity is about, embedded or not.
func objectOf(in *route.Inbound) string {
	if in.ObjectURI == "" {
		if d := in.Doc.Object().Doc(); d != nil {
			return d.ID()
		}
	}
	return in.ObjectURI
}

// whomOf are those of ours whom an Invite is for.
func whomOf(ctx context.Context, q db.Q, in *route.Inbound) ([]*account.Account, error) {
	var out []*account.Account
	seen := map[string]bool{}
	for _, uri := range append(in.Doc.Target().IDs(), in.Doc.To()...) {
		if seen[uri] || len(seen) == maxHeld {
			continue
		}
		seen[uri] = true
		a, err := account.ByURI(ctx, q, uri)
		if apperr.Is(err, apperr.KindNotFound) {
			continue
		} else if err != nil {
			return nil, err
		}
		if a.Local() && !a.Gone() && a.Kind == account.Person {
			out = append(out, a)
		}
	}
	return out, nil
}

// prepareInvite gets the meeting to which somebody of ours is invited, if it is of
// the server of who invites: nobody has us fetch from others.
func (s *Service) prepareInvite(ctx context.Context, f route.Fetcher, in *route.Inbound) error {
	uri := objectOf(in)
	if !as.SameOrigin(uri, in.Actor.URI) {
		return nil
	}
	whom, err := whomOf(ctx, s.DB.Read(), in)
	if err != nil || len(whom) == 0 {
		return err
	}
	if a, err := account.ByURI(ctx, s.DB.Read(), uri); err == nil && a != nil {
		return nil // into a group
	}
	if _, err := s.Posts.Ensure(ctx, f, uri); err != nil && ctx.Err() != nil {
		return err
	}
	return nil
}

// onInvite keeps an invitation of another server to a meeting that is known here, and tells who is invited.
func (s *Service) onInvite(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	p, err := post.RawByURI(ctx, tx, objectOf(in))
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	m, err := one(ctx, tx, p.ID)
	if apperr.Is(err, apperr.KindNotFound) || err == nil && m.takes(&Seat{Answer: Maybe}) != nil {
		return nil
	} else if err != nil {
		return err
	}
	whom, err := whomOf(ctx, tx, in)
	if err != nil {
		return err
	}
	for _, a := range whom {
		if err := s.keepInvitation(ctx, tx, in, p, a); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) keepInvitation(ctx context.Context, tx *db.Tx, in *route.Inbound, p *post.Post, a *account.Account) error {
	if no, err := relation.Refuses(ctx, tx, a.ID, in.Actor.ID); err != nil || no {
		return err
	}
	members, err := auth.MembersAmong(ctx, tx, []int64{a.ID})
	if err != nil {
		return err
	}
	if _, err := post.ByURI(ctx, tx, post.Reader{AccountID: a.ID, Member: members[a.ID]}, p.URI); apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	if x, err := seatOf(ctx, tx, p.ID, who{account: a.ID}); err != nil || x != nil {
		return err
	}
	waiting, err := db.Get[int](ctx, tx, `select count(*) from meeting_invite where account_id = $1`, a.ID)
	if err != nil || waiting >= maxHeld {
		return err
	}
	n, err := db.Exec(ctx, tx, `insert into meeting_invite (post_id, account_id, by_id, uri, created_at) values ($1, $2, $3, $4, $5) on conflict do nothing`,
		p.ID, a.ID, in.Actor.ID, in.Doc.ID(), now())
	if err != nil || n == 0 {
		return err
	}
	return s.Notify.Add(ctx, tx, a.ID, noticeInvite, in.Actor.ID, p.ID)
}

// onUninvite forgets an invitation that was taken back.
func (s *Service) onUninvite(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	all, err := db.All[Invitation](ctx, tx, `select `+inviteColumns+` from meeting_invite i where i.uri = $1 and i.by_id = $2`, objectOf(in), in.Actor.ID)
	if err != nil {
		return err
	}
	for _, i := range all {
		if err := settleInvitation(ctx, tx, i.PostID, i.AccountID); err != nil {
			return err
		}
		if err := s.Notify.Take(ctx, tx, i.AccountID, noticeInvite, i.ByID, i.PostID); err != nil {
			return err
		}
	}
	return nil
}
