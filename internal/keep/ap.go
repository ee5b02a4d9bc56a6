package keep

import (
	"context"
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
	"github.com/maillage/maillage/internal/post"
)

// refreshAge is how long what others pin is taken as they told it last.
const refreshAge = 6 * time.Hour

// fetchJob is the kind of the job that asks for somebody's pins.
const fetchJob = "keep.featured"

// Activities are what others tell of their pins.
//
// Spec: AP 7.6, AP 7.7
func (s *Service) Activities() []route.Activity {
	return []route.Activity{
		{Type: "Add", Object: "*", Prepare: s.prepareAdd, Handle: s.onAdd},
		{Type: "Remove", Object: "*", Handle: s.onRemove},
	}
}

// Objects is the collection of the posts that somebody of ours pinned.
func (s *Service) Objects() []route.Object {
	return []route.Object{{Pattern: "/users/{key}/featured", Serve: s.serve}}
}

// Jobs asks for the pins of people of other servers.
func (s *Service) Jobs() []jobs.Kind {
	return []jobs.Kind{{Name: fetchJob, Handle: jobs.JSON(s.fetch), MaxTries: 2, Timeout: time.Minute, Concurrency: 1}}
}

// tell sends an Add or Remove of a pin to those who follow from elsewhere, when
// they may read the post.
func (s *Service) tell(ctx context.Context, tx *db.Tx, p *post.Post, kind string) error {
	if p.Audience != post.Public && p.Audience != post.Followers {
		return nil
	}
	me, err := account.ByID(ctx, tx, p.AccountID)
	if err != nil || !me.Reachable {
		return err
	}
	a := as.Activity{Type: kind, ID: me.URI + "#" + kind + "/" + ids.String(s.IDs.New()), Actor: me.URI, Object: p.URI, Target: me.Featured, To: []string{me.Followers}}
	if p.Audience == post.Public {
		a.To, a.Cc = []string{as.Public}, []string{me.Followers}
	}
	body, err := a.Build()
	if err != nil {
		return err
	}
	return outbox.EnqueueSelect(ctx, tx, body, me.ID, outbox.Opts{}, `select case when a.shared_inbox <> '' then a.shared_inbox else a.inbox end as inbox, a.host as host
		from follow f join account a on a.id = f.account_id where f.target_id = $1 and f.accepted and a.host <> '' and a.deleted_at = 0 and a.suspended_at = 0`, me.ID)
}

// serve lists the pins that are for everyone.
func (s *Service) serve(ctx context.Context, r route.ObjectRequest) ([]byte, error) {
	q := s.DB.Read()
	a, err := s.Posts.Accounts.Served(ctx, q, r.Vars["key"])
	if err != nil {
		return nil, err
	}
	var asks post.Reader
	if r.Signer != nil {
		asks = post.Reader{AccountID: r.Signer.ID, Host: r.Signer.Host}
	}
	cond, args := post.Visible(asks, "p", []any{a.ID})
	uris, err := db.All[string](ctx, q, `select p.uri from pin n join post p on p.id = n.post_id
		where n.account_id = $1 and p.account_id = $1 and p.audience = 'public' and `+cond+` order by n.id desc`, args...)
	if err != nil {
		return nil, err
	}
	if s.More != nil {
		more, err := s.More(ctx, q, a)
		if err != nil {
			return nil, err
		}
		uris = append(uris, more...)
	}
	items := make([]any, len(uris))
	for i, u := range uris {
		items[i] = u
	}
	return as.Collection{ID: a.Featured, AttributedTo: a.URI, Items: items}.Build()
}

// own reports whether an Add or Remove is about the actor's own pins.
func (s *Service) own(ctx context.Context, q db.Q, in *route.Inbound) (bool, error) {
	target := as.HTTPURL(in.Doc.Target().ID())
	if target == "" || in.ObjectURI == "" || in.Actor.Local {
		return false, nil
	}
	a, err := account.ByID(ctx, q, in.Actor.ID)
	if err != nil {
		return false, err
	}
	return a.Featured == target, nil
}

