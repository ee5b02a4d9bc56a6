package peers_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

var ctx = context.Background()

const public = "https://www.w3.org/ns/activitystreams#Public"

// TestFedify federates with a server made with fedify. Every story has an
// instance of its own; the peer is shared.
func TestFedify(t *testing.T) {
	f := startFedify(t)
	t.Run("stories", func(t *testing.T) {
		story := func(name string, tell func(t *testing.T)) {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				tell(t)
			})
		}
		story("finds us", f.findsUs)
		story("does not find the private", f.findsNoPrivate)
		story("proves", f.proves)
		story("verifies what relays get", f.verifiesLinked)
		for _, scheme := range []string{"cavage", "rfc9421"} {
			story("reads us by "+scheme, func(t *testing.T) { f.readsUs(t, scheme) })
			story("answers us by "+scheme, func(t *testing.T) { f.answersUs(t, scheme) })
			story("is read by us by "+scheme, func(t *testing.T) { f.isRead(t, scheme) })
			story("cannot be forged by "+scheme, func(t *testing.T) { f.cannotBeForged(t, scheme) })
		}
	})
	var complaints []string
	f.tell(t, order{"do": "errors"}, &complaints)
	for _, c := range complaints {
		t.Errorf("fedify complains: %s", c)
	}
}

// findsUs has fedify read everything by which servers find each other.
func (f *fedify) findsUs(t *testing.T) {
	n := testkit.New(t)
	ana := n.Person("ana", true)
	hana := f.actor(t, "hana", "rfc9421")

	for _, by := range []string{n.Handle("ana"), n.URL + "/@ana", ana.URI} {
		a := hana.lookup(by)
		if a == nil {
			t.Fatalf("fedify does not find %s", by)
		}
		if a.Type != "Person" || a.ID != ana.URI || a.Username != "ana" || a.Name != "ana" || a.URL != n.URL+"/@ana" {
			t.Errorf("%s is %+v", by, a)
		}
		if a.Inbox != ana.URI+"/inbox" || a.SharedInbox != n.URL+"/inbox" || a.ManuallyApproves {
			t.Errorf("%s receives at %+v", by, a)
		}
		if len(a.Keys) != 1 || !a.Keys[0].Usable || a.Keys[0].Owner != ana.URI {
			t.Errorf("the keys of %s: %+v", by, a.Keys)
		}
		for _, k := range a.Multikeys {
			if !k.Usable || k.Owner != ana.URI {
				t.Errorf("a multikey of %s: %+v", by, k)
			}
		}
	}

	var jrd struct {
		Found *struct {
			Subject string
			Links   []struct{ Rel, Type, Href string }
		}
	}
	f.tell(t, order{"do": "webfinger", "what": "acct:ana@" + n.Host}, &jrd)
	if jrd.Found == nil || jrd.Found.Subject != "acct:ana@"+n.Host {
		t.Errorf("WebFinger: %+v", jrd.Found)
	}
	var infos []*struct {
		Software          struct{ Name, Version string }
		Protocols         []string
		OpenRegistrations bool
	}
	f.tell(t, order{"do": "nodeinfo", "what": n.URL}, &infos)
	if len(infos) != 2 {
		t.Fatalf("%d NodeInfo documents", len(infos))
	}
	for _, i := range infos {
		if i == nil || i.Software.Name != "maillage" || !slices.Equal(i.Protocols, []string{"activitypub"}) {
			t.Errorf("NodeInfo: %+v", i)
		}
	}

	// The server itself is an actor too.
	for _, by := range []string{n.URL + "/", n.URL + "/actor", "acct:" + n.Host + "@" + n.Host} {
		if a := hana.lookup(by); a == nil || a.Type != "Application" || len(a.Keys) != 1 || !a.Keys[0].Usable {
			t.Errorf("%s is %+v", by, a)
		}
	}

	// Posts can be fetched; who follows whom, and how many do, cannot.
	p := write(n, "ana", post.Draft{Text: "Un premier message", Audience: post.Public, Lang: "fr"})
	settle(n)
	for _, by := range []string{p.URI, p.URL} {
		if note := hana.lookup(by); note == nil || note.Type != "Note" || note.ID != p.URI || note.URL != p.URL || note.AttributedTo != ana.URI {
			t.Errorf("%s is %+v", by, note)
		}
	}
	a := hana.lookup(ana.URI)
	if out := hana.lookup(a.Outbox); out == nil || out.Type != "OrderedCollection" || out.First == "" {
		t.Errorf("the outbox: %+v", out)
	} else if first := hana.lookup(out.First); first == nil || len(first.Items) != 1 || first.Items[0].Type != "Create" {
		t.Errorf("the first page of the outbox: %+v", first)
	}
	hana.does("follow", order{"what": ana.URI})
	settle(n)
	for _, by := range []string{a.Followers, a.Following} {
		c := hana.lookup(by)
		if c == nil || !strings.HasSuffix(c.Type, "Collection") || c.Total != nil || len(c.Items) != 0 || c.First != "" {
			t.Errorf("%s: %+v", by, c)
		}
	}
}

