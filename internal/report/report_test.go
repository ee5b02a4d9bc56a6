package report_test

import (
	"context"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/report"
	"github.com/maillage/maillage/internal/testkit"
	"github.com/maillage/maillage/internal/testkit/apitest"
)

var ctx = context.Background()

func staff(h *apitest.House, name, role string) *auth.Viewer {
	h.T.Helper()
	a := h.Person(name, false)
	h.Write(func(ctx context.Context, tx *db.Tx) error { return h.Auth.SetRole(ctx, tx, a.ID, role) })
	return &auth.Viewer{AccountID: a.ID, Role: role, Member: true, Lang: "fr"}
}

func TestReporting(t *testing.T) {
	k := apitest.LoadContract(t)
	h := apitest.New(t)
	mod := staff(h, "mod", auth.RoleModerator)
	bea := h.Person("bea", false)
	p := h.Publish("bea", post.Draft{Text: "Propos déplacés"})
	hidden := h.Publish("bea", post.Draft{Text: "Pour moi", Audience: post.Direct})
	c := h.Client("ana")
	c.Post("/api/v1/accounts/"+masto.ID(bea.ID)+"/block", nil).OK(nil) // apps block first
	a := c.Post("/api/v1/reports", map[string]any{"account_id": masto.ID(bea.ID), "status_ids": []string{masto.ID(p.ID), masto.ID(hidden.ID)},
		"comment": "Lisez", "category": "spam", "forward": true})
	k.Conforms(a, "post /api/v1/reports")
	var r masto.Report
	a.OK(&r)
	if len(r.StatusIDs) != 1 || r.StatusIDs[0] != masto.ID(p.ID) || r.Category != "spam" || r.Forwarded || r.ActionTaken {
		t.Errorf("report: %+v", r)
	}
	// The moderators are told, and nobody else.
	var notices []masto.Notification
	h.Client("mod").Get("/api/v1/notifications").OK(&notices)
	if len(notices) != 1 || notices[0].Type != "admin.report" || notices[0].Report == nil || notices[0].Report.ID != r.ID ||
		notices[0].Account.Username != "ana" || notices[0].Report.TargetAccount.Username != "bea" {
		t.Errorf("moderators: %+v", notices)
	}
	var grouped masto.GroupedNotifications
	h.Client("mod").Get("/api/v2/notifications").OK(&grouped)
	if len(grouped.NotificationGroups) != 1 || len(grouped.Accounts) != 1 || grouped.Accounts[0].Username != "ana" || grouped.NotificationGroups[0].SampleAccountIDs[0] != grouped.Accounts[0].ID {
		t.Errorf("moderators, in groups: %+v", grouped)
	}
	h.Client("bea").Get("/api/v1/notifications").OK(&notices)
	if len(notices) != 0 {
		t.Errorf("who is reported learns of it: %+v", notices)
	}

	id := masto.ID(bea.ID)
	for _, x := range []struct {
		body   map[string]any
		status int
	}{
		{map[string]any{}, 404},
		{map[string]any{"account_id": "x"}, 404},
		{map[string]any{"account_id": "77"}, 404},
		{map[string]any{"account_id": masto.ID(h.Person("ana", false).ID)}, 422},
		{map[string]any{"account_id": id, "category": "boredom"}, 422},
		{map[string]any{"account_id": id, "comment": strings.Repeat("é", 1001)}, 422},
	} {
		c.Post("/api/v1/reports", x.body).Fails(x.status)
	}
	h.Stranger().Post("/api/v1/reports", nil).Fails(401)
	h.Client("ana", "read").Post("/api/v1/reports", nil).Fails(403)

	// The apps of moderators, and of nobody else.
	m := h.Client("mod", "admin:read", "admin:write")
	k.ConformsTo(m.Get("/api/v1/admin/reports"), "AdminReport", true)
	var e masto.AdminReport
	m.Get("/api/v1/admin/reports/" + r.ID).OK(&e)
	if e.Account.Username != "ana" || e.Account.Email != "" || len(e.Statuses) != 1 {
		t.Errorf("as moderators see it: %+v", e)
	}
	m.Post("/api/v1/admin/reports/"+r.ID+"/resolve", nil).OK(&e)
	if !e.ActionTaken || e.ActionTakenBy == nil || e.ActionTakenBy.ID != masto.ID(mod.AccountID) {
		t.Errorf("resolved: %+v", e)
	}
	if m.Post("/api/v1/admin/reports/"+r.ID+"/reopen", nil).OK(&e); e.ActionTaken {
		t.Error("not reopened")
	}
	if m.Post("/api/v1/admin/reports/"+r.ID+"/assign_to_self", nil).OK(&e); e.Assigned == nil || e.Assigned.ID != masto.ID(mod.AccountID) {
		t.Errorf("taken in charge: %+v", e)
	}
	e.Assigned = nil
	if m.Post("/api/v1/admin/reports/"+r.ID+"/unassign", nil).OK(&e); e.Assigned != nil {
		t.Errorf("handed back: %+v", e)
	}
	if m.Send("PUT", "/api/v1/admin/reports/"+r.ID, map[string]any{"category": "spam"}).OK(&e); e.Category != "spam" {
		t.Errorf("sorted: %+v", e)
	}
	m.Send("PUT", "/api/v1/admin/reports/"+r.ID, map[string]any{"category": "boredom"}).Fails(422)
	h.Reports.Rules = h.Instance.RulesOf
	set, err := h.Instance.Settings(ctx)
	if set.Rules = "Pas d'insultes\nPas de publicité"; err == nil {
		err = h.Instance.Save(ctx, set)
	}
	if err != nil {
		t.Fatal(err)
	}
	var rules []masto.Rule
	m.Get("/api/v1/instance/rules").OK(&rules)
	if m.Send("PUT", "/api/v1/admin/reports/"+r.ID, map[string]any{"rule_ids": []string{rules[1].ID}}).OK(&e); e.Category != "violation" || len(e.Rules) != 1 || e.Rules[0].ID != rules[1].ID {
		t.Errorf("by the rules: %s %+v", e.Category, e.Rules)
	}
	m.Send("PUT", "/api/v1/admin/reports/"+r.ID, map[string]any{"category": "spam", "rule_ids": []string{rules[0].ID}}).Fails(422)
	m.Send("PUT", "/api/v1/admin/reports/"+r.ID, map[string]any{"rule_ids": []string{"77"}}).Fails(422)
	if m.Get("/api/v1/admin/reports/" + r.ID).OK(&e); e.Category != "violation" || len(e.Rules) != 1 {
		t.Errorf("a refusal changed it: %s %+v", e.Category, e.Rules)
	}
	if m.Send("PUT", "/api/v1/admin/reports/"+r.ID, map[string]any{"category": "spam"}).OK(&e); e.Category != "spam" || len(e.Rules) != 0 {
		t.Errorf("spam by the rules: %+v", e.Rules)
	}
	for q, want := range map[string]int{"account_id=" + e.Account.ID: 1, "account_id=" + e.TargetAccount.ID: 0, "target_account_id=" + e.TargetAccount.ID: 1, "target_account_id=" + e.Account.ID: 0, "account_id=x": 0} {
		var found []masto.AdminReport
		if m.Get("/api/v1/admin/reports?" + q).OK(&found); len(found) != want {
			t.Errorf("%s finds %d", q, len(found))
		}
	}
	m.Send("PUT", "/api/v1/admin/reports/77", map[string]any{"category": "spam"}).Fails(404)
	h.Client("ana", "admin:read", "admin:write").Post("/api/v1/admin/reports/"+r.ID+"/assign_to_self", nil).Fails(403)
	m.Get("/api/v1/admin/reports/77").Fails(404)
	h.Client("ana", "admin:read", "admin:write").Get("/api/v1/admin/reports").Fails(403)
	h.Client("mod").Get("/api/v1/admin/reports").Fails(403)
}

