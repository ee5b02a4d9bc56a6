// Package authweb holds the pages and endpoints of package auth: signing in and
// out, the consent page of apps, OAuth's token endpoint, and the list of
// sessions and apps that a person can end.
//
// The package is apart because auth stands below the HTTP edge and these above.
//
// Spec: RFC 6749, RFC 7009, RFC 7636, RFC 8414
// Spec: Mastodon oauth
package authweb

import (
	"embed"
	"io/fs"

	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/masto"
)

//go:embed templates i18n
var files embed.FS

// Templates holds the pages; they belong to the renderer under the name "auth".
func Templates() fs.FS { return folder("templates") }

// Strings holds the words, fr.yaml and en.yaml, also of the errors of package auth.
func Strings() fs.FS { return folder("i18n") }

func folder(name string) fs.FS {
	sub, err := fs.Sub(files, name)
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}

// Paths of the pages.
const (
	SignInPath    = "/connexion"
	SignOutPath   = "/deconnexion"
	AuthorizePath = "/oauth/authorize"
	DevicesPath   = "/reglages/appareils"
	PasswordPath  = "/reglages/mot-de-passe"
)

// Web declares the pages.
func Web(r *httpx.Router, s *auth.Service) {
	p := pages{s}
	r.Get(SignInPath, httpx.Public, p.signIn)
	r.Post(SignInPath, httpx.Public, p.doSignIn)
	r.Get("/auth/sign_in", httpx.Public, func(c *httpx.Ctx) error { return c.Redirect(SignInPath) })
	r.Post(SignOutPath, httpx.Public, p.signOut)
	r.Get(AuthorizePath, httpx.Public, p.authorize)
	r.Post(AuthorizePath, httpx.Public, p.decide)
	r.Get(DevicesPath, httpx.SignedIn, p.devices)
	r.Post(DevicesPath, httpx.SignedIn, p.endOthers)
	r.Post(DevicesPath+"/{id}", httpx.SignedIn, p.endOne)
	r.Get(PasswordPath, httpx.SignedIn, p.password)
	r.Post(PasswordPath, httpx.SignedIn, p.changePassword)
}

// API declares the endpoints that apps call.
func API(r *masto.Router, s *auth.Service) {
	e := endpoints{s}
	r.Post("/api/v1/apps", masto.ScopePublic, e.createApp)
	r.Get("/api/v1/apps/verify_credentials", masto.ScopeApp, e.verifyApp)
	r.Post("/api/v1/accounts", "app:write:accounts", e.signUp)
	r.Post("/api/v1/emails/confirmations", masto.ScopeApp, e.confirm)
	r.Get("/oauth/userinfo", "profile", e.userInfo)
	r.Post("/oauth/userinfo", "profile", e.userInfo)
	r.Post("/oauth/token", masto.ScopePublic, e.token)
	r.Post("/oauth/revoke", masto.ScopePublic, e.revoke)
	r.Get("/.well-known/oauth-authorization-server", masto.ScopePublic, e.metadata)
}

type pages struct{ auth *auth.Service }

type endpoints struct{ auth *auth.Service }
