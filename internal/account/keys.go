package account

import (
	"context"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/golang-lru/v2"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
)

// keyCache holds parsed private keys of our most active actors: parsing one
// costs more than reading its row, and every delivery needs it.
type keyCache struct{ *lru.Cache[int64, cachedKey] }

// cachedKey is a key as of a moment: another process may have changed it.
type cachedKey struct {
	key *sig.Key
	of  keyStamp
}

// keyStamp tells one pair of keys of an actor from the next.
type keyStamp struct{ Made, ProofMade int64 }

func newKeyCache() keyCache {
	c, err := lru.New[int64, cachedKey](256)
	if err != nil {
		panic(err) // only for a size below one
	}
	return keyCache{c}
}

// Key gives the private keys of one of our actors. q may be a transaction; an
// actor from before there were two keys gets its second one here.
func (s *Service) Key(ctx context.Context, q db.Q, actorID int64) (*sig.Key, error) {
	stamp, err := db.Get[keyStamp](ctx, q, `select k.created_at as made, coalesce(p.created_at, 0) as proof_made
		from account_key k left join account_proof_key p on p.account_id = k.account_id where k.account_id = $1`, actorID)
	if err != nil {
		if apperr.Is(err, apperr.KindNotFound) {
			return nil, apperr.NotFound("account.no_key").Wrap(err)
		}
		return nil, err
	}
	if c, ok := s.keys.Get(actorID); ok && c.of == stamp {
		return c.key, nil
	}
	if stamp.ProofMade == 0 {
		if err := s.addProofKey(ctx, q, actorID); err != nil {
			return nil, err
		}
	}
	row, err := db.Get[struct {
		PrivateKey, KeyID, ProofKey, ProofKeyID string
		Made, ProofMade                         int64
	}](ctx, q, `select k.private_key, a.key_id, p.private_key as proof_key, p.key_id as proof_key_id, k.created_at as made, p.created_at as proof_made
		from account_key k join account a on a.id = k.account_id join account_proof_key p on p.account_id = k.account_id where k.account_id = $1`, actorID)
	if err != nil {
		return nil, err
	}
	k := &sig.Key{ID: row.KeyID, Ed25519ID: row.ProofKeyID}
	for i, stored := range []string{row.PrivateKey, row.ProofKey} {
		pem, err := s.Vault.Open(sealedFor(clearKeys[i], actorID), stored)
		if err != nil {
			return nil, err
		}
		private, err := sig.ParsePrivatePEM(pem)
		if err != nil {
			return nil, err
		}
		switch p := private.(type) {
		case *rsa.PrivateKey:
			k.RSA = p
		case ed25519.PrivateKey:
			k.Ed25519 = p
		}
	}
	if k.RSA == nil || k.Ed25519 == nil {
		return nil, fmt.Errorf("account: the keys of actor %d are not one of RSA and one of Ed25519", actorID)
	}
	// What a transaction made may still be taken back.
	if _, ok := q.(*db.Tx); !ok || stamp.ProofMade != 0 {
		s.keys.Add(actorID, cachedKey{k, keyStamp{row.Made, row.ProofMade}})
	}
	return k, nil
}

// addProofKey gives an actor its second key, unless it has one.
func (s *Service) addProofKey(ctx context.Context, q db.Q, actorID int64) error {
	key, err := sig.GenerateEd25519()
	if err != nil {
		return err
	}
	add := func(ctx context.Context, tx *db.Tx) error {
		a, err := ByID(ctx, tx, actorID)
		if err != nil {
			return err
		}
		return s.putProofKey(ctx, tx, a, key, a.URI+"#ed25519-key", false)
	}
	if tx, ok := q.(*db.Tx); ok {
		return add(ctx, tx)
	}
	return s.DB.Write(ctx, add)
}

func (s *Service) putProofKey(ctx context.Context, tx *db.Tx, a *Account, key ed25519.PrivateKey, id string, replace bool) error {
	private, err := sig.EncodePrivatePEM(key)
	if err != nil {
		return err
	}
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok {
		return errors.New("account: not an Ed25519 key")
	}
	then := ` on conflict (account_id) do nothing`
	if replace {
		then = ` on conflict (account_id) do update set key_id = excluded.key_id, private_key = excluded.private_key,
			public_key = excluded.public_key, created_at = excluded.created_at, sealed = 1`
	}
	_, err = tx.Exec(ctx, `insert into account_proof_key (account_id, key_id, private_key, public_key, created_at, sealed) values ($1, $2, $3, $4, $5, 1)`+then,
		a.ID, id, s.seal("account_proof_key", a.ID, private), sig.EncodeMultikey(public), time.Now().UnixMilli())
	return err
}

// multikey gives what the document of one of our actors says of its second key.
//
// Spec: FEP-521a
func (s *Service) multikey(ctx context.Context, q db.Q, a *Account) (as.Multikey, error) {
	const read = `select key_id as id, public_key as public from account_proof_key where account_id = $1`
	m, err := db.Get[struct{ ID, Public string }](ctx, q, read, a.ID)
	if apperr.Is(err, apperr.KindNotFound) {
		if err = s.addProofKey(ctx, q, a.ID); err == nil {
			m, err = db.Get[struct{ ID, Public string }](ctx, q, read, a.ID)
		}
	}
	return as.Multikey{ID: m.ID, Controller: a.URI, Public: m.Public}, err
}

// Prove adds an integrity proof of one of our actors to a document. It is for
// what everybody may read: whoever holds a proof can show it to anyone.
//
// Spec: FEP-8b32
func (s *Service) Prove(ctx context.Context, q db.Q, actorID int64, doc []byte) ([]byte, error) {
	key, err := s.Key(ctx, q, actorID)
	if err != nil {
		return nil, err
	}
	return sig.Prove(doc, key, time.Now())
}

// RotateKeys gives one of our actors new keys, made with [MakeKey], under new
// ids, and tells the slices above, which tell other servers. What was signed
// with the old ones is worth nothing from then on.
//
// Spec: SG12
func (s *Service) RotateKeys(ctx context.Context, id int64, key *rsa.PrivateKey) error {
	small, err := sig.GenerateEd25519()
	if err != nil {
		return err
	}
	private, err := sig.EncodePrivatePEM(key)
	if err != nil {
		return err
	}
	public, err := sig.EncodePublicPEM(&key.PublicKey)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		a, err := ByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if !a.Local() || a.DeletedAt != 0 {
			return apperr.NotFound("account.not_found")
		}
		// New ids: a server that remembers the old key has nothing to compare with.
		mark := ids.Key()[:8]
		a.KeyID, a.PublicKey, a.UpdatedAt = a.URI+"#main-key-"+mark, public, time.Now().UnixMilli()
		if _, err := tx.Exec(ctx, `update account set key_id = $1, public_key = $2, updated_at = $3 where id = $4`,
			a.KeyID, a.PublicKey, a.UpdatedAt, a.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update account_key set private_key = $1, created_at = $2, sealed = 1 where account_id = $3`,
			s.seal("account_key", a.ID, private), a.UpdatedAt, a.ID); err != nil {
			return err
		}
		if err := s.putProofKey(ctx, tx, a, small, a.URI+"#ed25519-key-"+mark, true); err != nil {
			return err
		}
		for _, f := range s.Rotated {
			if err := f(ctx, tx, a); err != nil {
				return err
			}
		}
		tx.AfterCommit(func() { s.keys.Remove(id) })
		return s.changed(ctx, tx, a)
	})
}
