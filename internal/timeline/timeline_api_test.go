package timeline_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit/apitest"
)

// remotePost stores a public post of somebody of another server, as if received.
func remotePost(h *apitest.House, a *account.Account, text string, tags ...string) *post.Post {
	h.T.Helper()
	now, id := time.Now().UnixMilli(), h.Posts.IDs.New()
	p := &post.Post{ID: id, URI: a.URI + "/posts/" + ids.Key(), AccountID: a.ID, Kind: post.KindNote, Audience: post.Public, Listed: true,
		Content: "<p>" + text + "</p>", ThreadID: id, CreatedAt: now}
	h.Write(func(ctx context.Context, tx *db.Tx) error {
		if err := db.Insert(ctx, tx, "post", p); err != nil {
			return err
		}
		for _, t := range tags {
			if _, err := tx.Exec(ctx, `insert into post_tag (post_id, tag, shown) values ($1, $2, $2)`, p.ID, t); err != nil {
				return err
			}
		}
		return h.Timeline.Fan(ctx, tx, p)
	})
	return p
}

func texts(list []masto.Status) (out []string) {
	for _, s := range list {
		if s.Reblog != nil {
			s = *s.Reblog
		}
		out = append(out, s.Content)
	}
	return out
}

func expect(t *testing.T, what string, list []masto.Status, want ...string) {
	t.Helper()
	for i := range want {
		want[i] = "<p>" + want[i] + "</p>"
	}
	if got := texts(list); !slices.Equal(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestHomePages(t *testing.T) { apitest.Each(t, testHomePages) }

func testHomePages(t *testing.T, h *apitest.House) {
	h.Person("ana", false)
	h.Person("bea", true)
	h.Follow("ana", "bea")
	const n = 7
	var made []string
	for i := range n {
		p := h.Publish("bea", post.Draft{Text: fmt.Sprint("message ", i), Audience: post.Public})
		made = append([]string{masto.ID(p.ID)}, made...)
	}
	c := h.Client("ana")
	var got []string
	pages := 0
	next := "/api/v1/timelines/home?limit=3&local=false"
	for ; next != "" && pages < 10; pages++ {
		var list []masto.Status
		a := c.Get(next).OK(&list)
		for _, s := range list {
			got = append(got, s.ID)
		}
		next = a.Next()
	}
	if !slices.Equal(got, made) || pages != 3 {
		t.Errorf("in %d pages %v, want %v", pages, got, made)
	}
	var list []masto.Status
	c.Get("/api/v1/timelines/home?limit=2&min_id=" + made[5]).OK(&list)
	expect(t, "just above", list, "message 3", "message 2")
	c.Get("/api/v1/timelines/home?limit=2&since_id=" + made[5]).OK(&list)
	expect(t, "since", list, "message 6", "message 5")
	c.Get("/api/v1/timelines/home?limit=99999&max_id=" + made[4]).OK(&list)
	expect(t, "before", list, "message 1", "message 0")
	c.Get("/api/v1/timelines/home?limit=-3&max_id=zz").OK(&list)
	if len(list) != n {
		t.Errorf("bad bounds give %d", len(list))
	}
	h.Stranger().Get("/api/v1/timelines/home").Fails(401)
	h.Client("ana", "read:accounts").Get("/api/v1/timelines/home").Fails(403)
}

// TestAPageIsFull: what the reader may not see takes no place in a page, or
// apps would believe that the list ends there.
func TestAPageIsFull(t *testing.T) { apitest.Each(t, testAPageIsFull) }

func testAPageIsFull(t *testing.T, h *apitest.House) {
	for _, name := range []string{"ana", "bea", "carl"} {
		h.Person(name, true)
	}
	h.Follow("ana", "bea")
	h.Follow("bea", "carl")
	seen := h.Publish("bea", post.Draft{Text: "visible", Audience: post.Public})
	for range 3 {
		hidden := h.Publish("bea", post.Draft{Text: "pour mes abonnés", Audience: post.Followers})
		if _, err := h.Posts.Boost(context.Background(), h.Viewer("bea"), hidden.ID); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Follows.Unfollow(context.Background(), h.Person("ana", true).ID, h.Person("bea", true).ID); err != nil {
		t.Fatal(err)
	}
	h.Write(func(ctx context.Context, tx *db.Tx) error { // entries of a time when she followed
		_, err := tx.Exec(ctx, `insert into home_entry (account_id, post_id, author_id) select $1, id, account_id from post where account_id = $2`,
			h.Person("ana", true).ID, h.Person("bea", true).ID)
		return err
	})
	h.Write(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update post set audience = 'public' where boost_of_id <> 0`)
		return err
	})
	var list []masto.Status
	h.Client("ana").Get("/api/v1/timelines/home?limit=1").OK(&list)
	if len(list) != 1 || list[0].ID != masto.ID(seen.ID) {
		t.Errorf("the page holds %v", texts(list))
	}
}

func TestPublicTimelines(t *testing.T) {
	h := apitest.New(t)
	h.Person("ana", true)
	h.Guest("gus")
	zoe := h.Remote("zoe", "loin.example")
	h.Publish("ana", post.Draft{Text: "section"})
	h.Publish("ana", post.Draft{Text: "tous", Audience: post.Public})
	h.Publish("ana", post.Draft{Text: "discret", Audience: post.Public, Unlisted: true})
	h.Publish("ana", post.Draft{Text: "abonnés", Audience: post.Followers})
	remotePost(h, zoe, "loin")
	get := func(who, query string) []masto.Status {
		t.Helper()
		var list []masto.Status
		h.Client(who).Get("/api/v1/timelines/public" + query).OK(&list)
		return list
	}
	expect(t, "all", get("ana", ""), "loin", "tous")
	expect(t, "local", get("ana", "?local=true"), "tous", "section")
	expect(t, "local, for a guest", get("gus", "?local=1"), "tous")
	expect(t, "remote", get("ana", "?remote=on"), "loin")
	expect(t, "media", get("ana", "?only_media=true"))
	h.Stranger().Get("/api/v1/timelines/public").Fails(401)
	h.Stranger().Get("/api/v1/timelines/tag/x").Fails(401)
}

func TestTagTimelines(t *testing.T) { apitest.Each(t, testTagTimelines) }

func testTagTimelines(t *testing.T, h *apitest.House) {
	h.Person("ana", true)
	zoe := h.Remote("zoe", "loin.example")
	h.Publish("ana", post.Draft{Text: "#Été #mer"})
	h.Publish("ana", post.Draft{Text: "#été #ville"})
	remotePost(h, zoe, "loin", "ete")
	get := func(path string) int {
		t.Helper()
		var list []masto.Status
		h.Client("ana").Get("/api/v1/timelines/tag/" + path).OK(&list)
		return len(list)
	}
	for path, want := range map[string]int{
		url.PathEscape("Été"): 3, "ete": 3, "ete?local=true": 2, "mer": 1, "rien": 0, "mer?any[]=ville": 2, "ete?all[]=mer": 1,
		"ete?none[]=mer": 2, "ete?none[]=mer&none[]=ville": 1, "ete?only_media=true": 0, "ete?limit=1": 1,
	} {
		if got := get(path); got != want {
			t.Errorf("%s: %d posts, want %d", path, got, want)
		}
	}
}

func TestProfiles(t *testing.T) { apitest.Each(t, testProfiles) }

func testProfiles(t *testing.T, h *apitest.House) {
	ana := h.Person("ana", true)
	h.Person("bea", true)
	h.Publish("ana", post.Draft{Text: "section"})
	mine := h.Publish("ana", post.Draft{Text: "tous #mer", Audience: post.Public})
	h.Publish("ana", post.Draft{Text: "suite", Audience: post.Public, ReplyTo: mine.ID})
	other := h.Publish("bea", post.Draft{Text: "bea", Audience: post.Public})
	h.Publish("ana", post.Draft{Text: "réponse", Audience: post.Public, ReplyTo: other.ID})
	if _, err := h.Posts.Boost(context.Background(), h.Viewer("ana"), other.ID); err != nil {
		t.Fatal(err)
	}
	base := "/api/v1/accounts/" + masto.ID(ana.ID) + "/statuses"
	count := func(c *apitest.Client, query string) int {
		t.Helper()
		var list []masto.Status
		c.Get(base + query).OK(&list)
		return len(list)
	}
	bea, stranger := h.Client("bea"), h.Stranger()
	for query, want := range map[string][2]int{
		"": {5, 4}, "?exclude_reblogs=true": {4, 3}, "?exclude_replies=true": {4, 3}, "?exclude_replies=true&exclude_reblogs=1": {3, 2},
		"?pinned=true": {0, 0}, "?only_media=true": {0, 0}, "?tagged=MER": {1, 1}, "?limit=2": {2, 2},
	} {
		if got := [2]int{count(bea, query), count(stranger, query)}; got != want {
			t.Errorf("%q: member and stranger see %v, want %v", query, got, want)
		}
	}
	bea.Get("/api/v1/accounts/4/statuses").Fails(404)
	private := h.Person("carl", false)
	stranger.Get("/api/v1/accounts/" + masto.ID(private.ID) + "/statuses").Fails(404)
}

func TestNotifications(t *testing.T) { apitest.Each(t, testNotifications) }

func testNotifications(t *testing.T, h *apitest.House) {
	for _, name := range []string{"ana", "bea", "carl"} {
		h.Person(name, true)
	}
	p := h.Publish("ana", post.Draft{Text: "bonjour", Audience: post.Public})
	ctx := context.Background()
	h.Follow("bea", "ana")
	if _, err := h.Posts.Like(ctx, h.Viewer("bea"), p.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Posts.Boost(ctx, h.Viewer("carl"), p.ID); err != nil {
		t.Fatal(err)
	}
	h.Publish("carl", post.Draft{Text: "@ana salut"})
	c := h.Client("ana")
	const path = "/api/v1/notifications"
	list := func(query string) (out []masto.Notification) {
		t.Helper()
		c.Get(path + query).OK(&out)
		return out
	}
	kinds := func(list []masto.Notification) (out []string) {
		for _, n := range list {
			out = append(out, n.Type)
		}
		return out
	}
	for query, want := range map[string][]string{
		"": {"mention", "reblog", "favourite", "follow"},
		"?types[]=mention&types[]=follow&types[]=x":         {"mention", "follow"},
		"?types[]=admin.report":                             nil,
		"?exclude_types[]=mention&exclude_types[]=x":        {"reblog", "favourite", "follow"},
		"?account_id=" + masto.ID(h.Person("bea", true).ID): {"favourite", "follow"},
		"?limit=1": {"mention"},
	} {
		if got := kinds(list(query)); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", query, got, want)
		}
	}
	all := list("")
	for _, n := range all {
		id, ok := ids.Parse(n.ID)
		if !ok || id >= 1<<53 || n.Account.ID == "" || (n.Type == "follow") != (n.Status == nil) || n.GroupKey == "" {
			t.Errorf("notification %+v", n)
		}
	}
	if all[2].Status.ID != masto.ID(p.ID) || all[2].Account.Acct != "bea" {
		t.Errorf("the like: %+v", all[2])
	}
	var got []string
	pages := 0
	next := path + "?limit=3"
	for ; next != "" && pages < 9; pages++ {
		var some []masto.Notification
		a := c.Get(next).OK(&some)
		got = append(got, kinds(some)...)
		next = a.Next()
	}
	if len(got) != 4 || pages != 2 {
		t.Errorf("in %d pages: %v", pages, got)
	}

	var n masto.Count
	c.Get(path + "/unread_count").OK(&n)
	if n.Count != 4 {
		t.Errorf("unread %d", n.Count)
	}
	var marks map[string]masto.Marker
	c.Post("/api/v1/markers", url.Values{"notifications[last_read_id]": {all[1].ID}}).OK(&marks)
	if marks["notifications"].LastReadID != all[1].ID || len(marks) != 1 {
		t.Errorf("markers: %+v", marks)
	}
	c.Get(path + "/unread_count").OK(&n)
	if n.Count != 1 {
		t.Errorf("unread after the mark: %d", n.Count)
	}

	var one masto.Notification
	c.Get(path + "/" + all[0].ID).OK(&one)
	if one.ID != all[0].ID || one.Status == nil {
		t.Errorf("one: %+v", one)
	}
	h.Client("bea").Get(path + "/" + all[0].ID).Fails(404)
	h.Client("bea").Post(path+"/"+all[0].ID+"/dismiss", nil).Fails(404)
	c.Post(path+"/"+all[0].ID+"/dismiss", nil).OK(nil)
	c.Get(path + "/" + all[0].ID).Fails(404)
	c.Post(path+"/clear", nil).OK(nil)
	if left := list(""); len(left) != 0 {
		t.Errorf("left: %v", kinds(left))
	}
	h.Client("ana", "read:statuses").Get(path).Fails(403)
	h.Client("ana", "read").Post(path+"/clear", nil).Fails(403)
	h.Stranger().Get(path).Fails(401)
}

func TestGroupedNotifications(t *testing.T) {
	h := apitest.New(t)
	h.Person("ana", true)
	h.Person("bea", true)
	h.Publish("bea", post.Draft{Text: "@ana un"})
	h.Publish("bea", post.Draft{Text: "@ana deux"})
	c := h.Client("ana")
	const path = "/api/v2/notifications"
	var g masto.GroupedNotifications
	c.Get(path).OK(&g)
	if len(g.NotificationGroups) != 2 || len(g.Accounts) != 1 || len(g.Statuses) != 2 {
		t.Fatalf("grouped: %+v", g)
	}
	first := g.NotificationGroups[0]
	if first.MostRecentNotificationID == 0 || *first.StatusID != g.Statuses[0].ID || first.SampleAccountIDs[0] != g.Accounts[0].ID {
		t.Errorf("group: %+v", first)
	}
	var one masto.GroupedNotifications
	c.Get(path + "/" + first.GroupKey).OK(&one)
	if len(one.NotificationGroups) != 1 || one.NotificationGroups[0].GroupKey != first.GroupKey {
		t.Errorf("one group: %+v", one)
	}
	var people []masto.Account
	c.Get(path + "/" + first.GroupKey + "/accounts").OK(&people)
	if len(people) != 1 || people[0].Acct != "bea" {
		t.Errorf("accounts: %+v", people)
	}
	c.Post(path+"/"+first.GroupKey+"/dismiss", nil).OK(nil)
	c.Get(path + "/" + first.GroupKey).Fails(404)
	c.Get(path + "/favourite-12-3").Fails(404)
	var n masto.Count
	c.Get(path + "/unread_count").OK(&n)
	if n.Count != 1 {
		t.Errorf("unread %d", n.Count)
	}
	var policy masto.NotificationPolicy
	c.Get(path + "/policy").OK(&policy)
	if policy.ForNotFollowing != "accept" {
		t.Errorf("policy: %+v", policy)
	}
}

// TestNotificationsOfARequest: apps show what was kept apart from a person by asking
// for that person's notifications, and nothing else.
//
// Spec: Mastodon notifications#get
func TestNotificationsOfARequest(t *testing.T) { apitest.Each(t, testNotificationsOfARequest) }

func testNotificationsOfARequest(t *testing.T, h *apitest.House) {
	h.Person("ana", true)
	h.Person("bea", true)
	c := h.Client("ana")
	c.Send("PATCH", "/api/v2/notifications/policy", map[string]any{"for_not_following": "filter"}).OK(nil)
	h.Publish("bea", post.Draft{Text: "@ana un"})
	h.Publish("bea", post.Draft{Text: "@ana deux"})
	var requests []masto.NotificationRequest
	c.Get("/api/v1/notifications/requests").OK(&requests)
	if len(requests) != 1 {
		t.Fatalf("requests %+v", requests)
	}
	of := "account_id=" + requests[0].Account.ID
	for query, want := range map[string]int{"": 0, "include_filtered=true": 2, of: 2, of + "&include_filtered=false": 2, of + "&types[]=follow": 0,
		"account_id=" + masto.ID(h.Person("ana", true).ID): 0} {
		var list []masto.Notification
		c.Get("/api/v1/notifications?" + query).OK(&list)
		var grouped masto.GroupedNotifications
		c.Get("/api/v2/notifications?" + query).OK(&grouped)
		if len(list) != want || len(grouped.NotificationGroups) != want {
			t.Errorf("%q: %d and %d notifications, want %d", query, len(list), len(grouped.NotificationGroups), want)
		}
	}
	var n masto.Count
	for query, want := range map[string]int{"": 0, of: 2} {
		if c.Get("/api/v1/notifications/unread_count?" + query).OK(&n); n.Count != want {
			t.Errorf("%q: %d unread, want %d", query, n.Count, want)
		}
	}
}

// TestHiddenNotifications: what one may no longer read is not told by the side door.
func TestHiddenNotifications(t *testing.T) { apitest.Each(t, testHiddenNotifications) }

func testHiddenNotifications(t *testing.T, h *apitest.House) {
	h.Person("ana", false)
	h.Person("bea", false)
	p := h.Publish("bea", post.Draft{Text: "@ana pour mes abonnés", Audience: post.Followers})
	h.Write(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `delete from post_mention where post_id = $1`, p.ID)
		return err
	})
	rows, err := h.Notify.List(context.Background(), h.Person("ana", false).ID, page.Range{Limit: 5}, notify.Filter{})
	if err != nil || len(rows) != 1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	var list []masto.Notification
	h.Client("ana").Get("/api/v1/notifications").OK(&list)
	if len(list) != 0 {
		t.Errorf("shown: %+v", list)
	}
}

func TestMarkers(t *testing.T) { apitest.Each(t, testMarkers) }

func testMarkers(t *testing.T, h *apitest.House) {
	h.Person("ana", false)
	c := h.Client("ana")
	const path = "/api/v1/markers"
	var marks map[string]masto.Marker
	a := c.Get(path + "?timeline[]=home&timeline[]=notifications").OK(&marks)
	if len(marks) != 0 || string(a.Body[:2]) != "{}" {
		t.Errorf("none: %s", a.Body)
	}
	c.Post(path, map[string]any{"home": map[string]any{"last_read_id": "123456"}}).OK(&marks)
	c.Post(path, map[string]any{"home": map[string]any{"last_read_id": 123457}}).OK(&marks)
	if m := marks["home"]; m.LastReadID != "123457" || m.Version != 2 {
		t.Errorf("home: %+v", m)
	}
	marks = nil
	c.Get(path + "?timeline[]=home&timeline[]=other").OK(&marks)
	if len(marks) != 1 || marks["home"].LastReadID != "123457" {
		t.Errorf("read back: %+v", marks)
	}
	c.Post(path, url.Values{"home[last_read_id]": {"x"}}).Fails(422)
	h.Client("ana", "read").Post(path, url.Values{"home[last_read_id]": {"1"}}).Fails(403)
	// What was read on the pages counts for apps too.
	if err := h.Notify.MarkRead(context.Background(), h.Person("ana", false).ID, 77); err != nil {
		t.Fatal(err)
	}
	c.Get(path + "?timeline=notifications").OK(&marks)
	if marks["notifications"].LastReadID != "77" {
		t.Errorf("notifications: %+v", marks)
	}
}

func TestConversations(t *testing.T) { apitest.Each(t, testConversations) }

func testConversations(t *testing.T, h *apitest.House) {
	for _, name := range []string{"ana", "bea", "carl"} {
		h.Person(name, false)
	}
	first := h.Publish("bea", post.Draft{Text: "@ana chut", Audience: post.Direct})
	h.Publish("carl", post.Draft{Text: "@ana psst", Audience: post.Direct})
	h.Publish("bea", post.Draft{Text: "@ana alors ?", Audience: post.Direct, ReplyTo: first.ID})
	h.Publish("bea", post.Draft{Text: "@ana pour la section"})
	ana := h.Client("ana")
	const path = "/api/v1/conversations"
	list := func(c *apitest.Client, query string) (out []masto.Conversation) {
		t.Helper()
		c.Get(path + query).OK(&out)
		return out
	}
	all := list(ana, "")
	if len(all) != 2 || all[0].ID != masto.ID(first.ID) || !all[0].Unread || all[0].Accounts[0].Acct != "bea" || all[1].Accounts[0].Acct != "carl" {
		t.Fatalf("conversations: %+v", all)
	}
	a := ana.Get(path + "?limit=1").OK(nil)
	var second []masto.Conversation
	ana.Get(a.Next()).OK(&second)
	if len(second) != 1 || second[0].ID != all[1].ID {
		t.Errorf("second page: %+v", second)
	}
	var read masto.Conversation
	ana.Post(path+"/"+all[0].ID+"/read", nil).OK(&read)
	if read.Unread || list(ana, "")[0].Unread {
		t.Error("still unread")
	}
	ana.Send("DELETE", path+"/"+all[0].ID, nil).OK(nil)
	if left := list(ana, ""); len(left) != 1 || left[0].ID != all[1].ID {
		t.Errorf("after putting one away: %+v", left)
	}
	h.Publish("bea", post.Draft{Text: "@ana coucou", Audience: post.Direct, ReplyTo: first.ID})
	if again := list(ana, ""); len(again) != 2 || !again[0].Unread {
		t.Errorf("after a new word: %+v", again)
	}
	if other := list(h.Client("carl"), ""); len(other) != 1 || other[0].Unread || other[0].Accounts[0].Acct != "ana" {
		t.Errorf("carl's: %+v", other)
	}
	h.Client("carl").Post(path+"/"+all[0].ID+"/read", nil).Fails(404)
	h.Client("ana", "read").Send("DELETE", path+"/"+all[1].ID, nil).Fails(403)
	h.Stranger().Get(path).Fails(401)
}

// TestHomeShowsAPostOnce: a boost of what stands among the last things of a home
// timeline, itself or boosted by another, does not enter it; later it does.
func TestHomeShowsAPostOnce(t *testing.T) {
	apitest.Each(t, func(t *testing.T, h *apitest.House) {
		for _, name := range []string{"ana", "bea", "cleo", "dora"} {
			h.Person(name, true)
		}
		h.Follow("ana", "bea")
		h.Follow("ana", "cleo")
		h.Follow("dora", "cleo")
		h.Follow("dora", "ana")
		for i := range 40 {
			h.Publish("bea", post.Draft{Text: fmt.Sprint("Avant ", i), Audience: post.Public})
		}
		p := h.Publish("bea", post.Draft{Text: "Une fois", Audience: post.Public})
		boost := func(name string) {
			h.Client(name).Post("/api/v1/statuses/"+ids.String(p.ID)+"/reblog", nil).OK(nil)
		}
		home := func(name string) (out []masto.Status) {
			h.Client(name).Get("/api/v1/timelines/home?limit=40").OK(&out)
			return out
		}
		boost("cleo")
		if list := texts(home("ana")); list[0] != "<p>Une fois</p>" || list[1] != "<p>Avant 39</p>" {
			t.Errorf("who follows both: %v", list[:2])
		}
		if list := home("ana"); list[0].Reblog != nil {
			t.Error("the boost stands there, not the post")
		}
		expect(t, "who follows the booster", home("dora"), "Une fois")
		boost("ana")
		expect(t, "who follows two boosters", home("dora"), "Une fois")
		// Boosted again when much has come between.
		h.Client("cleo").Post("/api/v1/statuses/"+ids.String(p.ID)+"/unreblog", nil).OK(nil)
		for i := range 40 {
			h.Publish("bea", post.Draft{Text: fmt.Sprint("Suite ", i), Audience: post.Public})
		}
		boost("cleo")
		if list := home("ana"); list[0].Reblog == nil || list[0].Reblog.Content != "<p>Une fois</p>" {
			t.Errorf("after 40 others: %v", texts(list)[:2])
		}
	})
}
