package movement_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/movement"
	"github.com/maillage/maillage/internal/testkit"
)

func parsed(t *testing.T, n *testkit.Node, sql string, args ...any) *as.Doc {
	t.Helper()
	body, err := db.Get[[]byte](ctx, n.DB.Read(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	d, err := as.Parse(body)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestAffiliationOnTheWire: what a child asks with and what its parent certifies, in the words that
// FEDERATION.md gives; the chain and the revocations are for everybody, and the rest of the tree for
// the movement, unless it is open.
//
// Spec: FEP-8b32
func TestAffiliationOnTheWire(t *testing.T) {
	c := testkit.NewCluster(t, 3)
	root, child, outside := c[0], c[1], c[2]
	join(t, c, child, root, section)
	up, err := root.Engine.Application(ctx)
	if err != nil {
		t.Fatal(err)
	}
	down, err := child.Engine.Application(ctx)
	if err != nil {
		t.Fatal(err)
	}
	offer := parsed(t, root, `select offer from movement_link where role = 'child' and host = $1`, child.Host)
	asked := offer.Object().Doc()
	if !offer.Is("Offer") || offer.Actor() != down.URI || !slices.Equal(offer.To(), []string{up.URI}) || len(offer.Cc()) != 0 || asked == nil {
		t.Fatalf("the Offer: %s", offer.Bytes)
	}
	cert := parsed(t, root, `select body from movement_cert where subject = $1`, down.URI)
	for _, d := range []*as.Doc{asked, cert} {
		if !d.Is("Relationship") || d.String("relationship") != "maillage:affiliatedWith" || d.Refs("subject").ID() != down.URI || d.Object().ID() != up.URI ||
			!strings.HasPrefix(d.String("subjectKey"), "z6Mk") || !sig.HasProof(d.Bytes) {
			t.Errorf("the Relationship: %s", d.Bytes)
		}
	}
	if cert.AttributedTo() != up.URI || cert.String("level") != "section" || cert.String("territory") != "Isère" || string(cert.Raw("organes")) != `["bureau"]` ||
		string(cert.Raw("consent")) != string(asked.Bytes) || cert.String("subjectKey") != asked.String("subjectKey") {
		t.Errorf("the certificate: %s", cert.Bytes)
	}
	if days := cert.Time("endTime").Sub(cert.Time("startTime")).Hours() / 24; days < 89.9 || days > 90.1 || time.Since(cert.Time("startTime")) > time.Hour {
		t.Errorf("it holds for %v days from %v", days, cert.Time("startTime"))
	}

	status := func(url string) int { t.Helper(); return testkit.Unsigned(t, url) }
	asks := func(n *testkit.Node, url string) bool { _, err := n.Engine.Ask(ctx, url); return err == nil }
	for _, path := range []string{"/movement/chain", "/movement/revocations"} {
		if got := status(root.URL + path); got != 200 || !asks(outside, root.URL+path) {
			t.Errorf("%s is not for everybody: %d", path, got)
		}
	}
	tree := []string{"/movement/children", "/movement/organes", "/movement/directory"}
	for _, path := range tree {
		if got := status(root.URL + path); got != 404 || asks(outside, root.URL+path) || !asks(child, root.URL+path) {
			t.Errorf("%s: %d to a stranger, %v to another server, %v to the movement", path, got, asks(outside, root.URL+path), asks(child, root.URL+path))
		}
	}
	if err := root.Movement.SetOpen(ctx, true); err != nil {
		t.Fatal(err)
	}
	for _, path := range tree {
		if got := status(root.URL + path); got != 200 {
			t.Errorf("%s is open, and answers %d", path, got)
		}
	}
	// The audience of a post for the movement names nobody, and is known to nobody else.
	all := root.Person("ana", true).URI + "/movement"
	if got := status(all); got != 404 || asks(outside, all) {
		t.Errorf("who a member writes to is said to a stranger: %d", got)
	}
	d, err := child.Engine.Ask(ctx, all)
	if err != nil || len(d.Items()) != 0 || d.Has("totalItems") {
		t.Errorf("the collection of the movement: %+v %v", d, err)
	}
}

// TestAnotherRootWaitsForAWord: a parent that comes below another root names that to its children, who
// know nobody through it before an administrator has agreed.
func TestAnotherRootWaitsForAWord(t *testing.T) {
	c := testkit.NewCluster(t, 3)
	national, isere, grenoble := c[0], c[1], c[2]
	join(t, c, grenoble, isere, section) // isere is the root of this one
	if err := grenoble.Movement.AgreeRoot(ctx, 0); !apperr.Is(err, apperr.KindNotFound) {
		t.Errorf("no root waits: %v", err)
	}
	join(t, c, isere, national, federation)
	if err := isere.Movement.Accept(ctx, 0, grenoble.Host, section); err != nil {
		t.Fatal(err)
	}
	c.Settle()
	if knows(t, grenoble, national) {
		t.Fatal("a parent chooses the root of its child")
	}
	admin(grenoble, "chef")
	if b := grenoble.SignIn("chef").Open(movement.AdminPath); !b.Has(national.Host) {
		t.Errorf("the administrators are not asked: %s", b.Text())
	}
	if err := grenoble.Movement.AgreeRoot(ctx, 0); err != nil {
		t.Fatal(err)
	}
	c.Settle()
	if !knows(t, grenoble, national) || !knows(t, grenoble, isere) || !knows(t, national, grenoble) {
		t.Error("agreed, and still not of the movement")
	}
}
