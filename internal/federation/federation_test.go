package federation_test

import (
	"context"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db/dbtest"
	"github.com/maillage/maillage/internal/follow"
	"github.com/maillage/maillage/internal/post"
)

// TestTwoInstancesFederate tells the whole story between two instances, on
// either engine.
func TestTwoInstancesFederate(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { story(t, newNode(t), newNode(t)) })
	t.Run("postgres", func(t *testing.T) { story(t, newNode(t), newNodeOn(t, dbtest.Postgres(t, schema()...))) })
	t.Run("postgres first", func(t *testing.T) { story(t, newNodeOn(t, dbtest.Postgres(t, schema()...)), newNode(t)) })
}

func story(t *testing.T, a, b *node) {
	ctx := context.Background()
	ana, ben := a.person("ana"), b.person("ben")
	anaURI, benURI := a.account(ana.AccountID).URI, b.account(ben.AccountID).URI

	// Ana follows Ben, and is accepted.
	benAtA := a.follow(ana, b, ben)
	rel, err := follow.Relations(ctx, a.db.Read(), ana.AccountID, []int64{benAtA})
	if err != nil || !rel[benAtA].Following {
		t.Fatalf("the follow was not accepted: %+v %v", rel, err)
	}
	if got := b.account(ben.AccountID).FollowersCount; got != 1 {
		t.Fatalf("Ben has %d followers", got)
	}
	if got := b.notices(ben); got != "follow" {
		t.Fatalf("Ben was told %q", got)
	}

	// Ben posts; Ana reads it.
	p := b.must(b.posts.Create(ctx, ben, post.Draft{Text: "Réunion jeudi à 19 h, @ana@" + a.host + " #section", Audience: post.Public, Lang: "fr"}))
	settle(a, b)
	home := a.home(ana)
	if len(home) != 1 || home[0].URI != p.URI || !strings.Contains(home[0].Content, "Réunion jeudi") || home[0].Author.URI != benURI {
		t.Fatalf("Ana's home timeline: %+v", home)
	}
	if home[0].Lang != "fr" || len(home[0].Tags) != 1 || home[0].Audience != post.Public {
		t.Errorf("language, tags or audience lost: %+v %+v", home[0].Post, home[0].Tags)
	}
	if got := a.notices(ana); got != "mention" {
		t.Errorf("Ana was told %q", got)
	}

	// Ana answers; Ben sees it below his post.
	r := a.must(a.posts.Create(ctx, ana, post.Draft{Text: "J'y serai @ben@" + b.host, ReplyTo: home[0].ID}))
	settle(a, b)
	reply := b.post(r.URI)
	if reply.ReplyToID != p.ID || reply.ThreadID != p.ThreadID {
		t.Errorf("the answer is not in the thread: %+v", reply)
	}
	if got := b.post(p.URI).RepliesCount; got != 1 {
		t.Errorf("%d answers counted", got)
	}
	if b.byURI(anaURI).Handle != "ana@"+a.host {
		t.Errorf("Ana is known as %q", b.byURI(anaURI).Handle)
	}

	// Ben edits, twice within a second.
	for _, text := range []string{"Réunion vendredi", "Réunion samedi"} {
		b.must(b.posts.Edit(ctx, ben, p.ID, post.Draft{Text: text}))
	}
	settle(a, b)
	if got := a.post(p.URI); !strings.Contains(got.Content, "samedi") || got.EditedAt == 0 {
		t.Errorf("the edit did not arrive: %+v", got)
	}

	// Ana likes and boosts it, and takes both back.
	a.must(a.posts.Like(ctx, ana, home[0].ID))
	a.must(a.posts.Boost(ctx, ana, home[0].ID))
	settle(a, b)
	if got := b.post(p.URI); got.LikesCount != 1 || got.BoostsCount != 1 {
		t.Errorf("%d likes, %d boosts", got.LikesCount, got.BoostsCount)
	}
	if got := b.notices(ben); !strings.Contains(got, "favourite") || !strings.Contains(got, "reblog") {
		t.Errorf("Ben was told %q", got)
	}
	a.must(a.posts.Unlike(ctx, ana, home[0].ID))
	a.must(a.posts.Unboost(ctx, ana, home[0].ID))
	settle(a, b)
	if got := b.post(p.URI); got.LikesCount != 0 || got.BoostsCount != 0 {
		t.Errorf("after taking them back: %d likes, %d boosts", got.LikesCount, got.BoostsCount)
	}

	// Ben deletes it.
	b.must(b.posts.Delete(ctx, ben, p.ID))
	settle(a, b)
	if got := a.post(p.URI); got.DeletedAt == 0 || got.Content != "" {
		t.Errorf("the deletion did not arrive: %+v", got)
	}
	if len(a.home(ana)) != 1 { // her own answer
		t.Errorf("home after the deletion: %+v", a.home(ana))
	}

	// Ana unfollows; Ben's next post stays away.
	if err := a.follows.Unfollow(ctx, ana.AccountID, benAtA); err != nil {
		t.Fatal(err)
	}
	settle(a, b)
	if got := b.account(ben.AccountID).FollowersCount; got != 0 {
		t.Errorf("Ben still has %d followers", got)
	}
	q := b.must(b.posts.Create(ctx, ben, post.Draft{Text: "Encore", Audience: post.Public}))
	settle(a, b)
	if a.count(`select count(*) from post where uri = $1`, q.URI) != 0 {
		t.Error("a post went to an instance without followers")
	}
	for _, n := range []*node{a, b} {
		if bad := n.count(`select count(*) from inbox_item where state <> 2`); bad != 0 {
			t.Errorf("%s: %d activities were not worked off", n.host, bad)
		}
		if n.count(`select count(*) from job where state = 'parked'`) != 0 {
			t.Errorf("%s has parked jobs", n.host)
		}
	}
}

