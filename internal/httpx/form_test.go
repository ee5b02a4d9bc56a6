package httpx

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/maillage/maillage/web"
)

func formSite(t *testing.T, change ...func(*Options)) *testSite {
	return start(t, func(r *Router) {
		r.Get("/form", Public, func(c *Ctx) error { return c.Text(200, "text/plain", "token="+c.CSRF()+" token2="+c.CSRF()) })
		r.Post("/form", Public, func(c *Ctx) error {
			f, err := c.Form()
			if err != nil {
				return err
			}
			c.Flash("success", "httpx.home")
			c.Flash("note", "httpx.reference", "ID", f.Get("text"))
			return c.Redirect("/after")
		})
		r.Get("/after", Public, func(c *Ctx) error {
			var out []string
			for _, f := range c.Flashes() {
				out = append(out, f.Kind+": "+f.Text)
			}
			return c.Text(200, "text/plain", strings.Join(out, "|"))
		})
		r.Get("/page", Public, func(c *Ctx) error { return c.Page(&web.Page{Name: "httpx/error", Data: errorView{Title: "T"}}) })
	}, change...)
}

const formType = "application/x-www-form-urlencoded"

func TestFormNeedsItsToken(t *testing.T) {
	s := formSite(t)
	ana, admin := s.session("ana"), s.session("admin")
	tokenOf := func(cookie string) string { return tokenIn(t, s.do("GET", "/form", "", "Cookie", cookie).body) }
	post := func(cookie, token string, headers ...string) reply {
		return s.do("POST", "/form", url.Values{CSRFField: {token}, "text": {"bonjour"}}.Encode(),
			append([]string{"Cookie", cookie, "Content-Type", formType}, headers...)...)
	}
	a := tokenOf(ana)
	s.want(post(ana, a), 303)
	s.want(post(ana, a), 303) // a second tab
	s.want(post(ana, ""), 403)
	s.want(post(ana, altered(a)), 403)
	s.want(post(ana, "x"+a), 403)
	s.want(post(ana, tokenOf(admin)), 403)
	s.want(post("", a), 403)
	s.want(post(ana, a, "Sec-Fetch-Site", "cross-site"), 403)
	s.want(post(ana, a, "Sec-Fetch-Site", "same-site"), 403)
	s.want(post(ana, a, "Origin", "https://evil.example"), 403)
	s.want(post(ana, a, "Origin", "null"), 403)
	s.want(post(ana, a, "Origin", s.URL), 303)
	s.want(s.do("POST", "/form", "text=x", "Cookie", ana, "Content-Type", formType, CSRFHeader, a), 303)
	s.want(s.do("POST", "/form", `{"csrf":"`+a+`"}`, "Cookie", ana, "Content-Type", "application/json"), 403)
	s.want(s.do("POST", "/form?"+CSRFField+"="+a, "text=x", "Cookie", ana, "Content-Type", formType), 403)
	if a == tokenOf(ana) {
		t.Error("the token is not masked")
	}
	boundary := "--b\r\nContent-Disposition: form-data; name=\"" + CSRFField + "\"\r\n\r\n" + a + "\r\n--b--\r\n"
	s.want(s.do("POST", "/form", boundary, "Cookie", ana, "Content-Type", "multipart/form-data; boundary=b"), 303)
	s.want(s.do("POST", "/form", "garbage", "Cookie", ana, "Content-Type", "multipart/form-data; boundary=b"), 400)
}

// altered is a token with another first letter, whatever the first one is.
func altered(token string) string {
	if token[0] == 'A' {
		return "B" + token[1:]
	}
	return "A" + token[1:]
}

func TestStrangersFormIsTiedToItsBrowser(t *testing.T) {
	s := formSite(t)
	first := s.do("GET", "/form", "")
	cookie, _, _ := strings.Cut(first.Header.Get("Set-Cookie"), ";")
	if cookie == "" || !strings.Contains(first.Header.Get("Set-Cookie"), "HttpOnly; SameSite=Lax") ||
		strings.Contains(first.Header.Get("Set-Cookie"), "Secure") || first.Header.Get("Cache-Control") != "private, no-store" {
		t.Fatalf("%v", first.Header)
	}
	token := tokenIn(t, first.body)
	body := url.Values{CSRFField: {token}}.Encode()
	s.want(s.do("POST", "/form", body, "Cookie", cookie, "Content-Type", formType), 303)
	s.want(s.do("POST", "/form", body, "Content-Type", formType), 403)
	other, _, _ := strings.Cut(s.do("GET", "/form", "").Header.Get("Set-Cookie"), ";")
	s.want(s.do("POST", "/form", body, "Cookie", other, "Content-Type", formType), 403)
	if again := s.do("GET", "/form", "", "Cookie", cookie); again.Header.Get("Set-Cookie") != "" || again.Header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("%v", again.Header)
	}
}

