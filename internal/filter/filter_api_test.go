package filter_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit/apitest"
)

func TestFilters(t *testing.T) { apitest.Each(t, testFilters) }

func testFilters(t *testing.T, h *apitest.House) {
	h.Person("ana", true)
	h.Person("bea", true)
	ana, bea := h.Client("ana"), h.Client("bea")
	var f masto.Filter
	ana.Post("/api/v2/filters", map[string]any{"title": "Foot", "context": []string{"public", "home"}, "filter_action": "hide", "expires_in": "3600",
		"keywords_attributes": []map[string]any{{"keyword": "été", "whole_word": true}, {"keyword": "but", "whole_word": true}}}).OK(&f)
	if len(f.Keywords) != 2 || f.FilterAction != "hide" || f.ExpiresAt == nil || strings.Join(f.Context, " ") != "home public" {
		t.Fatalf("made: %+v", f)
	}
	hits := func(c *apitest.Client, p *post.Post) (out string) {
		t.Helper()
		var s masto.Status
		c.Get("/api/v1/statuses/" + masto.ID(p.ID)).OK(&s)
		if s.Filtered == nil {
			t.Fatal("filtered is left out")
		}
		for _, x := range *s.Filtered {
			out += x.Filter.Title + "(" + strings.Join(x.KeywordMatches, ",") + strings.Join(x.StatusMatches, ",") + ")"
		}
		return out
	}
	for text, want := range map[string]string{
		"Quel Été !": "Foot(été)", "Un ete, un BUT": "Foot(été,but)", "un débutant attribut": "", "rien": "", "le #été": "Foot(été)",
	} {
		p := h.Publish("bea", post.Draft{Text: text, Audience: post.Public})
		if got := hits(ana, p); got != want {
			t.Errorf("%q meets %q, not %q", text, got, want)
		}
		if got := hits(bea, p); got != "" {
			t.Errorf("another person's filter shows: %q", got)
		}
	}
	warned := h.Publish("bea", post.Draft{Text: "rien", Warning: "Le but", Audience: post.Public})
	if got := hits(ana, warned); got != "Foot(but)" {
		t.Errorf("a warning meets %q", got)
	}
	if mine := h.Publish("ana", post.Draft{Text: "mon but", Audience: post.Public}); hits(ana, mine) != "" {
		t.Error("one's own post is filtered")
	}
	// Each change holds at the next reading.
	path := "/api/v2/filters/" + f.ID
	ana.Send("PUT", path, map[string]any{"title": "Match",
		"keywords_attributes": []map[string]any{{"id": f.Keywords[0].ID, "_destroy": true}, {"id": f.Keywords[1].ID, "_destroy": true}}}).OK(&f)
	p := h.Publish("bea", post.Draft{Text: "quel but", Audience: post.Section})
	if got := hits(ana, p); got != "" || len(f.Keywords) != 0 || f.Title != "Match" {
		t.Errorf("after the words are gone: %q, %+v", got, f)
	}
	var k masto.FilterKeyword
	ana.Post(path+"/keywords", url.Values{"keyword": {"bu"}}).OK(&k)
	if got := hits(ana, p); got != "Match(bu)" {
		t.Errorf("a part of a word: %q", got)
	}
	ana.Send("PUT", "/api/v2/filters/keywords/"+k.ID, url.Values{"whole_word": {"true"}}).OK(&k)
	if got := hits(ana, p); got != "" || !k.WholeWord || k.Keyword != "bu" {
		t.Errorf("a whole word: %q", got)
	}
	var st masto.FilteredStatus
	ana.Post(path+"/statuses", url.Values{"status_id": {masto.ID(p.ID)}}).OK(&st)
	if got := hits(ana, p); got != "Match("+masto.ID(p.ID)+")" {
		t.Errorf("a named post: %q", got)
	}
	for _, a := range []*apitest.Answer{bea.Get(path), bea.Send("DELETE", path, nil), bea.Get("/api/v2/filters/keywords/" + k.ID), bea.Send("DELETE", "/api/v2/filters/statuses/"+st.ID, nil),
		bea.Post(path+"/keywords", url.Values{"keyword": {"x"}}), ana.Get("/api/v2/filters/9"), ana.Post(path+"/statuses", url.Values{"status_id": {"9"}}), ana.Post(path+"/statuses", nil)} {
		a.Fails(404)
	}
	ana.Send("DELETE", "/api/v2/filters/statuses/"+st.ID, nil).OK(nil)
	ana.Send("DELETE", path, nil).OK(nil)
	if got := hits(ana, p); got != "" {
		t.Errorf("after all is gone: %q", got)
	}
}

