package visitor_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/testkit"
	"github.com/maillage/maillage/internal/visitor"
)

var ctx = context.Background()

func count(t *testing.T, n *testkit.Node, table string) int {
	t.Helper()
	c, err := db.Get[int](ctx, n.DB.Read(), `select count(*) from `+table)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func ask(t *testing.T, n *testkit.Node, email string) string {
	t.Helper()
	got, err := n.Visitors.Ask(ctx, "192.0.2.1", visitor.Wish{Email: email, Name: "Zoé", Lang: "fr", Act: "test", Payload: "42", Back: "/agenda", What: "Pour la réunion."})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Idle(ctx); err != nil {
		t.Fatal(err)
	}
	return got
}

// TestConfirmByMail follows the link of a letter: opening it does nothing, the
// button does once; the same address is the same visitor; and is forgotten.
func TestConfirmByMail(t *testing.T) {
	for name, e := range map[string]testkit.Engine{"sqlite": testkit.SQLite, "postgres": testkit.Postgres} {
		t.Run(name, func(t *testing.T) {
			n, box := testkit.NewMailing(t, e)
			var done []string
			n.Visitors.Acts["test"] = func(ctx context.Context, tx *db.Tx, v *visitor.Visitor, payload string) error {
				done = append(done, v.Email+" "+payload)
				return n.Visitors.Hold(ctx, tx, v.ID, v.ExpiresAt+1000)
			}
			ask(t, n, "Zoe@Dehors.example")
			link := box.Last("Zoe@dehors.example").Link("/visite/")
			if token := link[strings.LastIndex(link, "/")+1:]; len(token) != 43 {
				t.Errorf("token %q", token)
			} else if stored, err := db.Get[int](ctx, n.DB.Read(), `select count(*) from visitor_ask where hash = $1`, token); err != nil || stored != 0 {
				t.Error("the token is stored as it is")
			}
			b := n.NewBrowser()
			b.Open(link).Open(link)
			if b.Status != 200 || count(t, n, "visitor") != 0 {
				t.Fatalf("%d: opening the link confirms it", b.Status)
			}
			b.Submit("/visite/", nil)
			if b.URL.Path != "/agenda" || strings.Join(done, ",") != "Zoe@dehors.example 42" {
				t.Fatalf("%s %v", b.URL, done)
			}
			if b.Open(link); b.Status != http.StatusGone || !b.Has("déjà servi") || !b.Has("Ce lien n’est plus valable") || !b.Has("comme Zoe@dehors.example") {
				t.Errorf("the link works twice: %d %s", b.Status, b.Text())
			}
			if x := n.NewBrowser().Open(link); x.Status != http.StatusGone || !x.Has("Ce lien n’est plus valable") || !x.Has("recommencez sur la page") || x.Has("Supprimé") || x.Has("Zoe@") {
				t.Errorf("in another browser: %d %s", x.Status, x.Text())
			}
			if b.Open("/visite"); !b.Has("comme Zoe@dehors.example") {
				t.Error(b.Text())
			}
			// What is for members stays closed to visitors.
			for _, path := range []string{"/ecrire", "/notifications", "/reglages", "/agenda/nouvelle"} {
				if b.Open(path); b.URL.Path != "/connexion" {
					t.Errorf("a visitor reaches %s", path)
				}
			}
			ask(t, n, "zoe@dehors.example")
			c := n.NewBrowser().Open(box.Last("zoe@dehors.example").Link("/visite/")).Submit("/visite/", nil)
			if count(t, n, "visitor") != 1 || count(t, n, "visitor_session") != 2 || count(t, n, "visitor_ask") != 0 {
				t.Errorf("%d visitors, %d sessions, %d asks", count(t, n, "visitor"), count(t, n, "visitor_session"), count(t, n, "visitor_ask"))
			}
			c.Open("/visite").Submit("/visite/effacer", nil)
			if count(t, n, "visitor")+count(t, n, "visitor_session") != 0 {
				t.Error("not erased")
			}
			if b.Open("/visite"); b.Has("Zoe@dehors.example") {
				t.Error("the other session lives on")
			}
		})
	}
}

// TestNobodyLearns: an address that is known, unknown, or asked for too often gets
// one answer; letters are bounded.
func TestNobodyLearns(t *testing.T) {
	n, box := testkit.NewMailing(t, testkit.SQLite)
	n.Person("ana", false)
	for range 6 {
		ask(t, n, "zoe@dehors.example")
		ask(t, n, "ana@section.example")
	}
	if len(box.To("zoe@dehors.example")) != 3 || len(box.To("ana@section.example")) != 3 {
		t.Errorf("%d and %d letters", len(box.To("zoe@dehors.example")), len(box.To("ana@section.example")))
	}
	for i := range 40 {
		_, err := n.Visitors.Ask(ctx, "192.0.2.1", visitor.Wish{Email: fmt.Sprintf("x%d@dehors.example", i), Name: "X"})
		if i > 30 && !apperr.Is(err, apperr.KindTooMany) {
			t.Fatalf("%d: %v", i, err)
		}
	}
	if _, err := n.Visitors.Ask(ctx, "192.0.2.2", visitor.Wish{Email: "pas une adresse", Name: " "}); !apperr.Is(err, apperr.KindInvalid) {
		t.Error(err)
	}
}

// TestVisitorIsForgotten: whom nothing holds is erased, with what others keep of them.
func TestVisitorIsForgotten(t *testing.T) {
	n, box := testkit.NewMailing(t, testkit.SQLite)
	var told int64
	n.Visitors.Forgotten = append(n.Visitors.Forgotten, func(_ context.Context, _ *db.Tx, id int64) error { told = id; return nil })
	ask(t, n, "zoe@dehors.example")
	n.NewBrowser().Open(box.Last("zoe@dehors.example").Link("/visite/")).Submit("/visite/", nil)
	ask(t, n, "lou@dehors.example")
	id, err := db.Get[int64](ctx, n.DB.Read(), `select id from visitor`)
	if err != nil {
		t.Fatal(err)
	}
	// A day later.
	if err := n.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		for _, q := range []string{`update visitor set expires_at = 1`, `update visitor_ask set expires_at = 1`, `update job set run_at = 1 where kind in ('visitor.forget', 'visitor.clean')`} {
			if _, err := tx.Exec(ctx, q); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	n.Jobs.Wake()
	if err := n.Idle(ctx); err != nil {
		t.Fatal(err)
	}
	if told != id || count(t, n, "visitor")+count(t, n, "visitor_session")+count(t, n, "visitor_ask") != 0 {
		t.Errorf("told %d of %d; %d left", told, id, count(t, n, "visitor"))
	}
}

// TestReturnLink: a letter brings its reader back to its own page, and nobody elsewhere.
func TestReturnLink(t *testing.T) {
	n, box := testkit.NewMailing(t, testkit.SQLite)
	ask(t, n, "zoe@dehors.example")
	n.NewBrowser().Open(box.Last("zoe@dehors.example").Link("/visite/")).Submit("/visite/", nil)
	id, err := db.Get[int64](ctx, n.DB.Read(), `select id from visitor`)
	if err != nil {
		t.Fatal(err)
	}
	link := n.Visitors.ReturnURL(id, "/agenda")
	b := n.NewBrowser().Open(link)
	if !b.Has("zoe@dehors.example") {
		t.Fatal(b.Text())
	}
	b.Submit("/visite/retour/", nil)
	if b.URL.Path != "/agenda" || b.Open("/visite").Status != 200 || !b.Has("zoe@dehors.example") {
		t.Errorf("%s %s", b.URL, b.Text())
	}
	for _, forged := range []string{strings.Replace(link, "vers=/agenda", "vers=/ailleurs", 1), link[:strings.LastIndex(link, ".")+1] + "A" + link[strings.LastIndex(link, ".")+1:]} {
		if x := n.NewBrowser().Open(forged); x.Status != http.StatusGone || !x.Has("Ce lien n’est plus valable") || x.Has("déjà servi") {
			t.Errorf("%s: %d", forged, x.Status)
		}
	}
}
