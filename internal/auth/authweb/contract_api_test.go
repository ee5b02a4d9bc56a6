package authweb_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/testkit"
	"github.com/maillage/maillage/internal/testkit/apitest"
)

func token(t *testing.T, n *testkit.Node, name string, scopes ...string) *apitest.Client {
	t.Helper()
	tok, err := n.Auth.NewToken(context.Background(), n.Person(name, true).ID, auth.Scopes(scopes))
	if err != nil {
		t.Fatal(err)
	}
	return &apitest.Client{T: t, Base: n.URL, Token: tok}
}

// TestAnswersHaveTheFormDescribed goes through what an app asks on its way to a
// token and to messages that wake it, against the description of the API.
func TestAnswersHaveTheFormDescribed(t *testing.T) {
	k := apitest.LoadContract(t)
	n := testkit.New(t)
	nobody := &apitest.Client{T: t, Base: n.URL}
	made := nobody.Post("/api/v1/apps", map[string]any{"client_name": "Tuba", "redirect_uris": []string{"tuba://auth_code"}, "scopes": "read write push"})
	k.Conforms(made, "post /api/v1/apps")
	var app struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	made.OK(&app)
	ask := url.Values{"grant_type": {"client_credentials"}, "client_id": {app.ID}, "client_secret": {app.Secret}, "scope": {"read write"}}
	granted := nobody.Post("/oauth/token", ask)
	k.Conforms(granted, "post /oauth/token")
	var g struct {
		Token string `json:"access_token"`
	}
	granted.OK(&g)
	alone := &apitest.Client{T: t, Base: n.URL, Token: g.Token}
	k.Conforms(alone.Get("/api/v1/apps/verify_credentials"), "get /api/v1/apps/verify_credentials")
	k.Conforms(nobody.Get("/.well-known/oauth-authorization-server"), "get /.well-known/oauth-authorization-server")
	ask.Set("scope", "read dance")
	fails(t, nobody.Post("/oauth/token", ask), 400, "invalid_scope")
	ask.Set("client_secret", "x")
	fails(t, nobody.Post("/oauth/token", ask), 401, "invalid_client")
	fails(t, nobody.Post("/oauth/token", url.Values{}), 400, "")
	k.Conforms(nobody.Post("/oauth/revoke", url.Values{"client_id": {app.ID}, "client_secret": {app.Secret}, "token": {g.Token}}), "post /oauth/revoke")
	alone.Get("/api/v1/apps/verify_credentials").Fails(401)

	ana := token(t, n, "ana", "push")
	ana.Get("/api/v1/push/subscription").Fails(404)
	sub := map[string]any{"subscription": map[string]any{"endpoint": "http://127.0.0.1:9/x", "standard": true,
		"keys": map[string]any{"p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4", "auth": "BTBZMqHH6r4Tts7J_aSIgg"}},
		"data": map[string]any{"alerts": map[string]any{"mention": true}}}
	k.Conforms(ana.Post("/api/v1/push/subscription", sub), "post /api/v1/push/subscription")
	k.Conforms(ana.Get("/api/v1/push/subscription"), "get /api/v1/push/subscription")
	k.Conforms(ana.Send("PUT", "/api/v1/push/subscription", map[string]any{"data": map[string]any{"alerts": map[string]any{"poll": "1"}}}), "put /api/v1/push/subscription")
	k.Conforms(ana.Send("DELETE", "/api/v1/push/subscription", nil), "delete /api/v1/push/subscription")
	ana.Post("/api/v1/push/subscription", map[string]any{}).Fails(422)
	token(t, n, "ana", "read").Get("/api/v1/push/subscription").Fails(403)

	for _, path := range []string{"user", "user/notification", "public", "public/local", "public/remote", "hashtag?tag=x", "hashtag/local?tag=x", "list?list=1", "direct"} {
		nobody.Get("/api/v1/streaming/" + path).Fails(401)
		ana.Get("/api/v1/streaming/" + path).Fails(403) // a token for messages alone
	}
	if a := nobody.Get("/api/v1/streaming/health"); a.Status != 200 || string(a.Body) != "OK" {
		t.Errorf("health: %d %s", a.Status, a.Body)
	}
}

