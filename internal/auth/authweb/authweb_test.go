package authweb

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/db/dbtest"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/web"
)

const password = "les-abeilles-du-canal"

// testSite is an instance reduced to its sign-in: real database, real pages, real HTTP.
type testSite struct {
	*httptest.Server
	t    *testing.T
	auth *auth.Service
	db   *db.DB
}

func start(t *testing.T, unlimited bool) *testSite {
	t.Helper()
	d := dbtest.SQLite(t, auth.Migrations())
	svc := auth.New(d, auth.Options{Unlimited: unlimited, Lookup: func(_ context.Context, name string) (int64, bool) { return 1, name == "ana" }})
	p, err := svc.Prepare(context.Background(), auth.NewLogin{Email: "ana@courriel.example", Password: password})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error { return svc.CreateLogin(ctx, tx, 1, p) }); err != nil {
		t.Fatal(err)
	}
	renderer, err := web.New(web.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]func() error{
		"httpx pages": func() error { return renderer.Add("httpx", httpx.Templates()) },
		"auth pages":  func() error { return renderer.Add("auth", Templates()) },
		"httpx words": func() error { return renderer.Bundle().AddFS(httpx.Strings()) },
		"masto words": func() error { return renderer.Bundle().AddFS(masto.Strings()) },
		"auth words":  func() error { return renderer.Bundle().AddFS(Strings()) },
	} {
		if err := f(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	r := httpx.NewRouter()
	api := masto.NewRouter(r)
	Web(r, svc)
	API(api, svc)
	r.Get("/", httpx.Public, func(c *httpx.Ctx) error { return c.Text(200, "text/plain", "home") })
	r.Get("/private", httpx.SignedIn, func(c *httpx.Ctx) error { return c.Text(200, "text/plain", fmt.Sprint("account ", c.Viewer.AccountID)) })
	api.Get("/api/v1/read", "read:statuses", func(r *masto.Req) error { return r.Empty() })
	api.Post("/api/v1/write", "write:statuses", func(r *masto.Req) error { return r.Empty() })
	s := &testSite{t: t, auth: svc, db: d}
	var h http.Handler
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(w, r) }))
	t.Cleanup(s.Close)
	h, err = httpx.NewServer(httpx.Options{
		BaseURL: s.URL, Router: r, Strings: renderer.Bundle(), Renderer: renderer, Authenticate: svc.ByToken, Unlimited: unlimited,
		Log: slog.New(slog.DiscardHandler),
		Chrome: func(c *httpx.Ctx, p *web.Page) error {
			p.Site = web.Site{Name: "Grenoble", Host: "grenoble.example", Routes: web.Routes{Join: "/rejoindre"}}
			if c.Viewer != nil {
				p.Viewer = &web.Viewer{Name: "Ana Lopez", Handle: "ana", CSRF: p.CSRF}
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if m := renderer.Bundle().Missing(); len(m) > 0 {
			t.Errorf("words are missing: %v", m)
		}
	})
	return s
}

// client is a browser that keeps cookies and shows redirects instead of following them.
type client struct {
	*http.Client
	s    *testSite
	lang string
}

func (s *testSite) client() *client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &client{&http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, s, "fr"}
}

type reply struct {
	*http.Response
	body string
}

func (c *client) send(method, path, contentType, body string, headers ...string) reply {
	c.s.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = c.s.URL + path
	}
	req, err := http.NewRequest(method, path, strings.NewReader(body))
	if err != nil {
		c.s.t.Fatal(err)
	}
	req.Header.Set("Accept-Language", c.lang)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := c.Do(req)
	if err != nil {
		c.s.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		c.s.t.Fatal(err)
	}
	return reply{resp, string(raw)}
}

func (c *client) get(path string) reply { return c.send("GET", path, "", "") }

const formType = "application/x-www-form-urlencoded"

func (c *client) post(path string, form url.Values, headers ...string) reply {
	return c.send("POST", path, formType, form.Encode(), headers...)
}

