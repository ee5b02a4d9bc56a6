package peers_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/follow"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

var ctx = context.Background()

const public = "https://www.w3.org/ns/activitystreams#Public"

// TestFedify federates with a server made with fedify. Every story has an
// instance of its own; the peer is shared.
func TestFedify(t *testing.T) {
	f := startFedify(t)
	t.Run("finds us", f.findsUs)
	t.Run("does not find the private", f.findsNoPrivate)
	for _, scheme := range []string{"cavage", "rfc9421"} {
		t.Run("reads us by "+scheme, func(t *testing.T) { f.readsUs(t, scheme) })
		t.Run("answers us by "+scheme, func(t *testing.T) { f.answersUs(t, scheme) })
		t.Run("is read by us by "+scheme, func(t *testing.T) { f.isRead(t, scheme) })
		t.Run("cannot be forged by "+scheme, func(t *testing.T) { f.cannotBeForged(t, scheme) })
	}
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

// answersUs has somebody on fedify answer, like and boost a post of ours.
func (f *fedify) answersUs(t *testing.T, scheme string) {
	n := testkit.New(t)
	ana := n.Person("ana", true)
	hana := f.actor(t, "hana-"+scheme, scheme)
	p := write(n, "ana", post.Draft{Text: "Qui vient jeudi ?", Audience: post.Public, Lang: "fr"})
	settle(n)

	answer := hana.does("post", order{"html": `<p><a href="` + ana.URI + `" class="u-url mention">@<span>ana</span></a> Moi<script>alert(1)</script> !</p>`,
		"lang": "fr", "mention": []string{n.Handle("ana")}, "replyTo": p.URI})
	like := hana.does("like", order{"what": p.URI})
	boost := hana.does("announce", order{"what": p.URI})
	settle(n)
	got := at(n, answer.Object)
	if got == nil {
		t.Fatal("the answer did not arrive")
	}
	if got.ReplyToID != p.ID || got.ThreadID != p.ID || got.Audience != post.Public || got.Lang != "fr" || !strings.Contains(got.Content, "Moi") || strings.Contains(got.Content, "script") {
		t.Errorf("the answer: %+v", got)
	}
	author, err := account.ByID(ctx, n.DB.Read(), got.AccountID)
	if err != nil || author.URI != hana.id || author.Host != f.host || author.Username != hana.name {
		t.Errorf("its author: %+v %v", author, err)
	}
	if now := at(n, p.URI); now.LikesCount != 1 || now.BoostsCount != 1 || now.RepliesCount != 1 {
		t.Errorf("%d likes, %d boosts, %d answers", now.LikesCount, now.BoostsCount, now.RepliesCount)
	}
	for _, kind := range []string{notify.Mention, notify.Favourite, notify.Reblog} {
		if !has(notices(n, "ana"), kind) {
			t.Errorf("ana is not told of the %s", kind)
		}
	}

	secret := hana.does("post", order{"html": "<p>Entre nous</p>", "mention": []string{n.Handle("ana")}, "audience": "direct"})
	settle(n)
	if got := at(n, secret.Object); got == nil || got.Audience != post.Direct {
		t.Errorf("the direct message: %+v", got)
	}

	hana.does("undo", order{"what": like.ID})
	hana.does("undo", order{"what": boost.ID})
	hana.does("delete", order{"what": answer.Object})
	settle(n)
	if now := at(n, p.URI); now.LikesCount != 0 || now.BoostsCount != 0 || now.RepliesCount != 0 {
		t.Errorf("taken back: %d likes, %d boosts, %d answers", now.LikesCount, now.BoostsCount, now.RepliesCount)
	}
	if got := at(n, answer.Object); got != nil && (got.DeletedAt == 0 || got.Content != "") {
		t.Errorf("the deleted answer: %+v", got)
	}
	for _, r := range f.sent(t, n.URL, "POST") {
		if r.Scheme != scheme || r.Status != 202 {
			t.Errorf("our inbox answers a first knock by %s with %d", r.Scheme, r.Status)
		}
	}
}

// isRead has one of us follow somebody on fedify.
func (f *fedify) isRead(t *testing.T, scheme string) {
	n := testkit.New(t)
	bob := n.Person("bob", true)
	hana := f.actor(t, "autrice-"+scheme, scheme)

	id, err := n.Engine.Account(ctx, hana.name, f.host)
	if err != nil {
		t.Fatal(err)
	}
	acc, err := account.ByID(ctx, n.DB.Read(), id)
	if err != nil || acc.URI != hana.id || !strings.HasPrefix(acc.DisplayName, "Autrice") || !strings.Contains(acc.Note, "ailleurs") {
		t.Errorf("hana is known as %+v %v", acc, err)
	}
	if err := n.Follows.Follow(ctx, bob.ID, id, nil); err != nil {
		t.Fatal(err)
	}
	settle(n)
	// Nobody there has spoken to us before, so the first delivery is by draft-cavage.
	if got := hana.one(n.URL, "Follow"); got.Actor != bob.URI || got.Object != hana.id || got.Scheme != "cavage" {
		t.Errorf("the Follow: %+v", got)
	}
	rel, err := follow.Relations(ctx, n.DB.Read(), bob.ID, []int64{id})
	if err != nil || !rel[id].Following {
		t.Fatalf("the Accept of fedify does not count: %+v %v", rel[id], err)
	}

	wrote := hana.does("post", order{"html": `<p>Bonjour <a href="` + bob.URI + `" class="u-url mention">@<span>bob</span></a></p>`, "lang": "fr", "mention": []string{n.Handle("bob")}})
	settle(n)
	got := at(n, wrote.Object)
	if got == nil || got.AccountID != id || got.Lang != "fr" || got.Audience != post.Public || !strings.Contains(got.Content, "Bonjour") {
		t.Fatalf("hana's post: %+v", got)
	}
	if !has(notices(n, "bob"), notify.Mention) {
		t.Error("bob is not told that he is mentioned")
	}
	home, err := n.Timeline.Home(ctx, n.Viewer("bob"), page.Range{})
	if err != nil || len(home) != 1 || home[0].URI != wrote.Object {
		t.Errorf("bob's home: %d posts, %v", len(home), err)
	}

	// What we send back is verified there, by the scheme that fedify used to us.
	answer := write(n, "bob", post.Draft{Text: "@" + hana.name + "@" + f.host + " Salut", ReplyTo: got.ID})
	settle(n)
	if c := hana.one(n.URL, "Create"); c.Scheme != scheme || c.About == nil || c.About.ID != answer.URI || c.About.InReplyTo != wrote.Object {
		t.Errorf("bob's answer: %+v %+v", c, c.About)
	}
	if _, err := n.Posts.Like(ctx, n.Viewer("bob"), got.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Posts.Boost(ctx, n.Viewer("bob"), got.ID); err != nil {
		t.Fatal(err)
	}
	settle(n)
	if l := hana.one(n.URL, "Like"); l.Actor != bob.URI || l.Object != wrote.Object {
		t.Errorf("bob's Like: %+v", l)
	}
	if b := hana.one(n.URL, "Announce"); b.Actor != bob.URI || b.Object != wrote.Object || !slices.Contains(append(b.To, b.Cc...), hana.id) {
		t.Errorf("bob's Announce: %+v", b)
	}

	hana.does("edit", order{"what": wrote.Object, "html": "<p>Bonsoir</p>"})
	settle(n)
	if got := at(n, wrote.Object); !strings.Contains(got.Content, "Bonsoir") || got.EditedAt == 0 {
		t.Errorf("after her edit: %+v", got)
	}
	hana.does("delete", order{"what": wrote.Object})
	settle(n)
	if got := at(n, wrote.Object); got != nil && (got.DeletedAt == 0 || got.Content != "") {
		t.Errorf("after her deletion: %+v", got)
	}

	hana.does("rename", order{"what": "Hana Novak"})
	settle(n)
	if acc, err := account.ByID(ctx, n.DB.Read(), id); err != nil || acc.DisplayName != "Hana Novak" {
		t.Errorf("hana is shown as %q %v", acc.DisplayName, err)
	}

	if err := n.Follows.Unfollow(ctx, bob.ID, id); err != nil {
		t.Fatal(err)
	}
	settle(n)
	undone := hana.received(t, n.URL, "Undo")
	if len(undone) == 0 || undone[len(undone)-1].Actor != bob.URI || !undone[len(undone)-1].Verified {
		t.Errorf("the Undo of bob's Follow: %+v", undone)
	}
	if err := n.Follows.Follow(ctx, bob.ID, id, nil); err != nil {
		t.Fatal(err)
	}
	settle(n)
	if total := count(n, `select count(*) from follow where account_id = $1 and accepted`, bob.ID); total != 1 {
		t.Errorf("bob follows %d people after asking again", total)
	}
	hana.does("leave", nil)
	settle(n)
	if acc, err := account.ByID(ctx, n.DB.Read(), id); err != nil || !acc.Gone() {
		t.Errorf("hana left and is still known as %+v %v", acc, err)
	}
	if total := count(n, `select count(*) from follow where account_id = $1`, bob.ID); total != 0 {
		t.Errorf("bob still follows %d people", total)
	}
	for _, x := range hana.received(t, n.URL, "") {
		if !x.Verified {
			t.Errorf("fedify does not verify our %s: %s", x.Type, x.Reason)
		}
	}
}

// cannotBeForged has fedify sign one body and send another.
func (f *fedify) cannotBeForged(t *testing.T, scheme string) {
	n := testkit.New(t)
	ana := n.Person("ana", true)
	p := write(n, "ana", post.Draft{Text: "À aimer", Audience: post.Public})
	hana := f.actor(t, "faussaire-"+scheme, scheme)
	settle(n)
	// With a known key the answer comes at once.
	hana.does("follow", order{"what": ana.URI})
	settle(n)
	var answer struct{ Changed, Whole int }
	f.tell(t, hana.order("tamper", order{"what": p.URI, "inbox": n.URL + "/inbox"}), &answer)
	settle(n)
	if answer.Changed != 401 || answer.Whole != 202 {
		t.Errorf("a changed body is answered %d, a whole one %d", answer.Changed, answer.Whole)
	}
	if now := at(n, p.URI); now.BoostsCount != 0 || now.LikesCount != 1 {
		t.Errorf("%d boosts and %d likes of a forged boost and a real like", now.BoostsCount, now.LikesCount)
	}
}

// write makes a post of one of us.
func write(n *testkit.Node, who string, d post.Draft) *post.Post {
	n.T.Helper()
	p, err := n.Posts.Create(ctx, n.Viewer(who), d)
	if err != nil {
		n.T.Fatalf("%s writes: %v", who, err)
	}
	return p
}

// at finds a post by its address; nil when it is not known here.
func at(n *testkit.Node, uri string) *post.Post {
	n.T.Helper()
	p, err := post.RawByURI(ctx, n.DB.Read(), uri)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	}
	if err != nil {
		n.T.Fatal(err)
	}
	return p
}

func notices(n *testkit.Node, who string) (kinds []string) {
	n.T.Helper()
	list, err := n.Notify.List(ctx, n.Person(who, true).ID, page.Range{Limit: 40}, notify.Filter{})
	if err != nil {
		n.T.Fatal(err)
	}
	for _, x := range list {
		kinds = append(kinds, x.Kind)
	}
	return kinds
}

func has(kinds []string, kind string) bool { return slices.Contains(kinds, kind) }

func count(n *testkit.Node, query string, args ...any) int {
	n.T.Helper()
	c, err := db.Get[int](ctx, n.DB.Read(), query, args...)
	if err != nil {
		n.T.Fatal(err)
	}
	return c
}

// took is the scheme that our instance remembers of the peer.
func took(t *testing.T, n *testkit.Node, a *actor) string {
	t.Helper()
	s, err := db.Get[string](ctx, n.DB.Read(), `select scheme from peer where host = $1`, a.host)
	if apperr.Is(err, apperr.KindNotFound) {
		return "cavage" // what is not learnt
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func settle(n *testkit.Node) {
	n.T.Helper()
	testkit.Cluster{n}.Settle()
}

// holds reports whether a note has a text in a language that contains what.
// An empty language takes any.
func holds(note *thing, lang, what string) bool {
	for _, c := range note.Contents {
		if (lang == "" || c.Lang == lang) && strings.Contains(c.Text, what) {
			return true
		}
	}
	return false
}

// sameSet reports whether got holds exactly the strings wanted, in any order.
func sameSet(got []string, want ...string) bool {
	got = slices.Sorted(slices.Values(got))
	slices.Sort(want)
	return slices.Equal(got, want)
}
