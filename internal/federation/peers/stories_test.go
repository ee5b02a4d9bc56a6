package peers_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/follow"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

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

// isRead has one of us follow somebody on fedify, who answers only to questions
// whose signature fedify has verified.
func (f *fedify) isRead(t *testing.T, scheme string) {
	n := testkit.New(t)
	bob := n.Person("bob", true)
	hana := f.actor(t, "autrice-"+scheme, scheme)

	earlier := hana.does("post", order{"html": "<p>Un ancien message</p>"})
	hana.does("guard", nil)
	for _, what := range []string{hana.id, earlier.Object} {
		if status := testkit.Unsigned(t, what); status != http.StatusUnauthorized {
			t.Fatalf("fedify shows %s without a signature: %d", what, status)
		}
	}

	id, err := n.Engine.Account(ctx, hana.name, f.host)
	if err != nil {
		t.Fatal(err)
	}
	acc, err := account.ByID(ctx, n.DB.Read(), id)
	if err != nil || acc.URI != hana.id || !strings.HasPrefix(acc.DisplayName, "Autrice") || !strings.Contains(acc.Note, "ailleurs") {
		t.Errorf("hana is known as %+v %v", acc, err)
	}
	if _, err := n.Posts.Ensure(ctx, n.Engine, earlier.Object); err != nil {
		t.Fatalf("hana's earlier post is not found: %v", err)
	}
	if got := at(n, earlier.Object); got == nil || got.AccountID != id || !strings.Contains(got.Content, "ancien") {
		t.Errorf("hana's earlier post: %+v", got)
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
	if err != nil || len(home) != 2 || home[0].URI != wrote.Object || home[1].URI != earlier.Object {
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
