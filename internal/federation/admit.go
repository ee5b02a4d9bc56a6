package federation

import (
	"context"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/fetch"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
)

// admit is the job that verifies the requests signed with one key that was not known.
type admit struct{ KeyID string }

// admitMost is how many requests one job looks at.
const admitMost = 200

// admitHeld fetches the key, verifies, and only then stores anything of what
// was sent, in the order of its arrival. Whatever fails for good leaves nothing
// behind.
//
// Spec: SG1, SG7
func (e *Engine) admitHeld(ctx context.Context, j admit) error {
	held, err := db.All[unverified](ctx, e.DB.Read(), `select id, key_id, host, target, authority, headers, body, received_at
		from inbox_unverified where key_id = $1 order by id limit $2`, j.KeyID, admitMost)
	if err != nil {
		return err
	}
	for i := range held {
		u := &held[i]
		err := e.admitOne(fetch.WithBudget(ctx, admitBudget), u)
		if err == nil {
			continue
		}
		if temporary(err) && !e.hopeless(u) {
			return err
		}
		e.Log.Debug("request refused after fetching its key", "host", u.Host, "err", err)
		e.observe("unverified", "refused")
		if err := e.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return dropHeld(ctx, tx, u.ID) }); err != nil {
			return err
		}
	}
	return nil
}

func dropHeld(ctx context.Context, tx *db.Tx, id int64) error {
	_, err := tx.Exec(ctx, `delete from inbox_unverified where id = $1`, id)
	return err
}

func (e *Engine) admitOne(ctx context.Context, u *unverified) error {
	r, err := u.request()
	if err != nil {
		return apperr.BadRequest("federation.malformed").Wrap(err)
	}
	s, err := sig.ParseRequest(r, u.Body, e.sigOptions(time.UnixMilli(u.ReceivedAt)))
	if err != nil {
		return apperr.Unauthorized("federation.signature").Wrap(err)
	}
	d, err := as.Parse(u.Body)
	if err != nil {
		return apperr.BadRequest("federation.malformed").Wrap(err)
	}
	if _, err := checkOrigin(d, s.KeyID); err != nil {
		return err
	}
	// Another request may have brought the key meanwhile.
	known, err := e.Directory.ActorByKey(ctx, e.DB.Read(), s.KeyID)
	if apperr.Is(err, apperr.KindNotFound) {
		return e.admitNew(ctx, u, s, d)
	} else if err != nil {
		return err
	}
	if err := e.verify(s, known.PublicKey); err != nil {
		return apperr.Unauthorized("federation.signature").Wrap(err)
	}
	return e.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return e.admitTx(ctx, tx, u, s, d, known) })
}

func (e *Engine) admitNew(ctx context.Context, u *unverified, s *sig.Signature, d *as.Doc) error {
	k, err := e.fetchKey(ctx, s.KeyID)
	if err != nil {
		return err
	}
	if err := e.verify(s, k.pem); err != nil {
		return apperr.Unauthorized("federation.signature").Wrap(err)
	}
	return e.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		signer, err := e.Directory.StoreActor(ctx, tx, k.doc, k.handleHost)
		if err != nil {
			return err
		}
		if err := e.learnDeclared(ctx, tx, k.doc); err != nil {
			return err
		}
		return e.admitTx(ctx, tx, u, s, d, signer)
	})
}

func (e *Engine) admitTx(ctx context.Context, tx *db.Tx, u *unverified, s *sig.Signature, d *as.Doc, signer *route.Actor) error {
	mine := speaksFor(signer, d.Actor())
	forwarded := !as.SameOrigin(s.KeyID, d.Actor()) || !mine && bySomebodyElse(d) // checkOrigin has let it pass
	switch {
	case !forwarded && !mine:
		return apperr.Unauthorized("federation.origin")
	case signer.Suspended, signer.Deleted, e.blocked(as.Host(s.KeyID)):
		return apperr.Forbidden("federation.blocked")
	}
	if err := dropHeld(ctx, tx, u.ID); err != nil {
		return err
	}
	// The first that we hear of a server is how it signs.
	if host := as.Host(s.KeyID); e.peers.news(host, s.Taken()) {
		if err := e.learn(ctx, tx, host, s.Taken()); err != nil {
			return err
		}
	}
	if forwarded {
		if _, ok := e.forwards.Allow(as.Host(s.KeyID)); !ok || e.blocked(as.Host(d.Actor())) {
			return nil
		}
		return e.lookInto(ctx, tx, d) // which also looks for a proof
	}
	e.refusals.hear(d)
	return e.storeItem(ctx, tx, u.ID, d, time.UnixMilli(u.ReceivedAt))
}

// temporary reports whether trying again later may help.
func temporary(err error) bool {
	k := apperr.KindOf(err)
	return k == apperr.KindInternal || k == apperr.KindUnavailable
}
