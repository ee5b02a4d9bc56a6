package peer

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/sig"
)

func two(t *testing.T, o Options) (*Peer, *Peer) {
	a, b := New(o), New(Options{Name: "b.localhost", AutoAccept: true})
	t.Cleanup(a.Close)
	t.Cleanup(b.Close)
	return a, b
}

func TestFollow(t *testing.T) {
	p, q := two(t, Options{})
	ana, bob := p.Actor("ana"), q.Actor("bob")
	ctx := context.Background()
	found, err := ana.Lookup(ctx, bob.Handle())
	if err != nil || found.ID != bob.ID {
		t.Fatalf("lookup: %v %v", found, err)
	}
	id, answer, err := ana.Follow(ctx, bob.ID)
	if err != nil || answer.Status != http.StatusAccepted {
		t.Fatalf("follow: %+v %v", answer, err)
	}
	got, err := q.Wait(Posted("Follow"), time.Second)
	if err != nil || got.Fault != nil || got.KeyID != ana.KeyID || got.Doc.ID() != id {
		t.Fatalf("received %+v %v", got, err)
	}
	accept, err := p.Wait(Posted("Accept", "Follow"), 2*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if accept.Fault != nil || !strings.Contains(string(accept.Body), string(got.Body)) {
		t.Errorf("the Accept does not hold the Follow: %s", accept.Body)
	}
	if !p.Mentions(bob.ID) || p.Mentions("nothing of the kind") {
		t.Error("Mentions")
	}
	if _, err := p.Wait(Posted("Undo"), 10*time.Millisecond); err == nil {
		t.Error("waited for nothing and got it")
	}
}

// Each fault is one for package sig too, and each variant is none.
func TestFaults(t *testing.T) {
	p, q := two(t, Options{})
	ana := p.Actor("ana")
	_, create := ana.Note("<p>Bonjour</p>", nil)
	for name, c := range map[string]struct {
		faults []Fault
		want   sig.Reason
	}{
		"none":             {nil, ""},
		"modern":           {[]Fault{Modern}, ""},
		"created":          {[]Fault{Created}, ""},
		"an hour ago":      {[]Fault{Date(-time.Hour)}, ""},
		"no signature":     {[]Fault{NoSignature}, sig.Missing},
		"twice":            {[]Fault{Twice}, sig.Several},
		"wrong key":        {[]Fault{WrongKey}, sig.Invalid},
		"modern wrong key": {[]Fault{Modern, WrongKey}, sig.Invalid},
		"hmac":             {[]Fault{HMAC}, sig.Invalid},
		"stale":            {[]Fault{Date(-30 * 24 * time.Hour)}, sig.TooOld},
		"ahead":            {[]Fault{Date(30 * 24 * time.Hour)}, sig.InFuture},
		"wrong digest":     {[]Fault{WrongDigest}, sig.BadDigest},
		"no digest":        {[]Fault{NoDigest}, sig.NotCovered},
		"no target":        {[]Fault{Uncovered("(request-target)")}, sig.NotCovered},
		"no host":          {[]Fault{Uncovered("host")}, sig.NotCovered},
		"no date":          {[]Fault{Uncovered("date")}, sig.NotCovered},
		"digest uncovered": {[]Fault{Uncovered("digest")}, sig.NotCovered},
		"other host":       {[]Fault{OtherHost("relay.example")}, sig.WrongHost},
		"signed for other": {[]Fault{SignedHost("relay.example")}, sig.Invalid},
		"file key":         {[]Fault{KeyID("file:///etc/passwd")}, sig.BadKeyID},
		"malformed":        {[]Fault{Header(`keyId="x`)}, sig.Malformed},
	} {
		before := len(q.Requests())
		answer, err := ana.Send(context.Background(), q.URL+"/inbox", create, c.faults...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := q.Requests()[before:]
		if len(got) != 1 || sig.ReasonOf(got[0].Fault) != c.want || (answer.Status == http.StatusAccepted) != (c.want == "") {
			t.Errorf("%s: %d, %v, want %q", name, answer.Status, got[0].Fault, c.want)
		}
	}
}

func TestServe(t *testing.T) {
	p, q := two(t, Options{RequireSigned: true})
	ana, bob := p.Actor("ana"), q.Actor("bob")
	note, _ := ana.Note("<p>Bonjour</p>", func(n *as.Note) { n.Summary = "CW" })
	ctx := context.Background()
	doc, err := bob.Fetch(ctx, note.ID)
	if err != nil || doc.Summary() != "CW" || doc.AttributedTo() != ana.ID {
		t.Errorf("%v %v", doc, err)
	}
	if a, err := bob.Get(ctx, note.ID, NoSignature); err != nil || a.Status != http.StatusUnauthorized {
		t.Errorf("unsigned: %+v %v", a, err)
	}
	p.Gone(note.ID)
	if a, err := bob.Get(ctx, note.ID); err != nil || a.Status != http.StatusGone {
		t.Errorf("gone: %+v %v", a, err)
	}
	if a, err := bob.Get(ctx, p.URL+"/nothing"); err != nil || a.Status != http.StatusNotFound {
		t.Errorf("missing: %+v %v", a, err)
	}
	group := p.ActorOf("Group", "section", func(a *as.Actor) { a.ManuallyApproves = true })
	d, err := bob.Fetch(ctx, group.ID)
	if err != nil || d.Type() != "Group" || !d.Bool("manuallyApprovesFollowers") {
		t.Errorf("group: %v %v", d, err)
	}
	down := New(Options{TLS: true, Respond: func(r Request) int {
		if r.Method == "POST" {
			return http.StatusServiceUnavailable
		}
		return 0
	}})
	defer down.Close()
	carl := New(Options{RootCAs: down.RootCAs()})
	defer carl.Close()
	down.Actor("dora")
	if a, err := carl.Actor("carl").Send(ctx, down.URL+"/inbox", JSON(map[string]string{"type": "Like"})); err != nil || a.Status != http.StatusServiceUnavailable {
		t.Errorf("%+v %v", a, err)
	}
	if a, err := carl.Actor("carl").Lookup(ctx, "dora@"+down.Host); err != nil || a.Username != "dora" {
		t.Errorf("over TLS: %v %v", a, err)
	}
}
