package visitor

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/config"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/text"
)

// Somebody signs in with their account on a server that speaks Mastodon's API:
// we make ourselves known there, send them there to agree, and read who they are.
//
// Spec: Mastodon oauth; Spec: Mastodon apps#create; Spec: RFC 7636; Spec: RFC 7009

const (
	signInAge = 15 * time.Minute
	appAge    = 90 * 24 * time.Hour // then we make ourselves known anew: some servers forget
)

// scopes are the rights asked for, the narrowest first: "profile" alone is who
// somebody is; servers before Mastodon 4.3 know only the second.
var scopes = []string{"profile", "read:accounts"}

// signIn is one under way.
type signIn struct {
	Hash, Host, Verifier, Lang, Act, Payload, Back string
	ExpiresAt                                      int64
}

// app is what we are at another server.
type app struct {
	Host, ClientID, ClientSecret, Scope string
	CreatedAt                           int64
}

// hostOfHandle reads where somebody's account is: "@bob@host", "bob@host", "host"
// or the address of a page there.
func (s *Service) hostOfHandle(typed string) (string, error) {
	bad := apperr.Invalid("visitor.bad_handle").Field("handle", "visitor.bad_handle")
	h := strings.TrimSpace(typed)
	if _, rest, ok := strings.Cut(h, "://"); ok {
		h, _, _ = strings.Cut(rest, "/")
	}
	if i := strings.LastIndexByte(h, '@'); i >= 0 {
		h = h[i+1:]
	}
	host, err := config.NormalHost(h, s.Scheme, s.LocalTest)
	if err != nil || !strings.Contains(host, ".") && !s.LocalTest {
		return "", bad
	}
	switch {
	case host == s.Accounts.Host:
		return "", apperr.Invalid("visitor.is_here").Field("handle", "visitor.is_here")
	case s.Blocked != nil && s.Blocked(host):
		return "", apperr.Invalid("visitor.no_such_server", "Host", host).Field("handle", "visitor.no_such_server", "Host", host)
	}
	return host, nil
}

func (s *Service) origin(host string) string { return s.Scheme + "://" + host }

func (s *Service) callback() string { return s.Accounts.Base + Path + "/compte/retour" }

// Begin prepares a sign-in at somebody's server. It gives the address to go to,
// and the state that the browser must bring back. Errors: KindInvalid with the field "handle"; KindTooMany.
func (s *Service) Begin(ctx context.Context, addr, handle string, w Wish) (host, address, state string, err error) {
	s.limits()
	if host, err = s.hostOfHandle(handle); err != nil {
		return "", "", "", err
	}
	if _, ok := s.signIns.Allow(addr); !ok {
		return "", "", "", apperr.TooMany("visitor.too_many")
	}
	leave, ok := s.abroad.enter(host)
	if !ok {
		return "", "", "", crowded(host)
	}
	defer leave()
	within, cancel := context.WithTimeout(ctx, beginWithin)
	defer cancel()
	a, err := s.known(within, host)
	if err != nil {
		key := wordsOf(err)
		return "", "", "", apperr.Invalid(key, "Host", host).Field("handle", key, "Host", host).Wrap(err)
	}
	state, hash := newSecret()
	verifier, _ := newSecret()
	expires := time.Now().Add(signInAge).UnixMilli()
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := db.Insert(ctx, tx, "visitor_signin", signIn{hash, host, verifier, s.words(w.Lang).Lang(), w.Act, w.Payload, w.Back, expires}); err != nil {
			return err
		}
		return cleanAt(ctx, tx, expires)
	})
	sum := sha256.Sum256([]byte(verifier))
	q := url.Values{"response_type": {"code"}, "client_id": {a.ClientID}, "redirect_uri": {s.callback()}, "scope": {a.Scope}, "state": {state},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"}}
	return host, s.origin(host) + "/oauth/authorize?" + q.Encode(), state, err
}

// known is our app at a server, made now when there is none yet.
func (s *Service) known(ctx context.Context, host string) (*app, error) {
	a, err := db.Get[app](ctx, s.DB.Read(), `select host, client_id, client_secret, scope, created_at from visitor_app where host = $1 and created_at > $2`,
		host, time.Now().Add(-appAge).UnixMilli())
	if err == nil || !apperr.Is(err, apperr.KindNotFound) {
		return &a, err
	}
	set, err := s.Instance.Settings(ctx)
	if err != nil {
		return nil, err
	}
	for _, scope := range scopes {
		var got struct {
			ID     string `json:"client_id"`
			Secret string `json:"client_secret"`
		}
		err = s.Client.post(ctx, s.origin(host)+"/api/v1/apps", url.Values{"client_name": {set.Name}, "redirect_uris": {s.callback()}, "scopes": {scope}, "website": {s.Accounts.Base}}, &got)
		if errors.Is(err, errRefused) {
			continue // it does not know that right
		}
		if err == nil && (got.ID == "" || got.Secret == "" || len(got.ID)+len(got.Secret) > 2000) {
			err = errForeign
		}
		if err != nil {
			return nil, err
		}
		a = app{host, got.ID, got.Secret, scope, time.Now().UnixMilli()}
		return &a, s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `insert into visitor_app (host, client_id, client_secret, scope, created_at) values ($1, $2, $3, $4, $5)
				on conflict (host) do update set client_id = excluded.client_id, client_secret = excluded.client_secret, scope = excluded.scope, created_at = excluded.created_at`,
				a.Host, a.ClientID, a.ClientSecret, a.Scope, a.CreatedAt)
			return err
		})
	}
	return nil, err
}

