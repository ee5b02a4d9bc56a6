package search_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
	"github.com/maillage/maillage/internal/testkit/apitest"
)

// TestSearchConsent: what another server says of a post, or of its author, decides
// who finds it by a search; what we say of our people is on their actors.
//
// Spec: FEP-268d; Spec: FEP-5feb
func TestSearchConsent(t *testing.T) {
	for name, e := range map[string]testkit.Engine{"sqlite": testkit.SQLite, "postgres": testkit.Postgres} {
		t.Run(name, func(t *testing.T) { testSearchConsent(t, testkit.NewOn(t, e)) })
	}
}

func testSearchConsent(t *testing.T, n *testkit.Node) {
	ctx := context.Background()
	ana, bea := n.Person("ana", true), n.Person("bea", true)
	p := peer.New(peer.Options{AutoAccept: true})
	t.Cleanup(p.Close)
	settle := func() {
		t.Helper()
		testkit.Cluster{n}.Settle()
	}
	silent := peer.New(peer.Options{})
	t.Cleanup(silent.Close)
	actor := func(p *peer.Peer, name string, indexable bool, by any) *peer.Actor {
		t.Helper()
		a := p.Actor(name)
		d, err := a.Fetch(ctx, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		if err := json.Unmarshal(d.Bytes, &m); err != nil {
			t.Fatal(err)
		}
		if m["indexable"], m["searchableBy"] = indexable, by; by == nil {
			delete(m, "searchableBy")
		}
		body, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		p.Serve(a.ID, body)
		return a
	}
	open, shy, undecided := actor(p, "open", true, nil), actor(p, "shy", false, nil), actor(silent, "undecided", true, nil)
	both, wide := actor(p, "both", true, []any{p.URL + "/users/both/followers"}), actor(p, "wide", false, "as:Public")
	names := map[string]string{}
	send := func(name string, by *peer.Actor, searchable any) as.Note {
		t.Helper()
		note, create := by.Note("<p>la halle "+name+"</p>", func(x *as.Note) {
			x.Tags = []as.Tag{{Type: "Mention", Href: bea.URI, Name: "@bea"}}
			if searchable != nil {
				x.Extra = map[string]any{"searchableBy": searchable}
			}
		})
		if _, err := by.Send(ctx, n.URL+"/inbox", create); err != nil {
			t.Fatal(err)
		}
		settle()
		got, err := post.RawByURI(ctx, n.DB.Read(), note.ID)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		names[got.URI] = name
		return note
	}
	follow := func(id int64, a *peer.Actor) {
		t.Helper()
		other, err := account.ByURI(ctx, n.DB.Read(), a.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := n.Follows.Follow(ctx, id, other.ID, nil); err != nil {
			t.Fatal(err)
		}
		settle()
	}
	send("open", open, nil)
	follow(ana.ID, open)
	send("empty", open, []any{})
	kept := send("kept", open, open.ID)
	send("followers", open, []any{open.ID + "/followers"})
	send("her", open, []any{"https://else.example/x", ana.URI})
	send("said", shy, as.Public)
	send("shy", shy, nil)
	send("both", both, nil)
	send("wide", wide, nil)
	// Somebody who is named in none of them, and whom an author lets wait.
	cle := n.Person("cle", true)
	send("asked", undecided, []any{undecided.ID + "/followers"})
	follow(cle.ID, undecided)
	found := func(who string) string {
		t.Helper()
		var out []string
		for _, s := range ask(&apitest.Client{T: t, Base: n.URL, Token: n.Token(who)}, "halle", "type", "statuses", "limit", "40").Statuses {
			out = append(out, names[s.URI])
		}
		slices.Sort(out)
		return strings.Join(out, " ")
	}
	if got, want := found("ana"), "empty followers her open said wide"; got != want {
		t.Errorf("ana, who follows one of them, finds %q, not %q", got, want)
	}
	if got, want := found("cle"), "empty open said wide"; got != want {
		t.Errorf("a stranger to them finds %q, not %q", got, want)
	}
	if got, want := found("bea"), "asked both empty followers her kept open said shy wide"; got != want {
		t.Errorf("who is named in all finds %q, not %q", got, want)
	}
	// An edit says it anew.
	for i, by := range []string{as.Public, open.ID} {
		kept.Extra, kept.Updated = map[string]any{"searchableBy": by}, time.Now().Add(time.Duration(i+1)*time.Minute)
		if _, err := open.Send(ctx, n.URL+"/inbox", as.Activity{Type: "Update", ID: kept.ID + "#update" + by, Actor: open.ID, Object: kept, To: kept.To}); err != nil {
			t.Fatal(err)
		}
		settle()
		if got := found("cle"); strings.Contains(got, "kept") != (by == as.Public) {
			t.Errorf("after the edit to %s: %q", by, got)
		}
	}
	// Ours, in both words.
	said := func() (indexable bool, by string) {
		t.Helper()
		d, err := open.Fetch(ctx, bea.URI)
		if err != nil {
			t.Fatal(err)
		}
		var x struct {
			Indexable    bool   `json:"indexable"`
			SearchableBy string `json:"searchableBy"`
		}
		if err := json.Unmarshal(d.Bytes, &x); err != nil {
			t.Fatal(err)
		}
		return x.Indexable, x.SearchableBy
	}
	if is, by := said(); is || by != bea.URI {
		t.Errorf("of who did not agree: %t %q", is, by)
	}
	yes := true
	if _, err := n.Accounts.Update(ctx, bea.ID, account.Profile{Indexable: &yes}); err != nil {
		t.Fatal(err)
	}
	if is, by := said(); !is || by != as.Public {
		t.Errorf("of who agreed: %t %q", is, by)
	}
}
