package auth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db/dbtest"
)

const (
	verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // RFC 7636 appendix B
	callback = "oauth2redirect://com.keylesspalace.tusky/"
)

func challenge() string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func TestChallengeIsThatOfTheRFC(t *testing.T) {
	if challenge() != "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" {
		t.Error(challenge())
	}
}

func newApp(t *testing.T, s fixture) (*App, string) {
	t.Helper()
	app, secret, err := s.CreateApp(context.Background(), NewApp{
		Name: "Tusky", Website: "https://tusky.app", Redirects: []string{callback + "\n" + OOB}, Scopes: "read write follow push"})
	if err != nil {
		t.Fatal(err)
	}
	return app, secret
}

func ask(t *testing.T, s fixture, app *App, change func(*AuthParams)) string {
	t.Helper()
	p := AuthParams{ResponseType: "code", ClientID: app.ClientID, RedirectURI: callback, Scope: "read write:statuses",
		Challenge: challenge(), ChallengeMethod: "S256"}
	if change != nil {
		change(&p)
	}
	req, err := s.CheckAuthRequest(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	code, err := s.Authorize(context.Background(), req, 1)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func TestCodeGivesATokenOnce(t *testing.T) {
	each(t, func(t *testing.T, s fixture) {
		ctx := context.Background()
		app, secret := newApp(t, s)
		x := Exchange{ClientID: app.ClientID, ClientSecret: secret, Code: ask(t, s, app, nil), RedirectURI: callback, Verifier: verifier}
		g, err := s.ExchangeCode(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		v, err := s.ByToken(ctx, g.Token)
		if err != nil || v.AccountID != 1 || v.Web || v.CSRF != "" || v.AppID != app.ID {
			t.Fatalf("%+v, %v", v, err)
		}
		if !v.Scopes.Has("read:accounts") || !v.Scopes.Has("write:statuses") || v.Scopes.Has("write:media") || g.Scopes.String() != "read write:statuses" {
			t.Errorf("scopes %v", v.Scopes)
		}
		_, err = s.ExchangeCode(ctx, x)
		wantOAuth(t, err, "invalid_grant")
		_, err = s.ByToken(ctx, g.Token)
		wantKind(t, err, apperr.KindUnauthorized, "auth.bad_token")
	})
}

func TestCodeIsBound(t *testing.T) {
	s := setup(t, dbtest.SQLite(t, Migrations()), true)
	ctx := context.Background()
	app, secret := newApp(t, s)
	other, otherSecret := newApp(t, s)
	good := Exchange{ClientID: app.ClientID, ClientSecret: secret, RedirectURI: callback, Verifier: verifier}
	for name, c := range map[string]struct {
		want   string
		change func(*Exchange)
	}{
		"other client":      {"invalid_grant", func(x *Exchange) { x.ClientID, x.ClientSecret = other.ClientID, otherSecret }},
		"wrong secret":      {"invalid_client", func(x *Exchange) { x.ClientSecret = otherSecret }},
		"unknown client":    {"invalid_client", func(x *Exchange) { x.ClientID = "nobody" }},
		"wrong verifier":    {"invalid_grant", func(x *Exchange) { x.Verifier = strings.Repeat("a", 43) }},
		"no verifier":       {"invalid_grant", func(x *Exchange) { x.Verifier = "" }},
		"other redirect":    {"invalid_grant", func(x *Exchange) { x.RedirectURI = OOB }},
		"redirect + suffix": {"invalid_grant", func(x *Exchange) { x.RedirectURI += "x" }},
		"no code":           {"invalid_grant", func(x *Exchange) { x.Code = "" }},
	} {
		x := good
		x.Code = ask(t, s, app, nil)
		c.change(&x)
		if _, err := s.ExchangeCode(ctx, x); err == nil {
			t.Errorf("%s: a token", name)
		} else {
			wantOAuth(t, err, c.want)
		}
	}
	late := good
	late.Code = ask(t, s, app, nil)
	s.clock.Add(CodeAge)
	_, err := s.ExchangeCode(ctx, late)
	wantOAuth(t, err, "invalid_grant")
	stripped := good // a verifier for a code that was asked without a challenge
	stripped.Code = ask(t, s, app, func(p *AuthParams) { p.Challenge, p.ChallengeMethod = "", "" })
	_, err = s.ExchangeCode(ctx, stripped)
	wantOAuth(t, err, "invalid_grant")
}

func TestPublicClientNeedsAChallenge(t *testing.T) {
	s := setup(t, dbtest.SQLite(t, Migrations()), true)
	ctx := context.Background()
	app, _ := newApp(t, s)
	if _, err := s.ExchangeCode(ctx, Exchange{ClientID: app.ClientID, Code: ask(t, s, app, nil), RedirectURI: callback, Verifier: verifier}); err != nil {
		t.Error(err)
	}
	bare := ask(t, s, app, func(p *AuthParams) { p.Challenge, p.ChallengeMethod = "", "" })
	_, err := s.ExchangeCode(ctx, Exchange{ClientID: app.ClientID, Code: bare, RedirectURI: callback})
	wantOAuth(t, err, "invalid_client")
}

func TestAuthRequestsAreChecked(t *testing.T) {
	s := setup(t, dbtest.SQLite(t, Migrations()), true)
	app, _ := newApp(t, s)
	good := AuthParams{ResponseType: "code", ClientID: app.ClientID, RedirectURI: callback, Scope: "read"}
	for _, uri := range []string{
		"https://evil.example/", callback + "x", strings.TrimSuffix(callback, "/"), strings.ToUpper(callback),
		callback + "?a=b", callback + "#", "javascript:alert(1)", " " + callback, callback + "\n", "",
	} {
		p := good
		p.RedirectURI = uri
		req, err := s.CheckAuthRequest(context.Background(), p)
		wantOAuth(t, err, "invalid_redirect_uri")
		if req != nil {
			t.Errorf("%q: a request to redirect to", uri)
		}
	}
	for want, change := range map[string]func(*AuthParams){
		"unsupported_response_type": func(p *AuthParams) { p.ResponseType = "token" },
		"invalid_scope":             func(p *AuthParams) { p.Scope = "read admin:read" },
		"invalid_request":           func(p *AuthParams) { p.Challenge, p.ChallengeMethod = challenge(), "plain" },
	} {
		p := good
		change(&p)
		req, err := s.CheckAuthRequest(context.Background(), p)
		wantOAuth(t, err, want)
		if req == nil {
			t.Errorf("%s: the app cannot be told", want)
		}
	}
	p := good
	p.ClientID = "nobody"
	req, err := s.CheckAuthRequest(context.Background(), p)
	wantOAuth(t, err, "invalid_client")
	if req != nil {
		t.Error("a request of an unknown app")
	}
}

func TestRedirectsAtRegistration(t *testing.T) {
	s := setup(t, dbtest.SQLite(t, Migrations()), true)
	ctx := context.Background()
	for _, good := range []string{"icecubesapp://", "oauth2redirect://com.keylesspalace.tusky/", "tokodon://oauth",
		"org.joinmastodon.android-auth://callback", OOB, "https://elk.zone/api/x/oauth/https%3A%2F%2Felk.zone", "http://localhost:1234/cb", "tuba://auth_code", "com.example.app:/cb"} {
		if _, _, err := s.CreateApp(ctx, NewApp{Name: "x", Redirects: []string{good}}); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{"", "javascript:alert(1)", "JavaScript://%0aalert(1)", "data:text/html,x", "file:///etc/passwd", "vbscript:x",
		"//evil.example", "/cb", "https://", "https://a.example/#x", "https://u:p@a.example/", "blob:https://a.example/1",
		"https://a.example/\x00", "é://x", "https://a.example/" + strings.Repeat("x", 3000)} {
		_, _, err := s.CreateApp(ctx, NewApp{Name: "x", Redirects: []string{bad}})
		wantKind(t, err, apperr.KindInvalid, "auth.bad_redirect")
	}
	_, _, err := s.CreateApp(ctx, NewApp{Name: " \u202e\x00 ", Redirects: []string{OOB}})
	wantKind(t, err, apperr.KindInvalid, "auth.app_name")
	_, _, err = s.CreateApp(ctx, NewApp{Name: "x", Website: "javascript:x", Redirects: []string{OOB}})
	wantKind(t, err, apperr.KindInvalid, "auth.app_website")
	_, _, err = s.CreateApp(ctx, NewApp{Name: "x", Scopes: "read tout", Redirects: []string{OOB}})
	wantKind(t, err, apperr.KindInvalid, "auth.bad_scope")
}

func TestAppAloneIsNobody(t *testing.T) {
	each(t, func(t *testing.T, s fixture) {
		ctx := context.Background()
		app, secret := newApp(t, s)
		for range 12 {
			g, err := s.ClientCredentials(ctx, Exchange{ClientID: app.ClientID, ClientSecret: secret, Scope: "read"})
			if err != nil {
				t.Fatal(err)
			}
			v, err := s.ByToken(ctx, g.Token)
			if err != nil || !v.IsApp() || v.Member || v.IsModerator() || v.AppID != app.ID {
				t.Fatalf("%+v, %v", v, err)
			}
		}
		if n, _ := s.countTokens(ctx); n != 10 {
			t.Errorf("%d tokens of the app", n)
		}
		_, err := s.ClientCredentials(ctx, Exchange{ClientID: app.ClientID, Scope: "read"})
		wantOAuth(t, err, "invalid_client")
		_, err = s.ClientCredentials(ctx, Exchange{ClientID: app.ClientID, ClientSecret: secret, Scope: "admin:write"})
		wantOAuth(t, err, "invalid_scope")
	})
}

func TestRevokingByTheApp(t *testing.T) {
	s := setup(t, dbtest.SQLite(t, Migrations()), true)
	ctx := context.Background()
	app, secret := newApp(t, s)
	other, otherSecret := newApp(t, s)
	g, err := s.ExchangeCode(ctx, Exchange{ClientID: app.ClientID, ClientSecret: secret, Code: ask(t, s, app, nil), RedirectURI: callback, Verifier: verifier})
	if err != nil {
		t.Fatal(err)
	}
	wantOAuth(t, s.RevokeToken(ctx, other.ClientID, otherSecret, g.Token), "unauthorized_client")
	if _, err := s.ByToken(ctx, g.Token); err != nil {
		t.Fatal("revoked by a stranger")
	}
	wantOAuth(t, s.RevokeToken(ctx, app.ClientID, "wrong", g.Token), "invalid_client")
	if err := s.RevokeToken(ctx, app.ClientID, secret, "unknown"); err != nil {
		t.Error(err)
	}
	if err := s.RevokeToken(ctx, app.ClientID, secret, g.Token); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ByToken(ctx, g.Token); err == nil {
		t.Error("the token lives on")
	}
	session, _ := s.OpenSession(ctx, 1)
	wantOAuth(t, s.RevokeToken(ctx, app.ClientID, secret, session), "unauthorized_client")
}

func TestScopes(t *testing.T) {
	for _, c := range []struct {
		have, need string
		want       bool
	}{
		{"read", "read:statuses", true}, {"read:statuses", "read:statuses", true}, {"read:statuses", "read", false},
		{"read:statuses", "read:accounts", false}, {"write", "read", false}, {"follow", "write:follows", true},
		{"follow", "read:follows", true}, {"follow", "read:statuses", false}, {"read", "readx", false},
		{"admin:read", "admin:read:accounts", true}, {"write", "admin:write", false}, {"read write", "write:media", true},
	} {
		sc, ok := ParseScopes(c.have)
		if !ok || sc.Has(c.need) != c.want {
			t.Errorf("%q allows %q: %v, want %v", c.have, c.need, !c.want, c.want)
		}
	}
	for _, c := range []struct {
		app, ask string
		want     bool
	}{
		{"read write follow push", "read write:statuses", true}, {"read", "read:statuses profile", false},
		{"read write", "follow", true}, {"read:follows", "follow", false}, {"follow", "follow", true},
	} {
		a, _ := ParseScopes(c.app)
		b, _ := ParseScopes(c.ask)
		if a.Covers(b) != c.want {
			t.Errorf("%q covers %q: %v", c.app, c.ask, !c.want)
		}
	}
	if sc, ok := ParseScopes("  "); !ok || sc.String() != "read" {
		t.Error("no scope is not read")
	}
	if _, ok := ParseScopes("read tout"); ok {
		t.Error("an unknown scope is taken")
	}
	for _, sc := range KnownScopes() {
		if strings.Count(sc, ":") > 2 {
			t.Error(sc)
		}
	}
}

func TestUsedCodesAreKeptADay(t *testing.T) {
	s := setup(t, dbtest.SQLite(t, Migrations()), true)
	app, _ := newApp(t, s)
	ask(t, s, app, nil)
	s.clock.Add(25 * time.Hour)
	ask(t, s, app, nil)
	if n, _ := s.countCodes(context.Background()); n != 1 {
		t.Errorf("%d codes", n)
	}
}
