package authweb

import (
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/masto"
)

// signUp refuses: accounts are opened by the people of the house, not by apps.
//
// Spec: Mastodon accounts#create
func (e endpoints) signUp(*masto.Req) error { return apperr.Forbidden("auth.sign_up_closed") }

// confirm refuses: an address is confirmed before its account is opened.
//
// Spec: Mastodon emails#confirmation
func (e endpoints) confirm(*masto.Req) error { return apperr.Forbidden("auth.confirmed") }

// userInfo says whom a token speaks for.
//
// Spec: Mastodon oauth#userinfo
type userInfo struct {
	Issuer   string `json:"iss"`
	Subject  string `json:"sub"`
	Name     string `json:"name"`
	Username string `json:"preferred_username"`
	Profile  string `json:"profile"`
	Picture  string `json:"picture"`
}

func (e endpoints) userInfo(r *masto.Req) error {
	if e.auth.Profile == nil {
		return apperr.NotFound("httpx.not_found")
	}
	p, err := e.auth.Profile(r.Context(), r.Viewer.AccountID)
	if err != nil {
		return err
	}
	return r.OK(userInfo{r.BaseURL() + "/", p.URI, p.Name, p.Username, p.URL, p.Avatar})
}
