package follow

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/relation"
)

// Somebody who moves takes their followers along. The old account says so under
// its own signature, and the new one names the old among its other addresses;
// one without the other is nothing.
//
// Spec: FEP-7628; Spec: OR10

const kindMove = "follow.move"

// moveBatch is how many followers of ours go along at once, and movePause how
// long the next wait.
const (
	moveBatch = 25
	movePause = time.Minute
)

// moveJob is the job by which our people follow somebody to where they moved.
type moveJob struct{ From, To int64 }

// prepareMove reads the new account from its own server, as it is now.
func (s *Service) prepareMove(ctx context.Context, f route.Fetcher, in *route.Inbound) error {
	target := in.Doc.Target().ID()
	in.Object = nil
	if in.ObjectURI != in.Actor.URI || as.HTTPURL(target) == "" || target == in.Actor.URI {
		return nil
	}
	if as.SameOrigin(target, s.Accounts.Base) {
		return nil // onMove looks it up
	}
	d, err := f.Fetch(ctx, target)
	if err != nil {
		return ignoreFinal(err)
	}
	if _, err := f.Resolve(ctx, d.ID()); err != nil {
		return ignoreFinal(err)
	}
	in.Object = d
	return nil
}

// ignoreFinal leaves only errors that a retry may mend.
func ignoreFinal(err error) error {
	if apperr.Is(err, apperr.KindUnavailable) || apperr.Is(err, apperr.KindInternal) {
		return err
	}
	return nil
}

func (s *Service) onMove(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	if in.Doc.Has("origin") && in.ObjectURI != in.Actor.URI {
		return nil // from somewhere to somewhere else: a thread, no account
	}
	if in.ObjectURI != in.Actor.URI {
		return apperr.Forbidden("federation.not_owner")
	}
	target, known, err := s.claims(ctx, tx, in)
	if err != nil || target == nil || target.Gone() || !slices.Contains(known, in.Actor.URI) {
		return err
	}
	ok, err := s.Accounts.SetMoved(ctx, tx, in.Actor.ID, target.URI)
	if err != nil || !ok {
		return err
	}
	return jobs.Enqueue(ctx, tx, kindMove, moveJob{in.Actor.ID, target.ID})
}

// claims gives the account that a Move leads to, and the addresses that it says
// are its own.
func (s *Service) claims(ctx context.Context, tx *db.Tx, in *route.Inbound) (*account.Account, []string, error) {
	if in.Object != nil {
		d, err := as.ReadActor(in.Object)
		if err != nil {
			return nil, nil, nil
		}
		a, err := account.ByURI(ctx, tx, d.ID)
		return a, d.AlsoKnownAs, ignoreMissing(err)
	}
	a, err := account.ByURI(ctx, tx, in.Doc.Target().ID())
	if err != nil || !a.Local() {
		return nil, nil, ignoreMissing(err)
	}
	known, err := account.Aliases(ctx, tx, a.ID)
	return a, known, err
}

func ignoreMissing(err error) error {
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	}
	return err
}

// goAlong has some of our followers of one account follow another instead; the
// rest come a minute later, so that no server is asked by all at once.
func (s *Service) goAlong(ctx context.Context, j moveJob) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		from, err := account.ByID(ctx, tx, j.From)
		if err != nil {
			return ignoreMissing(err)
		}
		to, err := account.ByID(ctx, tx, j.To)
		if err != nil || to.Gone() || from.MovedTo != to.URI {
			return ignoreMissing(err)
		}
		rows, err := db.All[Follow](ctx, tx, `select `+columns+` from follow where target_id = $1
			and account_id in (select id from account where host = '' and deleted_at = 0) order by id limit $2`, from.ID, moveBatch)
		if err != nil {
			return err
		}
		for i := range rows {
			if err := s.takeAlong(ctx, tx, &rows[i], from, to); err != nil {
				return err
			}
		}
		if len(rows) < moveBatch {
			return nil
		}
		return jobs.Enqueue(ctx, tx, kindMove, j, jobs.At(time.Now().Add(movePause)))
	})
}

func (s *Service) takeAlong(ctx context.Context, tx *db.Tx, old *Follow, from, to *account.Account) error {
	me, err := account.ByID(ctx, tx, old.AccountID)
	if err != nil {
		return err
	}
	if err := s.remove(ctx, tx, old); err != nil {
		return err
	}
	if !from.Local() {
		if err := s.sendUndo(ctx, tx, me, from, old); err != nil {
			return err
		}
	}
	if me.ID == to.ID || !to.Local() && !me.Reachable {
		return nil
	}
	if apart, err := relation.Apart(ctx, tx, me.ID, to.ID); err != nil || apart {
		return err
	}
	if _, err := find(ctx, tx, me.ID, to.ID); err == nil || !apperr.Is(err, apperr.KindNotFound) {
		return err
	}
	f := &Follow{AccountID: me.ID, TargetID: to.ID, ID: s.IDs.New(), URI: s.Accounts.Base + "/activities/" + ids.Key(), Accepted: to.Local() && !to.Locked,
		Boosts: old.Boosts, Notify: old.Notify, Languages: old.Languages, CreatedAt: time.Now().UnixMilli()}
	if err := s.insert(ctx, tx, f); err != nil {
		return err
	}
	if to.Local() {
		return nil
	}
	return s.sendFollow(ctx, tx, me, to, f)
}

// Move moves an account of ours to one elsewhere, which must name ours among its
// other addresses: KindInvalid "follow.not_linked" otherwise, KindTooMany
// "follow.moved_lately" within thirty days of another move. Its followers
// elsewhere are told and follow by themselves; those here go along.
func (s *Service) Move(ctx context.Context, f route.Fetcher, accountID int64, name, host string) error {
	found, err := f.ResolveHandle(ctx, name, host)
	if err != nil {
		return err
	}
	d, err := f.Fetch(ctx, found.URI)
	if err != nil {
		return err
	}
	target, err := as.ReadActor(d)
	if err != nil {
		return apperr.Invalid("follow.not_linked").Field("to", "follow.not_linked").Wrap(err)
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		me, err := account.ByID(ctx, tx, accountID)
		if err != nil {
			return err
		}
		if !slices.Contains(target.AlsoKnownAs, me.URI) || target.ID != found.URI {
			return apperr.Invalid("follow.not_linked").Field("to", "follow.not_linked")
		}
		ok, err := s.Accounts.SetMoved(ctx, tx, me.ID, target.ID)
		if err != nil {
			return err
		}
		if !ok {
			return apperr.TooMany("follow.moved_lately")
		}
		if err := s.sendMove(ctx, tx, me, target.ID); err != nil {
			return err
		}
		return jobs.Enqueue(ctx, tx, kindMove, moveJob{me.ID, found.ID})
	})
}

func (s *Service) sendMove(ctx context.Context, tx *db.Tx, me *account.Account, target string) error {
	inboxes, err := remoteInboxes(ctx, tx, `select f.account_id from follow f where f.target_id = $1 and f.accepted`, me.ID)
	if err != nil || len(inboxes) == 0 || !me.Reachable {
		return err
	}
	body, err := as.Activity{Type: "Move", ID: me.URI + "#moves/" + ids.Key(), Actor: me.URI, Object: me.URI, Target: target, To: []string{me.Followers},
		Published: time.Now()}.Build()
	if err != nil {
		return err
	}
	return outbox.Enqueue(ctx, tx, json.RawMessage(body), me.ID, outbox.Opts{}, inboxes)
}
