package preview_test

import (
	"testing"

	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/testkit"
)

// TestAuthorsOfAPage: a page may name its author's account, which counts while that
// account allows the page's site to do so, wherever it is.
//
// Spec: Mastodon entities/PreviewCard#authors
func TestAuthorsOfAPage(t *testing.T) {
	small, _, _ := site(t)
	c := testkit.NewCluster(t, 2)
	reader, home := c[0], c[1]
	reader.Person("bob", true)
	reader.Person("zoe", false)
	home.Person("ana", true)
	c.Follow(reader, "bob", home, "ana")
	bob, ana := reader.Client("bob"), home.Client("ana")
	allow := func(c *testkit.Client, sites ...string) {
		c.Do("PATCH", "/api/v1/accounts/update_credentials", map[string]any{"attribution_domains": sites}, nil)
	}
	links := func(handle string) string {
		var s masto.Status
		bob.Post("/api/v1/statuses", map[string]any{"status": "Lisez " + small.URL + "/by/" + handle, "visibility": "public"}, &s)
		c.Settle()
		return s.ID
	}
	author := func(id string) masto.CardAuthor {
		t.Helper()
		var s masto.Status
		bob.Get("/api/v1/statuses/"+id, &s)
		if s.Card == nil || len(s.Card.Authors) != 1 {
			t.Fatalf("%+v", s.Card)
		}
		return s.Card.Authors[0]
	}
	id := links("@ana@" + home.Host)
	if a := author(id); a.Account != nil || a.Name != "Une plume" {
		t.Errorf("named without being asked: %+v", a)
	}
	allow(ana, "autre.example", "127.0.0.1")
	c.Settle()
	if a := author(id); a.Account == nil || a.Account.Acct != "ana@"+home.Host || a.URL != a.Account.URL {
		t.Errorf("%+v", a)
	}
	allow(ana, "autre.example")
	c.Settle()
	if a := author(id); a.Account != nil {
		t.Errorf("named though it is no longer allowed: %+v", a.Account)
	}
	// A member who is private is not made known by a page.
	allow(reader.Client("zoe"), "127.0.0.1")
	if a := author(links("zoe@" + reader.Host)); a.Account != nil {
		t.Errorf("a private member is named: %+v", a.Account)
	}
	if a := author(links("@nobody@" + home.Host)); a.Account != nil {
		t.Errorf("%+v", a.Account)
	}
}