// TestProfilesTravel: an update and a deletion of an account reach its followers.
func TestProfilesTravel(t *testing.T) {
	ctx := context.Background()
	a, b := newNode(t), newNode(t)
	ana, ben := a.person("ana"), b.person("ben")
	benAtA := a.follow(ana, b, ben)
	p := b.must(b.posts.Create(ctx, ben, post.Draft{Text: "Bonjour", Audience: post.Public}))
	name, fields := "Benoît", []account.Field{{Name: "Site", Value: "https://site.example/ben"}, {Name: "Ville", Value: "Voiron"}}
	if _, err := b.accounts.Update(ctx, ben.AccountID, account.Profile{Name: &name, Fields: &fields}); err != nil {
		t.Fatal(err)
	}
	settle(a, b)
	if got := a.account(benAtA).DisplayName; got != name {
		t.Fatalf("name at the follower's: %q", got)
	}
	if got := a.account(benAtA).Fields; !strings.Contains(got, `"Site"`) || !strings.Contains(got, "https://site.example/ben") || !strings.Contains(got, `"Voiron"`) {
		t.Errorf("fields at the follower's: %s", got)
	}
	if err := b.accounts.Delete(ctx, ben.AccountID); err != nil {
		t.Fatal(err)
	}
	settle(a, b)
	if a.account(benAtA).DeletedAt == 0 || a.post(p.URI).DeletedAt == 0 {
		t.Error("the deletion of the account did not arrive")
	}
	if a.account(ana.AccountID).FollowingCount != 0 {
		t.Error("the follow of a deleted account is still counted")
	}
}

// TestPV04ClosedPostsStayClosed: what is for the section never leaves; what is for
// followers goes to them alone, and no longer once they left.
func TestPV04ClosedPostsStayClosed(t *testing.T) {
	ctx := context.Background()
	a, b := newNode(t), newNode(t)
	ana, ben := a.person("ana"), b.person("ben")
	a.follow(ana, b, ben)
	inside := b.must(b.posts.Create(ctx, ben, post.Draft{Text: "Entre nous", Audience: post.Section}))
	closed := b.must(b.posts.Create(ctx, ben, post.Draft{Text: "Aux proches", Audience: post.Followers}))
	settle(a, b)
	if a.count(`select count(*) from post where uri = $1`, inside.URI) != 0 {
		t.Error("a post for the section left it")
	}
	if got := a.post(closed.URI); got.Audience != post.Followers {
		t.Errorf("audience at the follower's: %s", got.Audience)
	}
	for _, uri := range []string{inside.URI, closed.URI} {
		if status, _ := get(t, uri, nil); status != 404 {
			t.Errorf("a stranger gets %d for %s", status, uri)
		}
	}
	ok, err := b.posts.Current(ctx, b.db.Read(), closed.ID, a.base+"/inbox")
	if err != nil || !ok {
		t.Errorf("a follower's inbox: %v %v", ok, err)
	}
	ok, err = b.posts.Current(ctx, b.db.Read(), closed.ID, "https://elsewhere.example/inbox")
	if err != nil || ok {
		t.Errorf("an inbox of nobody who may read it: %v %v", ok, err)
	}
}