func (s *testSite) want(r reply, status int, contains ...string) reply {
	s.t.Helper()
	if r.StatusCode != status {
		s.t.Fatalf("%s %s: status %d, want %d: %.400s", r.Request.Method, r.Request.URL, r.StatusCode, status, r.body)
	}
	for _, c := range contains {
		if !strings.Contains(r.body, c) {
			s.t.Fatalf("%s %s: no %q in %s", r.Request.Method, r.Request.URL, c, r.body)
		}
	}
	return r
}

var inputRE = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

// hidden reads the hidden fields of the last form of a page.
func hidden(page string) url.Values {
	v := url.Values{}
	if i := strings.LastIndex(page, "<form"); i >= 0 {
		page = page[i:]
	}
	for _, m := range inputRE.FindAllStringSubmatch(page, -1) {
		v.Set(m[1], html.UnescapeString(m[2]))
	}
	return v
}

// signIn fills the form at path (the sign-in page).
func (c *client) signIn(path string) reply {
	c.s.t.Helper()
	form := hidden(c.s.want(c.get(path), 200).body)
	form.Set("login", "ana")
	form.Set("password", password)
	return c.s.want(c.post(SignInPath, form), 303)
}

func TestSignInAndOut(t *testing.T) {
	s := start(t, true)
	c := s.client()
	sent := s.want(c.get("/private"), 303).Header.Get("Location")
	if sent != "/connexion?next=%2Fprivate" {
		t.Fatal(sent)
	}
	page := s.want(c.get(sent), 200, "<h1>Se connecter</h1>", "Adresse e-mail ou nom d’utilisateur", `autocomplete="current-password"`,
		"grenoble.example", "Première visite", `<html lang="fr"`)
	if page.Header.Get("Cache-Control") != "private, no-store" {
		t.Error(page.Header)
	}
	before := c.Jar.Cookies(page.Request.URL)
	in := c.signIn(sent)
	if in.Header.Get("Location") != "/private" {
		t.Error(in.Header)
	}
	set := strings.Join(in.Header.Values("Set-Cookie"), "\n")
	if !strings.Contains(set, "HttpOnly; SameSite=Lax") || strings.Contains(set, "Secure") {
		t.Error(set)
	}
	for _, ck := range before {
		if strings.HasPrefix(ck.Name, "session") {
			t.Error("a session before signing in")
		}
	}
	s.want(c.get("/private"), 200, "account 1")
	if to := s.want(c.get(SignInPath+"?next=/private"), 303).Header.Get("Location"); to != "/private" {
		t.Error(to)
	}
	// Signing out needs the form of this session; a link does nothing.
	s.want(c.get(SignOutPath), 405)
	s.want(c.post(SignOutPath, url.Values{}), 403)
	csrf := hidden(c.get(PasswordPath).body)
	s.want(c.post(SignOutPath, csrf), 303)
	s.want(c.get("/private"), 303)
}

func TestNewSessionAtEachSignInAndOldOneEnds(t *testing.T) {
	s := start(t, true)
	c := s.client()
	c.signIn(SignInPath)
	u, _ := url.Parse(s.URL)
	cookie := func() string {
		for _, ck := range c.Jar.Cookies(u) {
			if strings.HasPrefix(ck.Name, "session") {
				return ck.Value
			}
		}
		return ""
	}
	first := cookie()
	c.signIn(SignInPath + "?force=1")
	if cookie() == first || first == "" {
		t.Error("the session id stays")
	}
	if _, err := s.auth.ByToken(context.Background(), first); err == nil {
		t.Error("the old session lives on")
	}
}

func TestFailedSignIn(t *testing.T) {
	s := start(t, false)
	texts := map[string]bool{}
	for _, login := range []string{"ana", "personne", "ana@courriel.example", "personne@courriel.example"} {
		c := s.client()
		form := hidden(c.get(SignInPath + "?next=/private").body)
		form.Set("login", login)
		form.Set("password", "faux")
		got := s.want(c.post(SignInPath, form), 422, `role="alert"`, `value="`+login+`"`, `name="next" value="/private"`)
		texts[regexp.MustCompile(`(?s)<div class="error-summary".*?</div>`).FindString(got.body)] = true
		if strings.Contains(got.body, "faux") {
			t.Error("the password is sent back")
		}
	}
	if len(texts) != 1 {
		t.Errorf("%d different texts: %v", len(texts), texts)
	}
	c := s.client()
	c.lang = "en"
	form := hidden(c.get(SignInPath).body)
	form.Set("login", "ana")
	form.Set("password", "faux")
	s.want(c.post(SignInPath, form), 422, "matches nobody here")
	for range 12 {
		c.post(SignInPath, form)
	}
	s.want(c.post(SignInPath, form), 429, "Too many attempts")
	s.want(c.post(SignInPath, url.Values{"login": {"ana"}, "password": {password}}), 403)
}

