package streaming_test

import (
	"encoding/json"
	"net/url"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/announcement"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestChangedFiltersAreTold: to whose they are, on every change, and without a payload.
//
// Spec: Mastodon streaming#events
func TestChangedFiltersAreTold(t *testing.T) {
	n := testkit.New(t)
	for _, who := range []string{"ana", "bob"} {
		n.Person(who, true)
	}
	mine, other := dial(t, n, n.Token("ana"), "stream=user"), dial(t, n, n.Token("bob"), "stream=user")
	mine.ready()
	other.ready()
	c := n.Client("ana")
	var f masto.Filter
	c.Post("/api/v2/filters", map[string]any{"title": "f", "context": []string{"home"}}, &f)
	told := func(what string) {
		t.Helper()
		if got := mine.next("filters_changed", "user"); got.Payload != nil || c.Status != 200 {
			t.Errorf("%s: %d, %+v", what, c.Status, got)
		}
	}
	told("created")
	c.Post("/api/v2/filters/"+f.ID+"/keywords", map[string]any{"keyword": "grève"}, nil)
	told("keyword")
	c.Do("PUT", "/api/v2/filters/"+f.ID, map[string]any{"title": "g"}, nil)
	told("changed")
	c.Do("DELETE", "/api/v2/filters/"+f.ID, nil, nil)
	told("deleted")
	c.Post("/api/v2/filters", map[string]any{"title": ""}, nil)
	if c.Status != 422 {
		t.Errorf("a filter without a title: %d", c.Status)
	}
	mine.nothing()
	other.nothing()
}

// TestNoticesAreTold: a notice, reactions to it and its end reach everybody.
//
// Spec: Mastodon streaming#events
func TestNoticesAreTold(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	n.Person("bob", true)
	l := dial(t, n, n.Token("ana"), "stream=user")
	l.ready()
	a, err := n.Announce.Publish(bg, announcement.Draft{Text: "Coupure ce soir", Ends: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	var e masto.Announcement
	if err := json.Unmarshal([]byte(*l.next("announcement", "user").Payload), &e); err != nil || e.ID != ids.String(a.ID) || e.Content == "" {
		t.Errorf("%+v, %v", e, err)
	}
	for i, method := range []string{"PUT", "DELETE"} {
		c := n.Client("bob").Do(method, "/api/v1/announcements/"+e.ID+"/reactions/"+url.PathEscape("👍"), nil, nil)
		var r struct {
			Name           string
			Count          int
			AnnouncementID string `json:"announcement_id"`
		}
		if err := json.Unmarshal([]byte(*l.next("announcement.reaction", "user").Payload), &r); err != nil || c.Status != 200 || r.Name != "👍" || r.Count != 1-i || r.AnnouncementID != e.ID {
			t.Errorf("%s: %d, %+v, %v", method, c.Status, r, err)
		}
	}
	if err := n.Announce.Remove(bg, a.ID); err != nil {
		t.Fatal(err)
	}
	if f := l.next("announcement.delete", "user"); *f.Payload != e.ID {
		t.Errorf("deleted %s", *f.Payload)
	}
}

// TestMergedNotificationsAreTold: once to whoever accepted what was filtered, on
// both of their streams; to dismiss tells nothing.
//
// Spec: Mastodon streaming#events
func TestMergedNotificationsAreTold(t *testing.T) {
	n := testkit.New(t)
	for _, who := range []string{"ana", "bob", "eve"} {
		n.Person(who, true)
	}
	c := n.Client("ana")
	c.Do("PATCH", "/api/v2/notifications/policy", map[string]any{"for_not_following": "filter"}, nil)
	write(t, n, "bob", "@ana Bonjour", post.Public)
	write(t, n, "eve", "@ana Achetez", post.Public)
	testkit.Cluster{n}.Settle()
	bob, eve := ids.String(n.Person("bob", true).ID), ids.String(n.Person("eve", true).ID)
	whole, narrow := dial(t, n, n.Token("ana"), "stream=user"), dial(t, n, n.Token("ana"), "stream=user:notification")
	other := dial(t, n, n.Token("bob"), "stream=user")
	for _, l := range []*line{whole, narrow, other} {
		l.ready()
	}
	c.Post("/api/v1/notifications/requests/"+eve+"/dismiss", nil, nil)
	for range 2 { // the second time there is nothing to accept
		if c.Post("/api/v1/notifications/requests/accept", map[string]any{"id": []string{bob}}, nil); c.Status != 200 {
			t.Fatal(c.Status)
		}
	}
	for _, l := range []*line{whole, narrow} {
		stream := map[*line]string{whole: "user", narrow: "user:notification"}[l]
		if f := l.next("notifications_merged", stream); f.Payload == nil || *f.Payload != "1" {
			t.Errorf("told on %s: %+v", stream, f)
		}
		l.nothing()
	}
	other.nothing()
}