// TestDeciding goes through the acts of a moderator: each does what it says,
// tells whom it concerns, and stands in the log, on both databases.
//
// Spec: AC9
func TestDeciding(t *testing.T) {
	apitest.Each(t, func(t *testing.T, h *apitest.House) {
		mod, admin := staff(h, "mod", auth.RoleModerator), staff(h, "chef", auth.RoleAdmin)
		bea := h.Person("bea", false)
		p := h.Publish("bea", post.Draft{Text: "Propos déplacés"})
		direct := h.Publish("bea", post.Draft{Text: "@ana rien que toi", Audience: post.Direct})
		h.Person("ana", false)
		r, err := h.Reports.File(ctx, h.Viewer("ana"), report.New{TargetID: bea.ID, PostIDs: []int64{p.ID}})
		if err != nil {
			t.Fatal(err)
		}
		decide := func(v *auth.Viewer, d report.Decision) error { return h.Reports.Decide(ctx, v, r.ID, d) }
		for _, d := range []report.Decision{{Act: "dance", Why: "x"}, {Act: report.ActSuspend}, {Act: report.ActNote},
			{Act: report.ActDelete, Why: "x", PostID: direct.ID}, {Act: report.ActNote, Why: strings.Repeat("é", 1001)}} {
			if err := decide(mod, d); err == nil {
				t.Errorf("%+v passes", d)
			}
		}
		for _, act := range []string{report.ActNote, report.ActDelete, report.ActLimit, report.ActUnlimit, report.ActResolve, report.ActReopen, report.ActSuspend, report.ActUnsuspend} {
			if err := decide(mod, report.Decision{Act: act, Why: "Contraire aux règles", PostID: map[bool]int64{true: p.ID}[act == report.ActDelete]}); err != nil {
				t.Fatalf("%s: %v", act, err)
			}
			switch a, err := account.ByID(ctx, h.DB.Read(), bea.ID); {
			case err != nil:
				t.Fatal(err)
			case act == report.ActSuspend && (a.SuspendedAt == 0):
				t.Error("not suspended")
			case act == report.ActUnsuspend && a.SuspendedAt != 0:
				t.Error("still suspended")
			}
		}
		if gone, err := post.Raw(ctx, h.DB.Read(), p.ID); err != nil || gone.DeletedAt == 0 || gone.Content != "" {
			t.Errorf("the post is still there: %v", err)
		}
		var notices []masto.Notification
		h.Client("bea").Get("/api/v1/notifications").OK(&notices)
		if len(notices) != 5 || notices[0].Type != "moderation_warning" || notices[0].Warning == nil || notices[0].Warning.Text == "" {
			t.Errorf("told of %d: %+v", len(notices), notices)
		}
		rows, err := h.Reports.Log(ctx, r.ID, 0, 100)
		if err != nil || len(rows) != 8 || rows[0].ByID != mod.AccountID {
			t.Fatalf("%d rows, %v", len(rows), err)
		}

		// Nobody judges themselves, nor a moderator an administrator.
		about := func(id int64) *report.Report {
			x, err := h.Reports.File(ctx, h.Viewer("ana"), report.New{TargetID: id})
			if err != nil {
				t.Fatal(err)
			}
			return x
		}
		if err := h.Reports.Decide(ctx, mod, about(mod.AccountID).ID, report.Decision{Act: report.ActResolve}); err == nil {
			t.Error("a moderator resolves a report on themselves")
		}
		if err := h.Reports.Decide(ctx, mod, about(admin.AccountID).ID, report.Decision{Act: report.ActSuspend, Why: "x"}); err == nil {
			t.Error("a moderator suspends an administrator")
		}

		verify := func() int64 {
			t.Helper()
			n, err := h.Reports.Verify(ctx)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		if n := verify(); n != 0 {
			t.Fatalf("a whole log is broken at %d", n)
		}
		h.Write(func(ctx context.Context, tx *db.Tx) error { return h.Reports.Erase(ctx, tx, bea.ID) })
		if n := verify(); n != 0 {
			t.Errorf("taking a deleted account out breaks the log at %d", n)
		}
		h.Write(func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `update staff_log set why = 'autre chose' where id = 3`)
			return err
		})
		if n := verify(); n != 3 {
			t.Errorf("an altered row 3 is named %d", n)
		}
	})
}

