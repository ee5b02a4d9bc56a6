package admin_test

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/report"
	"github.com/maillage/maillage/internal/testkit"
	"github.com/maillage/maillage/internal/testkit/apitest"
)

var ctx = context.Background()

// client is an app of somebody with a role and every right that apps may have.
func client(t *testing.T, n *testkit.Node, name, role string, scopes ...string) *apitest.Client {
	t.Helper()
	id := n.Person(name, false).ID
	if err := n.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return n.Auth.SetRole(ctx, tx, id, role) }); err != nil {
		t.Fatal(err)
	}
	if len(scopes) == 0 {
		scopes = []string{"read", "write", "admin:read", "admin:write"}
	}
	tok, err := n.Auth.NewToken(ctx, id, auth.Scopes(scopes))
	if err != nil {
		t.Fatal(err)
	}
	return &apitest.Client{T: t, Base: n.URL, Token: tok}
}

func idOf(t *testing.T, n *testkit.Node, name string) string {
	t.Helper()
	return ids.String(n.Person(name, false).ID)
}

func names(t *testing.T, c *apitest.Client, path string) string {
	t.Helper()
	var list []masto.ReportAccount
	c.Get(path).OK(&list)
	out := make([]string, len(list))
	for i, a := range list {
		if out[i] = a.Username; a.Email != "" || a.IP != nil || len(a.IPs) > 0 {
			t.Errorf("%s shows an address: %+v", path, a)
		}
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// TestOnBothDatabases: whom lists find, what measures do and what is counted.
func TestOnBothDatabases(t *testing.T) {
	for name, e := range map[string]testkit.Engine{"sqlite": testkit.SQLite, "postgres": testkit.Postgres} {
		t.Run(name, func(t *testing.T) {
			n := testkit.NewOn(t, e)
			lists(t, n)
			measures(t, n)
			counts(t, n)
		})
	}
}

func lists(t *testing.T, n *testkit.Node) {
	mod, chef := client(t, n, "mod", auth.RoleModerator), client(t, n, "chef", auth.RoleAdmin)
	for _, p := range []string{"ana", "bea", "be_a"} {
		n.Person(p, true)
	}
	now := time.Now().UnixMilli()
	uri := "https://loin.example/users/zoe"
	if err := n.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return db.Insert(ctx, tx, "account", account.Account{ID: n.Accounts.IDs.New(), URI: uri, Kind: account.Person, Username: "zoe", Host: "loin.example",
			Handle: "zoe@loin.example", Fields: "[]", URL: uri, Inbox: uri + "/inbox", DisplayName: "Zoé", Public: true, CreatedAt: now, UpdatedAt: now})
	}); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/api/v1/admin/accounts":                                          "ana be_a bea chef mod section_de_test zoe",
		"/api/v1/admin/accounts?local=true":                               "ana be_a bea chef mod section_de_test",
		"/api/v1/admin/accounts?remote=true":                              "zoe",
		"/api/v1/admin/accounts?staff=true":                               "chef mod",
		"/api/v1/admin/accounts?pending=true":                             "",
		"/api/v1/admin/accounts?username=be_":                             "be_a",
		"/api/v1/admin/accounts?display_name=Zo":                          "zoe",
		"/api/v1/admin/accounts?by_domain=loin.example":                   "zoe",
		"/api/v1/admin/accounts?ip=127.0.0.1":                             "",
		"/api/v1/admin/accounts?active=true&local=true":                   "ana be_a bea chef mod section_de_test",
		"/api/v2/admin/accounts?origin=remote":                            "zoe",
		"/api/v2/admin/accounts?status=active&origin=local":               "ana be_a bea chef mod section_de_test",
		"/api/v2/admin/accounts?status=suspended":                         "",
		"/api/v2/admin/accounts?permissions=staff":                        "chef mod",
		"/api/v2/admin/accounts?role_ids[]=2&role_ids[]=1":                "chef mod",
		"/api/v2/admin/accounts?role_ids[]=99":                            "",
		"/api/v2/admin/accounts?origin&status&role_ids&username&email&ip": "ana be_a bea chef mod section_de_test zoe",
		"/api/v2/admin/accounts?username=%25":                             "",
		"/api/v2/admin/accounts?limit=1000000000&max_id=9223372036854775": "",
	} {
		if got := names(t, mod, path); got != want {
			t.Errorf("%s finds %q, want %q", path, got, want)
		}
	}
	mod.Get("/api/v2/admin/accounts?email=ana@ici.example").Fails(403)
	l, err := n.Auth.Login(ctx, n.DB.Read(), n.Person("ana", true).ID)
	if err != nil {
		t.Fatal(err)
	}
	if got := names(t, chef, "/api/v2/admin/accounts?email="+url.QueryEscape(l.Email)); got != "ana" {
		t.Errorf("by mail address: %q", got)
	}
	mod.Get("/api/v2/admin/accounts?status=sleepy").Fails(422)
	mod.Get("/api/v2/admin/accounts?origin=moon").Fails(422)
	first := mod.Get("/api/v1/admin/accounts?limit=4")
	if next := first.Next(); next == "" || strings.Count(names(t, mod, next), " ") != 2 {
		t.Errorf("the next page is %q", next)
	}
}