// fails wants an error as the standard of authorisations writes it.
func fails(t *testing.T, a *apitest.Answer, status int, code string) {
	t.Helper()
	if a.Status != status || !strings.Contains(string(a.Body), `"error":"`+code) || !strings.Contains(string(a.Body), `"error_description":"`) {
		t.Errorf("%s: %d, want %d %s: %s", a.What, a.Status, status, code, a.Body)
	}
}

// TestWhoATokenSpeaksFor: an app that signs people in learns who they are, and
// no mail address.
//
// Spec: Mastodon oauth#userinfo
func TestWhoATokenSpeaksFor(t *testing.T) {
	n := testkit.New(t)
	for _, method := range []string{"GET", "POST"} {
		var u map[string]string
		token(t, n, "ana", "profile").Send(method, "/oauth/userinfo", nil).OK(&u)
		if u["iss"] != n.URL+"/" || u["preferred_username"] != "ana" || !strings.HasPrefix(u["sub"], n.URL) || u["picture"] == "" || u["profile"] == "" || u["email"] != "" {
			t.Errorf("%v", u)
		}
	}
	token(t, n, "ana", "read", "write").Get("/oauth/userinfo").Fails(403)
	(&apitest.Client{T: t, Base: n.URL}).Get("/oauth/userinfo").Fails(401)
}

// TestNobodySignsUpByAnApp: an app is told in words, and no account is made.
//
// Spec: Mastodon accounts#create
func TestNobodySignsUpByAnApp(t *testing.T) {
	n := testkit.New(t)
	ctx := context.Background()
	app, secret, err := n.Auth.CreateApp(ctx, auth.NewApp{Name: "App", Redirects: []string{auth.OOB}, Scopes: "read write"})
	if err != nil {
		t.Fatal(err)
	}
	g, err := n.Auth.ClientCredentials(ctx, auth.Exchange{ClientID: app.ClientID, ClientSecret: secret, Scope: "read write"})
	if err != nil {
		t.Fatal(err)
	}
	c := &apitest.Client{T: t, Base: n.URL, Token: g.Token}
	c.Post("/api/v1/accounts", map[string]any{"username": "zoe", "email": "zoe@ici.example", "password": "assez longue pour passer", "agreement": true, "locale": "fr"}).Fails(403)
	c.Post("/api/v1/emails/confirmations", nil).Fails(403)
	c.Get("/api/v1/accounts/lookup?acct=zoe").Fails(404)
	(&apitest.Client{T: t, Base: n.URL}).Post("/api/v1/accounts", map[string]any{"username": "zoe"}).Fails(401)
}

// TestConsentSaysWhereItLeads: the page names the host that the answer goes to,
// and one about a scope that there is not, or that the app did not register,
// leads nowhere.
func TestConsentSaysWhereItLeads(t *testing.T) {
	n := testkit.New(t)
	app, _, err := n.Auth.CreateApp(context.Background(), auth.NewApp{Name: "Elk", Redirects: []string{"https://elk.zone/cb"}, Scopes: "read"})
	if err != nil {
		t.Fatal(err)
	}
	n.Person("ana", true)
	b := n.SignIn("ana")
	open := func(scope, redirect string) {
		b.Open("/oauth/authorize?" + url.Values{"response_type": {"code"}, "client_id": {app.ClientID}, "redirect_uri": {redirect}, "scope": {scope}}.Encode())
	}
	if open("read", "https://elk.zone/cb"); b.Status != http.StatusOK || !strings.Contains(b.Text(), "elk.zone") || !strings.Contains(b.Text(), "Elk") {
		t.Errorf("%d: %s", b.Status, b.Text())
	}
	for _, x := range [][2]string{{"read dance", "https://elk.zone/cb"}, {"write", "https://elk.zone/cb"}, {"admin:read", "https://elk.zone/cb"}, {"read", "https://evil.example/cb"}} {
		if open(x[0], x[1]); b.Status != http.StatusBadRequest || strings.Contains(b.Body, "evil.example") {
			t.Errorf("%v: %d", x, b.Status)
		}
	}
}
