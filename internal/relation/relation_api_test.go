package relation_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit/apitest"
)

func path(a *account.Account, verb string) string {
	return "/api/v1/accounts/" + masto.ID(a.ID) + "/" + verb
}

// TestTiesConform does and undoes everything once, and holds each answer to
// Mastodon's description.
func TestTiesConform(t *testing.T) {
	k := apitest.LoadContract(t)
	h := apitest.New(t)
	bea := h.Person("bea", false)
	c := h.Client("ana")
	h.Follow("ana", "bea")
	for _, verb := range []string{"pin", "unpin", "endorse", "unendorse", "mute", "unmute", "note", "block", "unblock"} {
		k.Conforms(c.Post(path(bea, verb), nil), "post /api/v1/accounts/{id}/"+verb)
	}
	k.Conforms(c.Post("/api/v1/domain_blocks", map[string]string{"domain": "loin.example"}), "post /api/v1/domain_blocks")
	c.Post(path(bea, "mute"), map[string]any{"duration": 3600}).OK(nil)
	c.Post(path(bea, "block"), nil).OK(nil)
	for _, p := range []string{"/api/v1/blocks", "/api/v1/mutes", "/api/v1/domain_blocks", "/api/v1/endorsements"} {
		k.Conforms(c.Get(p), "get "+p)
	}
	k.Conforms(c.Get(path(bea, "endorsements")), "get /api/v1/accounts/{id}/endorsements")
	k.Conforms(c.Send("DELETE", "/api/v1/domain_blocks?domain=loin.example", nil), "delete /api/v1/domain_blocks")
}

func TestTiesAreTold(t *testing.T) {
	h := apitest.New(t)
	ana, bea := h.Person("ana", false), h.Person("bea", false)
	h.Remote("zoe", "loin.example")
	c := h.Client("ana")
	h.Follow("ana", "bea")
	h.Follow("bea", "ana")
	var r masto.Relationship
	c.Post(path(bea, "note"), map[string]string{"comment": "Vue au marché"}).OK(&r)
	c.Post(path(bea, "pin"), nil).OK(&r)
	if r.Note != "Vue au marché" || !r.Endorsed {
		t.Errorf("noted and endorsed: %+v", r)
	}
	c.Post(path(bea, "mute"), map[string]any{"duration": "3600", "notifications": "false"}).OK(&r)
	if !r.Muting || r.MutingNotifications || r.MutingExpiresAt == nil {
		t.Errorf("muted: %+v", r)
	}
	c.Post(path(bea, "follow"), map[string]any{"notify": true, "reblogs": false, "languages": []string{"fr", "br-FR"}}).OK(&r)
	if !r.Notifying || r.ShowingReblogs || strings.Join(r.Languages, " ") != "fr br" {
		t.Errorf("follow options: %+v", r)
	}
	c.Post(path(bea, "block"), nil).OK(&r)
	if !r.Blocking || r.BlockedBy || r.Following || r.FollowedBy || r.Endorsed || r.Note == "" {
		t.Errorf("blocked: %+v", r)
	}
	var theirs []masto.Relationship
	h.Client("bea").Get("/api/v1/accounts/relationships?id=" + masto.ID(ana.ID)).OK(&theirs)
	if len(theirs) != 1 || !theirs[0].BlockedBy || theirs[0].Blocking || theirs[0].Note != "" || theirs[0].Muting {
		t.Errorf("as the other sees it: %+v", theirs)
	}
	h.Client("bea").Post(path(ana, "follow"), nil).Fails(403)
	c.Post(path(bea, "follow"), nil).Fails(403)

	var found []masto.Account
	c.Get("/api/v1/accounts/search?q=bea").OK(&found)
	if len(found) != 1 {
		t.Errorf("whoever is blocked is not found: %+v", found)
	}
	c.Post(path(bea, "unblock"), nil).OK(&r)
	if r.Blocking || r.Following {
		t.Errorf("unblocked: %+v", r)
	}
}

