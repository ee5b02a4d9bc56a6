package httpx

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/maillage/maillage/internal/apperr"
)

// identify finds out who asks: by cookie on pages, by bearer token on the API.
func (s *Server) identify(c *Ctx, class Class) error {
	token := ""
	if class == ClassWeb {
		if ck, err := c.R.Cookie(s.cookieName(sessionCookie)); err == nil {
			token = ck.Value
		}
	} else {
		var err error
		if token, err = bearer(c.R); err != nil {
			return err
		}
		if token == "" && c.Route != nil && c.Route.AnyToken {
			token = streamToken(c.R)
		}
	}
	if token == "" || s.opts.Authenticate == nil {
		return nil
	}
	v, err := s.opts.Authenticate(c.Context(), token)
	if err == nil && v.Web != (class == ClassWeb) {
		err = apperr.Unauthorized("httpx.unauthorized") // a cookie's secret is no API token, nor the reverse
	}
	switch {
	case err == nil:
	case apperr.Is(err, apperr.KindUnauthorized):
		if class == ClassWeb {
			c.EndSession() // ended elsewhere: a stranger from now on
			return nil
		}
		return err
	case errors.Is(err, c.Context().Err()):
		return err
	default:
		return apperr.Unavailable("httpx.unavailable").Wrap(err)
	}
	c.Token = token
	if v.IsApp() {
		c.App = v
		return nil
	}
	c.Viewer = v
	s.speak(c, v.Lang)
	return nil
}

// identifyForPage finds the viewer for the frame of an error page; a failure leaves a stranger.
func (c *Ctx) identifyForPage(class Class) {
	if class == ClassWeb && c.Viewer == nil {
		_ = c.srv.identify(c, class) // the page says "not found" all the same
	}
}

// bearer reads the token of an API request. Malformed ones are refused rather
// than ignored, so that an app learns of its mistake.
func bearer(r *http.Request) (string, error) {
	h := r.Header.Get("Authorization")
	if h == "" {
		return "", nil
	}
	scheme, token, _ := strings.Cut(h, " ")
	token = strings.TrimSpace(token)
	if strings.EqualFold(scheme, "Basic") {
		return "", nil // an app's own secret on /oauth/token
	}
	if !strings.EqualFold(scheme, "Bearer") || token == "" || len(token) > 200 || strings.ContainsAny(token, " \t") {
		return "", apperr.Unauthorized("httpx.unauthorized")
	}
	return token, nil
}

// allow enforces the route's policy.
func (s *Server) allow(c *Ctx, rt *Route) error {
	ok := true
	switch rt.Policy {
	case Public, Peer:
	case SignedIn:
		ok = c.Viewer != nil
	case Moderator:
		ok = c.Viewer.IsModerator()
	case Admin:
		ok = c.Viewer.IsAdmin()
	default:
		ok = false
	}
	switch {
	case ok:
		return nil
	case c.Viewer != nil || c.App != nil:
		return apperr.Forbidden("httpx.forbidden")
	case rt.Class != ClassWeb:
		return apperr.Unauthorized("httpx.unauthorized")
	}
	next := c.R.URL.RequestURI()
	if unsafe(c.R.Method) {
		next = c.referer()
	}
	c.Private()
	http.Redirect(c.W, c.R, s.opts.SignInPath+"?next="+url.QueryEscape(LocalPath(next, "/")), http.StatusSeeOther)
	return errHandled
}

// referer is the page of ours that the browser came from, "/" when unknown.
func (c *Ctx) referer() string {
	u, err := url.Parse(c.R.Referer())
	if err != nil || u.Scheme+"://"+u.Host != c.srv.base {
		return "/"
	}
	return LocalPath(u.RequestURI(), "/")
}
