package auth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"regexp"
	"slices"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
)

// CodeAge is how long an authorisation code may be exchanged.
const CodeAge = 10 * time.Minute

// OAuthError is an error in OAuth's own words.
//
// Spec: RFC 6749 5.2
type OAuthError struct {
	Code string // invalid_request, invalid_client, invalid_grant, invalid_scope, unauthorized_client, unsupported_grant_type …
	Key  string // sentence for the developer or the person
}

func (e *OAuthError) Error() string { return "oauth: " + e.Code + ": " + e.Key }

func oauthErr(code, key string) error { return &OAuthError{code, key} }

// AuthRequest is what an app asks of somebody.
type AuthRequest struct {
	App         *App
	RedirectURI string
	Scopes      Scopes
	State       string
	Challenge   string // S256, "" without PKCE
}

// AuthParams are the parameters of /oauth/authorize as they came.
type AuthParams struct {
	ResponseType, ClientID, RedirectURI, Scope, State string
	Challenge, ChallengeMethod                        string
}

var challengeRE = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// CheckAuthRequest checks what an app asks. When the error comes with a
// request, the app and its redirect address are good and the app may be told;
// without one it must not be redirected to.
//
// Spec: RFC 6749 4.1.1, RFC 7636 4.3, RFC 9700 2.1
func (s *Service) CheckAuthRequest(ctx context.Context, p AuthParams) (*AuthRequest, error) {
	app, err := s.AppByClient(ctx, p.ClientID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, oauthErr("invalid_client", "auth.no_app")
	}
	if err != nil {
		return nil, err
	}
	redirects := app.Redirects()
	if p.RedirectURI == "" && len(redirects) == 1 {
		p.RedirectURI = redirects[0]
	}
	if !slices.Contains(redirects, p.RedirectURI) {
		return nil, oauthErr("invalid_redirect_uri", "auth.redirect_mismatch")
	}
	req := &AuthRequest{App: app, RedirectURI: p.RedirectURI, State: p.State}
	if p.ResponseType != "code" {
		return req, oauthErr("unsupported_response_type", "auth.response_type")
	}
	scopes, ok := ParseScopes(p.Scope)
	if !ok || !app.ScopeSet().Covers(scopes) {
		return req, oauthErr("invalid_scope", "auth.bad_scope")
	}
	req.Scopes = scopes
	if p.Challenge != "" || p.ChallengeMethod != "" {
		if p.ChallengeMethod != "S256" || !challengeRE.MatchString(p.Challenge) {
			return req, oauthErr("invalid_request", "auth.bad_challenge")
		}
		req.Challenge = p.Challenge
	}
	return req, nil
}

// Authorize makes a code for what accountID granted.
func (s *Service) Authorize(ctx context.Context, req *AuthRequest, accountID int64) (code string, err error) {
	code, hash := newSecret()
	now := s.now().UnixMilli()
	err = s.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := db.Exec(ctx, tx, `delete from oauth_code where expires_at < $1`, now-24*time.Hour.Milliseconds()); err != nil {
			return err
		}
		_, err := db.Exec(ctx, tx, `insert into oauth_code (hash, app_id, account_id, redirect_uri, scopes, challenge, expires_at)
			values ($1, $2, $3, $4, $5, $6, $7)`,
			hash, req.App.ID, accountID, req.RedirectURI, req.Scopes.String(), req.Challenge, now+CodeAge.Milliseconds())
		return err
	})
	return code, err
}

// Grant is a token given to an app.
type Grant struct {
	Token     string
	Scopes    Scopes
	CreatedAt int64 // unix milliseconds
}

// client recognises an app by its id and secret; hasSecret tells whether it
// showed one, which must then be right.
func (s *Service) client(ctx context.Context, clientID, secret string) (app *App, hasSecret bool, err error) {
	app, err = s.AppByClient(ctx, clientID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, false, oauthErr("invalid_client", "auth.bad_client")
	}
	if err != nil {
		return nil, false, err
	}
	if secret == "" {
		return app, false, nil
	}
	if subtle.ConstantTimeCompare([]byte(hashSecret(secret)), []byte(app.SecretHash)) != 1 {
		return nil, false, oauthErr("invalid_client", "auth.bad_client")
	}
	return app, true, nil
}

// Exchange is what an app shows to get a token.
type Exchange struct {
	ClientID, ClientSecret      string
	Code, RedirectURI, Verifier string
	Scope                       string // for client credentials
}

type codeRow struct {
	AppID       int64
	AccountID   int64
	RedirectURI string `db:"redirect_uri"`
	Scopes      string
	Challenge   string
	ExpiresAt   int64
	UsedAt      int64
}

