package list_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit/apitest"
)

func TestLists(t *testing.T) { apitest.Each(t, testLists) }

func testLists(t *testing.T, h *apitest.House) {
	for _, n := range []string{"ana", "bea", "carl", "dom"} {
		h.Person(n, true)
	}
	h.Follow("ana", "bea")
	h.Follow("ana", "carl")
	ana, id := h.Client("ana"), func(n string) string { return masto.ID(h.Person(n, true).ID) }
	var l masto.UserList
	ana.Post("/api/v1/lists", url.Values{"title": {"Élus"}}).OK(&l)
	if l.Title != "Élus" || l.RepliesPolicy != "list" || l.Exclusive {
		t.Errorf("made: %+v", l)
	}
	path := "/api/v1/lists/" + l.ID
	ana.Post(path+"/accounts", url.Values{"account_ids[]": {id("bea"), id("carl")}}).OK(nil)
	ana.Post(path+"/accounts", url.Values{"account_ids[]": {id("bea")}}).OK(nil)
	ana.Post(path+"/accounts", url.Values{"account_ids[]": {id("dom")}}).Fails(422)
	ana.Post(path+"/accounts", url.Values{"account_ids[]": {"12"}}).Fails(404)
	for _, bad := range []url.Values{{"title": {""}}, {"title": {strings.Repeat("a", 121)}}, {"title": {"x"}, "replies_policy": {"some"}}, {}} {
		ana.Post("/api/v1/lists", bad).Fails(422)
	}
	ana.Post(path+"/accounts", url.Values{}).Fails(422)
	top := h.Publish("bea", post.Draft{Text: "au travail", Audience: post.Public})
	h.Publish("dom", post.Draft{Text: "hors liste", Audience: post.Public})
	h.Publish("carl", post.Draft{Text: "réponse dans la liste", ReplyTo: top.ID})
	other := h.Publish("dom", post.Draft{Text: "autre", Audience: post.Public})
	h.Publish("carl", post.Draft{Text: "réponse dehors", ReplyTo: other.ID})
	h.Publish("bea", post.Draft{Text: "@dom en privé", Audience: post.Direct})
	read := func(path string) (out string) {
		var list []masto.Status
		ana.Get(path).OK(&list)
		for _, s := range list {
			for _, w := range []string{"travail", "hors liste", "dans la liste", "dehors", "privé"} {
				if strings.Contains(s.Content, w) {
					out += w + ", "
				}
			}
		}
		return out
	}
	if got := read("/api/v1/timelines/list/" + l.ID); got != "dans la liste, travail, " {
		t.Errorf("the list shows %s", got)
	}
	if got := read("/api/v1/timelines/home"); !strings.Contains(got, "travail") {
		t.Errorf("home shows %s", got)
	}
	ana.Send("PUT", path, url.Values{"exclusive": {"true"}, "replies_policy": {"none"}}).OK(&l)
	if !l.Exclusive || l.Title != "Élus" {
		t.Errorf("changed: %+v", l)
	}
	if got := read("/api/v1/timelines/list/" + l.ID); got != "travail, " {
		t.Errorf("without answers: %s", got)
	}
	if got := read("/api/v1/timelines/home"); got != "" {
		t.Errorf("home shows people of an exclusive list: %s", got)
	}
	var lists []masto.UserList
	ana.Get("/api/v1/accounts/" + id("bea") + "/lists").OK(&lists)
	if len(lists) != 1 {
		t.Errorf("%d lists hold bea", len(lists))
	}
	var people []masto.Account
	ana.Get(path + "/accounts?limit=0").OK(&people)
	if len(people) != 2 {
		t.Errorf("%d people", len(people))
	}
	ana.Send("DELETE", path+"/accounts", url.Values{"account_ids[]": {id("carl")}}).OK(nil)
	if err := h.Follows.Unfollow(t.Context(), h.Person("ana", true).ID, h.Person("bea", true).ID); err != nil {
		t.Fatal(err)
	}
	ana.Get(path + "/accounts").OK(&people)
	if len(people) != 0 {
		t.Errorf("%d people after both left", len(people))
	}
	bea := h.Client("bea")
	for _, a := range []*apitest.Answer{bea.Get(path), bea.Get(path + "/accounts"), bea.Get("/api/v1/timelines/list/" + l.ID), bea.Send("PUT", path, url.Values{"title": {"x"}}),
		bea.Send("DELETE", path, nil), bea.Post(path+"/accounts", url.Values{"account_ids[]": {id("bea")}}), ana.Get("/api/v1/lists/x")} {
		a.Fails(404)
	}
	ana.Send("DELETE", path, nil).OK(nil)
	ana.Get(path).Fails(404)
}

func TestContract(t *testing.T) {
	contract := apitest.LoadContract(t)
	h := apitest.New(t)
	h.Person("ana", true)
	bea := masto.ID(h.Person("bea", true).ID)
	h.Follow("ana", "bea")
	c := h.Client("ana")
	var l masto.UserList
	contract.Conforms(c.Post("/api/v1/lists", url.Values{"title": {"a"}}).OK(&l), "post /api/v1/lists")
	p := "/api/v1/lists/" + l.ID
	contract.Conforms(c.Get("/api/v1/lists"), "get /api/v1/lists")
	contract.Conforms(c.Get(p), "get /api/v1/lists/{id}")
	contract.Conforms(c.Send("PUT", p, url.Values{"title": {"b"}}), "put /api/v1/lists/{id}")
	contract.Conforms(c.Post(p+"/accounts", url.Values{"account_ids[]": {bea}}), "post /api/v1/lists/{id}/accounts")
	contract.Conforms(c.Get(p+"/accounts"), "get /api/v1/lists/{id}/accounts")
	contract.Conforms(c.Get("/api/v1/accounts/"+bea+"/lists"), "get /api/v1/accounts/{id}/lists")
	contract.Conforms(c.Get("/api/v1/timelines/list/"+l.ID), "get /api/v1/timelines/list/{list_id}")
	contract.Conforms(c.Send("DELETE", p+"/accounts", url.Values{"account_ids[]": {bea}}), "delete /api/v1/lists/{id}/accounts")
	contract.Conforms(c.Send("DELETE", p, nil), "delete /api/v1/lists/{id}")
}