func TestMessagesSurviveARedirectOnce(t *testing.T) {
	s := formSite(t)
	b := s.browser()
	get := func(path string) string {
		resp, err := b.Get(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		raw, _ := io.ReadAll(resp.Body)
		return string(raw)
	}
	resp, err := b.PostForm(s.URL+"/form", url.Values{CSRFField: {tokenIn(t, get("/form"))}, "text": {"é<b>"}})
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if got := string(raw); resp.Request.URL.Path != "/after" || !strings.HasPrefix(got, "success: Revenir à l’accueil|note: ") || !strings.HasSuffix(got, "é<b>") {
		t.Fatalf("%s %q", resp.Request.URL, got)
	}
	if got := get("/after"); got != "" {
		t.Errorf("shown again: %q", got)
	}
}

func TestForgedMessageIsNotShown(t *testing.T) {
	s := formSite(t)
	u, _ := url.Parse(s.URL)
	forged := base64.RawURLEncoding.EncodeToString([]byte(`[{"k":"success","m":"httpx.home"}]`))
	for _, v := range []string{forged + ".", forged + ".AAAA", forged + "." + strings.Repeat("A", 43), "W10.AAAA", "x", "", "eyJrIjoic3VjY2VzcyJ9.", strings.Repeat("x", 3000)} {
		if got := s.do("GET", "/after", "", "Cookie", fmt.Sprintf("flash_%s=%s", u.Port(), v)); got.body != "" {
			t.Errorf("%q", got.body)
		}
	}
}

func TestCookiesAreSecureOverHTTPS(t *testing.T) {
	s := formSite(t, func(o *Options) { o.BaseURL = "https://grenoble.example" })
	answer := s.do("GET", "/form", "")
	if answer.Header.Get("Strict-Transport-Security") == "" {
		t.Error("browsers may come back by http")
	}
	got := answer.Header.Get("Set-Cookie")
	if !strings.HasPrefix(got, "__Host-form=") || !strings.Contains(got, "; Secure") || !strings.Contains(got, "Path=/;") || strings.Contains(got, "Domain") {
		t.Error(got)
	}
}

func TestPagesShowTheMessageAndTheViewersToken(t *testing.T) {
	var page *web.Page
	s := formSite(t, func(o *Options) {
		o.Chrome = func(c *Ctx, p *web.Page) error { p.Site.Name = "Grenoble"; page = p; return nil }
	})
	s.want(s.do("GET", "/page?x=1", "", "Accept-Language", "en"), 200, `<html lang="en"`)
	if page.CSRF != "" || page.Flash != nil || page.Path != "/page?x=1" || page.Lang != "en" {
		t.Errorf("%+v", page)
	}
	token := tokenIn(t, s.do("GET", "/form", "", "Cookie", s.session("ana")).body)
	after := s.do("POST", "/form", url.Values{CSRFField: {token}, "text": {"12"}}.Encode(), "Cookie", s.session("ana"), "Content-Type", formType)
	flash, _, _ := strings.Cut(after.Header.Get("Set-Cookie"), ";")
	got := s.do("GET", "/page", "", "Cookie", s.session("ana")+"; "+flash)
	s.want(got, 200, "donnez cette référence")
	if page.CSRF == "" || page.Flash == nil || page.Flash.Kind != "note" || got.Header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("%+v %v", page, got.Header)
	}
	if c := got.Header.Get("Set-Cookie"); !strings.Contains(c, "Max-Age=0") {
		t.Errorf("the message stays: %s", c)
	}
}

func TestAddressForLimits(t *testing.T) {
	for _, c := range []struct {
		remote, forwarded, want string
	}{
		{"203.0.113.5:1234", "", "203.0.113.5"}, {"203.0.113.5:1234", "198.51.100.1", "203.0.113.5"},
		{"127.0.0.1:1", "6.6.6.6, 198.51.100.1", "198.51.100.1"}, {"127.0.0.1:1", "nonsense", "127.0.0.1"},
		{"[::1]:1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"}, {"[::ffff:203.0.113.5]:1", "", "203.0.113.5"},
	} {
		r := &http.Request{RemoteAddr: c.remote, Header: http.Header{}}
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := clientAddr(r); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}