// TestBadTies sends what cannot be to every write.
func TestBadTies(t *testing.T) {
	h := apitest.New(t)
	ana, bea := h.Person("ana", false), h.Person("bea", false)
	c := h.Client("ana")
	long := strings.Repeat("é", 2001)
	for _, x := range []struct {
		path   string
		body   any
		status int
	}{
		{path(ana, "block"), nil, 422},
		{path(ana, "mute"), nil, 422},
		{"/api/v1/accounts/77/block", nil, 404},
		{"/api/v1/accounts/x/mute", nil, 404},
		{path(bea, "mute"), map[string]any{"duration": -1}, 422},
		{path(bea, "mute"), map[string]any{"duration": "99999999999999"}, 422},
		{path(bea, "note"), map[string]any{"comment": long}, 422},
		{path(bea, "pin"), nil, 422}, // not followed
		{path(bea, "follow"), map[string]any{"languages": []string{"<b>"}}, 422},
		{"/api/v1/domain_blocks", nil, 422},
		{"/api/v1/domain_blocks", map[string]any{"domain": h.Host}, 422},
		{"/api/v1/domain_blocks", map[string]any{"domain": "a b"}, 422},
		{"/api/v1/domain_blocks", map[string]any{"domain": "x.example/y"}, 422},
		{"/api/v1/domain_blocks", map[string]any{"domain": strings.Repeat("a", 300) + ".example"}, 422},
	} {
		c.Post(x.path, x.body).Fails(x.status)
	}
	for _, p := range []string{path(bea, "block"), path(bea, "mute"), path(bea, "note"), "/api/v1/domain_blocks"} {
		h.Stranger().Post(p, nil).Fails(401)
		h.Client("ana", "read").Post(p, nil).Fails(403)
	}
	for _, p := range []string{"/api/v1/blocks", "/api/v1/mutes", "/api/v1/domain_blocks"} {
		h.Client("ana", "read:statuses").Get(p).Fails(403)
	}
}

// TestListsArePaged walks each list by its links.
func TestListsArePaged(t *testing.T) {
	h := apitest.New(t)
	c := h.Client("ana")
	for _, n := range []string{"bea", "carl", "dora"} {
		c.Post(path(h.Person(n, false), "block"), nil).OK(nil)
		c.Post(path(h.Person(n, false), "mute"), nil).OK(nil)
	}
	for _, list := range []string{"/api/v1/blocks", "/api/v1/mutes"} {
		var names []string
		for next := list + "?limit=2"; next != ""; {
			var accounts []masto.Account
			a := c.Get(next).OK(&accounts)
			for _, e := range accounts {
				names = append(names, e.Acct)
			}
			next = a.Next()
		}
		if got := strings.Join(names, " "); got != "dora carl bea" {
			t.Errorf("%s: %s", list, got)
		}
	}
}

// TestMuteEndsByItself: a mute with an end is none after it.
func TestMuteEndsByItself(t *testing.T) {
	h := apitest.New(t)
	ana, bea := h.Person("ana", false), h.Person("bea", false)
	h.Publish("bea", post.Draft{Text: "Bonjour"})
	if err := h.Relations.Mute(context.Background(), ana.ID, bea.ID, true, time.Millisecond); err != nil {
		t.Fatal(err)
	}
	time.Sleep(5 * time.Millisecond)
	if views, err := h.Timeline.Section(context.Background(), h.Viewer("ana"), page.Range{}); err != nil || len(views) != 1 {
		t.Errorf("%d posts, %v", len(views), err)
	}
	var list []masto.Account
	if h.Client("ana").Get("/api/v1/mutes").OK(&list); len(list) != 0 {
		t.Errorf("still muted: %+v", list)
	}
}

// TestBlockedLearnNothing asks for everything that somebody who is blocked, and
// who blocks, may ask, on both databases.
//
// Spec: PV6
func TestBlockedLearnNothing(t *testing.T) {
	apitest.Each(t, func(t *testing.T, h *apitest.House) {
		ana, bea := h.Person("ana", true), h.Person("bea", true)
		h.Person("carl", true)
		h.Follow("bea", "ana")
		h.Follow("carl", "bea")
		h.Follow("carl", "ana")
		mine := h.Publish("ana", post.Draft{Text: "motdana #marche", Audience: post.Public})
		closed := h.Publish("ana", post.Draft{Text: "motdana entre nous", Audience: post.Followers})
		theirs := h.Publish("bea", post.Draft{Text: "motdebea #marche", Audience: post.Public})
		answer := h.Publish("carl", post.Draft{Text: "Tiens", ReplyTo: mine.ID})
		a, b, carl := h.Client("ana"), h.Client("bea"), h.Client("carl")
		carl.Post("/api/v1/statuses/"+masto.ID(mine.ID)+"/reblog", nil).OK(nil)
		b.Post("/api/v1/statuses/"+masto.ID(mine.ID)+"/favourite", nil).OK(nil)
		if n, err := h.Notify.Unread(context.Background(), ana.ID); err != nil || n == 0 {
			t.Fatalf("nothing to hide: %d, %v", n, err)
		}
		a.Post(path(bea, "block"), nil).OK(nil)

		secret := map[string]string{"bea": "motdana", "ana": "motdebea"}
		for name, c := range map[string]*apitest.Client{"bea": b, "ana": a} {
			other, posts := ana, []*post.Post{mine, closed}
			if name == "ana" {
				other, posts = bea, []*post.Post{theirs}
			}
			for _, p := range posts {
				id := masto.ID(p.ID)
				c.Get("/api/v1/statuses/" + id).Fails(404)
				c.Get("/api/v1/statuses/" + id + "/context").Fails(404)
				c.Get("/api/v1/statuses/" + id + "/history").Fails(404)
				for _, verb := range []string{"favourite", "reblog", "bookmark", "mute"} {
					c.Post("/api/v1/statuses/"+id+"/"+verb, nil).Fails(404)
				}
				c.Post("/api/v1/statuses", map[string]any{"status": "Quoi ?", "in_reply_to_id": id}).Fails(404)
			}
			for _, p := range []string{"/api/v1/timelines/home", "/api/v1/timelines/public", "/api/v1/timelines/public?local=true", "/api/v1/timelines/tag/marche",
				path(other, "statuses"), "/api/v1/notifications", "/api/v2/notifications", "/api/v1/statuses/" + masto.ID(answer.ID) + "/context",
				"/api/v2/search?q=" + url.QueryEscape(posts[0].URL), "/api/v1/favourites"} {
				body := string(c.Get(p).OK(nil).Body)
				if strings.Contains(body, secret[name]) {
					t.Errorf("%s sees the other in %s: %s", name, p, body)
				}
			}
		}
		// What bea says to ana from now on comes to nothing.
		b.Post("/api/v1/statuses", map[string]any{"status": "@ana écoute", "visibility": "direct"}).OK(nil)
		b.Post("/api/v1/statuses", map[string]any{"status": "@ana écoute", "visibility": "public"}).OK(nil)
		var notices []masto.Notification
		a.Get("/api/v1/notifications").OK(&notices)
		for _, n := range notices {
			if n.Account.Acct == "bea" {
				t.Errorf("ana is told of %s by bea", n.Type)
			}
		}
		if body := string(carl.Get("/api/v1/timelines/home").OK(nil).Body); !strings.Contains(body, "motdana") || !strings.Contains(body, "motdebea") {
			t.Error("somebody else does not see them")
		}
	})
}