// findsNoPrivate asks for somebody whose account is not reachable from outside.
func (f *fedify) findsNoPrivate(t *testing.T) {
	n := testkit.New(t)
	paul := n.Person("paul", false)
	hana := f.actor(t, "hana", "rfc9421")
	for _, by := range []string{n.Handle("paul"), n.URL + "/@paul", paul.URI, paul.URI + "/followers", paul.URI + "/outbox"} {
		if got := hana.lookup(by); got != nil {
			t.Errorf("fedify is shown %s: %+v", by, got)
		}
	}
	if complaint := f.try(t, hana.order("follow", order{"what": n.Handle("paul")}), nil); !strings.Contains(complaint, "not found") {
		t.Errorf("fedify follows paul: %s", complaint)
	}
	asked := 0
	for _, r := range f.sent(t, n.URL, "GET") {
		asked++
		if r.Status != 404 {
			t.Errorf("%s (%s) answers %d", r.URL, r.Scheme, r.Status)
		}
	}
	if asked < 6 {
		t.Errorf("fedify asked %d times: this test sees nothing", asked)
	}
}

// readsUs is the story of a post that somebody on fedify follows, from its
// writing to its end, each delivery verified there.
func (f *fedify) readsUs(t *testing.T, scheme string) {
	n := testkit.New(t)
	ana := n.Person("ana", true)
	hana := f.actor(t, "lectrice-"+scheme, scheme)

	asked := hana.does("follow", order{"what": n.Handle("ana")})
	settle(n)
	if got := hana.one(n.URL, "Accept"); got.Actor != ana.URI || got.Object != asked.ID || got.Scheme != scheme {
		t.Errorf("the Accept of %s: %+v", asked.ID, got)
	}
	if !has(notices(n, "ana"), notify.Follow) {
		t.Error("ana is not told of her follower")
	}
	if took(t, n, hana) != scheme {
		t.Errorf("ana's instance read %q", took(t, n, hana))
	}
	for _, r := range f.sent(t, n.URL, "POST") {
		if r.Scheme != scheme || r.Status != 202 {
			t.Errorf("our inbox answers the first knock by %s with %d", r.Scheme, r.Status)
		}
	}

	p := write(n, "ana", post.Draft{Text: "Bonjour @" + hana.name + "@" + f.host + " <b>!</b> #Été\nRéunion jeudi", Audience: post.Public, Lang: "fr"})
	settle(n)
	create := hana.one(n.URL, "Create")
	note := create.About
	if create.Scheme != scheme || create.Actor != ana.URI || note == nil || note.Type != "Note" || note.ID != p.URI || note.AttributedTo != ana.URI {
		t.Fatalf("the Create: %+v, its note: %+v", create, note)
	}
	if !slices.Equal(note.To, []string{public}) || !sameSet(note.Cc, ana.URI+"/followers", hana.id) {
		t.Errorf("the note is to %v, cc %v", note.To, note.Cc)
	}
	if !slices.Equal(create.To, note.To) || !slices.Equal(create.Cc, note.Cc) {
		t.Errorf("the Create is to %v, cc %v", create.To, create.Cc)
	}
	if !holds(note, "fr", "&lt;b&gt;!&lt;/b&gt;") || !holds(note, "fr", "<br") || !holds(note, "", "Réunion jeudi") {
		t.Errorf("the note says %+v", note.Contents)
	}
	if !slices.Contains(note.Tags, tag{"Mention", hana.id, "@" + hana.name + "@" + f.host}) || !slices.ContainsFunc(note.Tags, func(x tag) bool {
		return x.Type == "Hashtag" && strings.EqualFold(x.Name, "#été") && strings.HasPrefix(x.Href, n.URL+"/tags/")
	}) {
		t.Errorf("the tags: %+v", note.Tags)
	}
	if note.URL != p.URL || note.Published == "" || note.Updated != "" || note.Sensitive || note.InReplyTo != "" {
		t.Errorf("the note: %+v", note)
	}

	// What fedify is not meant to have does not come.
	write(n, "ana", post.Draft{Text: "Pour la section seulement", Audience: post.Section})
	warned := write(n, "ana", post.Draft{Text: "Pour mes abonnées", Audience: post.Followers, Warning: "Interne", Sensitive: true, ReplyTo: p.ID})
	settle(n)
	creates := hana.received(t, n.URL, "Create")
	if len(creates) != 2 {
		t.Fatalf("%d posts arrived", len(creates))
	}
	second := creates[1].About
	if second.ID != warned.URI || second.Summary != "Interne" || !second.Sensitive || second.InReplyTo != p.URI || slices.Contains(append(second.To, second.Cc...), public) {
		t.Errorf("the post for followers: %+v", second)
	}
	if got := hana.lookup(warned.URI); got == nil || got.ID != warned.URI {
		t.Error("a follower's signed GET does not find the post for followers")
	}

	if _, err := n.Posts.Edit(ctx, n.Viewer("ana"), p.ID, post.Draft{Text: "Bonsoir #Été", Lang: "fr"}); err != nil {
		t.Fatal(err)
	}
	settle(n)
	if got := hana.one(n.URL, "Update"); got.About == nil || got.About.ID != p.URI || !holds(got.About, "fr", "Bonsoir") || got.About.Updated == "" {
		t.Errorf("the Update: %+v, its note %+v", got, got.About)
	}
	// The Update of a person is told from that of a note by its object.
	name := "Ana Lefèvre"
	if _, err := n.Accounts.Update(ctx, ana.ID, account.Profile{Name: &name}); err != nil {
		t.Fatal(err)
	}
	settle(n)
	updates := hana.received(t, n.URL, "Update")
	if last := updates[len(updates)-1]; len(updates) != 2 || !last.Verified || last.About == nil || last.About.ID != ana.URI || last.About.Name != name || len(last.About.Keys) != 1 {
		t.Errorf("the Update of ana: %+v, about %+v", last, last.About)
	}
	boost, err := n.Posts.Boost(ctx, n.Viewer("ana"), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	settle(n)
	if got := hana.one(n.URL, "Announce"); got.Object != p.URI || boost == nil {
		t.Errorf("the Announce: %+v", got)
	}
	if _, err := n.Posts.Unboost(ctx, n.Viewer("ana"), p.ID); err != nil {
		t.Fatal(err)
	}
	settle(n)
	if got := hana.one(n.URL, "Undo"); got.Actor != ana.URI {
		t.Errorf("the Undo: %+v", got)
	}
	if _, err := n.Posts.Delete(ctx, n.Viewer("ana"), p.ID); err != nil {
		t.Fatal(err)
	}
	settle(n)
	if got := hana.one(n.URL, "Delete"); got.Object != p.URI || got.About == nil || got.About.Type != "Tombstone" {
		t.Errorf("the Delete: %+v of %+v", got, got.About)
	}

	hana.does("undo", order{"what": asked.ID})
	settle(n)
	if got := n.Person("ana", true).ID; count(n, `select followers_count from account where id = $1`, got) != 0 {
		t.Error("hana still follows")
	}
	before := len(hana.received(t, n.URL, ""))
	write(n, "ana", post.Draft{Text: "Sans elle", Audience: post.Public})
	settle(n)
	if got := hana.received(t, n.URL, ""); len(got) != before {
		t.Errorf("after she left, she got %+v", got[before:])
	}
	// Even the last word of an account is verified.
	hana.does("follow", order{"what": ana.URI})
	settle(n)
	// (fedify takes up the other scheme after a 404, so this question comes late.)
	if got := f.actor(t, "passante-"+scheme, scheme).lookup(warned.URI); got != nil {
		t.Errorf("somebody who does not follow is shown the post for followers: %+v", got)
	}
	if err := n.Accounts.Delete(ctx, ana.ID); err != nil {
		t.Fatal(err)
	}
	settle(n)
	deletes := hana.received(t, n.URL, "Delete")
	if last := deletes[len(deletes)-1]; last.Object != ana.URI || last.Actor != ana.URI {
		t.Errorf("the Delete of ana: %+v", last)
	}
	for _, x := range hana.received(t, n.URL, "") {
		if !x.Verified || x.Scheme != scheme {
			t.Errorf("%s arrived by %q: %s", x.Type, x.Scheme, x.Reason)
		}
	}
}
