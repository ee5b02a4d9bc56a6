package httpx

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// The policy of pages: nothing but our own files, and no inline script or style.
const pagePolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; media-src 'self'; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'%s; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'"

// What is no page shows nothing, even if a browser is led to take it for one.
const dataPolicy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

func securityHeaders(h http.Header, class Class) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), browsing-topics=()")
	switch class {
	case ClassWeb:
		h.Set("Content-Security-Policy", strings.Replace(pagePolicy, "%s", "", 1))
		h.Set("X-Frame-Options", "DENY")
	default:
		h.Set("Content-Security-Policy", dataPolicy)
	}
}

var headerNames = regexp.MustCompile(`^[A-Za-z0-9, -]{1,500}$`)

var schemeRE = regexp.MustCompile(`^[a-z][a-z0-9+.-]*$`)

// AllowFormAction lets a form of this page end at the origin of address, which
// may have an app's own scheme: Chromium applies form-action to the redirect
// that answers a form too.
func (c *Ctx) AllowFormAction(address string) {
	u, err := url.Parse(address)
	if err != nil || !schemeRE.MatchString(strings.ToLower(u.Scheme)) {
		return
	}
	source := " " + strings.ToLower(u.Scheme) + ":"
	if u.Scheme == "http" || u.Scheme == "https" {
		if u.Host == "" || strings.ContainsAny(u.Host, " ;,'\"") {
			return
		}
		source = " " + u.Scheme + "://" + u.Host
	}
	c.W.Header().Set("Content-Security-Policy", strings.Replace(pagePolicy, "%s", source, 1))
}

const (
	corsMethods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
	corsExpose  = "Link, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id, Mastodon-Async-Refresh"
	corsHeaders = "Authorization, Content-Type, Idempotency-Key, Accept, Accept-Language, Cache-Control, If-None-Match, X-Requested-With"
)

// cors opens a path to scripts of any site, never with the cookies of this one.
func cors(h http.Header) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", corsExpose)
}

// preflight answers OPTIONS; methods are those of the path, nil when it has no route.
func preflight(w http.ResponseWriter, r *http.Request, class Class, methods []string) {
	h := w.Header()
	if class == ClassAPI {
		h.Set("Access-Control-Allow-Methods", corsMethods)
		h.Set("Access-Control-Allow-Headers", corsHeaders)
		if want := r.Header.Get("Access-Control-Request-Headers"); headerNames.MatchString(want) {
			h.Set("Access-Control-Allow-Headers", want) // "*" would not include Authorization
		}
		h.Set("Access-Control-Max-Age", "86400")
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if methods == nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if !slices.Contains(methods, http.MethodOptions) {
		methods = append(methods, http.MethodOptions)
	}
	h.Set("Allow", strings.Join(methods, ", "))
	w.WriteHeader(http.StatusNoContent)
}