// TestMutedAreSpared: posts and boosts of somebody muted, and what is said to
// them, do not come unasked; their profile stays.
func TestMutedAreSpared(t *testing.T) {
	apitest.Each(t, func(t *testing.T, h *apitest.House) {
		bea := h.Person("bea", true)
		h.Person("carl", true)
		early := h.Publish("bea", post.Draft{Text: "Avant", Audience: post.Public}) // ana has it by the boost alone
		h.Follow("ana", "bea")
		h.Follow("ana", "carl")
		p := h.Publish("bea", post.Draft{Text: "De bea", Audience: post.Public})
		h.Publish("carl", post.Draft{Text: "À bea", ReplyTo: p.ID})
		h.Client("carl").Post("/api/v1/statuses/"+masto.ID(early.ID)+"/reblog", nil).OK(nil)
		h.Publish("carl", post.Draft{Text: "De carl", Audience: post.Public})
		c := h.Client("ana")
		count := func(path string) int {
			t.Helper()
			var list []masto.Status
			c.Get(path).OK(&list)
			return len(list)
		}
		if n := count("/api/v1/timelines/home"); n != 4 {
			t.Fatalf("before: %d", n)
		}
		c.Post(path(bea, "mute"), nil).OK(nil)
		if n := count("/api/v1/timelines/home"); n != 1 {
			t.Errorf("home: %d", n)
		}
		if n := count("/api/v1/timelines/public?local=true"); n != 1 {
			t.Errorf("public: %d", n)
		}
		if n := count(path(bea, "statuses")); n != 2 {
			t.Errorf("profile: %d", n)
		}
		before, err := h.Notify.Unread(context.Background(), h.Person("ana", false).ID)
		if err != nil {
			t.Fatal(err)
		}
		h.Publish("bea", post.Draft{Text: "@ana coucou"})
		if after, err := h.Notify.Unread(context.Background(), h.Person("ana", false).ID); err != nil || after != before {
			t.Errorf("notified of who is muted: %d, %v", after-before, err)
		}
	})
}

// TestDomainBlock hides a server and ends the follows with it.
func TestDomainBlock(t *testing.T) {
	h := apitest.New(t)
	h.Person("ana", true)
	zoe := h.Remote("zoe", "loin.example")
	c := h.Client("ana")
	c.Post(path(zoe, "follow"), nil).OK(nil)
	c.Post("/api/v1/domain_blocks?domain=LOIN.example", nil).OK(nil)
	var hosts []string
	c.Get("/api/v1/domain_blocks").OK(&hosts)
	if len(hosts) != 1 || hosts[0] != "loin.example" {
		t.Errorf("hosts: %v", hosts)
	}
	var r []masto.Relationship
	c.Get("/api/v1/accounts/relationships?id=" + masto.ID(zoe.ID)).OK(&r)
	if len(r) != 1 || !r[0].DomainBlocking || r[0].Requested {
		t.Errorf("relationship: %+v", r)
	}
	c.Send("DELETE", "/api/v1/domain_blocks", url.Values{"domain": {"loin.example"}}).OK(nil)
	if c.Get("/api/v1/domain_blocks").OK(&hosts); len(hosts) != 0 {
		t.Errorf("left: %v", hosts)
	}
}
