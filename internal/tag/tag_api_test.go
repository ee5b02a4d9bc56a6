package tag_test

import (
	"net/url"
	"testing"

	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit/apitest"
)

func TestTags(t *testing.T) { apitest.Each(t, testTags) }

func testTags(t *testing.T, h *apitest.House) {
	h.Person("ana", true)
	bea := h.Person("bea", true)
	h.Guest("gus")
	ana, gus := h.Client("ana"), h.Client("gus")
	été := "/api/v1/tags/" + url.PathEscape("Été")
	var tag masto.Tag
	ana.Post(été+"/follow", nil).OK(&tag)
	if tag.Name != "Été" || !*tag.Following || *tag.Featuring || len(tag.History) != 7 || tag.History[0].Uses != "0" {
		t.Errorf("followed: %+v", tag)
	}
	gus.Post(été+"/follow", nil).OK(nil)
	h.Publish("bea", post.Draft{Text: "un #ete public", Audience: post.Public})
	h.Publish("bea", post.Draft{Text: "un #été pour la section", Audience: post.Section})
	h.Publish("bea", post.Draft{Text: "@gus #été entre nous", Audience: post.Direct})
	h.Publish("bea", post.Draft{Text: "un #hiver", Audience: post.Public})
	var list []masto.Status
	ana.Get("/api/v1/timelines/home").OK(&list)
	if len(list) != 2 {
		t.Errorf("%d posts came to the home of a member", len(list))
	}
	gus.Get("/api/v1/timelines/home").OK(&list)
	if len(list) != 1 {
		t.Errorf("%d posts came to the home of a guest", len(list))
	}
	ana.Get(été).OK(&tag)
	if tag.History[0].Uses != "1" || tag.History[0].Accounts != "1" {
		t.Errorf("counted are posts for everyone: %+v", tag.History[0])
	}
	var tags []masto.Tag
	ana.Get("/api/v1/followed_tags").OK(&tags)
	if len(tags) != 1 {
		t.Errorf("%d followed", len(tags))
	}
	h.Client("bea").Get("/api/v1/followed_tags").OK(&tags)
	if len(tags) != 0 {
		t.Error("what somebody follows shows to another")
	}
	ana.Get("/api/v1/trends/tags").OK(&tags)
	if len(tags) != 2 || tags[0].Name != "hiver" {
		t.Errorf("trends: %+v", tags)
	}
	h.Stranger().Get("/api/v1/trends").OK(&tags)
	if len(tags) != 0 {
		t.Error("a stranger learns what is read here")
	}
	ana.Post(été+"/unfollow", nil).OK(&tag)
	if *tag.Following {
		t.Error("still followed")
	}
	h.Publish("bea", post.Draft{Text: "encore un #ete", Audience: post.Public})
	ana.Get("/api/v1/timelines/home").OK(&list)
	if len(list) != 2 {
		t.Errorf("%d posts after the end", len(list))
	}

	c := h.Client("bea")
	var f masto.FeaturedTag
	c.Post("/api/v1/featured_tags", url.Values{"name": {"#Hiver"}}).OK(&f)
	if f.Name != "Hiver" || f.StatusesCount != "1" || f.LastStatusAt == nil {
		t.Errorf("featured: %+v", f)
	}
	var fs []masto.FeaturedTag
	ana.Get("/api/v1/accounts/" + masto.ID(bea.ID) + "/featured_tags").OK(&fs)
	if len(fs) != 1 {
		t.Errorf("%d on the profile", len(fs))
	}
	var me masto.Profile
	if c.Get("/api/v1/profile").OK(&me); len(me.FeaturedTags) != 1 || me.FeaturedTags[0].ID != fs[0].ID || me.FeaturedTags[0].Name != "Hiver" {
		t.Errorf("in the profile to edit: %+v", me.FeaturedTags)
	}
	c.Get("/api/v1/featured_tags/suggestions").OK(&tags)
	if len(tags) != 1 || tags[0].ID != "ete" {
		t.Errorf("suggested: %+v", tags)
	}
	ana.Send("DELETE", "/api/v1/featured_tags/"+f.ID, nil).Fails(404)
	c.Send("DELETE", "/api/v1/featured_tags/"+f.ID, nil).OK(nil)
	c.Post("/api/v1/tags/neige/feature", nil).OK(&tag)
	c.Post("/api/v1/tags/neige/unfeature", nil).OK(&tag)
	for _, bad := range []string{"", "a b", "!", "12"} {
		c.Post("/api/v1/featured_tags", url.Values{"name": {bad}}).Fails(422)
	}
	c.Post("/api/v1/tags/%21/follow", nil).Fails(404)
	h.Stranger().Post("/api/v1/tags/neige/follow", nil).Fails(401)
}

func TestContract(t *testing.T) {
	contract := apitest.LoadContract(t)
	h := apitest.New(t)
	ana := masto.ID(h.Person("ana", true).ID)
	h.Publish("ana", post.Draft{Text: "#mot #autre", Audience: post.Public})
	c := h.Client("ana")
	contract.Conforms(c.Get("/api/v1/tags/mot"), "get /api/v1/tags/{name}")
	contract.Conforms(c.Post("/api/v1/tags/mot/follow", nil), "post /api/v1/tags/{name}/follow")
	contract.Conforms(c.Get("/api/v1/followed_tags"), "get /api/v1/followed_tags")
	contract.Conforms(c.Post("/api/v1/tags/mot/unfollow", nil), "post /api/v1/tags/{name}/unfollow")
	contract.Conforms(c.Post("/api/v1/tags/mot/feature", nil), "post /api/v1/tags/{id}/feature")
	contract.Conforms(c.Post("/api/v1/tags/mot/unfeature", nil), "post /api/v1/tags/{id}/unfeature")
	contract.Conforms(c.Post("/api/v1/featured_tags", url.Values{"name": {"mot"}}), "post /api/v1/featured_tags")
	contract.Conforms(c.Get("/api/v1/featured_tags"), "get /api/v1/featured_tags")
	contract.Conforms(c.Get("/api/v1/accounts/"+ana+"/featured_tags"), "get /api/v1/accounts/{id}/featured_tags")
	contract.Conforms(c.Get("/api/v1/featured_tags/suggestions"), "get /api/v1/featured_tags/suggestions")
	contract.Conforms(c.Get("/api/v1/trends/tags"), "get /api/v1/trends/tags")
	contract.Conforms(c.Get("/api/v1/trends/statuses"), "get /api/v1/trends/statuses")
}