// forgetApp has us make ourselves known anew to a server that knows us no more.
func (s *Service) forgetApp(ctx context.Context, host string) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `delete from visitor_app where host = $1`, host)
		return err
	})
}

// wordsOf are what went wrong with another server, for people.
func wordsOf(err error) string {
	switch {
	case errors.Is(err, errAway):
		return "visitor.server_away"
	case errors.Is(err, errForeign):
		return "visitor.server_foreign"
	}
	return "visitor.server_refuses"
}

// underWay finds a sign-in by the state that came back. KindGone "visitor.old_signin".
func underWay(ctx context.Context, q db.Q, state string) (*signIn, error) {
	x, err := db.Get[signIn](ctx, q, `select hash, host, verifier, lang, act, payload, back, expires_at from visitor_signin where hash = $1 and expires_at > $2`,
		hashOf(state), time.Now().UnixMilli())
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, apperr.Gone("visitor.old_signin")
	}
	return &x, err
}

// Finish ends a sign-in: it reads who came back, gives the key back that it needed
// for that, and does what they wanted.
func (s *Service) Finish(ctx context.Context, state, code string) (*Entry, error) {
	x, err := underWay(ctx, s.DB.Read(), state)
	if err != nil {
		return nil, err
	}
	leave, ok := s.abroad.enter(x.Host)
	if !ok {
		return nil, apperr.Unavailable("visitor.crowded", "Host", x.Host) // it can be tried again
	}
	defer leave()
	// It works once, whatever comes of it.
	if err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err := db.Exec(ctx, tx, `delete from visitor_signin where hash = $1`, x.Hash)
		if err == nil && n == 0 {
			return apperr.Gone("visitor.old_signin")
		}
		return err
	}); err != nil {
		return nil, err
	}
	within, cancel := context.WithTimeout(ctx, finishWithin)
	defer cancel()
	fresh, err := s.identify(within, x, code)
	if err != nil {
		return nil, err
	}
	return s.enter(ctx, *fresh, x.Act, x.Payload, x.Back, nil)
}

// wellFormed are names that accounts may have.
var wellFormed = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,62}[A-Za-z0-9_])?$`)

// identify asks a server who agreed.
func (s *Service) identify(ctx context.Context, x *signIn, code string) (*Visitor, error) {
	fail := func(err error) error { return apperr.Unavailable(wordsOf(err), "Host", x.Host).Wrap(err) }
	a, err := s.known(ctx, x.Host)
	if err != nil {
		return nil, fail(err)
	}
	var got struct {
		Token string `json:"access_token"`
	}
	err = s.Client.post(ctx, s.origin(x.Host)+"/oauth/token", url.Values{"grant_type": {"authorization_code"}, "code": {code}, "client_id": {a.ClientID},
		"client_secret": {a.ClientSecret}, "redirect_uri": {s.callback()}, "code_verifier": {x.Verifier}}, &got)
	if errors.Is(err, errRefused) {
		if err := s.forgetApp(ctx, x.Host); err != nil {
			return nil, err
		}
	}
	if err == nil && got.Token == "" {
		err = errForeign
	}
	if err != nil {
		return nil, fail(err)
	}
	var them struct {
		Username    string `json:"username"`
		DisplayName string `json:"display_name"`
	}
	err = s.Client.get(ctx, s.origin(x.Host)+"/api/v1/accounts/verify_credentials", got.Token, &them)
	// Its work is done, whatever came of it. A server that does not take it back ends it by itself.
	_ = s.Client.post(context.WithoutCancel(ctx), s.origin(x.Host)+"/oauth/revoke", url.Values{"client_id": {a.ClientID}, "client_secret": {a.ClientSecret}, "token": {got.Token}}, nil)
	if err == nil && !wellFormed.MatchString(them.Username) {
		err = errForeign
	}
	if err != nil {
		return nil, fail(err)
	}
	v := &Visitor{Handle: strings.ToLower(them.Username) + "@" + x.Host, Name: text.PlainName(them.DisplayName, MaxName), Lang: x.Lang}
	if v.Name == "" {
		v.Name = them.Username
	}
	// What is known of the account in the fediverse, if it shows itself: it must be
	// of the very server that let them in, whatever names that server gives it.
	who, err := s.Fetcher.ResolveHandle(ctx, them.Username, x.Host)
	if err == nil && !who.Local && as.SameOrigin(who.URI, s.origin(x.Host)) {
		if who.Suspended || who.Deleted {
			return nil, apperr.Forbidden("visitor.not_welcome")
		}
		v.AccountID, v.Handle = who.ID, strings.ToLower(who.Username)+"@"+who.Host
	}
	return v, nil
}
