package follow_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/follow"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/testkit/apitest"
)

func path(a *account.Account, verb string) string {
	return "/api/v1/accounts/" + masto.ID(a.ID) + "/" + verb
}

func TestFollowing(t *testing.T) {
	h := apitest.New(t)
	ana, bea := h.Person("ana", false), h.Person("bea", false)
	c := h.Client("ana")
	var r masto.Relationship
	c.Post(path(bea, "follow"), nil).OK(&r)
	if r.ID != masto.ID(bea.ID) || !r.Following || r.Requested || !r.ShowingReblogs {
		t.Errorf("after following: %+v", r)
	}
	c.Post(path(bea, "follow")+"?reblogs=false", nil).OK(&r)
	if !r.Following || r.ShowingReblogs {
		t.Errorf("without boosts: %+v", r)
	}
	var all []masto.Relationship
	h.Client("bea").Get(fmt.Sprintf("/api/v1/accounts/relationships?id[]=%d&id[]=12345&id=%d", bea.ID, ana.ID)).OK(&all)
	if len(all) != 2 || all[0].ID != masto.ID(bea.ID) || !all[1].FollowedBy || all[1].Following {
		t.Errorf("relationships: %+v", all)
	}
	h.Client("bea").Get("/api/v1/accounts/relationships").OK(&all)
	if len(all) != 0 {
		t.Errorf("of nobody: %+v", all)
	}
	h.Client("bea").Post(path(ana, "remove_from_followers"), nil).OK(&r)
	if r.FollowedBy {
		t.Errorf("after removing: %+v", r)
	}
	c.Post(path(bea, "follow"), nil).OK(&r)
	c.Post(path(bea, "unfollow"), nil).OK(&r)
	c.Post(path(bea, "unfollow"), nil).OK(&r)
	if r.Following {
		t.Errorf("after unfollowing: %+v", r)
	}

	c.Post(path(ana, "follow"), nil).Fails(422)
	c.Post("/api/v1/accounts/77/follow", nil).Fails(404)
	c.Post("/api/v1/accounts/x/unfollow", nil).Fails(404)
	h.Client("ana", "read").Post(path(bea, "follow"), nil).Fails(403)
	h.Client("ana", "follow").Post(path(bea, "follow"), nil).OK(nil)
	h.Stranger().Post(path(bea, "follow"), nil).Fails(401)
}

func TestFollowingElsewhereNeedsConsent(t *testing.T) {
	h := apitest.New(t)
	h.Person("ana", false)
	h.Person("bea", true)
	zoe := h.Remote("zoe", "loin.example")
	h.Client("ana").Post(path(zoe, "follow"), nil).Fails(422, h.URL+"/reglages/accord?pour=address")
	var r masto.Relationship
	h.Client("bea").Post(path(zoe, "follow"), nil).OK(&r)
	if r.Following || !r.Requested {
		t.Errorf("before their answer: %+v", r)
	}
}

func TestFollowRequests(t *testing.T) {
	h := apitest.New(t)
	yes := true
	if _, err := h.Accounts.Update(context.Background(), h.Person("ana", false).ID, account.Profile{Locked: &yes}); err != nil {
		t.Fatal(err)
	}
	bea, carl := h.Person("bea", false), h.Person("carl", false)
	h.Follow("bea", "ana")
	h.Follow("carl", "ana")
	c := h.Client("ana")
	var asks []masto.Account
	c.Get("/api/v1/follow_requests").OK(&asks)
	if len(asks) != 2 || asks[0].Acct != "carl" || asks[1].Acct != "bea" {
		t.Fatalf("requests: %+v", asks)
	}
	answer := func(a *account.Account, how string) string {
		return "/api/v1/follow_requests/" + masto.ID(a.ID) + "/" + how
	}
	var r masto.Relationship
	c.Post(answer(bea, "authorize"), nil).OK(&r)
	if !r.FollowedBy || r.RequestedBy {
		t.Errorf("authorized: %+v", r)
	}
	c.Post(answer(carl, "reject"), nil).OK(&r)
	if r.FollowedBy || r.RequestedBy {
		t.Errorf("rejected: %+v", r)
	}
	c.Get("/api/v1/follow_requests").OK(&asks)
	if len(asks) != 0 {
		t.Errorf("left: %+v", asks)
	}
	c.Post(answer(carl, "authorize"), nil).Fails(404)
	h.Client("ana", "write:statuses").Get("/api/v1/follow_requests").Fails(403)
}

func TestListsAreForOneselfOnly(t *testing.T) {
	h := apitest.New(t)
	ana := h.Person("ana", true)
	h.Person("bea", false)
	h.Follow("bea", "ana")
	for _, verb := range []string{"followers", "following"} {
		var list []masto.Account
		h.Client("bea").Get(path(ana, verb)).OK(&list)
		if len(list) != 0 {
			t.Errorf("%s of another: %+v", verb, list)
		}
		h.Stranger().Get(path(ana, verb)).OK(&list)
		if len(list) != 0 {
			t.Errorf("%s shown to a stranger: %+v", verb, list)
		}
	}
	var list []masto.Account
	h.Client("ana").Get(path(ana, "followers")).OK(&list)
	if len(list) != 1 || list[0].Acct != "bea" {
		t.Errorf("one's own: %+v", list)
	}
	var familiar []masto.FamiliarFollowers
	h.Client("ana").Get("/api/v1/accounts/familiar_followers?id[]=5").OK(&familiar)
	if len(familiar) != 1 || len(familiar[0].Accounts) != 0 {
		t.Errorf("familiar: %+v", familiar)
	}
	h.Client("ana").Get("/api/v1/accounts/99/followers").Fails(404)
}

// TestListsArePagedByFollow walks a list as toot does: by Link until there is none.
func TestListsArePagedByFollow(t *testing.T) { apitest.Each(t, testListsArePagedByFollow) }

func testListsArePagedByFollow(t *testing.T, h *apitest.House) {
	ana := h.Person("ana", true)
	const n = 7
	var want []string
	for i := range n {
		a := h.Remote(fmt.Sprintf("z%d", i), "loin.example")
		want = append([]string{a.Acct()}, want...)
		h.Write(func(ctx context.Context, tx *db.Tx) error {
			return db.Insert(ctx, tx, "follow", follow.Follow{AccountID: a.ID, TargetID: ana.ID, ID: h.Accounts.IDs.New(),
				URI: a.URI + "#" + ids.Key(), Accepted: true, Boosts: true, CreatedAt: time.Now().UnixMilli()})
		})
	}
	c := h.Client("ana")
	var got []string
	pages := 0
	next := path(ana, "followers") + "?limit=3"
	for ; next != ""; pages++ {
		if pages > n {
			t.Fatal("the pages do not end")
		}
		var list []masto.Account
		a := c.Get(next).OK(&list)
		for _, e := range list {
			got = append(got, e.Acct)
		}
		next = a.Next()
	}
	if fmt.Sprint(got) != fmt.Sprint(want) || pages != 3 {
		t.Errorf("in %d pages: %v, want %v", pages, got, want)
	}
}