func TestNextStaysOnThisSite(t *testing.T) {
	s := start(t, true)
	for _, next := range []string{"//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", ""} {
		c := s.client()
		if to := c.signIn(SignInPath + "?next=" + url.QueryEscape(next)).Header.Get("Location"); to != "/" {
			t.Errorf("%q leads to %q", next, to)
		}
	}
}

const (
	verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	callback = "icecubesapp://"
)

type app struct {
	ID           string   `json:"id"`
	ClientID     string   `json:"client_id"`
	Secret       string   `json:"client_secret"`
	RedirectURI  string   `json:"redirect_uri"`
	RedirectURIs []string `json:"redirect_uris"`
	Scopes       []string `json:"scopes"`
	VapidKey     *string  `json:"vapid_key"`
}

func decode[T any](t *testing.T, r reply) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(r.body), &v); err != nil {
		t.Fatalf("%s: %v in %s", r.Request.URL, err, r.body)
	}
	return v
}

func (s *testSite) register() app {
	s.t.Helper()
	c := s.client()
	r := s.want(c.send("POST", "/api/v1/apps", "application/json",
		`{"client_name":"Ice Cubes","website":"https://icecubesapp.example","scopes":"read write follow push","redirect_uris":["icecubesapp://","urn:ietf:wg:oauth:2.0:oob","https://elk.zone/cb?server=x"],"unknown":[1]}`), 200)
	return decode[app](s.t, r)
}

