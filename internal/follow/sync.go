package follow

import (
	"context"
	"encoding/json"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/ids"
)

var _ route.Followers = (*Service)(nil)

// FollowersAt implements route.Followers.
//
// Spec: FEP-8fcf
func (s *Service) FollowersAt(ctx context.Context, q db.Q, actorID int64, origin string) ([]string, error) {
	if origin == "" {
		return nil, nil
	}
	// All ids of an origin lie between "origin/" and "origin0".
	return db.All[string](ctx, q, `select a.uri from follow f join account a on a.id = f.account_id
		where f.target_id = $1 and f.accepted and a.host <> '' and a.deleted_at = 0 and a.suspended_at = 0 and a.uri > $2 and a.uri < $3 order by a.uri`,
		actorID, origin+"/", origin+"0")
}

// FollowersHere implements route.Followers.
func (s *Service) FollowersHere(ctx context.Context, q db.Q, actorID int64) ([]string, error) {
	return db.All[string](ctx, q, `select a.uri from follow f join account a on a.id = f.account_id
		where f.target_id = $1 and f.accepted and a.host = '' order by a.uri`, actorID)
}

// SettleFollowers implements route.Followers. A request that the other server
// counts as a follow is one.
//
// Spec: FEP-8fcf
func (s *Service) SettleFollowers(ctx context.Context, tx *db.Tx, actorID int64, listed []string) error {
	target, err := account.ByID(ctx, tx, actorID)
	if err != nil || target.Local() || target.Gone() {
		return err
	}
	is := make(map[string]bool, len(listed))
	for _, uri := range listed {
		is[uri] = true
	}
	rows, err := db.All[Follow](ctx, tx, `select `+columns+` from follow where target_id = $1 and account_id in (select id from account where host = '')`, target.ID)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for i := range rows {
		f := &rows[i]
		me, err := account.ByID(ctx, tx, f.AccountID)
		if err != nil {
			return err
		}
		known[me.URI] = true
		switch {
		case f.Accepted && !is[me.URI]:
			err = s.remove(ctx, tx, f)
		case !f.Accepted && is[me.URI]:
			err = s.accept(ctx, tx, f)
		}
		if err != nil {
			return err
		}
	}
	for uri := range is {
		if known[uri] {
			continue
		}
		if err := s.disown(ctx, tx, uri, target); err != nil {
			return err
		}
	}
	return nil
}

// disown tells a server that somebody of ours whom it counts as a follower is none.
func (s *Service) disown(ctx context.Context, tx *db.Tx, uri string, target *account.Account) error {
	me, err := account.ByURI(ctx, tx, uri)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	if known, err := s.Accounts.KnownTo(ctx, tx, me, target.Host); err != nil {
		return err
	} else if !me.Local() || !known && me.DeletedAt == 0 {
		return nil // who cannot be known outside is not named there either
	}
	id := s.Accounts.Base + "/activities/" + ids.Key()
	inner, err := as.Activity{Type: "Follow", ID: id, Actor: me.URI, Object: target.URI, To: []string{target.URI}}.Build()
	if err != nil {
		return err
	}
	return deliver(ctx, tx, me, target, as.Activity{Type: "Undo", ID: id + "#undo", Actor: me.URI, Object: json.RawMessage(inner), To: []string{target.URI}})
}

// serveSync lists, to a server that says who it is, its own people among an
// actor's followers.
//
// Spec: FEP-8fcf; Spec: P3
func (s *Service) serveSync(ctx context.Context, r route.ObjectRequest) ([]byte, error) {
	if r.Signer == nil || r.Signer.Local {
		return nil, apperr.NotFound("account.not_found")
	}
	a, err := s.Accounts.ServedTo(ctx, s.DB.Read(), r.Vars["key"], r.Signer.Host)
	if err != nil {
		return nil, err
	}
	uris, err := s.FollowersAt(ctx, s.DB.Read(), a.ID, as.Origin(r.Signer.URI))
	if err != nil {
		return nil, err
	}
	items := make([]any, len(uris))
	for i, u := range uris {
		items[i] = u
	}
	return as.Collection{ID: a.URI + "/followers_synchronization", AttributedTo: a.URI, Items: items}.Build()
}
