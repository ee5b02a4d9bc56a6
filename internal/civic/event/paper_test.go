package event_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestPapers: documents are for who may read the meeting, or for who comes; they
// are taken away with it, file and all.
func TestPapers(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	n.Person("bob", true)
	p := make1(t, n, "ana", func(d *event.Draft) { d.Audience = post.Public })
	s := service(n)
	add := func(who, name, body, whom string) error {
		return s.AddPaper(ctx, n.Viewer(who), p.ID, name, strings.NewReader(body), whom)
	}
	for name, body := range map[string]string{"x.exe": "MZ", "x.pdf": "<html>", "photo.txt": "\xff\xd8\xff\xe0\x00\x10JFIF", "photo.jpg": "\xff\xd8", "": "%PDF-1", "x.html": "<p>", "../../etc/passwd": "root"} {
		if err := add("ana", name, body, event.ForReaders); !apperr.Is(err, apperr.KindInvalid) {
			t.Errorf("%q is taken: %v", name, err)
		}
	}
	if err := add("bob", "budget.pdf", "%PDF-1.7", event.ForReaders); !apperr.Is(err, apperr.KindNotFound) {
		t.Errorf("bob adds to ana's meeting: %v", err)
	}
	if err := add("ana", "gros.pdf", "%PDF-"+strings.Repeat("x", event.MaxPaperSize), event.ForReaders); !apperr.Is(err, apperr.KindInvalid) {
		t.Errorf("a large one is taken: %v", err)
	}
	for name, whom := range map[string]string{"Budget 2027.pdf": event.ForReaders, "accès.pdf": event.ForRegistered} {
		if err := add("ana", name, "%PDF-1.7 "+name, whom); err != nil {
			t.Fatal(err)
		}
	}
	at := "/agenda/" + idOf(p)
	bob := n.SignIn("bob").Open(at)
	if !bob.Has("Budget 2027.pdf") || bob.Has("accès.pdf") {
		t.Errorf("before registering: %s", bob.Text())
	}
	all, err := db.All[struct {
		ID   int64
		Whom string
		File string
	}](ctx, n.DB.Read(), `select id, whom, file from meeting_paper order by id`)
	if err != nil || len(all) != 2 {
		t.Fatalf("%v %v", all, err)
	}
	address := map[string]string{}
	for _, x := range all {
		address[x.Whom] = at + "/documents/" + idOf(&post.Post{ID: x.ID})
	}
	if body, status := get(t, n.URL+address[event.ForReaders]); status != http.StatusOK || body != "%PDF-1.7 Budget 2027.pdf" {
		t.Errorf("a stranger reads what is for readers: %d %q", status, body)
	}
	if _, status := get(t, n.URL+address[event.ForRegistered]); status != http.StatusNotFound {
		t.Errorf("a stranger opens what is for the registered: %d", status)
	}
	if bob.Open(address[event.ForRegistered]); bob.Status != http.StatusNotFound {
		t.Errorf("bob opens it before he is registered: %d", bob.Status)
	}
	if _, err := say(n, "bob", p, event.Room, 0); err != nil {
		t.Fatal(err)
	}
	if bob.Open(address[event.ForRegistered]); bob.Status != http.StatusOK {
		t.Errorf("bob does not open it after: %d", bob.Status)
	}
	if bob.Open(at); !bob.Has("accès.pdf") {
		t.Error("the page does not show it")
	}
	ana := n.SignIn("ana").Open(at + "/documents")
	if ana.Submit(at+"/documents", map[string]string{"drop": idOf(&post.Post{ID: all[0].ID})}); !ana.Has("Le document est retiré") {
		t.Error(ana.Text())
	}
	if err := service(n).SetStatus(ctx, n.Viewer("ana"), p.ID, event.Cancelled, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Posts.Delete(ctx, n.Viewer("ana"), p.ID); err != nil {
		t.Fatal(err)
	}
	testkit.Cluster{n}.Settle()
	for _, x := range all {
		if f, err := n.Media.Files.Open(ctx, x.File); err == nil {
			f.Close()
			t.Error("the file of a deleted document stays")
		}
	}
}

// TestDecisions: what was decided on a point is noted after, and shown.
func TestDecisions(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", false)
	p := make1(t, n, "ana", func(d *event.Draft) { d.Items = d.Items[1:] })
	at := "/agenda/" + idOf(p)
	ana := n.SignIn("ana").Open(at + "/modifier")
	if !strings.Contains(ana.Body, `name="item_outcome"`) {
		t.Fatal("no field for what was decided")
	}
	if err := service(n).Edit(ctx, n.Viewer("ana"), p.ID, draft(func(d *event.Draft) {
		d.Items = []event.Item{{At: "19 h 55", Title: "Vote", Decision: true, Outcome: "Le budget est adopté par 12 voix contre 2"}}
	})); err != nil {
		t.Fatal(err)
	}
	if ana.Open(at); !ana.Has("Décidé : Le budget est adopté par 12 voix contre 2") {
		t.Error(ana.Text())
	}
}
