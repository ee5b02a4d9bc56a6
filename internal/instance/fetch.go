package instance

import (
	"context"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
)

// signedAge is how long the answer of SignedOnly is good: a command may change it.
const signedAge = 2 * time.Second

const signedKey = "authorized_fetch"

// signed remembers an answer for a moment.
type signed struct {
	only bool
	at   time.Time
}

// SignedOnly reports whether documents for other servers are given only to
// those who sign their question. Off at first: what is public is public, and
// some peers ask without signing. What is not public always wants a signature.
func (s *Service) SignedOnly(ctx context.Context) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.signed.at) < signedAge {
		return s.signed.only
	}
	v, err := db.Get[string](ctx, s.DB.Read(), `select value from setting where key = $1`, signedKey)
	if err != nil && !apperr.Is(err, apperr.KindNotFound) {
		return s.signed.only || s.signed.at.IsZero() // what held last; closed while nothing is known
	}
	s.signed = signed{v == "true", time.Now()}
	return s.signed.only
}

// SetSignedOnly lays down whether questions must be signed.
func (s *Service) SetSignedOnly(ctx context.Context, only bool) error {
	value := "false"
	if only {
		value = "true"
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		tx.AfterCommit(func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.signed = signed{}
		})
		return put(ctx, tx, signedKey, value)
	})
}
