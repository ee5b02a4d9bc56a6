package announcement_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/announcement"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/testkit/apitest"
)

func TestAnnouncements(t *testing.T) { apitest.Each(t, testAnnouncements) }

func testAnnouncements(t *testing.T, h *apitest.House) {
	h.Person("ana", false)
	h.Person("bea", false)
	ana, bea := h.Client("ana"), h.Client("bea")
	for _, bad := range []announcement.Draft{{}, {Text: "  "}, {Text: strings.Repeat("a", 2001)}, {Text: "x", Starts: time.Now(), Ends: time.Now().Add(-time.Hour)}} {
		if _, err := h.Announce.Publish(t.Context(), bad); !apperr.Is(err, apperr.KindInvalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	past, err := h.Announce.Publish(t.Context(), announcement.Draft{Text: "fini", Ends: time.Now().Add(-time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	a, err := h.Announce.Publish(t.Context(), announcement.Draft{Text: "Assemblée <b>demain</b> #AG"})
	if err != nil {
		t.Fatal(err)
	}
	get := func(c *apitest.Client, path string) (list []masto.Announcement) {
		c.Get(path).OK(&list)
		return list
	}
	list := get(ana, "/api/v1/announcements")
	if len(list) != 1 || list[0].ID != masto.ID(a.ID) || strings.Contains(list[0].Content, "<b>") || *list[0].Read || list[0].Tags[0].Name != "ag" {
		t.Fatalf("announced: %+v", list)
	}
	path := "/api/v1/announcements/" + list[0].ID
	party := path + "/reactions/" + url.PathEscape("🎉")
	ana.Send("PUT", party, nil).OK(nil)
	ana.Send("PUT", party, nil).OK(nil)
	bea.Send("PUT", party, nil).OK(nil)
	for _, bad := range []string{"a", "ab", "🎉🎉", "%20"} {
		ana.Send("PUT", path+"/reactions/"+url.PathEscape(bad), nil).Fails(422)
	}
	ana.Send("PUT", "/api/v1/announcements/9/reactions/"+url.PathEscape("🎉"), nil).Fails(404)
	bea.Send("DELETE", party, nil).OK(nil)
	if r := get(bea, "/api/v1/announcements")[0].Reactions; len(r) != 1 || r[0].Count != 1 || *r[0].Me {
		t.Errorf("reactions: %+v", r)
	}
	ana.Post(path+"/dismiss", nil).OK(nil)
	ana.Post("/api/v1/announcements/9/dismiss", nil).Fails(404)
	if n := len(get(ana, "/api/v1/announcements")); n != 0 {
		t.Errorf("%d after it was put away", n)
	}
	if l := get(ana, "/api/v1/announcements?with_dismissed=true"); len(l) != 1 || !*l[0].Read {
		t.Errorf("with those put away: %+v", l)
	}
	if len(get(bea, "/api/v1/announcements")) != 1 {
		t.Error("put away for somebody else")
	}
	h.Stranger().Get("/api/v1/announcements").Fails(401)
	for _, x := range []int64{past.ID, a.ID} {
		if err := h.Announce.Remove(t.Context(), x); err != nil {
			t.Fatal(err)
		}
	}
	if len(get(bea, "/api/v1/announcements")) != 0 {
		t.Error("still there")
	}
}

func TestContract(t *testing.T) {
	contract := apitest.LoadContract(t)
	h := apitest.New(t)
	h.Person("ana", false)
	a, err := h.Announce.Publish(t.Context(), announcement.Draft{Text: "Assemblée #AG", Starts: time.Now(), Ends: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	c, path := h.Client("ana"), "/api/v1/announcements/"+masto.ID(a.ID)
	contract.Conforms(c.Send("PUT", path+"/reactions/"+url.PathEscape("👍"), nil), "put /api/v1/announcements/{id}/reactions/{name}")
	contract.Conforms(c.Get("/api/v1/announcements"), "get /api/v1/announcements")
	contract.Conforms(c.Send("DELETE", path+"/reactions/"+url.PathEscape("👍"), nil), "delete /api/v1/announcements/{id}/reactions/{name}")
	contract.Conforms(c.Post(path+"/dismiss", nil), "post /api/v1/announcements/{id}/dismiss")
}