var verifierRE = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`)

// ExchangeCode turns a code into a token. A code works once: a second use ends
// the token of the first. An app may leave out its secret when the code is
// bound to a challenge. Errors: *OAuthError.
//
// Spec: RFC 6749 4.1.3, RFC 7636 4.6, RFC 9700 2.1.1
func (s *Service) ExchangeCode(ctx context.Context, x Exchange) (*Grant, error) {
	app, hasSecret, err := s.client(ctx, x.ClientID, x.ClientSecret)
	if err != nil {
		return nil, err
	}
	badGrant := oauthErr("invalid_grant", "auth.bad_grant")
	if x.Code == "" || len(x.Code) > 200 {
		return nil, badGrant
	}
	hash := hashSecret(x.Code)
	var g *Grant
	var refused error // decided in the transaction, which commits all the same
	err = s.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		g, refused = nil, badGrant
		c, err := db.Get[codeRow](ctx, tx, `select app_id, account_id, redirect_uri, scopes, challenge, expires_at, used_at
			from oauth_code where hash = $1`, hash)
		if isNoRows(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if c.AppID != app.ID {
			return nil
		}
		if !hasSecret && c.Challenge == "" {
			refused = oauthErr("invalid_client", "auth.bad_client")
			return nil
		}
		if c.UsedAt != 0 {
			tellAccount(tx, c.AccountID)
			_, err := db.Exec(ctx, tx, `delete from token where code_hash = $1`, hash)
			return err
		}
		now := s.now().UnixMilli()
		if c.ExpiresAt <= now || c.RedirectURI != x.RedirectURI || !verified(c.Challenge, x.Verifier) {
			return nil
		}
		n, err := db.Exec(ctx, tx, `update oauth_code set used_at = $1 where hash = $2 and used_at = 0`, now, hash)
		if err != nil || n == 0 {
			return err
		}
		if l, err := s.Login(ctx, tx, c.AccountID); isNoRows(err) || err == nil && l.Disabled {
			return nil
		} else if err != nil {
			return err
		}
		token, _, err := s.issue(ctx, tx, tokenRow{Kind: kindApp, AccountID: c.AccountID, AppID: app.ID, Scopes: c.Scopes, CodeHash: hash})
		if err != nil {
			return err
		}
		scopes, _ := ParseScopes(c.Scopes)
		g, refused = &Grant{Token: token, Scopes: scopes, CreatedAt: now}, nil
		return nil
	})
	if err != nil {
		return nil, err
	}
	return g, refused
}

// verified checks a PKCE verifier; a challenge that was given must be met, and
// a verifier without a challenge is a sign that the challenge was stripped.
func verified(challenge, verifier string) bool {
	if challenge == "" {
		return verifier == ""
	}
	if !verifierRE.MatchString(verifier) {
		return false
	}
	sum := sha256.Sum256([]byte(verifier))
	return subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(challenge)) == 1
}

// ClientCredentials gives an app a token of its own, which is nobody's.
// Errors: *OAuthError.
//
// Spec: RFC 6749 4.4
func (s *Service) ClientCredentials(ctx context.Context, x Exchange) (*Grant, error) {
	app, hasSecret, err := s.client(ctx, x.ClientID, x.ClientSecret)
	if err != nil {
		return nil, err
	}
	if !hasSecret {
		return nil, oauthErr("invalid_client", "auth.bad_client")
	}
	scopes, ok := ParseScopes(x.Scope)
	if !ok || !app.ScopeSet().Covers(scopes) {
		return nil, oauthErr("invalid_scope", "auth.bad_scope")
	}
	g := &Grant{Scopes: scopes, CreatedAt: s.now().UnixMilli()}
	err = s.db.Write(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		// One token of its own is enough for an app; the last ten are kept.
		if _, err := db.Exec(ctx, tx, `delete from token where app_id = $1 and kind = 'client' and id not in
			(select id from token where app_id = $1 and kind = 'client' order by id desc limit 9)`, app.ID); err != nil {
			return err
		}
		g.Token, _, err = s.issue(ctx, tx, tokenRow{Kind: kindClient, AppID: app.ID, Scopes: scopes.String()})
		return err
	})
	if err != nil {
		return nil, err
	}
	return g, nil
}

// RevokeToken ends a token at the wish of its app. An unknown token is no
// error; one of another app is unauthorized_client.
//
// Spec: RFC 7009
func (s *Service) RevokeToken(ctx context.Context, clientID, secret, token string) error {
	app, _, err := s.client(ctx, clientID, secret) // who shows the token may end it, with or without the secret
	if err != nil {
		return err
	}
	var refused error
	err = s.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		refused = nil
		t, err := db.Get[Token](ctx, tx, `select id, kind, app_id, scopes, created_at, last_used_at, expires_at, '' as app_name
			from token where hash = $1`, hashSecret(token))
		if isNoRows(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if t.AppID != app.ID || t.Web() {
			refused = oauthErr("unauthorized_client", "auth.not_your_token")
			return nil
		}
		tellToken(tx, t.ID)
		_, err = db.Exec(ctx, tx, `delete from token where id = $1`, t.ID)
		return err
	})
	if err != nil {
		return err
	}
	return refused
}
