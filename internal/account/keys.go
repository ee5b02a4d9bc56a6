package account

import (
	"context"
	"crypto/rsa"
	"fmt"

	"github.com/hashicorp/golang-lru/v2"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
)

// keyCache holds parsed private keys of our most active actors: parsing one
// costs more than reading its row, and every delivery needs it.
type keyCache struct{ *lru.Cache[int64, *sig.Key] }

func newKeyCache() keyCache {
	c, err := lru.New[int64, *sig.Key](256)
	if err != nil {
		panic(err) // only for a size below one
	}
	return keyCache{c}
}

// Key is the private key of one of our actors.
func (s *Service) Key(ctx context.Context, q db.Q, actorID int64) (*sig.Key, error) {
	if k, ok := s.keys.Get(actorID); ok {
		return k, nil
	}
	row, err := db.Get[struct{ PrivateKey, KeyID string }](ctx, q, `select k.private_key, a.key_id from account_key k
		join account a on a.id = k.account_id where k.account_id = $1`, actorID)
	if err != nil {
		if apperr.Is(err, apperr.KindNotFound) {
			return nil, apperr.NotFound("account.no_key").Wrap(err)
		}
		return nil, err
	}
	private, err := sig.ParsePrivatePEM(row.PrivateKey)
	if err != nil {
		return nil, err
	}
	rsaKey, ok := private.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("account: the key of actor %d is a %T, not RSA", actorID, private)
	}
	k := &sig.Key{ID: row.KeyID, RSA: rsaKey}
	s.keys.Add(actorID, k)
	return k, nil
}