func (a app) authorize(change ...string) string {
	sum := sha256.Sum256([]byte(verifier))
	q := url.Values{"response_type": {"code"}, "client_id": {a.ClientID}, "redirect_uri": {callback}, "scope": {"read write:statuses"},
		"state": {"é &#/?"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"}}
	for i := 0; i < len(change); i += 2 {
		q.Set(change[i], change[i+1])
		if change[i+1] == "" {
			q.Del(change[i])
		}
	}
	return AuthorizePath + "/?" + q.Encode()
}

func TestAppGetsAToken(t *testing.T) {
	s := start(t, true)
	a := s.register()
	if a.ID == "" || a.ClientID == "" || a.Secret == "" || len(a.RedirectURIs) != 3 || a.RedirectURI != strings.Join(a.RedirectURIs, "\n") ||
		len(a.Scopes) != 4 || a.VapidKey == nil {
		t.Fatalf("%+v", a)
	}
	c := s.client()
	// Signed out: sign in and come back to the same request.
	to := s.want(c.get(a.authorize()), 303).Header.Get("Location")
	if !strings.HasPrefix(to, "/connexion?next=%2Foauth%2Fauthorize") {
		t.Fatal(to)
	}
	back := c.signIn(to).Header.Get("Location")
	consent := s.want(c.get(back), 200, "<h1>Autoriser Ice Cubes</h1>", "lire tout ce que vous pouvez lire ici", "publier, modifier et supprimer des messages",
		"Ana Lopez", "https://icecubesapp.example")
	if p := consent.Header.Get("Content-Security-Policy"); !strings.Contains(p, "form-action 'self' icecubesapp:;") {
		t.Error(p)
	}
	form := hidden(consent.body)
	form.Set("answer", "allow")
	done := s.want(c.post(AuthorizePath, form), 302)
	loc := done.Header.Get("Location")
	if !strings.HasPrefix(loc, "icecubesapp://?code=") {
		t.Fatal(loc)
	}
	q, err := url.ParseQuery(strings.TrimPrefix(loc, "icecubesapp://?"))
	if err != nil || q.Get("state") != "é &#/?" {
		t.Fatalf("%v %v", q, err)
	}
	exchange := url.Values{"grant_type": {"authorization_code"}, "code": {q.Get("code")}, "client_id": {a.ClientID}, "client_secret": {a.Secret},
		"redirect_uri": {callback}, "code_verifier": {verifier}}
	phone := s.client()
	tok := s.want(phone.post("/oauth/token", exchange), 200)
	if tok.Header.Get("Cache-Control") != "private, no-store" || tok.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Error(tok.Header)
	}
	got := decode[masto.Token](t, tok)
	if got.TokenType != "Bearer" || got.Scope != "read write:statuses" || got.CreatedAt < 1e9 || got.CreatedAt > 1e11 {
		t.Errorf("%+v", got)
	}
	bearer := "Bearer " + got.AccessToken
	s.want(phone.send("GET", "/api/v1/read", "", "", "Authorization", bearer), 200, "{}")
	s.want(phone.send("POST", "/api/v1/write", "", "", "Authorization", bearer), 200)
	s.want(phone.send("GET", "/api/v1/apps/verify_credentials", "", "", "Authorization", bearer), 200, `"name":"Ice Cubes"`)
	// The app is listed, and the person can end it.
	list := s.want(c.get(DevicesPath), 200, "Ice Cubes", "Navigateur", "ici")
	ends := regexp.MustCompile(`action="(/reglages/appareils/\d+)"`).FindAllStringSubmatch(list.body, -1)
	if len(ends) != 2 {
		t.Fatalf("%v", ends)
	}
	// A code that comes again ends what it gave.
	s.want(phone.post("/oauth/token", exchange), 400, `"error":"invalid_grant"`, `"error_description":"`)
	s.want(phone.send("GET", "/api/v1/read", "", "", "Authorization", bearer), 401, `{"error":"The access token is invalid"}`)
}

func TestTokenTakesAllFormsOfBody(t *testing.T) {
	s := start(t, true)
	a := s.register()
	c := s.client()
	const q = "grant_type=client_credentials&scope=read"
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(a.ClientID+":"+a.Secret))
	creds := "&client_id=" + a.ClientID + "&client_secret=" + a.Secret
	part := func(name, value string) string {
		return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n"
	}
	for name, r := range map[string]reply{
		"form":      c.send("POST", "/oauth/token", formType, q+creds),
		"query":     c.send("POST", "/oauth/token?"+q+creds, "", ""),
		"json":      c.send("POST", "/oauth/token", "application/json", fmt.Sprintf(`{"grant_type":"client_credentials","scope":"read","client_id":%q,"client_secret":%q}`, a.ClientID, a.Secret)),
		"multipart": c.send("POST", "/oauth/token", "multipart/form-data; boundary=b", part("grant_type", "client_credentials")+part("scope", "read")+part("client_id", a.ClientID)+part("client_secret", a.Secret)+"--b--\r\n"),
		"basic":     c.send("POST", "/oauth/token", formType, q, "Authorization", basic),
		"slash":     c.send("POST", "/oauth/token/", formType, q+creds),
	} {
		if r.StatusCode != 200 {
			t.Errorf("%s: %d %s", name, r.StatusCode, r.body)
			continue
		}
		tok := "Bearer " + decode[masto.Token](t, r).AccessToken
		s.want(c.send("GET", "/api/v1/apps/verify_credentials", "", "", "Authorization", tok), 200, `"redirect_uris":["icecubesapp://"`)
		// An app alone is nobody.
		s.want(c.send("GET", "/api/v1/read", "", "", "Authorization", tok), 403)
		s.want(c.send("POST", "/api/v1/write", "", "", "Authorization", tok), 403)
	}
	s.want(c.send("POST", "/oauth/token", formType, q+"&client_id="+a.ClientID+"&client_secret=x"), 401, `"error":"invalid_client"`)
	s.want(c.send("POST", "/oauth/token", formType, "grant_type=password&username=ana&password=x"+creds), 400, `"error":"unsupported_grant_type"`)
	s.want(c.send("POST", "/oauth/token", formType, ""), 400, `"error":"invalid_request"`)
	s.want(c.send("POST", "/oauth/token", "application/json", "{"), 400, `"error"`)
	s.want(c.send("POST", "/oauth/token", "application/json", `[1]`), 400, `"error"`)
}

