package admin_test

import (
	"testing"

	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/testkit"
	"github.com/maillage/maillage/internal/testkit/apitest"
)

// TestTags: staff's apps find the hashtags of posts for everyone, by name and in
// pages; those of the section's own posts are nobody's list.
//
// Spec: Mastodon admin/tags
func TestTags(t *testing.T) {
	k := apitest.LoadContract(t)
	for name, e := range map[string]testkit.Engine{"sqlite": testkit.SQLite, "postgres": testkit.Postgres} {
		t.Run(name, func(t *testing.T) {
			n := testkit.NewOn(t, e)
			n.Person("bob", true)
			bob := n.Client("bob")
			bob.Post("/api/v1/statuses", map[string]any{"status": "Le #Marché et la #Soupe", "visibility": "public"}, nil)
			bob.Post("/api/v1/statuses", map[string]any{"status": "Une #Affaire entre nous", "audience": "section"}, nil)
			mod := client(t, n, "mod", auth.RoleModerator)
			k.ConformsTo(mod.Get("/api/v1/admin/tags"), "AdminTag", true)
			type row struct {
				ID, Name       string
				Usable         bool
				RequiresReview bool `json:"requires_review"`
			}
			var all, page []row
			mod.Get("/api/v1/admin/tags").OK(&all)
			if len(all) != 2 || all[0].Name != "Marché" || all[1].Name != "Soupe" || !all[0].Usable || all[0].RequiresReview {
				t.Fatalf("%+v", all)
			}
			mod.Get("/api/v1/admin/tags?limit=1").OK(&page)
			if len(page) != 1 || page[0].ID != all[0].ID {
				t.Fatalf("%+v", page)
			}
			if mod.Get("/api/v1/admin/tags?limit=1&max_id=" + page[0].ID).OK(&page); len(page) != 1 || page[0].ID != all[1].ID {
				t.Fatalf("after the first: %+v", page)
			}
			var one row
			if mod.Get("/api/v1/admin/tags/" + all[1].ID).OK(&one); one.Name != "Soupe" {
				t.Errorf("%+v", one)
			}
			mod.Get("/api/v1/admin/tags/affaire").Fails(404)
			mod.Send("PUT", "/api/v1/admin/tags/soupe", map[string]any{"usable": true}).OK(&one)
			mod.Send("PUT", "/api/v1/admin/tags/soupe", map[string]any{"usable": false}).Fails(422)
			client(t, n, "eve", auth.RoleUser).Get("/api/v1/admin/tags").Fails(403)
			client(t, n, "mod", auth.RoleModerator, "read").Get("/api/v1/admin/tags").Fails(403)

			chef := client(t, n, "chef", auth.RoleAdmin)
			var blocks []masto.Account
			if chef.Post("/api/v1/admin/canonical_email_blocks/test", map[string]any{"email": "a@x.example"}).OK(&blocks); len(blocks) != 0 {
				t.Errorf("%+v", blocks)
			}
			chef.Post("/api/v1/admin/canonical_email_blocks/test", nil).Fails(422)
			mod.Post("/api/v1/admin/canonical_email_blocks/test", map[string]any{"email": "a@x.example"}).Fails(403)
			chef.Get("/api/v1/admin/canonical_email_blocks/1").Fails(404)
		})
	}
}
