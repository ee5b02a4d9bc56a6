package authweb

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/masto"
)

// Spec: Mastodon apps#create
func (e endpoints) createApp(r *masto.Req) error {
	redirects := r.Strings("redirect_uris")
	if len(redirects) == 0 {
		redirects = r.Strings("redirect_uri")
	}
	app, secret, err := e.auth.CreateApp(r.Context(), auth.NewApp{
		Name: r.String("client_name"), Website: r.String("website"), Redirects: redirects, Scopes: r.String("scopes"), Addr: r.Addr(),
	})
	if err != nil {
		return err
	}
	r.Private()
	return r.OK(masto.CredentialApplication{
		Application: e.application(app), ClientID: app.ClientID, ClientSecret: secret,
	})
}

func (e endpoints) application(a *auth.App) masto.Application {
	return masto.Application{
		ID: masto.ID(a.ID), Name: a.Name, Website: masto.OrNil(a.Website), Scopes: masto.Array[string](a.ScopeSet()),
		RedirectURI: a.RedirectUris, RedirectURIs: a.Redirects(), VapidKey: e.auth.PushKey,
	}
}

// Spec: Mastodon apps#verify_credentials
func (e endpoints) verifyApp(r *masto.Req) error {
	v := r.App
	if v == nil {
		v = r.Viewer
	}
	app, err := e.auth.App(r.Context(), v.AppID)
	if apperr.Is(err, apperr.KindNotFound) { // a token made on the command line
		return r.OK(masto.Application{ID: "0", Name: "Maillage", Scopes: masto.Array[string](v.Scopes), RedirectURI: auth.OOB, RedirectURIs: []string{auth.OOB}})
	}
	if err != nil {
		return err
	}
	return r.OK(e.application(app))
}

// exchange reads what an app shows, its id and secret from the body or from HTTP Basic.
//
// Spec: RFC 6749 2.3.1
func exchange(r *masto.Req) auth.Exchange {
	x := auth.Exchange{
		ClientID: r.String("client_id"), ClientSecret: r.String("client_secret"), Code: r.String("code"),
		RedirectURI: r.String("redirect_uri"), Verifier: r.String("code_verifier"), Scope: r.String("scope"),
	}
	if id, secret, ok := r.R.BasicAuth(); ok && x.ClientSecret == "" {
		x.ClientID, x.ClientSecret = decoded(id), decoded(secret)
	}
	return x
}

// decoded undoes the form encoding that the standard asks of Basic credentials.
func decoded(s string) string {
	if u, err := url.QueryUnescape(s); err == nil {
		return u
	}
	return s
}

// Spec: Mastodon oauth#token
func (e endpoints) token(r *masto.Req) error {
	r.Private()
	r.W.Header().Set("Pragma", "no-cache")
	var g *auth.Grant
	var err error
	switch r.String("grant_type") {
	case "authorization_code":
		g, err = e.auth.ExchangeCode(r.Context(), exchange(r))
	case "client_credentials":
		g, err = e.auth.ClientCredentials(r.Context(), exchange(r))
	case "":
		err = &auth.OAuthError{Code: "invalid_request", Key: "auth.grant_type"}
	default:
		err = &auth.OAuthError{Code: "unsupported_grant_type", Key: "auth.grant_type"}
	}
	if err != nil {
		return answer(r, err)
	}
	return r.OK(masto.Token{AccessToken: g.Token, TokenType: "Bearer", Scope: g.Scopes.String(), CreatedAt: g.CreatedAt / 1000})
}

// Spec: Mastodon oauth#revoke
func (e endpoints) revoke(r *masto.Req) error {
	r.Private()
	x := exchange(r)
	if err := e.auth.RevokeToken(r.Context(), x.ClientID, x.ClientSecret, r.String("token")); err != nil {
		return answer(r, err)
	}
	return r.Empty()
}

// answer writes an error in OAuth's own form; other errors go the usual way.
func answer(r *masto.Req, err error) error {
	var oe *auth.OAuthError
	if !errors.As(err, &oe) {
		return err
	}
	status := statusOf(oe)
	if status == http.StatusUnauthorized {
		r.W.Header().Set("WWW-Authenticate", `Basic realm="Maillage"`)
	}
	return r.JSON(status, masto.Error{Error: oe.Code, Description: r.T(oe.Key)})
}

// serverMetadata describes the endpoints.
//
// Spec: RFC 8414 2
type serverMetadata struct {
	Issuer              string   `json:"issuer"`
	Authorization       string   `json:"authorization_endpoint"`
	Token               string   `json:"token_endpoint"`
	Revocation          string   `json:"revocation_endpoint"`
	UserInfo            string   `json:"userinfo_endpoint"`
	AppRegistration     string   `json:"app_registration_endpoint"`
	Documentation       string   `json:"service_documentation"`
	Scopes              []string `json:"scopes_supported"`
	ResponseTypes       []string `json:"response_types_supported"`
	ResponseModes       []string `json:"response_modes_supported"`
	GrantTypes          []string `json:"grant_types_supported"`
	TokenAuthMethods    []string `json:"token_endpoint_auth_methods_supported"`
	CodeChallengeMethod []string `json:"code_challenge_methods_supported"`
}

// Spec: Mastodon oauth#authorization-server-metadata
func (e endpoints) metadata(r *masto.Req) error {
	base := r.BaseURL()
	r.W.Header().Set("Cache-Control", "public, max-age=3600")
	return r.OK(serverMetadata{
		Issuer: base + "/", Authorization: base + AuthorizePath, Token: base + "/oauth/token", Revocation: base + "/oauth/revoke", UserInfo: base + "/oauth/userinfo",
		AppRegistration: base + "/api/v1/apps", Documentation: "https://docs.joinmastodon.org/",
		Scopes: auth.KnownScopes(), ResponseTypes: []string{"code"}, ResponseModes: []string{"query"},
		GrantTypes:          []string{"authorization_code", "client_credentials"},
		TokenAuthMethods:    []string{"client_secret_basic", "client_secret_post", "none"},
		CodeChallengeMethod: []string{"S256"},
	})
}
