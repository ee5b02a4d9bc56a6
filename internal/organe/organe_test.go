package organe_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/app"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/movement"
	"github.com/maillage/maillage/internal/organe"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

var ctx = context.Background()

// admin is somebody who administers an instance.
func admin(t *testing.T, n *testkit.Node, name string) *auth.Viewer {
	t.Helper()
	id := n.Person(name, true).ID
	if err := n.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return n.Auth.SetRole(ctx, tx, id, auth.RoleAdmin) }); err != nil {
		t.Fatal(err)
	}
	return &auth.Viewer{AccountID: id, Role: auth.RoleAdmin, Member: true, Lang: "fr"}
}

func create(t *testing.T, n *testkit.Node, v *auth.Viewer, username, name string, who ...string) *organe.Organe {
	t.Helper()
	o, err := n.Organes.Create(ctx, v, username, organe.Said{Name: name, Note: "Il se réunit le lundi."})
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range who {
		n.Person(w, false)
		if _, err := n.Organes.Appoint(ctx, v, o.AccountID, w); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

func settle(t *testing.T, n *testkit.Node) {
	t.Helper()
	if err := n.Idle(ctx); err != nil {
		t.Fatal(err)
	}
}

// fields are what is wrong with a form.
func fields(err error) string {
	var out []string
	if e, ok := apperr.As(err); ok {
		for _, f := range e.Fields {
			out = append(out, f.Name+" "+f.Key)
		}
	}
	return strings.Join(out, ", ")
}

// TestActor: a body is an Organization that others find, follow and hear of, in
// the one space of names, with a page for everyone; closed, it is in no list.
func TestActor(t *testing.T) {
	for name, e := range map[string]testkit.Engine{"sqlite": testkit.SQLite, "postgres": testkit.Postgres} {
		t.Run(name, func(t *testing.T) {
			n := testkit.NewOn(t, e)
			ana := admin(t, n, "ana")
			o := create(t, n, ana, "bureau", "Bureau de la section")
			far := peer.New(peer.Options{Software: "mastodon"})
			defer far.Close()
			mia := far.Actor("mia")
			d, err := mia.Lookup(ctx, "bureau@"+n.Host)
			if err != nil || d.ID != o.Account.URI || d.Type != account.Organization || d.Username != "bureau" || len(d.Keys) == 0 || !strings.Contains(d.Summary, "le lundi") {
				t.Fatalf("%+v %v", d, err)
			}
			if _, answer, err := mia.Follow(ctx, d.ID); err != nil || answer.Status != http.StatusAccepted {
				t.Fatal(answer, err)
			}
			settle(t, n)
			if len(far.Received(peer.Posted("Accept", "Follow"))) != 1 {
				t.Error("the follow is not accepted")
			}
			if err := n.Organes.Settle(ctx, ana, o.AccountID, organe.Said{Name: "Bureau élargi"}); err != nil {
				t.Fatal(err)
			}
			settle(t, n)
			if u := far.Received(peer.Posted("Update")); len(u) != 1 || !strings.Contains(string(u[0].Body), "Bureau élargi") {
				t.Errorf("%d updates", len(u))
			}
			page := n.NewBrowser().Open("/@bureau")
			if page.Status != http.StatusOK || !page.Has("Bureau élargi") || !page.Has("Organe") || !page.Has("Aucune réunion à venir") {
				t.Errorf("%d: %s", page.Status, page.Text())
			}
			if _, err := n.Groups.Create(ctx, n.Viewer("ana"), group.New{Username: "logement", Rules: group.Rules{Name: "Logement", Access: group.Open, Joining: group.Free, Posting: group.Everyone}}); err != nil {
				t.Fatal(err)
			}
			for _, taken := range []string{"ana", "logement", "bureau", "Bureau"} {
				if _, err := n.Organes.Create(ctx, ana, taken, organe.Said{Name: "X"}); fields(err) != "username account.name_taken" {
					t.Errorf("%s: %v", taken, err)
				}
			}
			if _, err := n.Organes.Create(ctx, ana, "deux mots", organe.Said{}); fields(err) != "name organe.no_name, username account.bad_name" {
				t.Error(err)
			}
			if _, err := n.Groups.Create(ctx, n.Viewer("ana"), group.New{Username: "bureau", Rules: group.Rules{Name: "Logement", Access: group.Open, Joining: group.Free, Posting: group.Everyone}}); !apperr.Is(err, apperr.KindInvalid) {
				t.Errorf("a group takes the name: %v", err)
			}
			listed := func() bool {
				t.Helper()
				all, err := n.Movement.Directory(ctx, "bureau")
				if err != nil {
					t.Fatal(err)
				}
				return len(all) == 1
			}
			if !listed() {
				t.Error("it is not in the directory")
			}
			if err := n.Organes.SetClosed(ctx, ana, o.AccountID, true); err != nil {
				t.Fatal(err)
			}
			if page.Open("/@bureau"); listed() || !page.Has("fermé le") {
				t.Errorf("closed, it is listed, or its page says nothing: %s", page.Text())
			}
			if err := n.Organes.SetClosed(ctx, ana, o.AccountID, false); err != nil || !listed() {
				t.Error(err)
			}
			if err := n.Accounts.Delete(ctx, o.AccountID); err != nil {
				t.Fatal(err)
			}
			if left, err := db.Get[int](ctx, n.DB.Read(), `select (select count(*) from organe) + (select count(*) from organe_member)`); err != nil || left != 0 {
				t.Error(left, err)
			}
		})
	}
}

// TestWhoMayAct is the table of who has the voice of a body, and who does not.
func TestWhoMayAct(t *testing.T) {
	n := testkit.New(t)
	ana := admin(t, n, "ana")
	o := create(t, n, ana, "bureau", "Bureau", "bob", "cleo")
	other := create(t, n, ana, "conseil", "Conseil", "dan")
	voice := func(v *auth.Viewer) bool {
		t.Helper()
		as, err := n.Organes.As(ctx, n.DB.Read(), v, o.AccountID)
		if err != nil && !apperr.Is(err, apperr.KindNotFound) {
			t.Fatal(err)
		}
		if as != nil && (as.AccountID != o.AccountID || as.Role != auth.RoleUser || as.CSRF != "") {
			t.Errorf("%+v", as)
		}
		return as != nil
	}
	if !voice(n.Viewer("bob")) || !voice(n.Viewer("cleo")) {
		t.Error("who was appointed has no voice")
	}
	for who, v := range map[string]*auth.Viewer{"an admin": ana, "another's": n.Viewer("dan"), "a member": n.Viewer("eva"), "a stranger": nil,
		"an app": {Role: auth.RoleUser, Member: true}, "a guest's session": {AccountID: n.Person("bob", false).ID}, "the body": {AccountID: o.AccountID, Member: true}} {
		if voice(v) {
			t.Errorf("%s has a voice", who)
		}
	}
	if _, err := n.Organes.As(ctx, n.DB.Read(), n.Viewer("bob"), n.Person("cleo", false).ID); err == nil {
		t.Error("somebody speaks as a person")
	}
	if _, err := n.Organes.Voice(ctx, n.DB.Read(), n.Person("cleo", false).ID); err == nil {
		t.Error("a person has the voice of a body")
	}

	// Only administrators change anything, and appoint members of this server alone.
	if _, err := n.CreatePerson(ctx, app.Person{Name: "gus", Email: "gus@section.example", Password: testkit.Password, Guest: true}); err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"gus", "personne", "bureau", "mia@ailleurs.example", ""} {
		if _, err := n.Organes.Appoint(ctx, ana, o.AccountID, who); fields(err) != "who organe.no_member" {
			t.Errorf("%q is appointed: %v", who, err)
		}
	}
	bob, moderator := n.Viewer("bob"), &auth.Viewer{AccountID: n.Person("bob", false).ID, Role: auth.RoleModerator, Member: true}
	for what, do := range map[string]func(v *auth.Viewer) error{
		"create": func(v *auth.Viewer) error {
			_, err := n.Organes.Create(ctx, v, "autre", organe.Said{Name: "X"})
			return err
		},
		"settle":  func(v *auth.Viewer) error { return n.Organes.Settle(ctx, v, o.AccountID, organe.Said{Name: "X"}) },
		"close":   func(v *auth.Viewer) error { return n.Organes.SetClosed(ctx, v, o.AccountID, true) },
		"appoint": func(v *auth.Viewer) error { _, err := n.Organes.Appoint(ctx, v, o.AccountID, "dan"); return err },
		"dismiss": func(v *auth.Viewer) error {
			return n.Organes.Dismiss(ctx, v, o.AccountID, n.Person("cleo", false).ID)
		},
	} {
		for _, v := range []*auth.Viewer{bob, moderator} {
			if err := do(v); !apperr.Is(err, apperr.KindForbidden) {
				t.Errorf("%s as %s: %v", what, v.Role, err)
			}
		}
	}
	if b := n.SignIn("bob").Open(organe.AdminPath); b.Status != http.StatusForbidden && b.Status != http.StatusNotFound {
		t.Errorf("bob sees the page of administrators: %d", b.Status)
	}

	// The voice is asked for once more where a post is stored.
	d := post.Draft{Text: "Le bureau se réunit.", Audience: post.Section}
	organe.By(&d, n.Viewer("dan"))
	as, err := n.Organes.As(ctx, n.DB.Read(), bob, o.AccountID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.Posts.Create(ctx, as, d); !apperr.Is(err, apperr.KindForbidden) {
		t.Errorf("who may not is written down as the one who did: %v", err)
	}
	if err := n.Organes.Dismiss(ctx, ana, o.AccountID, bob.AccountID); err != nil {
		t.Fatal(err)
	}
	d = post.Draft{Text: "Le bureau se réunit.", Audience: post.Section}
	organe.By(&d, bob)
	if _, err := n.Posts.Create(ctx, as, d); !apperr.Is(err, apperr.KindForbidden) || voice(bob) {
		t.Errorf("dismissed meanwhile: %v", err)
	}

	// Closed, suspended, or no member any more: no voice.
	cleo := n.Viewer("cleo")
	for what, sql := range map[string][2]string{
		"no member": {`update login set member = false where account_id = $1`, `update login set member = true where account_id = $1`},
		"suspended": {`update account set suspended_at = 1 where handle = 'bureau' and cast($1 as bigint) > 0`, `update account set suspended_at = 0 where handle = 'bureau' and cast($1 as bigint) > 0`},
	} {
		exec(t, n, sql[0], cleo.AccountID)
		if voice(cleo) {
			t.Errorf("%s: has a voice", what)
		}
		exec(t, n, sql[1], cleo.AccountID)
	}
	if err := n.Organes.SetClosed(ctx, ana, o.AccountID, true); err != nil || voice(cleo) {
		t.Errorf("closed: %v", err)
	}
	if _, err := n.Organes.Voice(ctx, n.DB.Read(), o.AccountID); !apperr.Is(err, apperr.KindNotFound) {
		t.Errorf("closed, it goes on by itself: %v", err)
	}
	if err := n.Organes.SetClosed(ctx, ana, o.AccountID, false); err != nil || !voice(cleo) {
		t.Errorf("open again: %v", err)
	}
	if mine, err := n.Organes.Mine(ctx, n.Viewer("dan")); err != nil || len(mine) != 1 || mine[0].ID != other.AccountID {
		t.Errorf("%v %v", mine, err)
	}

	// No road of programs leads to it either.
	if _, err := n.NewToken(ctx, "bureau", "write"); err == nil {
		t.Error("a token of a body is made")
	}
	if err := n.SetPassword(ctx, "bureau", testkit.Password); err == nil {
		t.Error("a body gets a password")
	}
	b := n.NewBrowser().Open("/connexion").Submit("/connexion", map[string]string{"login": "bureau", "password": testkit.Password})
	if b.URL.Path != "/connexion" {
		t.Errorf("somebody signs in as a body: %s", b.URL)
	}
}

func exec(t *testing.T, n *testkit.Node, sql string, args ...any) {
	t.Helper()
	if err := n.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { _, err := tx.Exec(ctx, sql, args...); return err }); err != nil {
		t.Fatal(err)
	}
}

// TestCertificatesNameBodies: what a certificate calls "bureau" or "Conseil
// fédéral" is the body of that name, here and for sister servers, as long as the
// certificate holds; others are bodies that it does not name.
func TestCertificatesNameBodies(t *testing.T) {
	c := testkit.NewCluster(t, 3)
	isere, grenoble, voiron := c[0], c[1], c[2]
	grants := map[*testkit.Node][]string{grenoble: {"bureau", "Conseil fédéral"}, voiron: nil}
	for child, named := range grants {
		if _, err := child.Movement.Ask(ctx, 0, isere.Host); err != nil {
			t.Fatal(err)
		}
		c.Settle()
		if err := isere.Movement.Accept(ctx, 0, child.Host, movement.Grant{Level: "section", Territory: "Isère", Organes: named}); err != nil {
			t.Fatal(err)
		}
		c.Settle()
	}
	ana := admin(t, grenoble, "ana")
	create(t, grenoble, ana, "bureau", "Bureau de Grenoble")
	create(t, grenoble, ana, "conseil_federal", "Le conseil")
	create(t, grenoble, ana, "comite", "Bureau") // a name to be seen proves nothing
	create(t, isere, admin(t, isere, "ines"), "executif", "Exécutif")
	create(t, voiron, admin(t, voiron, "val"), "bureau", "Bureau de Voiron")
	speaks := func(at *testkit.Node, username, host string) bool {
		t.Helper()
		if host == at.Host {
			host = ""
		} else if _, err := at.Engine.Account(ctx, username, host); err != nil {
			t.Fatal(err)
		}
		a, err := account.ByHandle(ctx, at.DB.Read(), username, host)
		if err != nil {
			t.Fatal(err)
		}
		yes, err := at.Movement.Speaks(ctx, at.DB.Read(), a)
		if err != nil {
			t.Fatal(err)
		}
		return yes
	}
	for _, at := range c {
		for _, x := range []struct {
			username string
			of       *testkit.Node
			want     bool
		}{{"bureau", grenoble, true}, {"conseil_federal", grenoble, true}, {"comite", grenoble, false}, {"executif", isere, true}, {"bureau", voiron, false}} {
			if got := speaks(at, x.username, x.of.Host); got != x.want {
				t.Errorf("at %s, %s of %s: %v", at.Host, x.username, x.of.Host, got)
			}
		}
	}
	// The directory of the movement knows them, and which may speak.
	if err := voiron.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return jobs.Enqueue(ctx, tx, "movement.walk", struct{}{}) }); err != nil {
		t.Fatal(err)
	}
	c.Settle()
	found, err := voiron.Movement.Directory(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, e := range found {
		if e.Kind == account.Organization {
			got[e.URL] = e.Speaks
		}
	}
	if !got["@bureau@"+grenoble.Host] || got["@bureau@"+voiron.Host] || got["@comite@"+grenoble.Host] || len(got) != 5 {
		t.Errorf("%v", got)
	}
	page := voiron.SignIn("val").Open(movement.Path)
	if !page.Has("organe qui peut parler") {
		t.Error(page.Text())
	}
	mine := grenoble.SignIn("ana").Open(organe.AdminPath)
	if !mine.Has("reconnu par le mouvement") {
		t.Error(mine.Text())
	}
	if mine.Click("Bureau"); !mine.Has("lui permet de parler") && !mine.Has("ne le nomme pas") {
		t.Error(mine.Text())
	}
	// Unlinked, nobody speaks any more.
	if err := isere.Movement.Unlink(ctx, 0, grenoble.Host, "Essai"); err != nil {
		t.Fatal(err)
	}
	c.Settle()
	if speaks(voiron, "bureau", grenoble.Host) || speaks(grenoble, "bureau", grenoble.Host) {
		t.Error("a body speaks whose server was unlinked")
	}
}