func TestCodeToCopy(t *testing.T) {
	s := start(t, true)
	a := s.register()
	c := s.client()
	c.signIn(SignInPath)
	c.lang = "en"
	form := hidden(s.want(c.get(a.authorize("redirect_uri", auth.OOB, "code_challenge", "", "code_challenge_method", "")), 200, "Allow Ice Cubes").body)
	form.Set("answer", "allow")
	page := s.want(c.post(AuthorizePath, form), 200, "<h1>Your code</h1>")
	code := regexp.MustCompile(`<code>([A-Za-z0-9_-]{43})</code>`).FindStringSubmatch(page.body)
	if code == nil || !strings.Contains(page.body, "<title>Your code "+code[1]) {
		t.Fatal(page.body)
	}
	s.want(c.post("/oauth/token", url.Values{"grant_type": {"authorization_code"}, "code": {code[1]}, "client_id": {a.ClientID},
		"client_secret": {a.Secret}, "redirect_uri": {auth.OOB}}), 200, `"access_token"`)
}

func TestRefusing(t *testing.T) {
	s := start(t, true)
	a := s.register()
	c := s.client()
	c.signIn(SignInPath)
	form := hidden(c.get(a.authorize("redirect_uri", "https://elk.zone/cb?server=x")).body)
	form.Set("answer", "deny")
	loc := s.want(c.post(AuthorizePath, form), 302).Header.Get("Location")
	if !strings.HasPrefix(loc, "https://elk.zone/cb?server=x&error=access_denied") || !strings.Contains(loc, "state=") {
		t.Error(loc)
	}
	copied := hidden(c.get(a.authorize("redirect_uri", auth.OOB)).body)
	copied.Set("answer", "deny")
	if got := s.want(c.post(AuthorizePath, copied), 403, "Vous avez refusé"); got.Header.Get("Location") != "" {
		t.Error(got.Header)
	}
	form.Del("csrf")
	form.Set("answer", "allow")
	s.want(c.post(AuthorizePath, form), 403)
	// A bad request leads nobody anywhere before they have said anything.
	for _, bad := range [][]string{{"scope", "admin:write"}, {"response_type", "token"}, {"code_challenge_method", "plain"}, {"redirect_uri", "https://evil.example/"}, {"redirect_uri", "icecubesapp://x"}, {"client_id", "nobody"}, {"client_id", ""}} {
		if got := s.want(c.get(a.authorize(bad...)), 400); got.Header.Get("Location") != "" {
			t.Errorf("%v: redirected to %s", bad, got.Header.Get("Location"))
		}
	}
	stranger := s.client()
	loc = s.want(stranger.get(a.authorize("redirect_uri", "https://evil.example/")), 400).Header.Get("Location")
	if loc != "" {
		t.Error(loc)
	}
}

func TestForceLoginAsksAgain(t *testing.T) {
	s := start(t, true)
	a := s.register()
	c := s.client()
	c.signIn(SignInPath)
	to := s.want(c.get(a.authorize("force_login", "true")), 303).Header.Get("Location")
	s.want(c.get(to), 200, `name="password"`)
	back := c.signIn(to).Header.Get("Location")
	s.want(c.get(back), 200, "Autoriser Ice Cubes")
	if strings.Contains(back, "force_login") {
		t.Error("asks for ever")
	}
	s.want(c.get(a.authorize("lang", "en")), 200, "Allow Ice Cubes")
}

func TestRevoke(t *testing.T) {
	s := start(t, true)
	a, other := s.register(), s.register()
	c := s.client()
	tok, err := s.auth.ClientCredentials(context.Background(), auth.Exchange{ClientID: a.ClientID, ClientSecret: a.Secret, Scope: "read"})
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"client_id": {other.ClientID}, "client_secret": {other.Secret}, "token": {tok.Token}}
	s.want(c.post("/oauth/revoke", form), 403, "unauthorized_client")
	form.Set("client_id", a.ClientID)
	form.Set("client_secret", a.Secret)
	s.want(c.post("/oauth/revoke", form), 200, "{}")
	s.want(c.post("/oauth/revoke", form), 200, "{}")
	s.want(c.send("GET", "/api/v1/apps/verify_credentials", "", "", "Authorization", "Bearer "+tok.Token), 401)
}

