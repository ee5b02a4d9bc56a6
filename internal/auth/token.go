package auth

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
)

// Kinds of token.
const (
	kindWeb    = "web"    // session of the pages
	kindApp    = "app"    // an app for somebody
	kindClient = "client" // an app alone
)

// SessionAge is how long a session of the pages lasts after its last use.
const SessionAge = 60 * 24 * time.Hour

// touchEvery bounds how often the use of a token is noted.
const touchEvery = time.Hour

// Token is a session or an authorisation, as shown to its owner.
type Token struct {
	ID         int64
	Kind       string
	AppID      int64
	AppName    string // "" for a session of the pages
	Scopes     string
	CreatedAt  int64
	LastUsedAt int64
	ExpiresAt  int64 // 0: never
}

// Web reports whether the token is a session of the pages.
func (t Token) Web() bool { return t.Kind == kindWeb }

type tokenRow struct {
	Hash       string
	Kind       string
	AccountID  int64
	AppID      int64
	Scopes     string
	CodeHash   string
	CreatedAt  int64
	LastUsedAt int64
	ExpiresAt  int64
}

// issue stores a new token in tx and gives its secret.
func (s *Service) issue(ctx context.Context, tx *db.Tx, row tokenRow) (secret string, id int64, err error) {
	secret, row.Hash = newSecret()
	row.CreatedAt = s.now().UnixMilli()
	row.LastUsedAt = row.CreatedAt
	if row.Kind == kindWeb {
		row.ExpiresAt = row.CreatedAt + SessionAge.Milliseconds()
	}
	id, err = db.Get[int64](ctx, tx, `insert into token
		(hash, kind, account_id, app_id, scopes, code_hash, created_at, last_used_at, expires_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning id`,
		row.Hash, row.Kind, row.AccountID, row.AppID, row.Scopes, row.CodeHash, row.CreatedAt, row.LastUsedAt, row.ExpiresAt)
	return secret, id, err
}

type viewerRow struct {
	ID         int64
	Kind       string
	AccountID  int64
	AppID      int64
	Scopes     string
	LastUsedAt int64
	ExpiresAt  int64
	Role       string
	Member     bool
	Lang       string
	HasLogin   bool
}

// ByToken finds who shows a token, from a cookie or a bearer header alike
// (Viewer.Web tells which it must be). A token that is unknown, ended or
// expired is KindUnauthorized; any other error is a fault, not an answer.
func (s *Service) ByToken(ctx context.Context, token string) (*Viewer, error) {
	if len(token) < 20 || len(token) > 200 {
		return nil, apperr.Unauthorized("auth.bad_token")
	}
	hash := hashSecret(token)
	v, gen := s.cache.get(hash)
	if v != nil {
		return v, nil
	}
	row, err := db.Get[viewerRow](ctx, s.db.Read(), `select t.id, t.kind, t.account_id, t.app_id, t.scopes, t.last_used_at, t.expires_at,
			coalesce(l.role, '') as role, coalesce(l.member, $2) as member, coalesce(l.lang, '') as lang,
			(l.account_id is not null and not l.disabled) as has_login
		from token t left join login l on l.account_id = t.account_id and t.account_id <> 0
		where t.hash = $1`, hash, false)
	if isNoRows(err) {
		return nil, apperr.Unauthorized("auth.bad_token")
	}
	if err != nil {
		return nil, err
	}
	now := s.now().UnixMilli()
	if row.ExpiresAt != 0 && row.ExpiresAt <= now || row.Kind != kindClient && !row.HasLogin {
		return nil, apperr.Unauthorized("auth.bad_token")
	}
	v = &Viewer{AccountID: row.AccountID, Role: row.Role, Member: row.Member, Lang: row.Lang, TokenID: row.ID, AppID: row.AppID}
	if row.Kind == kindWeb {
		v.Web = true
		v.Scopes = Scopes{"read", "write", "follow", "push", "profile"}
		v.CSRF = csrfOf(token)
	} else if v.Scopes, _ = ParseScopes(row.Scopes); row.Kind == kindClient {
		v.AccountID = 0
	}
	if age := now - row.LastUsedAt; age > touchEvery.Milliseconds() || age < -touchEvery.Milliseconds() {
		s.touch(ctx, row, now)
	}
	s.cache.put(hash, v, gen)
	return v, nil
}

// touch notes that a token is in use and prolongs a session. A database that
// cannot be written to does not sign anybody out.
func (s *Service) touch(ctx context.Context, row viewerRow, now int64) {
	expires := int64(0)
	if row.Kind == kindWeb {
		expires = now + SessionAge.Milliseconds()
	}
	err := s.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := db.Exec(ctx, tx, `update token set last_used_at = $1, expires_at = $2 where id = $3`, now, expires, row.ID)
		return err
	})
	if err != nil && !errors.Is(err, context.Canceled) {
		s.log.Warn("use of a token not noted", "err", err)
	}
}

// csrfOf derives the secret of a session's forms from the session's own.
func csrfOf(token string) string {
	h := hmac.New(sha256.New, []byte(token))
	h.Write([]byte("forms"))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// NewToken makes a bearer token for an account that no app asked for, for the
// command line. Errors: KindNotFound when the account has no login.
func (s *Service) NewToken(ctx context.Context, accountID int64, scopes Scopes) (secret string, err error) {
	err = s.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := s.Login(ctx, tx, accountID); err != nil {
			return err
		}
		secret, _, err = s.issue(ctx, tx, tokenRow{Kind: kindApp, AccountID: accountID, Scopes: scopes.String()})
		return err
	})
	return secret, err
}

// Sessions lists the sessions and authorised apps of an account, the latest used first.
func (s *Service) Sessions(ctx context.Context, accountID int64) ([]Token, error) {
	return db.All[Token](ctx, s.db.Read(), `select t.id, t.kind, t.app_id, coalesce(a.name, '') as app_name, t.scopes,
			t.created_at, t.last_used_at, t.expires_at
		from token t left join oauth_app a on a.id = t.app_id
		where t.account_id = $1 and t.account_id <> 0 and (t.expires_at = 0 or t.expires_at > $2)
		order by t.last_used_at desc, t.id desc`, accountID, s.now().UnixMilli())
}

// Revoke ends one session or token of an account: KindNotFound when it is not theirs.
func (s *Service) Revoke(ctx context.Context, accountID, tokenID int64) error {
	return s.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err := db.Exec(ctx, tx, `delete from token where id = $1 and account_id = $2 and account_id <> 0`, tokenID, accountID)
		if err != nil {
			return err
		}
		if n == 0 {
			return apperr.NotFound("httpx.not_found")
		}
		tellToken(tx, tokenID)
		return nil
	})
}

// SignOut ends the session that v came with.
func (s *Service) SignOut(ctx context.Context, v *Viewer) error {
	err := s.Revoke(ctx, v.AccountID, v.TokenID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil // ended elsewhere meanwhile
	}
	return err
}

// EndAll ends every session and token of an account but the one of keep (0 for none).
func (s *Service) EndAll(ctx context.Context, tx *db.Tx, accountID, keep int64) error {
	if accountID == 0 {
		return nil
	}
	if _, err := db.Exec(ctx, tx, `delete from token where account_id = $1 and id <> $2`, accountID, keep); err != nil {
		return err
	}
	tellAccount(tx, accountID)
	return nil
}

// EndOthers ends every session and token of v's owner but v.
func (s *Service) EndOthers(ctx context.Context, v *Viewer) error {
	return s.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return s.EndAll(ctx, tx, v.AccountID, v.TokenID) })
}