// TestPages: an administrator makes a body, says who acts in its name, takes that
// back, changes what is said of it and closes it, on pages; faults keep what was typed.
func TestPages(t *testing.T) {
	n := testkit.New(t)
	admin(t, n, "ana")
	n.Person("bob", false)
	b := n.SignIn("ana").Open("/plus")
	if b.Click("/administration/organes"); !b.Has("Aucun organe") {
		t.Fatal(b.Text())
	}
	b.Click("Créer un organe").Submit(organe.AdminPath+"/nouveau", map[string]string{"name": "", "username": "le bureau", "note": "Le lundi."})
	if b.Status != http.StatusUnprocessableEntity || !b.Has("Donnez un nom") || !strings.Contains(b.Body, "Le lundi.") || !strings.Contains(b.Body, "le bureau") {
		t.Fatalf("%d %s", b.Status, b.Text())
	}
	b.Submit(organe.AdminPath+"/nouveau", map[string]string{"name": "Bureau", "username": "bureau"})
	if !b.Has("Bureau est créé") || !b.Has("Personne encore") {
		t.Fatal(b.Text())
	}
	at := b.URL.Path
	if b.Submit(at+"/gens", map[string]string{"who": "zoe"}); b.Status != http.StatusUnprocessableEntity || !b.Has("Aucun membre de ce serveur") {
		t.Errorf("%d %s", b.Status, b.Text())
	}
	if b.Submit(at+"/gens", map[string]string{"who": "@bob"}); !b.Has("bob peut agir au nom de l’organe") {
		t.Error(b.Text())
	}
	if b.Submit(at+"/gens", nil); !b.Has("Personne encore") { // the first such form takes bob out
		t.Error(b.Text())
	}
	if b.Open(at).Submit(at+"/presentation", map[string]string{"name": "Bureau de la section", "note": "Le mardi."}); !strings.Contains(b.Body, "aria-labelledby") {
		t.Error(b.Text())
	}
	if b.Open("/@bureau"); !b.Has("Bureau de la section") {
		t.Error(b.Text())
	}
	if b.Open(at).Submit(at+"/etat", nil); !b.Has("L’organe est fermé") || !b.Has("fermé le") {
		t.Error(b.Text())
	}
	if b.Submit(at+"/etat", nil); !b.Has("L’organe est ouvert") {
		t.Error(b.Text())
	}
}

