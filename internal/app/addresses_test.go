package app_test

import (
	"context"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/testkit"
)

// TestAddressesThatAppsOpen opens the pages of a Mastodon that apps send people to.
func TestAddressesThatAppsOpen(t *testing.T) {
	n := testkit.New(t)
	mod := n.Person("mod", true)
	bea := n.Person("bea", true)
	if err := n.DB.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error { return n.Auth.SetRole(ctx, tx, mod.ID, auth.RoleModerator) }); err != nil {
		t.Fatal(err)
	}
	var r masto.Report
	n.Person("ana", true)
	n.Client("ana").Post("/api/v1/reports", map[string]any{"account_id": masto.ID(bea.ID), "comment": "À lire"}, &r)
	b := n.SignIn("mod")
	for _, path := range []string{"/settings", "/settings/profile", "/settings/privacy", "/settings/preferences/other", "/settings/preferences/notifications", "/auth/edit", "/admin/reports"} {
		if b.Open(path); b.Status != 200 {
			t.Errorf("%s: %d", path, b.Status)
		}
	}
	if b.Open("/admin/reports/" + r.ID); b.Status != 200 || !strings.Contains(string(b.Body), "À lire") {
		t.Errorf("the report: %d", b.Status)
	}
	// Who does not moderate learns nothing of it, nor whether there is one.
	ana := n.SignIn("ana")
	there, none := ana.Open("/admin/reports/"+r.ID).Status, ana.Open("/admin/reports/1").Status
	if there == 200 || there != none {
		t.Errorf("ana gets %d for a report, %d for none", there, none)
	}
}
