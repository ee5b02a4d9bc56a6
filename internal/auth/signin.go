package auth

import (
	"context"
	"strconv"
	"strings"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
)

// SignIn checks a password and opens a session of the pages. emailOrName is
// what the person typed; addr is their network, for the limits only.
//
// Errors: KindInvalid "auth.bad_login" for a wrong password, name or address
// alike, in the same time; KindTooMany after too many failures; KindForbidden
// for a login that was disabled (said only to who knows the password).
func (s *Service) SignIn(ctx context.Context, emailOrName, password, addr string) (token string, v *Viewer, err error) {
	name := signInName(emailOrName)
	if err := s.tries.take(ctx, name, addr); err != nil {
		return "", nil, err
	}
	login, err := s.find(ctx, name)
	if err != nil {
		return "", nil, err
	}
	hash := ""
	if login != nil {
		hash = login.PasswordHash
	}
	ok, err := s.hasher.Match(ctx, password, hash)
	if err != nil {
		return "", nil, err
	}
	if !ok {
		return "", nil, apperr.Invalid("auth.bad_login")
	}
	s.tries.won(name, addr)
	if login.Disabled {
		return "", nil, apperr.Forbidden("auth.disabled")
	}
	if token, err = s.OpenSession(ctx, login.AccountID); err != nil {
		return "", nil, err
	}
	v, err = s.ByToken(ctx, token)
	return token, v, err
}

// signInName makes the spellings of a name or address one: else each way to
// write it would have attempts of its own. What is too long is nobody's.
func signInName(emailOrName string) string {
	if len(emailOrName) > 1000 {
		return ""
	}
	return strings.TrimLeft(foldEmail(emailOrName), "@")
}

// OpenSession opens a session of the pages for an account whose owner has been
// recognised, and clears away those that expired.
func (s *Service) OpenSession(ctx context.Context, accountID int64) (token string, err error) {
	err = s.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := db.Exec(ctx, tx, `delete from token where account_id = $1 and expires_at <> 0 and expires_at < $2`,
			accountID, s.now().UnixMilli()); err != nil {
			return err
		}
		token, _, err = s.issue(ctx, tx, tokenRow{Kind: kindWeb, AccountID: accountID})
		return err
	})
	return token, err
}

// CheckPassword confirms that an account's owner is at the keyboard before
// something grave. KindTooMany after too many failures.
func (s *Service) CheckPassword(ctx context.Context, accountID int64, password string) (ok bool, err error) {
	key := "#" + strconv.FormatInt(accountID, 10)
	if _, ok := s.ownTries.Allow(key); !ok {
		return false, apperr.TooMany("auth.too_many")
	}
	login, err := s.Login(ctx, s.db.Read(), accountID)
	if err != nil {
		return false, err
	}
	if ok, err = s.hasher.Match(ctx, password, login.PasswordHash); ok {
		s.ownTries.Forget(key)
	}
	return ok, err
}