func TestRegistrationErrorsAreMastodons(t *testing.T) {
	s := start(t, true)
	c := s.client()
	for _, body := range []string{`{}`, `{"client_name":"x"}`, `{"client_name":"x","redirect_uris":"javascript:alert(1)"}`,
		`{"client_name":"x","redirect_uris":"urn:ietf:wg:oauth:2.0:oob","scopes":"tout"}`} {
		var e masto.Error
		r := s.want(c.send("POST", "/api/v1/apps", "application/json", body), 422)
		if e = decode[masto.Error](t, r); e.Error == "" || strings.Contains(e.Error, "⟦") {
			t.Errorf("%s: %s", body, r.body)
		}
	}
	s.want(c.send("POST", "/api/v1/apps", formType, "client_name=x&redirect_uris=urn%3Aietf%3Awg%3Aoauth%3A2.0%3Aoob"), 200, `"scopes":["read"]`, `"client_secret_expires_at":0`)
}

func TestMetadata(t *testing.T) {
	s := start(t, true)
	m := decode[map[string]any](t, s.want(s.client().send("GET", "/.well-known/oauth-authorization-server", "", "", "Origin", "https://phanpy.social", "X-Forwarded-Host", "evil.example"), 200))
	if m["issuer"] != s.URL+"/" || m["token_endpoint"] != s.URL+"/oauth/token" || fmt.Sprint(m["code_challenge_methods_supported"]) != "[S256]" {
		t.Errorf("%v", m)
	}
}

func TestChangingThePassword(t *testing.T) {
	s := start(t, true)
	here, there := s.client(), s.client()
	here.signIn(SignInPath)
	there.signIn(SignInPath)
	change := func(current, next string) reply {
		form := hidden(here.get(PasswordPath).body)
		form.Set("current", current)
		form.Set("password", next)
		return here.post(PasswordPath, form)
	}
	s.want(change("faux", "un-nouveau-mot"), 422, "Ce n’est pas votre mot de passe actuel")
	s.want(change(password, "court"), 422, "au moins 8 caractères")
	s.want(there.get("/private"), 200)
	s.want(change(password, "un-nouveau-mot"), 303)
	s.want(here.get(DevicesPath), 200, "Votre mot de passe est changé")
	s.want(there.get("/private"), 303)
}

func TestEndingDevices(t *testing.T) {
	s := start(t, true)
	here, there, third := s.client(), s.client(), s.client()
	here.signIn(SignInPath)
	there.signIn(SignInPath)
	third.signIn(SignInPath)
	page := s.want(here.get(DevicesPath), 200, "Fermer partout ailleurs")
	form := hidden(page.body)
	s.want(here.post(DevicesPath+"/999999", form), 404)
	s.want(here.post(DevicesPath+"/x", form), 404)
	s.want(here.post(DevicesPath, form), 303)
	s.want(there.get("/private"), 303)
	s.want(third.get("/private"), 303)
	own := regexp.MustCompile(`action="(/reglages/appareils/\d+)"`).FindStringSubmatch(s.want(here.get(DevicesPath), 200).body)
	s.want(here.post(own[1], form), 303)
	s.want(here.get("/private"), 303)
}

func TestWordsOfAllScopesInBothLanguages(t *testing.T) {
	b := web.NewBundle()
	if err := b.AddFS(Strings()); err != nil {
		t.Fatal(err)
	}
	if u := b.Unmatched(); len(u) > 0 {
		t.Errorf("in one language only: %v", u)
	}
	for _, sc := range auth.KnownScopes() {
		if !b.Localizer("fr").Has("auth.scope." + strings.ReplaceAll(sc, ":", ".")) {
			t.Error(sc)
		}
	}
}
