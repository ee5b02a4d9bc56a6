package app_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

var ctx = context.Background()

// at finds a post as another instance knows it; nil when it does not.
func at(n *testkit.Node, p *post.Post) *post.Post {
	n.T.Helper()
	got, err := post.RawByURI(ctx, n.DB.Read(), p.URI)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	}
	if err != nil {
		n.T.Fatal(err)
	}
	return got
}

func write(n *testkit.Node, who string, d post.Draft) *post.Post {
	n.T.Helper()
	p, err := n.Posts.Create(ctx, n.Viewer(who), d)
	if err != nil {
		n.T.Fatalf("%s writes: %v", who, err)
	}
	return p
}

func notices(n *testkit.Node, who string) (kinds []string) {
	n.T.Helper()
	list, err := n.Notify.List(ctx, n.Person(who, false).ID, page.Range{Limit: 40}, notify.Filter{})
	if err != nil {
		n.T.Fatal(err)
	}
	for _, x := range list {
		kinds = append(kinds, x.Kind)
	}
	return kinds
}

func has(kinds []string, kind string) bool {
	for _, k := range kinds {
		if k == kind {
			return true
		}
	}
	return false
}

// TestAPostCrossesTheMovement is the story of one post: followed, read,
// answered, liked, relayed, edited, deleted, across three instances.
func TestAPostCrossesTheMovement(t *testing.T) {
	c := testkit.NewCluster(t, 3)
	a, b, d := c[0], c[1], c[2]
	a.Person("ana", true)
	c.Follow(b, "bob", a, "ana")
	c.Follow(d, "dan", a, "ana")
	c.Follow(d, "dan", b, "bob")
	if !has(notices(a, "ana"), notify.Follow) {
		t.Error("ana is not told of her followers")
	}

	p := write(a, "ana", post.Draft{Text: "Bonjour <b>le</b> mouvement #Été", Audience: post.Public, Lang: "fr"})
	c.Settle()
	there := at(b, p)
	if there == nil || there.Audience != post.Public || there.Lang != "fr" || !strings.Contains(there.Content, "&lt;b&gt;le&lt;/b&gt;") {
		t.Fatalf("bob's instance has %+v", there)
	}

	answer := write(b, "bob", post.Draft{Text: "@ana@" + a.Host + " Bonjour !", ReplyTo: there.ID})
	if answer.Audience != post.Public {
		t.Errorf("the answer is for %s", answer.Audience)
	}
	c.Settle()
	back := at(a, answer)
	if back == nil || back.ReplyToID != p.ID {
		t.Fatalf("the answer on ana's instance: %+v", back)
	}
	if !has(notices(a, "ana"), notify.Mention) {
		t.Error("ana is not told of the answer")
	}
	if on := at(d, answer); on == nil || on.ThreadID != at(d, p).ID {
		t.Errorf("the thread on the third instance: %+v", on)
	}

	if _, err := b.Posts.Like(ctx, b.Viewer("bob"), there.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Posts.Boost(ctx, b.Viewer("bob"), there.ID); err != nil {
		t.Fatal(err)
	}
	c.Settle()
	if got := at(a, p); got.LikesCount != 1 || got.BoostsCount != 1 || got.RepliesCount != 1 {
		t.Errorf("at its author's: %d likes, %d boosts, %d answers", got.LikesCount, got.BoostsCount, got.RepliesCount)
	}
	if k := notices(a, "ana"); !has(k, notify.Favourite) || !has(k, notify.Reblog) {
		t.Errorf("ana is told of %v", k)
	}
	home, err := d.Timeline.Home(ctx, d.Viewer("dan"), page.Range{})
	if err != nil {
		t.Fatal(err)
	}
	stands := 0
	for _, v := range home {
		if v.URI == p.URI || v.Boost != nil && v.Boost.URI == p.URI {
			stands++
		}
	}
	if stands != 1 {
		t.Errorf("dan, who follows both, reads it %d times", stands)
	}
	if _, err := b.Posts.Unlike(ctx, b.Viewer("bob"), there.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Posts.Unboost(ctx, b.Viewer("bob"), there.ID); err != nil {
		t.Fatal(err)
	}
	c.Settle()
	if got := at(a, p); got.LikesCount != 0 || got.BoostsCount != 0 {
		t.Errorf("after taking back: %d likes, %d boosts", got.LikesCount, got.BoostsCount)
	}

	if _, err := a.Posts.Edit(ctx, a.Viewer("ana"), p.ID, post.Draft{Text: "Bonsoir le mouvement"}); err != nil {
		t.Fatal(err)
	}
	c.Settle()
	for _, n := range []*testkit.Node{b, d} {
		if got := at(n, p); !strings.Contains(got.Content, "Bonsoir") || got.EditedAt == 0 {
			t.Errorf("%s shows %q", n.Host, got.Content)
		}
	}

	if _, err := a.Posts.Delete(ctx, a.Viewer("ana"), p.ID); err != nil {
		t.Fatal(err)
	}
	c.Settle()
	for _, n := range []*testkit.Node{b, d} {
		if got := at(n, p); got.DeletedAt == 0 || got.Content != "" {
			t.Errorf("%s still has %q", n.Host, got.Content)
		}
	}
}

// TestFollowRequestIsForThePersonToAnswer covers locked accounts in both directions.
func TestFollowRequestIsForThePersonToAnswer(t *testing.T) {
	c := testkit.NewCluster(t, 2)
	a, b := c[0], c[1]
	ana := a.Person("ana", true)
	locked := true
	if _, err := a.Accounts.Update(ctx, ana.ID, account.Profile{Locked: &locked}); err != nil {
		t.Fatal(err)
	}
	c.Follow(b, "bob", a, "ana")
	followers := func() int64 {
		n, err := db.Get[int64](ctx, a.DB.Read(), `select followers_count from account where id = $1`, ana.ID)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if followers() != 0 || !has(notices(a, "ana"), notify.FollowRequest) {
		t.Fatal("the request was not left to ana")
	}
	p := write(a, "ana", post.Draft{Text: "Pour mes abonnés", Audience: post.Followers})
	c.Settle()
	if at(b, p) != nil {
		t.Error("a post for followers reached somebody who only asked")
	}
	bob, err := a.Engine.Account(ctx, "bob", b.Host)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Follows.Answer(ctx, ana.ID, bob, true); err != nil {
		t.Fatal(err)
	}
	c.Settle()
	p = write(a, "ana", post.Draft{Text: "Pour mes abonnés, encore", Audience: post.Followers})
	c.Settle()
	if got := at(b, p); got == nil || got.Audience != post.Followers {
		t.Errorf("the follower's instance has %+v", got)
	}
	if err := a.Follows.RemoveFollower(ctx, ana.ID, bob); err != nil {
		t.Fatal(err)
	}
	c.Settle()
	if n, _ := db.Get[int](ctx, b.DB.Read(), `select count(*) from follow`); n != 0 {
		t.Error("bob's instance still follows")
	}
}

// TestPrivatePeopleDoNotExistForStrangers asks for a private account in every way a stranger has.
func TestPrivatePeopleDoNotExistForStrangers(t *testing.T) {
	n := testkit.New(t)
	priv := n.Person("paul", false)
	stranger := &testkit.Client{T: t, Base: n.URL}
	for _, path := range []string{
		"/.well-known/webfinger?resource=acct:paul@" + n.Host, "/@paul", strings.TrimPrefix(priv.URI, n.URL),
		"/api/v1/accounts/lookup?acct=paul", strings.TrimPrefix(priv.URI, n.URL) + "/outbox", strings.TrimPrefix(priv.URI, n.URL) + "/followers",
	} {
		none := strings.ReplaceAll(path, "paul", "personne")
		none = strings.ReplaceAll(none, strings.TrimPrefix(priv.URI, n.URL), "/users/aaaaaaaaaaaaaaaaaaaaaaaaaa")
		got := stranger.Get(path, nil).Status
		want := stranger.Get(none, nil).Status
		if got != want || got == 200 {
			t.Errorf("%s answers %d, a name that does not exist %d", path, got, want)
		}
	}
}

// TestSectionStaysHome has a listener follow the author and record every byte
// that it is sent, then asks for the post in every way.
func TestSectionStaysHome(t *testing.T) {
	n := testkit.New(t)
	ana := n.Person("ana", true)
	n.Person("ines", false)
	spy := peer.New(peer.Options{AutoAccept: true})
	defer spy.Close()
	s := spy.Actor("espion")
	if _, answer, err := s.Follow(ctx, ana.URI); err != nil || answer.Status != http.StatusAccepted {
		t.Fatalf("follow: %+v %v", answer, err)
	}
	settle(t, n)
	const secret = "motde-passe-de-la-section-7319"
	p := write(n, "ana", post.Draft{Text: secret + " @espion@" + spy.Host + " @ines", Audience: post.Section})
	r := write(n, "ines", post.Draft{Text: "Réponse " + secret, ReplyTo: p.ID, Audience: post.Public})
	if _, err := n.Posts.Edit(ctx, n.Viewer("ana"), p.ID, post.Draft{Text: secret + " corrigé"}); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Posts.Boost(ctx, n.Viewer("ana"), p.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Posts.Like(ctx, n.Viewer("ines"), p.ID); err != nil {
		t.Fatal(err)
	}
	public := write(n, "ana", post.Draft{Text: "Ceci est public", Audience: post.Public})
	settle(t, n)

	stranger := &testkit.Client{T: t, Base: n.URL}
	paths := []string{"/", "/@ana", "/@ines", "/tags/section", "/api/v1/timelines/public", "/nodeinfo/2.0", "/api/v1/instance", "/api/v2/instance",
		"/api/v2/search?q=motde", "/recherche?q=motde"}
	for _, x := range []*post.Post{p, r} {
		id := strings.TrimPrefix(x.URL, n.URL)
		uri := strings.TrimPrefix(x.URI, n.URL)
		paths = append(paths, id, uri, uri+"/activity", uri+"/replies", "/api/v1/statuses/"+idOf(x), "/api/v1/statuses/"+idOf(x)+"/context")
	}
	for _, a := range []string{"/outbox", "/outbox?page=true", "/featured", "/followers"} {
		paths = append(paths, strings.TrimPrefix(ana.URI, n.URL)+a)
	}
	for _, path := range paths {
		for _, accept := range []string{"text/html", "application/activity+json", "application/json"} {
			body := get(t, stranger.Base+path, accept)
			if strings.Contains(body, secret) {
				t.Errorf("GET %s as %s shows the section's post", path, accept)
			}
		}
		if answer, err := s.Get(ctx, n.URL+path); err != nil || strings.Contains(string(answer.Body), secret) {
			t.Errorf("a signed GET of %s shows the section's post (%v)", path, err)
		}
	}
	if _, err := n.Posts.Delete(ctx, n.Viewer("ana"), p.ID); err != nil {
		t.Fatal(err)
	}
	settle(t, n)
	sawPublic := false
	for _, req := range spy.Requests() {
		raw := req.Path + fmt.Sprint(req.Header) + string(req.Body)
		for _, what := range []string{secret, p.URI, r.URI, n.Person("ines", false).URI} {
			if strings.Contains(raw, what) {
				t.Errorf("the listener was sent %q", what)
			}
		}
		sawPublic = sawPublic || strings.Contains(string(req.Body), public.URI)
	}
	if !sawPublic {
		t.Error("the listener did not get the public post: this test sees nothing")
	}
}

func settle(t *testing.T, n *testkit.Node) {
	t.Helper()
	testkit.Cluster{n}.Settle()
}

func idOf(p *post.Post) string { return ids.String(p.ID) }

// get is what a stranger is shown at an address.
func get(t *testing.T, address, accept string) string {
	t.Helper()
	req, err := http.NewRequest("GET", address, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", accept)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func bodyOf(t *testing.T, res *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// admin makes somebody an admin of the instance.
func admin(n *testkit.Node, name string) {
	n.T.Helper()
	id := n.Person(name, true).ID
	if err := n.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return n.Auth.SetRole(ctx, tx, id, auth.RoleAdmin) }); err != nil {
		n.T.Fatal(err)
	}
}

func setLang(n *testkit.Node, name, lang string) error {
	id := n.Person(name, true).ID
	return n.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return n.Auth.SetLang(ctx, tx, id, lang) })
}

func draft(text string) post.Draft { return post.Draft{Text: text, Audience: post.Public} }
