package instance_test

import (
	"context"
	"net/url"
	"testing"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit/apitest"
)

// TestMastodonContract calls every endpoint of ours that Mastodon describes,
// once with something to answer and, for lists, once with nothing.
func TestMastodonContract(t *testing.T) {
	contract := apitest.LoadContract(t)
	h := apitest.New(t)
	for _, name := range []string{"ana", "bea", "carl"} {
		h.Person(name, true)
	}
	h.Person("vide", false) // nothing concerns her
	yes := true
	fields := []account.Field{{Name: "Site", Value: "https://ana.example"}}
	if _, err := h.Accounts.Update(context.Background(), h.Person("ana", true).ID, account.Profile{Locked: &yes, Fields: &fields}); err != nil {
		t.Fatal(err)
	}
	h.Follow("ana", "bea")
	h.Follow("carl", "ana")
	h.Remote("zoe", "loin.example")
	top := h.Publish("bea", post.Draft{Text: "@ana #Été https://exemple.fr", Audience: post.Public, Lang: "fr", Warning: "attention"})
	mine := h.Publish("ana", post.Draft{Text: "réponse", Audience: post.Public, ReplyTo: top.ID})
	old := h.Publish("ana", post.Draft{Text: "à effacer"})
	direct := h.Publish("bea", post.Draft{Text: "@ana entre nous", Audience: post.Direct})
	if _, err := h.Posts.Edit(context.Background(), h.Viewer("ana"), mine.ID, post.Draft{Text: "corrigée"}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Posts.Like(context.Background(), h.Viewer("bea"), mine.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Posts.Boost(context.Background(), h.Viewer("bea"), mine.ID); err != nil {
		t.Fatal(err)
	}
	id := func(name string) string { return masto.ID(h.Person(name, true).ID) }
	ana, vide, stranger := h.Client("ana"), h.Client("vide"), h.Stranger()
	var notes []masto.Notification
	ana.Get("/api/v1/notifications").OK(&notes)
	if len(notes) < 4 {
		t.Fatalf("%d notifications", len(notes))
	}

	type call struct {
		operation string
		client    *apitest.Client
		path      string
		body      any
	}
	topID, mineID := masto.ID(top.ID), masto.ID(mine.ID)
	calls := []call{
		{"get /api/v2/instance", stranger, "", nil},
		{"get /api/v1/instance", stranger, "", nil},
		{"get /api/v1/instance/extended_description", stranger, "", nil},
		{"get /api/v1/instance/privacy_policy", stranger, "", nil},
		{"get /api/v1/instance/translation_languages", stranger, "", nil},
		{"get /api/v1/accounts/verify_credentials", ana, "", nil},
		{"patch /api/v1/accounts/update_credentials", ana, "", url.Values{"note": {"Bonjour"}}},
		{"get /api/v1/preferences", ana, "", nil},
		{"get /api/v1/accounts", ana, "/api/v1/accounts?id[]=" + id("bea"), nil},
		{"get /api/v1/accounts/{id}", ana, "/api/v1/accounts/" + id("bea"), nil},
		{"get /api/v1/accounts/{id}", stranger, "/api/v1/accounts/" + id("ana"), nil},
		{"get /api/v1/accounts/lookup", ana, "/api/v1/accounts/lookup?acct=zoe@loin.example", nil},
		{"get /api/v1/accounts/search", ana, "/api/v1/accounts/search?q=be", nil},
		{"get /api/v1/accounts/relationships", ana, "/api/v1/accounts/relationships?id[]=" + id("bea"), nil},
		{"get /api/v1/accounts/familiar_followers", ana, "/api/v1/accounts/familiar_followers?id[]=" + id("bea"), nil},
		{"get /api/v1/accounts/{id}/followers", ana, "/api/v1/accounts/" + id("ana") + "/followers", nil},
		{"get /api/v1/accounts/{id}/following", ana, "/api/v1/accounts/" + id("ana") + "/following", nil},
		{"get /api/v1/accounts/{id}/statuses", ana, "/api/v1/accounts/" + id("bea") + "/statuses", nil},
		{"get /api/v1/accounts/{id}/statuses", stranger, "/api/v1/accounts/" + id("bea") + "/statuses", nil},
		{"get /api/v1/accounts/{id}/featured_tags", ana, "/api/v1/accounts/" + id("bea") + "/featured_tags", nil},
		{"get /api/v1/accounts/{id}/lists", ana, "/api/v1/accounts/" + id("bea") + "/lists", nil},
		{"get /api/v1/accounts/{id}/endorsements", ana, "/api/v1/accounts/" + id("bea") + "/endorsements", nil},
		{"post /api/v1/accounts/{id}/follow", ana, "/api/v1/accounts/" + id("carl") + "/follow", nil},
		{"post /api/v1/accounts/{id}/unfollow", ana, "/api/v1/accounts/" + id("carl") + "/unfollow", nil},
		{"post /api/v1/accounts/{id}/remove_from_followers", ana, "/api/v1/accounts/" + id("bea") + "/remove_from_followers", nil},
		{"get /api/v1/follow_requests", ana, "", nil},
		{"post /api/v1/follow_requests/{account_id}/authorize", ana, "/api/v1/follow_requests/" + id("carl") + "/authorize", nil},
		{"get /api/v1/statuses", ana, "/api/v1/statuses?id[]=" + topID, nil},
		{"get /api/v1/statuses/{id}", ana, "/api/v1/statuses/" + topID, nil},
		{"get /api/v1/statuses/{id}", stranger, "/api/v1/statuses/" + topID, nil},
		{"get /api/v1/statuses/{id}/context", ana, "/api/v1/statuses/" + topID + "/context", nil},
		{"get /api/v1/statuses/{id}/source", ana, "/api/v1/statuses/" + mineID + "/source", nil},
		{"get /api/v1/statuses/{id}/history", ana, "/api/v1/statuses/" + mineID + "/history", nil},
		{"get /api/v1/statuses/{id}/favourited_by", ana, "/api/v1/statuses/" + mineID + "/favourited_by", nil},
		{"get /api/v1/statuses/{id}/reblogged_by", ana, "/api/v1/statuses/" + mineID + "/reblogged_by", nil},
		{"post /api/v1/statuses", ana, "", url.Values{"status": {"neuf"}}},
		{"put /api/v1/statuses/{id}", ana, "/api/v1/statuses/" + mineID, url.Values{"status": {"encore"}}},
		{"delete /api/v1/statuses/{id}", ana, "/api/v1/statuses/" + masto.ID(old.ID), nil},
		{"post /api/v1/statuses/{id}/favourite", ana, "/api/v1/statuses/" + topID + "/favourite", nil},
		{"get /api/v1/favourites", ana, "", nil},
		{"post /api/v1/statuses/{id}/unfavourite", ana, "/api/v1/statuses/" + topID + "/unfavourite", nil},
		{"post /api/v1/statuses/{id}/reblog", ana, "/api/v1/statuses/" + topID + "/reblog", nil},
		{"post /api/v1/statuses/{id}/unreblog", ana, "/api/v1/statuses/" + topID + "/unreblog", nil},
		{"get /api/v1/timelines/home", ana, "", nil},
		{"get /api/v1/conversations", ana, "", nil},
		{"post /api/v1/conversations/{id}/read", ana, "/api/v1/conversations/" + masto.ID(direct.ID) + "/read", nil},
		{"delete /api/v1/conversations/{id}", ana, "/api/v1/conversations/" + masto.ID(direct.ID), nil},
		{"get /api/v1/timelines/public", ana, "", nil},
		{"get /api/v1/timelines/tag/{hashtag}", ana, "/api/v1/timelines/tag/ete", nil},
		{"get /api/v1/notifications", ana, "", nil},
		{"get /api/v1/notifications/{id}", ana, "/api/v1/notifications/" + notes[0].ID, nil},
		{"get /api/v1/notifications/unread_count", ana, "", nil},
		{"get /api/v2/notifications", ana, "", nil},
		{"get /api/v2/notifications/{group_key}", ana, "/api/v2/notifications/" + notes[0].GroupKey, nil},
		{"get /api/v2/notifications/{group_key}/accounts", ana, "/api/v2/notifications/" + notes[0].GroupKey + "/accounts", nil},
		{"get /api/v2/notifications/unread_count", ana, "", nil},
		{"get /api/v2/notifications/policy", ana, "", nil},
		{"post /api/v1/markers", ana, "", url.Values{"home[last_read_id]": {topID}}},
		{"get /api/v1/markers", ana, "/api/v1/markers?timeline[]=home", nil},
		{"get /api/v2/search", ana, "/api/v2/search?q=ete", nil},
		{"get /api/v2/search", ana, "/api/v2/search?q=" + url.QueryEscape(top.URL), nil},
		{"get /api/v2/search", ana, "/api/v2/search?q=zoe", nil},
		{"get /api/v1/tags/{name}", ana, "/api/v1/tags/ete", nil},
		{"post /api/v1/notifications/{id}/dismiss", ana, "/api/v1/notifications/" + notes[0].ID + "/dismiss", nil},
		{"post /api/v1/notifications/clear", ana, "", nil},
	}
	// The first form of filters is left out: the description has one where apps read a list.
	for _, path := range []string{
		"/api/v1/timelines/home", "/api/v1/favourites", "/api/v1/conversations", "/api/v1/notifications", "/api/v2/notifications", "/api/v1/follow_requests",
		"/api/v1/announcements", "/api/v2/filters", "/api/v1/lists", "/api/v1/blocks", "/api/v1/mutes",
		"/api/v1/domain_blocks", "/api/v1/bookmarks", "/api/v1/followed_tags", "/api/v1/featured_tags",
		"/api/v2/suggestions", "/api/v1/trends/tags", "/api/v1/trends/statuses", "/api/v1/trends/links", "/api/v1/directory", "/api/v1/instance/rules",
		"/api/v1/instance/peers", "/api/v1/instance/activity", "/api/v1/endorsements", "/api/v1/notifications/requests",
	} {
		calls = append(calls, call{"get " + path, vide, "", nil})
	}
	for _, x := range calls {
		method, path := split(x.operation)
		if x.path != "" {
			path = x.path
		}
		contract.Conforms(x.client.Send(method, path, x.body), x.operation)
	}
}

func split(operation string) (method, path string) {
	for i := range operation {
		if operation[i] == ' ' {
			return map[string]string{"get": "GET", "post": "POST", "put": "PUT", "patch": "PATCH", "delete": "DELETE"}[operation[:i]], operation[i+1:]
		}
	}
	return "", operation
}
