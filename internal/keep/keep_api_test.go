package keep_test

import (
	"net/url"
	"testing"

	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit/apitest"
)

func TestBookmarks(t *testing.T) { apitest.Each(t, testBookmarks) }

func testBookmarks(t *testing.T, h *apitest.House) {
	h.Person("ana", true)
	h.Person("bea", true)
	h.Guest("gus")
	ana, bea, gus := h.Client("ana"), h.Client("bea"), h.Client("gus")
	var ids []string
	for range 3 {
		ids = append(ids, masto.ID(h.Publish("bea", post.Draft{Text: "à lire", Audience: post.Section}).ID))
	}
	var s masto.Status
	for _, id := range []string{ids[2], ids[0], ids[1], ids[0]} { // the second time does nothing
		ana.Post("/api/v1/statuses/"+id+"/bookmark", nil).OK(&s)
		if s.Bookmarked == nil || !*s.Bookmarked || s.ID != id {
			t.Fatalf("bookmarked: %+v", s)
		}
	}
	var list []masto.Status
	var got string
	for path := "/api/v1/bookmarks?limit=2"; path != ""; {
		a := ana.Get(path).OK(&list)
		for _, s := range list {
			got += s.ID + " "
		}
		path = a.Next()
	}
	if got != ids[1]+" "+ids[0]+" "+ids[2]+" " {
		t.Errorf("in the order of keeping: %s, of %v", got, ids)
	}
	bea.Get("/api/v1/bookmarks").OK(&list)
	if len(list) != 0 {
		t.Error("somebody else sees bookmarks")
	}
	bea.Get("/api/v1/statuses/" + ids[0]).OK(&s)
	if *s.Bookmarked {
		t.Error("somebody else's bookmark shows")
	}
	gus.Post("/api/v1/statuses/"+ids[0]+"/bookmark", nil).Fails(404)
	ana.Post("/api/v1/statuses/12/bookmark", nil).Fails(404)
	ana.Post("/api/v1/statuses/x/bookmark", nil).Fails(404)
	h.Stranger().Get("/api/v1/bookmarks").Fails(401)
	h.Client("ana", "read:statuses").Get("/api/v1/bookmarks").Fails(403)
	ana.Post("/api/v1/statuses/"+ids[2]+"/unbookmark", nil).OK(&s)
	bea.Send("DELETE", "/api/v1/statuses/"+ids[1], nil).OK(nil)
	ana.Get("/api/v1/bookmarks").OK(&list)
	if len(list) != 1 || list[0].ID != ids[0] || *s.Bookmarked {
		t.Errorf("after a removal and a deletion: %d", len(list))
	}
}

func TestPins(t *testing.T) { apitest.Each(t, testPins) }

func testPins(t *testing.T, h *apitest.House) {
	bea := h.Person("bea", true)
	h.Person("ana", true)
	ana, c := h.Client("ana"), h.Client("bea")
	pinned := "/api/v1/accounts/" + masto.ID(bea.ID) + "/statuses?pinned=true"
	var list []masto.Status
	var s masto.Status
	ana.Get(pinned).OK(&list)
	if len(list) != 0 {
		t.Fatal("something is pinned")
	}
	var ids []string
	for range 6 {
		ids = append(ids, masto.ID(h.Publish("bea", post.Draft{Text: "mot", Audience: post.Public}).ID))
	}
	for _, id := range ids[:5] {
		c.Post("/api/v1/statuses/"+id+"/pin", nil).OK(&s)
		if s.Pinned == nil || !*s.Pinned {
			t.Fatalf("pinned: %+v", s)
		}
	}
	c.Post("/api/v1/statuses/"+ids[0]+"/pin", nil).OK(nil) // is already
	c.Post("/api/v1/statuses/"+ids[5]+"/pin", nil).Fails(422, "5")
	section := h.Publish("bea", post.Draft{Text: "section"})
	c.Post("/api/v1/statuses/"+ids[0]+"/unpin", nil).OK(&s)
	c.Post("/api/v1/statuses/"+masto.ID(section.ID)+"/pin", nil).OK(nil)
	direct := h.Publish("bea", post.Draft{Text: "@ana toi", Audience: post.Direct})
	c.Post("/api/v1/statuses/"+masto.ID(direct.ID)+"/pin", nil).Fails(422)
	ana.Post("/api/v1/statuses/"+ids[1]+"/pin", nil).Fails(422)
	ana.Get(pinned).OK(&list)
	if len(list) != 5 || list[0].ID != masto.ID(section.ID) {
		t.Errorf("a member sees %d pins", len(list))
	}
	h.Stranger().Get(pinned).OK(&list)
	if len(list) != 4 || list[0].ID != ids[4] {
		t.Errorf("a stranger sees %d pins", len(list))
	}
}

func TestContract(t *testing.T) {
	contract := apitest.LoadContract(t)
	h := apitest.New(t)
	h.Person("ana", true)
	p := masto.ID(h.Publish("ana", post.Draft{Text: "mot", Audience: post.Public}).ID)
	c := h.Client("ana")
	for _, act := range []string{"bookmark", "pin", "unpin", "unbookmark", "bookmark"} {
		contract.Conforms(c.Post("/api/v1/statuses/"+p+"/"+act, url.Values{}), "post /api/v1/statuses/{id}/"+act)
	}
	contract.Conforms(c.Get("/api/v1/bookmarks"), "get /api/v1/bookmarks")
}
