package servers_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/host"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/servers"
	"github.com/maillage/maillage/internal/testkit"
	"github.com/maillage/maillage/internal/timeline"
)

var ctx = context.Background()

func write(n *testkit.Node, name string, d post.Draft) *post.Post {
	n.T.Helper()
	p, err := n.Posts.Create(ctx, n.Viewer(name), d)
	if err != nil {
		n.T.Fatal(err)
	}
	return p
}

func rule(n *testkit.Node, name string, l host.Level) {
	n.T.Helper()
	if _, err := n.Hosts.Set(ctx, host.Policy{Host: name, Level: l}); err != nil {
		n.T.Fatal(err)
	}
}

// sees reports whether a list has a text.
func sees(t *testing.T, views []*post.View, err error, text string) bool {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range views {
		if strings.Contains(w.Content, text) || w.Boost != nil && strings.Contains(w.Boost.Content, text) {
			return true
		}
	}
	return false
}

// everywhere tells in which lists of ana's a text is seen.
func everywhere(n *testkit.Node, text string) string {
	n.T.Helper()
	v, t := n.Viewer("ana"), n.T.(*testing.T)
	var out []string
	add := func(name string, views []*post.View, err error) {
		if sees(t, views, err, text) {
			out = append(out, name)
		}
	}
	views, err := n.Timeline.Home(ctx, v, page.Range{})
	add("home", views, err)
	views, err = n.Timeline.Everyone(ctx, v, page.Range{}, false, false)
	add("everyone", views, err)
	views, err = n.Timeline.Tag(ctx, v, "marche", page.Range{})
	add("tag", views, err)
	return strings.Join(out, " ")
}

// TestOR16: of a suspended server nothing is stored, shown, found, boosted or
// answered; it all comes back when the rule is lifted, but for the follows.
//
// Spec: OR16
func TestOR16(t *testing.T) {
	c := testkit.NewCluster(t, 2)
	n, m := c[0], c[1]
	n.Person("ana", true)
	n.Person("leo", true)
	m.Person("hana", true)
	c.Follow(n, "ana", m, "hana")
	c.Follow(m, "hana", n, "ana")
	write(m, "hana", post.Draft{Text: "Bonjour d'ailleurs #marche @ana@" + n.Host, Audience: post.Public})
	c.Settle()
	if got := everywhere(n, "ailleurs"); got != "home everyone tag" {
		t.Fatalf("before: seen in %q", got)
	}
	hana, err := account.ByHandle(ctx, n.DB.Read(), "hana", m.Host)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := n.Timeline.Profile(ctx, n.Viewer("ana"), hana, page.Range{}, timeline.Options{})
	if err != nil || len(stored) != 1 {
		t.Fatalf("%d posts, %v", len(stored), err)
	}
	old := stored[0].Post
	if _, err := n.Posts.Boost(ctx, n.Viewer("leo"), old.ID); err != nil {
		t.Fatal(err)
	}
	c.Settle()

	rule(n, m.Host, host.Suspend)
	if got := everywhere(n, "ailleurs"); got != "" {
		t.Errorf("suspended: seen in %q", got)
	}
	if _, err := n.Posts.Get(ctx, n.Viewer("ana"), old.ID); err == nil {
		t.Error("suspended: the post is shown")
	}
	var found masto.Search
	n.Client("ana").Get("/api/v2/search?q=hana&resolve=true", &found)
	if len(found.Accounts) != 0 || len(found.Statuses) != 0 {
		t.Errorf("suspended: found %d accounts, %d posts", len(found.Accounts), len(found.Statuses))
	}
	var notices []masto.Notification
	n.Client("ana").Get("/api/v1/notifications", &notices)
	for _, x := range notices {
		if x.Account.Username == "hana" {
			t.Errorf("suspended: a notification of %s", x.Type)
		}
	}
	if k := follows(n, m.Host); k != 0 {
		t.Errorf("suspended: %d follows are left", k)
	}
	write(m, "hana", post.Draft{Text: "Encore moi @ana@" + n.Host, Audience: post.Public})
	if err := m.Jobs.Idle(ctx); err != nil {
		t.Fatal(err)
	}
	if err := m.Outbox.Idle(ctx); err != nil {
		t.Fatal(err)
	}
	if k, err := db.Get[int](ctx, n.DB.Read(), `select count(*) from post where content like '%Encore moi%'`); err != nil || k != 0 {
		t.Errorf("suspended: %d posts stored, %v", k, err)
	}
	mine := write(n, "ana", post.Draft{Text: "Pour tous", Audience: post.Public})
	if _, err := m.Engine.Fetch(ctx, mine.URI); err == nil {
		t.Error("suspended: a signed fetch is answered")
	}

	if err := n.Hosts.Remove(ctx, m.Host); err != nil {
		t.Fatal(err)
	}
	if got := everywhere(n, "ailleurs"); got != "home everyone tag" && got != "everyone tag" {
		t.Errorf("lifted: seen in %q", got)
	}
	if k := follows(n, m.Host); k != 0 {
		t.Errorf("lifted: %d follows came back", k)
	}
}

