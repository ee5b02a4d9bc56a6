package group_test

import (
	"encoding/xml"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestKeepingAGroup is the story of who animates a group: topics, a summary whose
// numbers lead to messages, threads put together, roles given with a question before.
func TestKeepingAGroup(t *testing.T) {
	n := testkit.New(t)
	for _, who := range []string{"ana", "bob"} {
		n.Person(who, false)
	}
	g := create(t, n, "ana", "logement", group.Rules{Access: group.Section, Charter: "On s'écoute."})
	bob := n.SignIn("bob").Open("/groupes/logement").Click("Participer")
	if !bob.Has("On s’écoute") {
		t.Fatalf("the charter is not shown before joining: %s", bob.Text())
	}
	bob.Submit("/groupes/logement/rejoindre", nil)
	if !bob.Has("Vous participez") {
		t.Fatalf("%d %s", bob.Status, bob.Text())
	}
	draft := func(title string) post.Draft {
		return post.Draft{Title: title, Text: title, Audience: post.Group, Parts: group.Into(g.AccountID)}
	}
	first, second := write(t, n, "bob", draft("Les loyers")), write(t, n, "ana", draft("Les charges"))
	write(t, n, "bob", post.Draft{Text: "Trop hautes", ReplyTo: second.ID})

	ana := n.SignIn("ana").Open("/groupes/logement/membres").Submit("/groupes/logement/membres/"+idString(n.Viewer("bob").AccountID), map[string]string{"acte": "to_animator"})
	if !ana.Has("Confier l’animation à bob") {
		t.Fatalf("no question before a role is given: %s", ana.Text())
	}
	ana.Submit("/groupes/logement/membres/"+idString(n.Viewer("bob").AccountID), nil)
	if !ana.Has("anime, résume, épingle") {
		t.Fatalf("%s", ana.Text())
	}
	bob.Open("/groupes/logement/themes").Submit("/groupes/logement/themes", map[string]string{"new-0": "Parc privé", "new-1": "Parc social"})
	path := "/groupes/logement/" + idString(first.ID)
	topics, err := n.Groups.Topics(ctx, g.AccountID)
	if err != nil || len(topics) != 2 {
		t.Fatal(topics, err)
	}
	bob.Open(path+"/theme").Submit(path+"/theme", map[string]string{"topic": idString(topics[0].ID)})
	if bob.Open("/groupes/logement?theme=" + idString(topics[0].ID)); !bob.Has("Les loyers") || bob.Has("Les charges") {
		t.Errorf("threads by topic: %s", bob.Text())
	}
	bob.Open(path+"/reunir").Submit(path+"/reunir", map[string]string{"into": idString(second.ID)})
	if !bob.Has("Les deux fils n’en font plus qu’un") || !bob.Has("Les loyers") || !bob.Has("Trop hautes") {
		t.Fatalf("%d %s", bob.Status, bob.Text())
	}
	if bob.Open(path); bob.URL.Path != "/groupes/logement/"+idString(second.ID) {
		t.Errorf("the old address leads to %s", bob.URL)
	}
	path = "/groupes/logement/" + idString(second.ID)
	bob.Open(path+"/resume").Submit(path+"/resume", map[string]string{"agreed": "- Geler les charges (1, 2)\n- Un guichet", "debated": "Le plafond (99)", "next_step": "Un texte"})
	html := bob.Body
	if !strings.Contains(html, `>1</a>, <a href="#post-`) || strings.Contains(html, ">99</a>") || !bob.Has("Prochain pas") || !bob.Has("par bob") {
		t.Errorf("the summary: %s", html)
	}
	if bob.Open("/groupes/logement/journal"); !bob.Has("a réuni deux fils") || !bob.Has("a rangé un fil : Parc privé") || !bob.Has("écrit la synthèse") {
		t.Errorf("the journal: %s", bob.Text())
	}
	if r, err := http.Get(n.URL + "/groupes/logement/fils.atom"); err != nil || r.StatusCode != http.StatusNotFound {
		t.Errorf("a group of members has a feed: %v %v", r.StatusCode, err)
	}
}

// TestThreadsMove gives a thread to another group, and puts two together, as
// another server sees it; and reads the feeds of an open group.
func TestThreadsMove(t *testing.T) {
	c := testkit.NewCluster(t, 2)
	a, b := c[0], c[1]
	a.Person("ana", true)
	a.Person("bob", true)
	velo, bus := create(t, a, "ana", "velo", group.Rules{Access: group.Open}), create(t, a, "ana", "bus", group.Rules{Access: group.Open})
	shut := create(t, a, "ana", "huis", group.Rules{Access: group.Section})
	for _, g := range []string{"velo", "bus"} {
		join(t, b, "dan", a.Handle(g))
	}
	for known := 0; known == 0; c.Settle() { // what b's server reads is asked for in its own time
		var err error
		if known, err = db.Get[int](ctx, a.DB.Read(), `select count(*) from host_software where host = $1 and name <> ''`, b.Host); err != nil {
			t.Fatal(err)
		}
	}
	draft := func(title string) post.Draft {
		return post.Draft{Title: title, Text: title, Audience: post.Public, Parts: group.Into(velo.AccountID)}
	}
	first, second, third := write(t, a, "ana", draft("La ligne 4")), write(t, a, "ana", draft("La ligne 5")), write(t, a, "ana", draft("Les pistes"))
	c.Settle()
	there := func(g *group.Group) string {
		list, err := b.Groups.Threads(ctx, b.Viewer("dan"), remoteAt(t, b, g), 0, page.Range{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, l := range list {
			out = append(out, l.View.Title)
		}
		return strings.Join(out, ", ")
	}
	if err := a.Groups.MoveTo(ctx, a.Viewer("bob"), first.ID, bus.AccountID); !apperr.Is(err, apperr.KindForbidden) {
		t.Errorf("who moderates nothing moves a thread: %v", err)
	}
	if err := a.Groups.MoveTo(ctx, a.Viewer("ana"), first.ID, shut.AccountID); !apperr.Is(err, apperr.KindInvalid) {
		t.Errorf("a thread moves behind a door: %v", err)
	}
	if err := a.Groups.MoveTo(ctx, a.Viewer("ana"), first.ID, bus.AccountID); err != nil {
		t.Fatal(err)
	}
	if err := a.Groups.Merge(ctx, a.Viewer("ana"), second.ID, third.ID); err != nil {
		t.Fatal(err)
	}
	c.Settle()
	if got := there(velo); got != "Les pistes" {
		t.Errorf("elsewhere the group has %s", got)
	}
	if got := there(bus); got != "La ligne 4" {
		t.Errorf("elsewhere the other group has %s", got)
	}
	told, err := b.Groups.Read(ctx, b.Viewer("dan"), threadAt(t, b, velo.Account.URI, "Les pistes"), group.Which{Page: 1})
	if err != nil || told.Total != 2 {
		t.Errorf("the merged thread has %d messages there, %v", told.Total, err)
	}
	for _, kind := range []string{"atom", "rss"} {
		r, err := http.Get(a.URL + "/groupes/velo/fils." + kind)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r.Body)
		r.Body.Close()
		var doc struct {
			XMLName xml.Name
		}
		if err != nil || r.StatusCode != 200 || xml.Unmarshal(body, &doc) != nil || !strings.Contains(string(body), "Les pistes") || !strings.Contains(r.Header.Get("Content-Type"), kind) {
			t.Errorf("%s: %d %s", kind, r.StatusCode, body)
		}
	}
}

// TestLongThreads reads a thread of many messages page by page.
func TestLongThreads(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", false)
	g := create(t, n, "ana", "long", group.Rules{Access: group.Section})
	first := write(t, n, "ana", post.Draft{Title: "Long", Text: "1", Audience: post.Group, Parts: group.Into(g.AccountID)})
	for range 104 {
		write(t, n, "ana", post.Draft{Text: "encore", ReplyTo: first.ID})
	}
	ana := n.SignIn("ana").Open("/groupes/long/" + idString(first.ID))
	if !ana.Has("Messages 1 à 100, sur 105") {
		t.Fatalf("%s", ana.Text())
	}
	if ana.Open("/groupes/long/" + idString(first.ID) + "?page=-1"); !ana.Has("Messages 101 à 105, sur 105") || !ana.Has("répond au 1") {
		t.Errorf("%s", ana.Text())
	}
}
