package servers_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/host"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/testkit"
)

// TestPublicRules: the page says to everybody what is done with other servers,
// and names none until an admin publishes the list, to members or to all.
//
// Spec: Mastodon instance#domain_blocks
func TestPublicRules(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	admin := n.Person("chef", true).ID
	if err := n.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return n.Auth.SetRole(ctx, tx, admin, auth.RoleAdmin) }); err != nil {
		t.Fatal(err)
	}
	for _, p := range []host.Policy{
		{Host: "loud.example", Level: host.Silence, Note: "motsecret", Public: "Envois en masse"},
		{Host: "evil-harassment.example", Level: host.Suspend, Obfuscate: true, Note: "motsecret"},
		{Host: "friend.example", Level: host.None, Note: "motsecret"},
	} {
		if _, err := n.Hosts.Set(ctx, p); err != nil {
			t.Fatal(err)
		}
	}
	stranger, ana, chef := n.NewBrowser(), n.SignIn("ana"), n.SignIn("chef")
	stranger.Open("/a-propos").Click("Nos règles pour les autres serveurs")
	if stranger.URL.Path != "/a-propos/serveurs" || !stranger.Has("échange avec tous les serveurs") || !stranger.Has("ne publions pas la liste") {
		t.Fatalf("%s: %s", stranger.URL, stranger.Text())
	}
	look := func(b *testkit.Browser, c *testkit.Client, shown bool) {
		t.Helper()
		b.Open("/a-propos/serveurs")
		var list []masto.DomainBlock
		if c.Get("/api/v1/instance/domain_blocks", &list); c.Status != http.StatusOK {
			t.Fatalf("status %d", c.Status)
		}
		text := b.Text()
		for _, l := range list {
			text += " " + l.Domain + " " + l.Comment
		}
		if strings.Contains(text, "motsecret") || strings.Contains(text, "evil-harassment.example") || strings.Contains(text, "friend.example") {
			t.Errorf("tells what is not for it: %s", text)
		}
		if strings.Contains(b.Text(), "loud.example") != shown || (len(list) == 2) != shown || (len(list) == 0) == shown {
			t.Errorf("want shown: %v; %s %+v", shown, b.Text(), list)
		}
		if shown && (!b.Has("Envois en masse") || !b.Has("En retrait") || !b.Has("Coupé") || list[1].Severity != "silence" || list[0].Digest == "" || !strings.Contains(list[0].Domain, "*")) {
			t.Errorf("%s %+v", b.Text(), list)
		}
	}
	nobody := &testkit.Client{T: t, Base: n.URL}
	look(stranger, nobody, false)
	look(ana, n.Client("ana"), false)
	publish := func(who string) {
		t.Helper()
		if chef.Open("/administration").Submit("/administration", map[string]string{"servers_shown": who}); chef.Status != 200 || !chef.Has("enregistrés") {
			t.Fatalf("%d %s", chef.Status, chef.Text())
		}
	}
	publish("members")
	look(stranger, nobody, false)
	look(ana, n.Client("ana"), true)
	publish("all")
	look(stranger, nobody, true)
	if chef.Open("/administration").Submit("/administration", map[string]string{"servers_shown": "x"}); chef.Status != 422 {
		t.Errorf("a choice that is none: %d", chef.Status)
	}
	if _, err := n.Hosts.Set(ctx, host.Policy{Host: host.Everyone, Level: host.Suspend}); err != nil {
		t.Fatal(err)
	}
	if stranger.Open("/a-propos/serveurs"); !stranger.Has("n’échange pour le moment qu’avec des serveurs que nous avons choisis") && !stranger.Has("n'échange pour le moment qu'avec") {
		t.Errorf("closed: %s", stranger.Text())
	}
}
