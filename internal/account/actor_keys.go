package account

import (
	"context"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
)

// maxActorKeys is how many keys of one actor of another server are kept.
const maxActorKeys = 8

// saveActorKeys keeps the keys that an actor of another server lists beside
// its first: those it does not list any more are gone.
//
// Spec: FEP-521a; Spec: SG11
func saveActorKeys(ctx context.Context, tx *db.Tx, accountID int64, d *as.Actor) error {
	if _, err := tx.Exec(ctx, `delete from actor_key where account_id = $1`, accountID); err != nil {
		return err
	}
	first, n := d.Key().ID, 0
	add := func(id, pem string) error {
		if n++; id == "" || id == first || len(id) > as.MaxURL || n > maxActorKeys {
			return nil
		}
		_, err := tx.Exec(ctx, `insert into actor_key (account_id, key_id, public_key) values ($1, $2, $3) on conflict do nothing`, accountID, id, pem)
		return err
	}
	for _, k := range d.Keys {
		if _, err := sig.ParsePublicPEM(k.PEM); err != nil {
			continue
		}
		if err := add(k.ID, k.PEM); err != nil {
			return err
		}
	}
	for _, m := range d.Multikeys {
		k, err := sig.ParseMultikey(m.Public)
		if err != nil {
			continue
		}
		pem, err := sig.EncodePublicPEM(k)
		if err != nil {
			return err
		}
		if err := add(m.ID, pem); err != nil {
			return err
		}
	}
	return nil
}

// ActorByKey implements route.Directory. The actor is given with the key that was asked for.
func (s *Service) ActorByKey(ctx context.Context, q db.Q, keyID string) (*route.Actor, error) {
	a, err := actor(ctx, q, `key_id = $1`, keyID)
	if !apperr.Is(err, apperr.KindNotFound) {
		return a, err
	}
	k, err := db.Get[struct {
		AccountID int64
		PublicKey string
	}](ctx, q, `select account_id, public_key from actor_key where key_id = $1 order by account_id limit 1`, keyID)
	if err != nil {
		return nil, err
	}
	if a, err = s.ActorByID(ctx, q, k.AccountID); err != nil {
		return nil, err
	}
	a.KeyID, a.PublicKey = keyID, k.PublicKey
	return a, nil
}

// KeyOf implements route.Directory.
func (s *Service) KeyOf(ctx context.Context, q db.Q, a *route.Actor, keyID string) (string, error) {
	if a.KeyID == keyID && a.PublicKey != "" {
		return a.PublicKey, nil
	}
	return db.Get[string](ctx, q, `select public_key from actor_key where account_id = $1 and key_id = $2`, a.ID, keyID)
}
