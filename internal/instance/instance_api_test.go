package instance_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit/apitest"
)

func TestInstance(t *testing.T) {
	h := apitest.New(t)
	var i masto.Instance
	a := h.Stranger().Get("/api/v2/instance").OK(&i)
	if i.Domain != h.Host || i.Title != "Section de test" || !strings.HasPrefix(i.Version, "4.5.0 (compatible; Maillage ") {
		t.Errorf("instance: %+v", i)
	}
	if i.Configuration.Statuses.MaxCharacters != post.MaxText || i.Configuration.Statuses.CharactersReservedPerURL != 23 {
		t.Errorf("limits: %+v", i.Configuration.Statuses)
	}
	if i.APIVersions["mastodon"] != 7 || i.Configuration.TimelinesAccess.LiveFeeds.Local != "authenticated" {
		t.Errorf("promises: %+v", i)
	}
	if got := a.Header.Get("Access-Control-Allow-Origin"); got != "*" {
		t.Errorf("Access-Control-Allow-Origin %q", got)
	}
	// Apps decode these strictly: every block must be there, and no list null.
	var raw map[string]any
	if err := json.Unmarshal(a.Body, &raw); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		"usage.users.active_month", "thumbnail.url", "icon", "languages", "rules", "configuration.urls.streaming", "configuration.vapid.public_key",
		"configuration.accounts.max_featured_tags", "configuration.statuses.max_media_attachments", "configuration.media_attachments.supported_mime_types",
		"configuration.polls.max_options", "configuration.translation.enabled", "registrations.enabled", "contact.email", "source_url", "description",
	} {
		var v any = raw
		for key := range strings.SplitSeq(path, ".") {
			m, _ := v.(map[string]any)
			v = m[key]
		}
		if v == nil {
			t.Errorf("%s is missing or null", path)
		}
	}

	var v1 masto.InstanceV1
	h.Person("ana", false)
	h.Publish("ana", post.Draft{Text: "un"}) // for the section: not counted to strangers
	h.Remote("rui", "ailleurs.example")
	h.Person("bea", true)
	h.Publish("bea", post.Draft{Text: "deux", Audience: post.Public})
	h.Stranger().Get("/api/v1/instance").OK(&v1)
	if v1.URI != h.Host || v1.Stats != (masto.InstanceV1Stats{StatusCount: 1}) || v1.URLs.StreamingAPI != "ws://"+h.Host {
		t.Errorf("v1: %+v", v1)
	}
}

func TestListsOfNothing(t *testing.T) {
	h := apitest.New(t)
	h.Person("ana", false)
	bea := "/api/v1/accounts/" + ids.String(h.Person("bea", true).ID) + "/featured_tags"
	h.Stranger().Get("/api/v1/accounts/5/featured_tags").Fails(404)
	for _, path := range []string{"/api/v1/instance/peers", "/api/v1/trends/tags", bea} {
		if a := h.Stranger().Get(path).OK(nil); strings.TrimSpace(string(a.Body)) != "[]" {
			t.Errorf("%s: %s", path, a.Body)
		}
	}
	for _, path := range []string{"/api/v2/filters", "/api/v1/filters", "/api/v1/lists", "/api/v1/blocks", "/api/v1/announcements", "/api/v1/bookmarks"} {
		if a := h.Client("ana").Get(path).OK(nil); strings.TrimSpace(string(a.Body)) != "[]" {
			t.Errorf("%s: %s", path, a.Body)
		}
		h.Stranger().Get(path).Fails(401)
	}
	h.Client("ana", "write").Get("/api/v1/lists").Fails(403)
	h.Client("ana", "follow").Get("/api/v1/blocks").OK(nil)
}

// TestWhatIsNotThere: an unknown address of the API is an error in JSON.
func TestWhatIsNotThere(t *testing.T) {
	h := apitest.New(t)
	h.Person("ana", false)
	c := h.Client("ana")
	for _, path := range []string{"/api/v1/nothing", "/api/v1/push/subscription", "/api/v3/instance", "/api/v1/statuses/1/card"} {
		c.Get(path).Fails(404)
	}
	c.Post("/api/v1/media", nil).Fails(404)
	c.Post("/api/v1/statuses/1/bookmark", nil).Fails(404)
	c.Post("/api/v1/instance", nil).Fails(405)
}