// TestFlagsBetweenServers: a forwarded report reaches the other server's
// moderators and names nobody.
func TestFlagsBetweenServers(t *testing.T) {
	c := testkit.NewCluster(t, 2)
	here, there := c[0], c[1]
	c.Follow(here, "ana", there, "zoe")
	p, err := there.Posts.Create(ctx, there.Viewer("zoe"), post.Draft{Text: "Propos déplacés", Audience: post.Public})
	if err != nil {
		t.Fatal(err)
	}
	c.Settle()
	copied, err := post.RawByURI(ctx, here.DB.Read(), p.URI)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := here.Reports.File(ctx, here.Viewer("ana"), report.New{TargetID: copied.AccountID, PostIDs: []int64{copied.ID}, Comment: "Lisez", Forward: true}); err != nil {
		t.Fatal(err)
	}
	c.Settle()
	rows, err := there.Reports.List(ctx, false, page.Range{Limit: 10})
	if err != nil || len(rows) != 1 {
		t.Fatalf("%d reports arrived, %v", len(rows), err)
	}
	from, err := account.ByID(ctx, there.DB.Read(), rows[0].AccountID)
	if err != nil || from.Kind != account.Application || from.Host != here.Host || rows[0].Comment != "Lisez" {
		t.Errorf("from %+v: %+v, %v", from, rows[0], err)
	}
	ids, err := there.Reports.PostIDs(ctx, []int64{rows[0].ID})
	if err != nil || len(ids[rows[0].ID]) != 1 || ids[rows[0].ID][0] != p.ID {
		t.Errorf("posts: %v, %v", ids, err)
	}
}

