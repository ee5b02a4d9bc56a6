package auth

import (
	"context"
	"sync/atomic"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"github.com/maillage/maillage/internal/apperr"
)

// Bounds of a password: characters at least, bytes at most.
const (
	MinPassword = 8
	MaxPassword = 1024
)

// argon2id at 19 MiB and two passes: about 25 ms and OWASP's recommendation.
var hashParams = argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// nobodysHash is a hash with hashParams of a password that nobody knows, to
// spend the same time on people who do not exist.
const nobodysHash = "$argon2id$v=19$m=19456,t=2,p=1$NPYBfqgn6eA8ZN4WOwk9fw$5kS6Rwjv4rVwSLlqlAUdPCU6VEcFXj7WZHBfs5W3vsk"

// Hasher computes password hashes, two at once: each takes 19 MiB and a core.
// The instances of one process share one.
type Hasher struct {
	slots   chan struct{}
	waiting atomic.Int64
}

const (
	hashSlots   = 2
	hashWaiting = 100 // about 1.3 s of work ahead
)

// NewHasher makes a hasher.
func NewHasher() *Hasher { return &Hasher{slots: make(chan struct{}, hashSlots)} }

// do runs f when a slot is free. Too many in front is KindUnavailable.
func (h *Hasher) do(ctx context.Context, f func() error) error {
	if h.waiting.Add(1) > hashWaiting {
		h.waiting.Add(-1)
		return apperr.Unavailable("auth.busy")
	}
	select {
	case h.slots <- struct{}{}:
		h.waiting.Add(-1)
	case <-ctx.Done():
		h.waiting.Add(-1)
		return ctx.Err()
	}
	defer func() { <-h.slots }()
	return f()
}

// Hash checks the bounds of a password and hashes it. Never call it while a
// transaction is open. Errors: KindInvalid on the field "password".
func (h *Hasher) Hash(ctx context.Context, password string) (hash string, err error) {
	switch {
	case utf8.RuneCountInString(password) < MinPassword:
		return "", apperr.Invalid("auth.password_short").Field("password", "auth.password_short", "Min", MinPassword)
	case len(password) > MaxPassword:
		return "", apperr.Invalid("auth.password_long").Field("password", "auth.password_long")
	}
	err = h.do(ctx, func() (err error) {
		hash, err = argon2id.CreateHash(password, &hashParams)
		return err
	})
	return hash, err
}

// Match compares a password with a hash in the same time whatever the outcome;
// an empty hash stands for somebody who does not exist.
func (h *Hasher) Match(ctx context.Context, password, hash string) (ok bool, err error) {
	if len(password) > MaxPassword {
		password = password[:MaxPassword] // cannot match: nobody's hash is of one that long
		hash = ""
	}
	known := hash != ""
	if !known {
		hash = nobodysHash
	}
	err = h.do(ctx, func() (err error) {
		ok, err = argon2id.ComparePasswordAndHash(password, hash)
		return err
	})
	return ok && known, err
}