// TestForgedBody: another server cannot say anything of a body of ours, nor that one of its actors is it.
func TestForgedBody(t *testing.T) {
	n := testkit.New(t)
	o := create(t, n, admin(t, n, "ana"), "bureau", "Bureau")
	far := peer.New(peer.Options{Software: "mastodon"})
	defer far.Close()
	eve := far.ActorOf("Organization", "bureau", nil)
	doc := map[string]any{"id": o.Account.URI, "type": "Organization", "preferredUsername": "bureau", "name": "Pris", "inbox": eve.Inbox, "outbox": eve.ID + "/outbox"}
	for _, a := range []as.Activity{
		{Type: "Update", ID: eve.ID + "#1", Actor: eve.ID, Object: doc, To: []string{as.Public}},
		{Type: "Update", ID: eve.ID + "#2", Actor: o.Account.URI, Object: doc, To: []string{as.Public}},
		{Type: "Delete", ID: eve.ID + "#3", Actor: eve.ID, Object: o.Account.URI, To: []string{as.Public}},
		{Type: "Move", ID: eve.ID + "#4", Actor: eve.ID, Object: o.Account.URI, Target: eve.ID, To: []string{as.Public}},
	} {
		if _, err := eve.Send(ctx, o.Account.Inbox, a); err != nil {
			t.Fatal(err)
		}
	}
	settle(t, n)
	a, err := account.ByID(ctx, n.DB.Read(), o.AccountID)
	if err != nil || a.Gone() || a.Name() != "Bureau" || a.Inbox != o.Account.Inbox || a.MovedTo != "" {
		t.Errorf("%+v %v", a, err)
	}
}