func TestBadInput(t *testing.T) {
	h := apitest.New(t)
	h.Person("ana", true)
	ana := h.Client("ana")
	for name, bad := range map[string]url.Values{
		"no title":    {"context[]": {"home"}},
		"no context":  {"title": {"x"}},
		"bad context": {"title": {"x"}, "context[]": {"dreams"}},
		"bad action":  {"title": {"x"}, "context[]": {"home"}, "filter_action": {"burn"}},
		"bad expiry":  {"title": {"x"}, "context[]": {"home"}, "expires_in": {"soon"}},
		"NaN":         {"title": {"x"}, "context[]": {"home"}, "expires_in": {"NaN"}},
		"empty word":  {"title": {"x"}, "context[]": {"home"}, "keywords_attributes[][keyword]": {""}},
		"long word":   {"title": {"x"}, "context[]": {"home"}, "keywords_attributes[][keyword]": {strings.Repeat("a", 201)}},
		"long title":  {"title": {strings.Repeat("a", 201)}, "context[]": {"home"}},
	} {
		t.Run(name, func(t *testing.T) { ana.Post("/api/v2/filters", bad).Fails(422) })
	}
	var list []masto.Filter
	ana.Get("/api/v2/filters").OK(&list)
	if len(list) != 0 {
		t.Errorf("%d filters were made all the same", len(list))
	}
	ana.Post("/api/v1/filters", url.Values{"context[]": {"home"}}).Fails(422)
	h.Stranger().Get("/api/v2/filters").Fails(401)
	h.Client("ana", "read:statuses").Get("/api/v2/filters").Fails(403)
}

func TestFirstForm(t *testing.T) {
	h := apitest.New(t)
	h.Person("ana", true)
	ana := h.Client("ana")
	type first struct {
		ID, Phrase              string
		Context                 []string
		Irreversible, WholeWord bool
	}
	var f first
	ana.Post("/api/v1/filters", map[string]any{"phrase": "foot", "context": []string{"home"}, "irreversible": true}).OK(&f)
	if f.Phrase != "foot" || !f.Irreversible {
		t.Fatalf("made: %+v", f)
	}
	ana.Send("PUT", "/api/v1/filters/"+f.ID, url.Values{"phrase": {"rugby"}, "context[]": {"public"}, "irreversible": {"false"}}).OK(&f)
	var second []masto.Filter
	ana.Get("/api/v2/filters").OK(&second)
	if f.Phrase != "rugby" || f.Irreversible || len(second) != 1 || second[0].Title != "rugby" || second[0].FilterAction != "warn" || second[0].Context[0] != "public" {
		t.Errorf("changed: %+v, %+v", f, second)
	}
	ana.Get("/api/v1/filters/" + f.ID).OK(&f)
	var all []first
	ana.Get("/api/v1/filters").OK(&all)
	ana.Send("DELETE", "/api/v1/filters/"+f.ID, nil).OK(nil)
	ana.Get("/api/v2/filters").OK(&second)
	if len(all) != 1 || len(second) != 0 {
		t.Errorf("%d before, %d after", len(all), len(second))
	}
}

func TestContract(t *testing.T) {
	contract := apitest.LoadContract(t)
	h := apitest.New(t)
	h.Person("ana", true)
	h.Person("bea", true)
	p := masto.ID(h.Publish("bea", post.Draft{Text: "but", Audience: post.Public}).ID)
	c := h.Client("ana")
	var f masto.Filter
	contract.Conforms(c.Post("/api/v2/filters", url.Values{"title": {"a"}, "context[]": {"home"}, "keywords_attributes[][keyword]": {"but"}}).OK(&f), "post /api/v2/filters")
	path := "/api/v2/filters/" + f.ID
	var k masto.FilterKeyword
	var st masto.FilteredStatus
	contract.Conforms(c.Post(path+"/keywords", url.Values{"keyword": {"x"}}).OK(&k), "post /api/v2/filters/{filter_id}/keywords")
	contract.Conforms(c.Post(path+"/statuses", url.Values{"status_id": {p}}).OK(&st), "post /api/v2/filters/{filter_id}/statuses")
	contract.Conforms(c.Get("/api/v1/statuses/"+p), "get /api/v1/statuses/{id}")
	contract.Conforms(c.Get("/api/v2/filters"), "get /api/v2/filters")
	contract.Conforms(c.Get(path), "get /api/v2/filters/{id}")
	contract.Conforms(c.Send("PUT", path, url.Values{"title": {"b"}}), "put /api/v2/filters/{id}")
	contract.Conforms(c.Get(path+"/keywords"), "get /api/v2/filters/{filter_id}/keywords")
	contract.Conforms(c.Get("/api/v2/filters/keywords/"+k.ID), "get /api/v2/filters/keywords/{id}")
	contract.Conforms(c.Send("PUT", "/api/v2/filters/keywords/"+k.ID, url.Values{"keyword": {"y"}}), "put /api/v2/filters/keywords/{id}")
	contract.Conforms(c.Get(path+"/statuses"), "get /api/v2/filters/{filter_id}/statuses")
	contract.Conforms(c.Get("/api/v2/filters/statuses/"+st.ID), "get /api/v2/filters/statuses/{id}")
	contract.Conforms(c.Send("DELETE", "/api/v2/filters/statuses/"+st.ID, nil), "delete /api/v2/filters/statuses/{id}")
	contract.Conforms(c.Send("DELETE", "/api/v2/filters/keywords/"+k.ID, nil), "delete /api/v2/filters/keywords/{id}")
	contract.Conforms(c.Send("DELETE", path, nil), "delete /api/v2/filters/{id}")
}