// prepareAdd fetches what is pinned, when somebody here follows who pins.
func (s *Service) prepareAdd(ctx context.Context, f route.Fetcher, in *route.Inbound) error {
	if yes, err := s.own(ctx, s.DB.Read(), in); err != nil || !yes || !as.SameOrigin(in.ObjectURI, in.Actor.URI) {
		return err
	}
	n, err := db.Get[int](ctx, s.DB.Read(), `select count(*) from follow f join account a on a.id = f.account_id
		where f.target_id = $1 and f.accepted and a.host = ''`, in.Actor.ID)
	if err != nil || n == 0 {
		return err
	}
	if _, err := s.Posts.Ensure(ctx, f, in.ObjectURI); err != nil && ctx.Err() != nil {
		return err
	}
	return nil // what cannot be had is not pinned
}

func (s *Service) onAdd(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	if yes, err := s.own(ctx, tx, in); err != nil || !yes {
		return err
	}
	p, err := post.RawByURI(ctx, tx, in.ObjectURI)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	if p.AccountID != in.Actor.ID || p.DeletedAt != 0 || p.BoostOfID != 0 || p.Audience == post.Direct {
		return nil
	}
	if _, err := tx.Exec(ctx, `insert into pin (account_id, post_id, id) values ($1, $2, $3) on conflict (account_id, post_id) do nothing`,
		p.AccountID, p.ID, s.IDs.New()); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `delete from pin where account_id = $1 and id not in (select id from pin where account_id = $1 order by id desc limit $2)`, p.AccountID, MaxPins)
	return err
}

func (s *Service) onRemove(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	if yes, err := s.own(ctx, tx, in); err != nil || !yes {
		return err
	}
	_, err := tx.Exec(ctx, `delete from pin where account_id = $1 and post_id in (select id from post where uri = $2)`, in.Actor.ID, in.ObjectURI)
	return err
}

// refresh has the pins of somebody elsewhere asked for, if that was long ago.
func (s *Service) refresh(ctx context.Context, a *account.Account) error {
	if s.Fetcher == nil || a.Featured == "" || a.Gone() {
		return nil
	}
	at, err := db.Get[int64](ctx, s.DB.Read(), `select fetched_at from pin_fetch where account_id = $1`, a.ID)
	if err != nil && !apperr.Is(err, apperr.KindNotFound) {
		return err
	}
	if time.Since(time.UnixMilli(at)) < refreshAge {
		return nil
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `insert into pin_fetch (account_id, fetched_at) values ($1, $2)
			on conflict (account_id) do update set fetched_at = excluded.fetched_at`, a.ID, time.Now().UnixMilli()); err != nil {
			return err
		}
		return jobs.Enqueue(ctx, tx, fetchJob, fetchOf{a.ID}, jobs.Key(ids.String(a.ID)))
	})
}

// fetchOf is the payload of the job.
type fetchOf struct{ AccountID int64 }

// fetch reads the collection of somebody elsewhere and takes what is in it for
// their pins. What cannot be had, or is another's, is passed over.
func (s *Service) fetch(ctx context.Context, what fetchOf) error {
	a, err := account.ByID(ctx, s.DB.Read(), what.AccountID)
	if err != nil || a.Gone() || a.Local() {
		return err
	}
	d, err := s.Fetcher.Fetch(ctx, a.Featured)
	if apperr.Is(err, apperr.KindUnavailable) {
		return err
	} else if err != nil {
		return nil // there is none
	}
	var found []int64
	for _, item := range d.Items() {
		uri := item.ID()
		if len(found) == MaxPins {
			break
		}
		if !as.SameOrigin(uri, a.URI) {
			continue
		}
		p, err := s.Posts.Ensure(ctx, s.Fetcher, uri)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil || p.AccountID != a.ID || p.BoostOfID != 0 || p.Audience == post.Direct {
			continue
		}
		found = append(found, p.ID)
	}
	slices.Reverse(found) // the first is the latest
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `delete from pin where account_id = $1`, a.ID); err != nil {
			return err
		}
		for _, id := range found {
			if _, err := tx.Exec(ctx, `insert into pin (account_id, post_id, id) values ($1, $2, $3)`, a.ID, id, s.IDs.New()); err != nil {
				return err
			}
		}
		return nil
	})
}