// measures goes through what is done to somebody and taken back.
//
// Spec: AC9
func measures(t *testing.T, n *testkit.Node) {
	mod, chef := client(t, n, "mod", auth.RoleModerator), client(t, n, "chef", auth.RoleAdmin)
	bea := "/api/v1/admin/accounts/" + idOf(t, n, "bea")
	r, err := n.Reports.File(ctx, n.Viewer("ana"), report.New{TargetID: n.Person("bea", true).ID, Rules: []string{"1"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		path   string
		body   any
		status int
	}{
		{bea + "/action", map[string]any{"type": "silence"}, 422}, // without a reason
		{bea + "/action", map[string]any{"type": "dance", "text": "x"}, 422},
		{bea + "/action", map[string]any{"text": "x"}, 422},
		{bea + "/action", map[string]any{"type": "none"}, 422},
		{bea + "/action", map[string]any{"type": "suspend", "text": strings.Repeat("é", 1001)}, 422},
		{bea + "/action", map[string]any{"type": "suspend", "text": "x", "report_id": "77"}, 404},
		{bea + "/action", map[string]any{"type": "suspend", "text": "x", "report_id": "x"}, 404},
		{"/api/v1/admin/accounts/77/action", map[string]any{"type": "suspend", "text": "x"}, 404},
		{"/api/v1/admin/accounts/" + idOf(t, n, "ana") + "/action", map[string]any{"type": "suspend", "text": "x", "report_id": ids.String(r.ID)}, 404},
		{"/api/v1/admin/accounts/" + idOf(t, n, "mod") + "/action", map[string]any{"type": "suspend", "text": "x"}, 403},
		{"/api/v1/admin/accounts/" + idOf(t, n, "chef") + "/action", map[string]any{"type": "suspend", "text": "x"}, 403},
		{bea + "/approve", nil, 403},
		{bea + "/reject", nil, 403},
		{"/api/v1/admin/accounts/x/unsilence", nil, 404},
	} {
		mod.Post(x.path, x.body).Fails(x.status)
	}
	mod.Send("DELETE", bea, nil).Fails(403)
	chef.Send("DELETE", bea, nil).Fails(403) // not suspended
	var e masto.ReportAccount
	if mod.Get(bea).OK(&e); e.Silenced || e.Suspended || e.Disabled || e.Sensitive {
		t.Fatalf("what was refused was done: %+v", e)
	}
	if rows, err := n.Reports.Log(ctx, 0, 0, 10); err != nil || len(rows) != 0 {
		t.Errorf("what was refused is in the log: %+v, %v", rows, err)
	}
	holds := func() string {
		mod.Get(bea).OK(&e)
		var out []string
		for name, on := range map[string]bool{"sensitive": e.Sensitive, "disable": e.Disabled, "silence": e.Silenced, "suspend": e.Suspended} {
			if on {
				out = append(out, name)
			}
		}
		slices.Sort(out)
		return strings.Join(out, " ")
	}
	for _, x := range []struct{ act, lift, want string }{{"sensitive", "unsensitive", "sensitive"}, {"disable", "enable", "disable"}, {"silence", "unsilence", "silence"}, {"suspend", "unsuspend", "disable suspend"}} {
		mod.Post(bea+"/action", map[string]any{"type": x.act, "text": "Contraire aux règles"}).OK(nil)
		if got := holds(); got != x.want {
			t.Errorf("%s: %q", x.act, got)
		}
		if x.act == "suspend" {
			mod.Post(bea+"/enable", nil).Fails(403)
		}
		if x.act == "sensitive" {
			p, err := n.Posts.Create(ctx, n.Viewer("bea"), post.Draft{Text: "Photo", Audience: post.Public})
			if err != nil {
				t.Fatal(err)
			}
			var s masto.Status
			if mod.Get("/api/v1/statuses/" + ids.String(p.ID)).OK(&s); !s.Sensitive {
				t.Error("a post of somebody whose pictures are covered is not sensitive")
			}
		}
		for range 2 { // a second time does nothing
			mod.Post(bea+"/"+x.lift, nil).OK(&e)
		}
		if got := holds(); got != "" {
			t.Errorf("%s: %q", x.lift, got)
		}
	}
	mod.Post(bea+"/action", url.Values{"type": {"none"}, "text": {"Attention"}, "report_id": {ids.String(r.ID)}}).OK(nil)
	var rep masto.AdminReport
	if mod.Get("/api/v1/admin/reports/" + ids.String(r.ID)).OK(&rep); !rep.ActionTaken {
		t.Error("the report is not resolved")
	}
	rows, err := n.Reports.Log(ctx, 0, 0, 100)
	if err != nil || len(rows) != 10 || rows[0].Act != report.ActResolve || rows[1].Act != report.ActWarn || rows[1].Why != "Attention" || rows[9].Act != report.ActCover {
		t.Fatalf("log: %+v, %v", rows, err)
	}
	var notices []masto.Notification
	if client(t, n, "bea", auth.RoleUser).Get("/api/v1/notifications?types[]=moderation_warning").OK(&notices); len(notices) != 9 {
		t.Errorf("told of %d acts", len(notices))
	}

	// Deleting is for administrators, and of somebody suspended.
	mod.Post(bea+"/action", map[string]any{"type": "suspend", "text": "Assez"}).OK(nil)
	mod.Send("DELETE", bea, nil).Fails(403)
	chef.Send("DELETE", bea, nil).OK(&e)
	chef.Get(bea).Fails(404)
	if a, err := account.ByID(ctx, n.DB.Read(), n.Person("bea", true).ID); err != nil || a.DeletedAt == 0 {
		t.Errorf("not deleted: %v", err)
	}
	if rows, err := n.Reports.Log(ctx, 0, 0, 1); err != nil || rows[0].Act != report.ActErase || rows[0].TargetID != 0 {
		t.Errorf("log: %+v, %v", rows, err)
	}
	if broken, err := n.Reports.Verify(ctx); err != nil || broken != 0 {
		t.Errorf("the log is broken at %d, %v", broken, err)
	}
	// Nobody of another server reads a reason, so that none is needed.
	var zoe []masto.ReportAccount
	mod.Get("/api/v1/admin/accounts?remote=true").OK(&zoe)
	far := "/api/v1/admin/accounts/" + zoe[0].ID
	mod.Post(far+"/action", map[string]any{"type": "none"}).Fails(422)
	mod.Post(far+"/action", map[string]any{"type": "silence"}).OK(nil)
	if mod.Get(far).OK(&e); !e.Silenced {
		t.Error("somebody of another server is not silenced without a reason")
	}
	mod.Post(far+"/unsilence", nil).OK(nil)
}

func counts(t *testing.T, n *testkit.Node) {
	mod := client(t, n, "mod", auth.RoleModerator)
	if _, err := n.Posts.Create(ctx, n.Viewer("ana"), post.Draft{Text: "#marche", Lang: "fr", Audience: post.Public}); err != nil {
		t.Fatal(err)
	}
	var list []masto.AdminMeasure
	keys := []string{"active_users", "new_users", "interactions", "opened_reports", "resolved_reports", "tag_uses", "tag_accounts", "tag_servers", "instance_accounts",
		"instance_media_attachments", "instance_reports", "instance_statuses", "instance_follows", "instance_followers", "nonsense", "new_users"}
	ask := map[string]any{"keys": keys, "tag_uses": map[string]any{"id": "Marche"}, "tag_accounts": map[string]any{"id": "marche"}, "tag_servers": map[string]any{"id": "marche"}}
	for _, k := range keys {
		if strings.HasPrefix(k, "instance_") {
			ask[k] = map[string]any{"domain": "loin.example"}
		}
	}
	mod.Post("/api/v1/admin/measures", ask).OK(&list)
	got := map[string]string{}
	for _, m := range list {
		got[m.Key] = m.Total
		if len(m.Data) != 30 {
			t.Errorf("%s has %d days", m.Key, len(m.Data))
		}
	}
	if len(list) != 14 || got["new_users"] != "4" || got["tag_uses"] != "1" || got["tag_accounts"] != "1" || got["tag_servers"] != "1" || got["instance_accounts"] != "1" || got["active_users"] != "0" {
		t.Errorf("%d measures: %v", len(list), got)
	}
	var dims []masto.AdminDimension
	mod.Post("/api/v1/admin/dimensions", map[string]any{"keys": []string{"languages", "sources", "servers", "space_usage", "software_versions", "tag_servers", "tag_languages", "instance_accounts", "instance_languages"},
		"tag_servers": map[string]any{"id": "marche"}, "tag_languages": map[string]any{"id": "marche"}, "instance_accounts": map[string]any{"domain": "loin.example"},
		"instance_languages": map[string]any{"domain": "loin.example"}, "limit": 1000000000}).OK(&dims)
	if len(dims) != 9 || len(dims[5].Data) != 1 || dims[5].Data[0].Key != n.Host || dims[5].Data[0].Value != "1" {
		t.Errorf("%+v", dims)
	}
	mod.Post("/api/v1/admin/measures", map[string]any{"keys": []string{"new_users"}, "start_at": "2026-01-01", "end_at": "2025-01-01"}).Fails(422)
	mod.Post("/api/v1/admin/dimensions", map[string]any{"keys": []string{"servers"}, "start_at": "tomorrow"}).Fails(422)
	mod.Post("/api/v1/admin/measures", map[string]any{"keys": []string{"new_users"}, "start_at": "1972-01-01T00:00:00Z"}).OK(&list)
	if len(list[0].Data) != 366 {
		t.Errorf("%d days", len(list[0].Data))
	}
}

// TestRulesForServers: laid down, changed and taken back by administrators, and
// each in the trail.
func TestRulesForServers(t *testing.T) {
	n := testkit.New(t)
	mod, chef := client(t, n, "mod", auth.RoleModerator), client(t, n, "chef", auth.RoleAdmin)
	const blocks, allows = "/api/v1/admin/domain_blocks", "/api/v1/admin/domain_allows"
	mod.Get(blocks).Fails(403)
	var b masto.AdminDomainBlock
	chef.Post(blocks, url.Values{"domain": {"Evil.Example"}, "severity": {"suspend"}, "private_comment": {"insultes"}, "public_comment": {"haine"}, "obfuscate": {"1"}}).OK(&b)
	if b.Domain != "evil.example" || b.Severity != "suspend" || *b.PrivateComment != "insultes" || !b.Obfuscate || !n.Hosts.Blocked("a.evil.example") {
		t.Errorf("%+v", b)
	}
	for _, x := range []struct {
		path   string
		body   any
		status int
	}{
		{blocks, map[string]any{"domain": "evil.example"}, 422},
		{blocks, map[string]any{}, 422},
		{blocks, map[string]any{"domain": "a b"}, 422},
		{blocks, map[string]any{"domain": "*", "severity": "suspend"}, 422},
		{blocks, map[string]any{"domain": n.Host}, 422},
		{blocks, map[string]any{"domain": "x.example", "severity": "kill"}, 422},
		{blocks, map[string]any{"domain": "x.example", "severity": "noop"}, 422},
		{allows, map[string]any{"domain": "evil.example"}, 422},
		{allows, map[string]any{"domain": "*"}, 422},
		{allows, map[string]any{}, 422},
		{"/api/v1/admin/ip_blocks", map[string]any{"ip": "10.0.0.1", "severity": "no_access"}, 422},
		{"/api/v1/admin/email_domain_blocks", map[string]any{"domain": "x.example"}, 422},
		{"/api/v1/admin/canonical_email_blocks", map[string]any{"email": "a@x.example"}, 422},
	} {
		chef.Post(x.path, x.body).Fails(x.status)
	}
	chef.Send("PUT", blocks+"/"+b.ID, map[string]any{"severity": "silence", "reject_media": true}).OK(&b)
	if b.Severity != "silence" || !b.RejectMedia || *b.PrivateComment != "insultes" || n.Hosts.Blocked("evil.example") {
		t.Errorf("%+v", b)
	}
	chef.Send("PUT", blocks+"/77", map[string]any{"severity": "silence"}).Fails(404)
	var a masto.AdminDomainAllow
	chef.Post(allows, map[string]any{"domain": "ami.example"}).OK(&a)
	chef.Post(allows, map[string]any{"domain": "ami.example"}).OK(&a)
	for _, path := range []string{"b.example", "c.example", "d.example"} {
		chef.Post(blocks, map[string]any{"domain": path}).OK(nil)
	}
	seen := map[string]bool{}
	for next := blocks + "?limit=3"; next != ""; {
		var list []masto.AdminDomainBlock
		page := chef.Get(next).OK(&list)
		for _, x := range list {
			if seen[x.Domain] {
				t.Errorf("%s comes twice", x.Domain)
			}
			seen[x.Domain] = true
		}
		next = page.Next()
	}
	if len(seen) != 4 {
		t.Errorf("pages show %v", seen)
	}
	chef.Get(blocks + "/" + a.ID).Fails(404) // an allowance is no block
	for _, path := range []string{blocks + "/" + b.ID, allows + "/" + a.ID} {
		chef.Send("DELETE", path, nil).OK(nil)
		chef.Get(path).Fails(404)
		chef.Send("DELETE", path, nil).Fails(404)
	}
	id := n.Person("chef", false).ID
	trail, err := n.Hosts.Trail(ctx, "evil.example", 0, 10)
	if err != nil || len(trail) != 3 || trail[0].Act != "remove" || trail[1].Act != "silence" || trail[2].ByID != id || trail[2].Why != "insultes" {
		t.Errorf("trail: %+v, %v", trail, err)
	}
}

// TestForStaffOnly asks for every route as somebody who is none, whatever the token.
//
// Spec: AC3
func TestForStaffOnly(t *testing.T) {
	n := testkit.New(t)
	user, mute := client(t, n, "ana", auth.RoleUser), client(t, n, "chef", auth.RoleAdmin, "read", "write", "push")
	checked := 0
	for _, rt := range n.Routes() {
		if !strings.Contains(rt.Path, "/admin/") || !strings.HasPrefix(rt.Path, "/api/") {
			continue
		}
		checked++
		path := strings.ReplaceAll(rt.Path, "{id}", idOf(t, n, "chef"))
		user.Send(rt.Method, path, nil).Fails(403)
		mute.Send(rt.Method, path, nil).Fails(403)
		(&apitest.Client{T: t, Base: n.URL}).Send(rt.Method, path, nil).Fails(401)
		if !strings.HasPrefix(rt.Scope, "admin:") {
			t.Errorf("%s %s has the scope %q", rt.Method, rt.Path, rt.Scope)
		}
	}
	if checked < 35 {
		t.Errorf("only %d routes", checked)
	}
	var me masto.CredentialAccount
	if mute.Get("/api/v1/accounts/verify_credentials").OK(&me); me.Role.Permissions != "787512" {
		t.Errorf("the rights of an administrator are %s", me.Role.Permissions)
	}
	if user.Get("/api/v1/accounts/verify_credentials").OK(&me); me.Role.Permissions != "0" {
		t.Errorf("the rights of everybody are %s", me.Role.Permissions)
	}
}

// TestEntitiesOfStaff holds answers to the description of the API.
func TestEntitiesOfStaff(t *testing.T) {
	k := apitest.LoadContract(t)
	n := testkit.New(t)
	chef := client(t, n, "chef", auth.RoleAdmin)
	k.ConformsTo(chef.Get("/api/v1/admin/accounts"), "AdminAccount", true)
	k.ConformsTo(chef.Get("/api/v2/admin/accounts"), "AdminAccount", true)
	k.ConformsTo(chef.Get("/api/v1/admin/accounts/"+idOf(t, n, "chef")), "AdminAccount", false)
	ana := "/api/v1/admin/accounts/" + idOf(t, n, "ana")
	for _, lift := range []string{"enable", "unsilence", "unsuspend", "unsensitive"} {
		k.ConformsTo(chef.Post(ana+"/"+lift, nil), "AdminAccount", false)
	}
	k.ConformsTo(chef.Post("/api/v1/admin/domain_blocks", map[string]any{"domain": "x.example", "severity": "noop", "reject_media": true}), "AdminDomainBlock", false)
	k.ConformsTo(chef.Get("/api/v1/admin/domain_blocks"), "AdminDomainBlock", true)
	k.ConformsTo(chef.Post("/api/v1/admin/domain_allows", map[string]any{"domain": "y.example"}), "AdminDomainAllow", false)
	k.ConformsTo(chef.Get("/api/v1/admin/domain_allows"), "AdminDomainAllow", true)
	k.ConformsTo(chef.Post("/api/v1/admin/measures", map[string]any{"keys": []string{"new_users", "active_users"}}), "AdminMeasure", true)
	k.ConformsTo(chef.Post("/api/v1/admin/dimensions", map[string]any{"keys": []string{"languages", "software_versions", "servers"}}), "AdminDimension", true)
	for _, path := range []string{"ip_blocks", "email_domain_blocks", "canonical_email_blocks", "trends/links", "trends/statuses", "trends/tags", "trends/links/publishers"} {
		var list []any
		if chef.Get("/api/v1/admin/" + path).OK(&list); list == nil || len(list) != 0 {
			t.Errorf("%s: %v", path, list)
		}
	}
	for _, bad := range []*apitest.Answer{chef.Get("/api/v1/admin/accounts/77"), chef.Get("/api/v1/admin/domain_blocks/77"), chef.Get("/api/v1/admin/domain_allows/x")} {
		bad.Fails(404)
	}
}
