package movement

import (
	"time"
)

// Root is the top of a movement: its actor and its key, a Multikey.
type Root struct {
	URI, Key string
}

// book holds the certificates that an instance knows.
type book struct {
	root    Root
	of      map[string][]*Certificate // by subject
	revoked map[[2]string]bool        // issuer and id
}

func newBook(root Root, certs []*Certificate, revoked map[[2]string]bool) *book {
	b := &book{root: root, of: map[string][]*Certificate{}, revoked: revoked}
	for _, c := range certs {
		b.of[c.Subject] = append(b.of[c.Subject], c)
	}
	return b
}

// chain finds the certificates that lead from a subject up to the root, the
// subject's own first; the root's is empty. Every signature was verified with
// SignedBy; whether that is the issuer's key is judged here.
// Errors: ErrExpired, ErrRevoked, ErrKey, ErrLoop, ErrWidened, ErrNoRoot.
func (b *book) chain(subject string, now time.Time) ([]*Certificate, error) {
	return b.climb(subject, now, map[string]bool{})
}

func (b *book) climb(subject string, now time.Time, seen map[string]bool) ([]*Certificate, error) {
	if subject == b.root.URI {
		return nil, nil
	}
	if seen[subject] || len(seen) >= maxDepth {
		return nil, ErrLoop
	}
	seen[subject] = true
	defer delete(seen, subject)
	err := ErrNoRoot
	for _, c := range b.of[subject] {
		up, cerr := b.hold(c, now, seen)
		if cerr == nil {
			return append([]*Certificate{c}, up...), nil
		}
		err = cerr
	}
	return nil, err
}

// hold checks one certificate, and all above it.
func (b *book) hold(c *Certificate, now time.Time, seen map[string]bool) ([]*Certificate, error) {
	if b.revoked[[2]string{c.Issuer, c.ID}] {
		return nil, ErrRevoked
	}
	if err := c.inForce(now); err != nil {
		return nil, err
	}
	up, err := b.climb(c.Issuer, now, seen)
	if err != nil {
		return nil, err
	}
	key := b.root.Key
	if len(up) > 0 {
		key = up[0].Key
		if !c.Grant.Within(up[0].Grant) {
			return nil, ErrWidened
		}
	}
	if c.SignedBy != key {
		return nil, ErrKey
	}
	return up, nil
}

// until is the moment at which the first certificate of a chain ends.
func until(chain []*Certificate) time.Time {
	var end time.Time
	for _, c := range chain {
		if end.IsZero() || c.End.Before(end) {
			end = c.End
		}
	}
	return end
}

// keyOf is the key with which an issuer signs, "" when it has no place here.
func (b *book) keyOf(issuer string, now time.Time) string {
	if issuer == b.root.URI {
		return b.root.Key
	}
	up, err := b.chain(issuer, now)
	if err != nil || len(up) == 0 {
		return ""
	}
	return up[0].Key
}

// learn verifies certificates of others and gives those that lead to the root.
// They may come in any order. The error is that of the last that did not hold.
func (b *book) learn(list []*Certificate, now time.Time, allowHTTP bool) (fresh []*Certificate, err error) {
	left := list
	for len(left) > 0 {
		var rest []*Certificate
		for _, c := range left {
			if cerr := b.try(c, now, allowHTTP); cerr != nil {
				err = cerr
				rest = append(rest, c)
				continue
			}
			fresh = append(fresh, c)
		}
		if len(rest) == len(left) {
			return fresh, err
		}
		left = rest
	}
	return fresh, nil
}

// try adds a certificate if it holds.
func (b *book) try(c *Certificate, now time.Time, allowHTTP bool) error {
	if b.revoked[[2]string{c.Issuer, c.ID}] {
		return ErrRevoked
	}
	if c.Subject == b.root.URI {
		return ErrLoop
	}
	up, err := b.chain(c.Issuer, now)
	if err != nil {
		return err
	}
	key := b.root.Key
	if len(up) > 0 {
		key = up[0].Key
	}
	for _, above := range up {
		if above.Subject == c.Subject {
			return ErrLoop
		}
	}
	if err := c.Verify(key, now, allowHTTP); err != nil {
		return err
	}
	if _, err := b.hold(c, now, map[string]bool{c.Subject: true}); err != nil {
		return err
	}
	for i, old := range b.of[c.Subject] {
		if old.Issuer != c.Issuer {
			continue
		}
		if old.Start.After(c.Start) {
			return nil // we have a newer one
		}
		b.of[c.Subject][i] = c
		return nil
	}
	b.of[c.Subject] = append(b.of[c.Subject], c)
	return nil
}
