package authweb

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/web"
)

// The parameters of an authorisation, kept through the sign-in and the consent form.
var authorizeParams = []string{"response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method", "lang"}

// consentView is the page on which somebody lets an app in, or not.
type consentView struct {
	App     string
	Website string
	Back    string      // where the answer goes: a host, or an app's own scheme
	Rights  []string    // what the app asks, in words
	Writes  bool        // posts too: its words for who reads them are not ours
	Follows bool        // follows others too
	Again   string      // this page, to come back to
	Hidden  [][2]string // the request, to be sent back
	Other   string      // sign-in page, to be somebody else
}

// codeView shows the code to copy.
type codeView struct{ App, Code string }

func readAuthorize(q url.Values) auth.AuthParams {
	return auth.AuthParams{
		ResponseType: q.Get("response_type"), ClientID: q.Get("client_id"), RedirectURI: q.Get("redirect_uri"),
		Scope: q.Get("scope"), State: q.Get("state"), Challenge: q.Get("code_challenge"), ChallengeMethod: q.Get("code_challenge_method"),
	}
}

// again is the address of this request, without force_login.
func again(q url.Values) string {
	keep := url.Values{}
	for _, k := range authorizeParams {
		if v := q.Get(k); v != "" {
			keep.Set(k, v)
		}
	}
	return AuthorizePath + "?" + keep.Encode()
}

// authorize shows the consent page, after signing in. A request that is no good
// is answered here and not at the app.
//
// Spec: RFC 9700 4.11.2
// Spec: Mastodon oauth#authorize
func (p pages) authorize(c *httpx.Ctx) error {
	q := c.R.URL.Query()
	c.Private()
	c.SetLang(q.Get("lang"))
	req, err := p.auth.CheckAuthRequest(c.Context(), readAuthorize(q))
	if err != nil {
		// The person has said nothing yet, and anybody may register an app: to send
		// them on would make our address lead anywhere.
		return p.refuse(c, nil, err)
	}
	switch force := q.Get("force_login"); {
	case c.Viewer == nil:
		return c.Redirect(signInURL(again(q), false))
	case force == "true" || force == "1":
		return c.Redirect(signInURL(again(q), true))
	}
	asks := func(scopes ...string) bool {
		return slices.ContainsFunc(scopes, func(s string) bool { return slices.Contains(req.Scopes, s) })
	}
	v := consentView{App: req.App.Name, Website: req.App.Website, Back: leadsTo(req.RedirectURI), Rights: rights(c, req.Scopes),
		Writes: asks("write", "write:statuses"), Follows: asks("write", "follow", "write:follows"), Again: again(q), Other: signInURL(again(q), true)}
	for _, k := range authorizeParams {
		if s := q.Get(k); s != "" {
			v.Hidden = append(v.Hidden, [2]string{k, s})
		}
	}
	c.AllowFormAction(req.RedirectURI)
	return c.Page(&web.Page{Name: "auth/authorize", Layout: web.LayoutPlain, NoIndex: true, Path: AuthorizePath, Data: v})
}

// decide takes the answer of the consent page.
func (p pages) decide(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	c.SetLang(form.Get("lang"))
	req, err := p.auth.CheckAuthRequest(c.Context(), readAuthorize(form))
	if err != nil {
		return p.refuse(c, req, err)
	}
	if c.Viewer == nil { // the session ended while the page was open
		return c.Redirect(signInURL(again(form), false))
	}
	if form.Get("answer") != "allow" {
		return p.refuse(c, req, &auth.OAuthError{Code: "access_denied", Key: "auth.denied"})
	}
	code, err := p.auth.Authorize(c.Context(), req, c.Viewer.AccountID)
	if err != nil {
		return err
	}
	if req.RedirectURI == auth.OOB {
		return c.Page(&web.Page{Name: "auth/code", Layout: web.LayoutPlain, NoIndex: true, Path: AuthorizePath,
			Data: codeView{req.App.Name, code}})
	}
	return c.RedirectOut(withQuery(req.RedirectURI, "code", code, "state", req.State))
}

// refuse tells the app why not, when it may be told, else the person.
func (p pages) refuse(c *httpx.Ctx, req *auth.AuthRequest, err error) error {
	var oe *auth.OAuthError
	if !errors.As(err, &oe) {
		return err
	}
	if req == nil || req.RedirectURI == auth.OOB {
		if oe.Code == "access_denied" {
			return apperr.Forbidden(oe.Key)
		}
		return apperr.BadRequest(oe.Key)
	}
	return c.RedirectOut(withQuery(req.RedirectURI, "error", oe.Code, "error_description", c.T(oe.Key), "state", req.State))
}

// withQuery adds parameters to a registered redirect address, byte for byte
// otherwise: apps have schemes with an empty host, which parsing would change.
func withQuery(address string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	sep := "?"
	if strings.Contains(address, "?") {
		sep = "&"
	}
	return address + sep + q.Encode()
}

// leadsTo is what people should know of a redirect address: its host, or the
// scheme of an app of the device. "" when the code is shown to be copied.
func leadsTo(address string) string {
	u, err := url.Parse(address)
	switch {
	case address == auth.OOB || err != nil:
		return ""
	case u.Scheme == "http" || u.Scheme == "https":
		return u.Host
	}
	return u.Scheme + ":"
}

// rights says in words what scopes allow.
func rights(c *httpx.Ctx, scopes auth.Scopes) []string {
	out := make([]string, 0, len(scopes))
	for _, s := range scopes {
		out = append(out, c.T("auth.scope."+strings.ReplaceAll(s, ":", ".")))
	}
	return out
}

// statusOf is the HTTP status of an OAuth error.
//
// Spec: RFC 6749 5.2
func statusOf(e *auth.OAuthError) int {
	switch e.Code {
	case "invalid_client":
		return http.StatusUnauthorized
	case "unauthorized_client":
		return http.StatusForbidden
	}
	return http.StatusBadRequest
}
