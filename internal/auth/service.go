package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"log/slog"
	"sync"
	"time"

	"github.com/maillage/maillage/internal/auth/limit"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/vault"
)

// Options of a Service.
type Options struct {
	// Lookup finds the account of a user name, for people who sign in with it.
	// nil: only e-mail addresses work.
	Lookup    func(ctx context.Context, name string) (accountID int64, ok bool)
	Hasher    *Hasher          // shared by the process; nil makes one
	Vault     *vault.Vault     // seals the instance's own keys; nil: one that ends with the process
	Unlimited bool             // no limits on attempts, for local tests
	Now       func() time.Time // nil: time.Now
	Log       *slog.Logger
}

// Service keeps logins, tokens and apps of one instance.
type Service struct {
	db     *db.DB
	lookup func(ctx context.Context, name string) (int64, bool)
	hasher *Hasher
	vault  *vault.Vault
	now    func() time.Time
	log    *slog.Logger
	cache  *viewerCache

	// Profile says who an account is, for apps that sign people in with it.
	Profile func(ctx context.Context, accountID int64) (*Profile, error)

	// PushKey is the public key of web push, which apps are told.
	PushKey string

	emu   sync.Mutex
	onEnd []func(accountID, tokenID int64)

	tries    *tries         // sign-ins; nil: no limits
	ownTries *limit.Limiter // confirmations of one's own password, per account
	appTries *limit.Limiter // registered apps per network
}

// New makes the service of an instance whose schema is up to date.
func New(d *db.DB, o Options) *Service {
	s := &Service{db: d, lookup: o.Lookup, hasher: o.Hasher, vault: o.Vault, now: o.Now, log: o.Log}
	if s.hasher == nil {
		s.hasher = NewHasher()
	}
	if s.vault == nil {
		s.vault = vault.Fresh()
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	s.log = s.log.With("pkg", "auth")
	s.cache = newViewerCache(s.now)
	if d != nil { // a service without a database only hashes
		d.Hear(endedTopic, s.heard)
	}
	if !o.Unlimited {
		s.tries = newTries(s.now)
		s.ownTries = limit.New(10, 15*time.Minute, s.now)
		s.appTries = limit.New(60, 10*time.Minute, s.now)
	}
	return s
}

// HashPassword is Hasher.Hash; call it before opening a transaction.
func (s *Service) HashPassword(ctx context.Context, password string) (string, error) {
	return s.hasher.Hash(ctx, password)
}

// newSecret gives 256 random bits in 43 letters, and what is stored of them.
func newSecret() (secret, hash string) {
	var b [32]byte
	rand.Read(b[:])
	secret = base64.RawURLEncoding.EncodeToString(b[:])
	return secret, hashSecret(secret)
}

// hashSecret is what the tables hold of a secret. It needs no salt: secrets are
// random and long.
func hashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Secret gives the instance's key of a name, 32 bytes, made at the first call.
// It is stored sealed; one from before is sealed at once.
//
// Spec: SG12
func (s *Service) Secret(ctx context.Context, name string) ([]byte, error) {
	const get = `select value from auth_secret where name = $1`
	use := "auth_secret/" + name
	stored, err := db.Get[string](ctx, s.db.Read(), get, name)
	if isNoRows(err) {
		fresh, _ := newSecret()
		err = s.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			if _, err := db.Exec(ctx, tx, `insert into auth_secret (name, value) values ($1, $2) on conflict (name) do nothing`, name, s.vault.Seal(use, fresh)); err != nil {
				return err
			}
			stored, err = db.Get[string](ctx, tx, get, name) // another node may have been faster
			return err
		})
	}
	if err != nil {
		return nil, err
	}
	text, err := s.vault.Open(use, stored)
	if err != nil {
		return nil, err
	}
	if !vault.Sealed(stored) {
		err := s.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `update auth_secret set value = $1 where name = $2`, s.vault.Seal(use, text), name)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return base64.RawURLEncoding.DecodeString(text)
}