// TestBlocksBetweenServers: a block parts two people of two servers and keeps
// what one of them closes from the other; lifting it arrives too.
func TestBlocksBetweenServers(t *testing.T) {
	c := testkit.NewCluster(t, 2)
	here, there := c[0], c[1]
	c.Follow(here, "ana", there, "zoe")
	c.Follow(there, "zoe", here, "ana")
	zoe, err := here.Engine.Account(ctx, "zoe", there.Host)
	if err != nil {
		t.Fatal(err)
	}
	ana, err := there.Engine.Account(ctx, "ana", here.Host)
	if err != nil {
		t.Fatal(err)
	}
	rows := func(n *testkit.Node, table string) int {
		t.Helper()
		x, err := db.Get[int](ctx, n.DB.Read(), `select count(*) from `+table)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	if err := here.Relations.Block(ctx, here.Person("ana", true).ID, zoe); err != nil {
		t.Fatal(err)
	}
	c.Settle()
	if rows(here, "follow") != 0 || rows(there, "follow") != 0 || rows(there, "block") != 1 {
		t.Errorf("follows %d, %d, blocks %d", rows(here, "follow"), rows(there, "follow"), rows(there, "block"))
	}
	if err := there.Follows.Follow(ctx, there.Person("zoe", true).ID, ana, nil); err == nil {
		t.Error("whoever is blocked may follow")
	}
	if err := here.Relations.Unblock(ctx, here.Person("ana", true).ID, zoe); err != nil {
		t.Fatal(err)
	}
	c.Settle()
	if rows(there, "block") != 0 {
		t.Error("lifting the block does not arrive")
	}
}
