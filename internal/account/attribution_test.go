package account_test

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/png"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/testkit"
)

func TestAttributes(t *testing.T) {
	a := &account.Account{Attribution: "journal.example xn--caf-dma.example"}
	for host, want := range map[string]bool{"journal.example": true, "JOURNAL.example": true, "www.journal.example": true, "xn--caf-dma.example": true,
		"unjournal.example": false, "example": false, "journal.example.net": false, "": false} {
		if a.Attributes(host) != want {
			t.Errorf("%q: %v", host, !want)
		}
	}
	if (&account.Account{}).Attributes("") || (&account.Account{}).Attributes("a.example") {
		t.Error("nobody was allowed, and yet")
	}
}

// What an app says of the pictures and of the sites that may name their author
// comes back to it and reaches other servers; only what is named changes.
//
// Spec: Mastodon accounts#update_credentials; Spec: Mastodon activitypub#attributionDomains
func TestDescribedPicturesAndSites(t *testing.T) {
	c := testkit.NewCluster(t, 2)
	home, away := c[0], c[1]
	home.Person("bob", true)
	away.Person("ana", true)
	c.Follow(away, "ana", home, "bob")
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 60, 60))); err != nil {
		t.Fatal(err)
	}
	bob, ana := home.Client("bob"), away.Client("ana")
	var me masto.CredentialAccount
	bob.Do("PATCH", "/api/v1/accounts/update_credentials", map[string]any{
		"avatar": "data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes()), "avatar_description": " Une rose\nrouge ",
		"header": "data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes()), "header_description": "La place",
		"attribution_domains": []string{"https://Journal.example/", "café.example", "journal.example"},
	}, &me)
	sites := []string{"journal.example", "xn--caf-dma.example"}
	if me.AvatarDescription != "Une rose rouge" || me.HeaderDescription != "La place" || !slices.Equal(me.Source.AttributionDomains, sites) {
		t.Fatalf("%q %q %q", me.AvatarDescription, me.HeaderDescription, me.Source.AttributionDomains)
	}
	var p masto.Profile
	bob.Do("PATCH", "/api/v1/profile", map[string]any{"note": "Bonjour"}, &p)
	if p.AvatarDescription != "Une rose rouge" || p.HeaderDescription != "La place" || !slices.Equal(p.AttributionDomains, sites) {
		t.Errorf("another change took them away: %+v", p)
	}
	c.Settle()
	var there masto.Account
	ana.Get("/api/v1/accounts/lookup?acct=bob@"+home.Host, &there)
	if there.AvatarDescription != "Une rose rouge" || there.HeaderDescription != "La place" {
		t.Errorf("elsewhere: %q %q", there.AvatarDescription, there.HeaderDescription)
	}
	for _, wrong := range []map[string]any{{"avatar_description": strings.Repeat("x", account.MaxPictureAlt+1)}, {"attribution_domains": []string{"a.example", "pas un site"}}} {
		if status := bob.Do("PATCH", "/api/v1/accounts/update_credentials", wrong, nil).Status; status != 422 {
			t.Errorf("%v: %d", wrong, status)
		}
	}
	bob.Do("PATCH", "/api/v1/accounts/update_credentials", map[string]any{"attribution_domains": []string{""}, "header_description": ""}, &me)
	if len(me.Source.AttributionDomains) != 0 || me.HeaderDescription != "" || me.AvatarDescription == "" {
		t.Errorf("not taken away: %+v", me)
	}
}