func follows(n *testkit.Node, name string) int {
	n.T.Helper()
	k, err := db.Get[int](ctx, n.DB.Read(), `select count(*) from follow f join account a on a.id = f.account_id join account b on b.id = f.target_id
		where a.host = $1 or b.host = $1`, name)
	if err != nil {
		n.T.Fatal(err)
	}
	return k
}

// TestSuspendedPersonStaysSuspended: lifting the rule for a server does not lift
// what was decided about a person.
func TestSuspendedPersonStaysSuspended(t *testing.T) {
	c := testkit.NewCluster(t, 2)
	n, m := c[0], c[1]
	n.Person("ana", true)
	c.Follow(n, "ana", m, "hana")
	c.Follow(n, "ana", m, "ivo")
	if err := n.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update account set suspended_at = 1 where username = 'ivo'`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	rule(n, m.Host, host.Suspend)
	if err := n.Hosts.Remove(ctx, m.Host); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"hana": false, "ivo": true} {
		a, err := account.ByHandle(ctx, n.DB.Read(), name, m.Host)
		if err != nil || a.Gone() != want {
			t.Errorf("%s: %v %v", name, a.Gone(), err)
		}
	}
}

// TestSilence: a server set back is read by those who follow its people; it
// leaves the public lists, and notifies nobody else. A newcomer of it as well.
func TestSilence(t *testing.T) {
	c := testkit.NewCluster(t, 2)
	n, m := c[0], c[1]
	n.Person("ana", true)
	n.Person("leo", true)
	m.Person("hana", true)
	c.Follow(n, "ana", m, "hana")
	rule(n, m.Host, host.Silence)
	write(m, "hana", post.Draft{Text: "Fort #marche @ana@" + n.Host + " @leo@" + n.Host, Audience: post.Public})
	c.Settle()
	if got := everywhere(n, "Fort"); got != "home everyone tag" {
		t.Errorf("a follower sees it in %q", got)
	}
	views, err := n.Timeline.Everyone(ctx, n.Viewer("leo"), page.Range{}, false, false)
	if sees(t, views, err, "Fort") {
		t.Error("a stranger sees it in the public list")
	}
	views, err = n.Timeline.Tag(ctx, n.Viewer("leo"), "marche", page.Range{})
	if sees(t, views, err, "Fort") {
		t.Error("a stranger sees it under its tag")
	}
	for name, want := range map[string]int{"ana": 1, "leo": 0} {
		var got []masto.Notification
		n.Client(name).Get("/api/v1/notifications?types[]=mention", &got)
		if len(got) != want {
			t.Errorf("%s was told of %d mentions", name, len(got))
		}
	}
	if err := n.Hosts.Remove(ctx, m.Host); err != nil {
		t.Fatal(err)
	}
	views, err = n.Timeline.Everyone(ctx, n.Viewer("leo"), page.Range{}, false, false)
	if !sees(t, views, err, "Fort") {
		t.Error("lifted, it is not in the public list")
	}
}

// outsider is a server with an actor that we know how to write to.
func outsider(t *testing.T, software string) (*peer.Peer, *peer.Actor) {
	t.Helper()
	p := peer.New(peer.Options{Software: software, AutoAccept: true})
	t.Cleanup(p.Close)
	return p, p.Actor("zoe")
}

// TestSoftwareIsLearnt: what a server runs is asked once, by a job, and not again
// however often we hear of it; a server that says nothing is left alone too.
func TestSoftwareIsLearnt(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	p, _ := outsider(t, "gotosocial")
	for range 3 {
		if _, err := n.Engine.ResolveHandle(ctx, "zoe", p.Host); err != nil {
			t.Fatal(err)
		}
		if err := n.Idle(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := n.Servers.Software(ctx, n.DB.Read(), p.Host); err != nil || got != "gotosocial" {
		t.Errorf("%q %v", got, err)
	}
	asked := len(p.Received(func(r peer.Request) bool { return strings.HasPrefix(r.Path, "/nodeinfo/") }))
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	if got, err := n.Servers.Software(ctx, n.DB.Read(), "never.example"); err != nil || got != "" {
		t.Errorf("%q %v", got, err)
	}
}

// TestImplements: an Application says what it can do, others through their generator.
//
// Spec: FEP-844e
func TestImplements(t *testing.T) {
	const uri = "https://datatracker.ietf.org/doc/html/rfc9421"
	for _, doc := range []string{
		`{"type":"Application","implements":[{"href":"` + uri + `","name":"RFC-9421"}]}`,
		`{"type":"Application","implements":{"href":"` + uri + `"}}`,
		`{"type":"Application","implements":"` + uri + `"}`,
		`{"type":"Person","generator":{"type":"Application","implements":[{"id":"` + uri + `"}, 7, null]}}`,
	} {
		d, err := as.Parse([]byte(doc))
		if err != nil {
			t.Fatal(err)
		}
		if got := servers.Implements(d); len(got) != 1 || got[0] != uri {
			t.Errorf("%s: %q", doc, got)
		}
	}
}

// TestDeliveryReport: an author sees where a post went: what arrived, what waits
// and what was refused, in words; nobody else does, but administrators.
func TestDeliveryReport(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	n.Person("leo", true)
	status := map[string]int{"wait": 503, "no": 403}
	var hosts = map[string]string{}
	for _, kind := range []string{"ok", "wait", "no"} {
		p := peer.New(peer.Options{Respond: func(r peer.Request) int {
			if r.Method == http.MethodPost && r.Doc.Is("Create") {
				return status[kind]
			}
			return 0
		}})
		t.Cleanup(p.Close)
		a := p.Actor("zoe")
		if _, _, err := a.Follow(ctx, n.Person("ana", true).URI); err != nil {
			t.Fatal(err)
		}
		hosts[kind] = p.Host
	}
	idle(t, n)
	p := write(n, "ana", post.Draft{Text: "Réunion mardi", Audience: post.Public})
	idle(t, n)
	got, err := n.Servers.Copies(ctx, p.ID)
	if err != nil || len(got) != 3 {
		t.Fatalf("%+v %v", got, err)
	}
	want := map[string]servers.State{hosts["ok"]: servers.Delivered, hosts["wait"]: servers.Waiting, hosts["no"]: servers.Failed}
	for _, x := range got {
		if x.State != want[x.Host] {
			t.Errorf("%s: %s, want %s", x.Host, x.State, want[x.Host])
		}
		if reason := servers.Reason(x.Error); x.State == servers.Waiting && reason != "servers.why.broken" || x.State == servers.Failed && reason != "servers.why.refused" {
			t.Errorf("%s: %q is said as %q", x.Host, x.Error, reason)
		}
	}
	path := "/@ana/" + ids.String(p.ID) + "/envois"
	b := n.SignIn("ana").Open(path)
	for _, s := range []string{hosts["wait"], "Répond par une erreur", "Refuse nos envois", "arrivé", "1 serveur en détient une copie"} {
		if !b.Has(s) {
			t.Errorf("the page does not say %q:\n%s", s, b.Text())
		}
	}
	if b := n.SignIn("leo").Open(path); b.Status != http.StatusNotFound {
		t.Errorf("somebody else gets %d", b.Status)
	}
	if err := n.SetRole(ctx, "leo", "admin"); err != nil {
		t.Fatal(err)
	}
	if b := n.SignIn("leo").Open(path); b.Status != http.StatusOK {
		t.Errorf("an administrator gets %d", b.Status)
	}
}

func idle(t *testing.T, n *testkit.Node) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if err := n.Idle(ctx); err != nil {
		t.Fatal(err)
	}
	if err := n.Idle(ctx); err != nil {
		t.Fatal(err)
	}
}

// TestAdminPages: an administrator looks a server up, reads what a rule would do,
// lays it down, sees it in the journal, and takes it back.
func TestAdminPages(t *testing.T) {
	c := testkit.NewCluster(t, 2)
	n, m := c[0], c[1]
	n.Person("ana", true)
	if err := n.SetRole(ctx, "ana", "admin"); err != nil {
		t.Fatal(err)
	}
	c.Follow(n, "ana", m, "hana")
	b := n.SignIn("ana").Open("/administration/serveurs")
	if !b.Has(m.Host) || !b.Has("Maillage") {
		t.Errorf("the list does not have the other server:\n%s", b.Text())
	}
	url := "/administration/serveurs/" + m.Host
	b.Open(url+"/regle").Submit(url+"/regle", map[string]string{"level": "suspend", "note": "insultes répétées"})
	for _, s := range []string{"Plus rien n’entre", "1 personne de ce serveur disparaît", "1 abonnement prend fin"} {
		if !b.Has(s) {
			t.Errorf("the consequences do not say %q:\n%s", s, b.Text())
		}
	}
	if n.Hosts.Blocked(m.Host) {
		t.Error("blocked before it was confirmed")
	}
	b.Submit(url+"/regle", nil)
	if !n.Hosts.Blocked(m.Host) || !b.Has("Coupé") || !b.Has("insultes répétées") {
		t.Errorf("blocked: %v\n%s", n.Hosts.Blocked(m.Host), b.Text())
	}
	if b.Open("/administration/journal"); !b.Has("insultes répétées") || !b.Has("ana") {
		t.Errorf("the journal:\n%s", b.Text())
	}
	b.Open(url+"/regle").Submit(url+"/regle", map[string]string{"level": "lift"})
	b.Submit(url+"/regle", nil)
	if n.Hosts.Blocked(m.Host) {
		t.Error("still blocked")
	}
	b.Open("/administration/ouverture").Submit("/administration/ouverture", nil)
	if !n.Hosts.Closed() || !b.Has("fermé") {
		t.Errorf("not closed:\n%s", b.Text())
	}
	b.Open("/administration/ouverture").Submit("/administration/ouverture", nil)
	if n.Hosts.Closed() {
		t.Error("not opened")
	}
}

// TestForgetAndRetry: deliveries that wait are tried or forgotten by a button.
func TestForgetAndRetry(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	if err := n.SetRole(ctx, "ana", "admin"); err != nil {
		t.Fatal(err)
	}
	down := true
	p := peer.New(peer.Options{Respond: func(r peer.Request) int {
		if down && r.Method == http.MethodPost {
			return 503
		}
		return 0
	}})
	t.Cleanup(p.Close)
	a := p.Actor("zoe")
	if _, _, err := a.Follow(ctx, n.Person("ana", true).URI); err != nil {
		t.Fatal(err)
	}
	idle(t, n)
	write(n, "ana", post.Draft{Text: "Un", Audience: post.Public})
	idle(t, n)
	state := func() outbox.HostState {
		st, err := outbox.StateOf(ctx, n.DB.Read(), p.Host)
		if err != nil {
			t.Fatal(err)
		}
		return st
	}
	if state().Pending == 0 {
		t.Fatal("nothing waits")
	}
	url := "/administration/serveurs/" + p.Host
	b := n.SignIn("ana").Open(url)
	if !b.Has("Répond par une erreur") {
		t.Errorf("%s", b.Text())
	}
	down = false
	b.Submit(url+"/reessayer", nil)
	idle(t, n)
	if st := state(); st.Pending != 0 || st.LastOKAt == 0 {
		t.Errorf("%+v", st)
	}
	down = true
	write(n, "ana", post.Draft{Text: "Deux", Audience: post.Public})
	idle(t, n)
	b.Open(url + "/oublier")
	if !b.Has("1 envoi attend") {
		t.Errorf("%s", b.Text())
	}
	b.Submit(url+"/oublier", nil)
	if st := state(); st.Pending != 0 {
		t.Errorf("%+v", st)
	}
}
