package search_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/search"
	"github.com/maillage/maillage/internal/testkit/apitest"
)

func TestSearchOfPosts(t *testing.T) { apitest.Each(t, testSearchOfPosts) }

func testSearchOfPosts(t *testing.T, h *apitest.House) {
	h.Person("ana", true)
	bea := h.Person("bea", true)
	h.Person("cle", true)
	h.Guest("gus")
	yes := true
	if _, err := h.Accounts.Update(t.Context(), bea.ID, account.Profile{Indexable: &yes}); err != nil {
		t.Fatal(err)
	}
	byID := map[string]string{}
	publish := func(name, who string, d post.Draft) *post.Post {
		p := h.Publish(who, d)
		byID[fmt.Sprint(p.ID)] = name
		return p
	}
	publish("public", "bea", post.Draft{Text: "Les réunions du quartier https://exemple.fr/x", Audience: post.Public, Lang: "fr"})
	publish("shy", "cle", post.Draft{Text: "Une réunion sans consentement", Audience: post.Public})
	publish("section", "cle", post.Draft{Text: "REUNION de section", Audience: post.Section})
	publish("direct", "bea", post.Draft{Text: "@ana réunion entre nous", Audience: post.Direct})
	publish("other", "bea", post.Draft{Text: "@cle réunion à deux", Audience: post.Direct})
	publish("mine", "ana", post.Draft{Text: "ma réunion de travail", Audience: post.Followers})
	publish("theirs", "cle", post.Draft{Text: "réunion réservée", Audience: post.Followers})
	gone := publish("gone", "bea", post.Draft{Text: "réunion annulée", Audience: post.Public})
	publish("cjk", "bea", post.Draft{Text: "東京の会議", Audience: post.Public})
	if _, err := h.Posts.Delete(t.Context(), h.Viewer("bea"), gone.ID); err != nil {
		t.Fatal(err)
	}
	names := func(who, q string, more ...string) string {
		t.Helper()
		var out []string
		for _, s := range ask(h.Client(who), q, more...).Statuses {
			out = append(out, byID[s.ID])
		}
		slices.Sort(out)
		return strings.Join(out, " ")
	}
	// One rule says who finds what: nobody finds what they may not read.
	for _, c := range []struct{ who, q, want string }{
		{"ana", "réunion", "direct mine public section"},
		{"ana", "REUNIONS", "direct mine public section"},
		{"bea", "reunion", "direct other public section"},
		{"cle", "reunion", "other public section shy theirs"},
		{"gus", "reunion", "public"},
		{"ana", "réunion quartier", "public"},
		{"ana", "réunion -quartier -section", "direct mine"},
		{"ana", `"réunion de travail"`, "mine"},
		{"ana", `"travail de réunion"`, ""},
		{"ana", "« ma réunion »", "mine"},
		{"ana", "réunion from:bea", "direct public"},
		{"ana", "from:me", "mine"},
		{"ana", "réunion from:personne", ""},
		{"ana", "réunion language:fr", "public"},
		{"ana", "réunion before:2020-01-01", ""},
		{"ana", "réunion after:2020-01-01 in:library", "direct mine"},
		{"ana", "réunion after:hier", ""},
		{"ana", "réunion in:jardin", ""},
		{"ana", "réunion has:licorne", ""},
		{"ana", "annulée", ""},
		{"ana", "東京", "cjk"},
		{"ana", "会議", "cjk"},
		{"ana", "réunion OR NOT \" ( * ' & | !", ""},
		{"ana", "réunion* ' \" & |", "direct mine public section"},
	} {
		if got := names(c.who, c.q); got != c.want {
			t.Errorf("%s looks for %s: %q, not %q", c.who, c.q, got, c.want)
		}
	}
	if got := names("ana", "réunion", "type", "statuses", "account_id", fmt.Sprint(bea.ID)); got != "direct public" {
		t.Errorf("of one account: %q", got)
	}
	if got := names("ana", "réunion", "type", "accounts"); got != "" {
		t.Errorf("only accounts: %q", got)
	}
	a, b := names("ana", "réunion", "type", "statuses", "limit", "3"), names("ana", "réunion", "type", "statuses", "limit", "3", "offset", "3")
	if len(strings.Fields(a)) != 3 || len(strings.Fields(b)) != 1 || strings.Contains(a, b) {
		t.Errorf("pages: %q, %q", a, b)
	}
	// An edit is found by its new words only.
	p := publish("edit", "ana", post.Draft{Text: "avant", Audience: post.Section})
	if _, err := h.Posts.Edit(t.Context(), h.Viewer("ana"), p.ID, post.Draft{Text: "après"}); err != nil {
		t.Fatal(err)
	}
	if got := names("cle", "avant") + names("cle", "après"); got != "edit" {
		t.Errorf("after an edit: %q", got)
	}
	h.Client("ana").Get("/api/v2/search?q=r%C3%A9union&limit=1000000000&offset=1000000000&type=statuses").OK(nil)
	h.Stranger().Get("/api/v2/search?q=" + url.QueryEscape("réunion")).Fails(401)
}

// TestSearchLooksAtTheLatest: however many posts have a word, so many are looked
// at; further back with an author.
func TestSearchLooksAtTheLatest(t *testing.T) { apitest.Each(t, testSearchLooksAtTheLatest) }

func testSearchLooksAtTheLatest(t *testing.T, h *apitest.House) {
	h.Person("ana", true)
	h.Person("bea", true)
	h.Search.LookAt = 2
	old := h.Publish("bea", post.Draft{Text: "réunion ancienne", Audience: post.Section})
	for range 4 {
		h.Publish("bea", post.Draft{Text: "réunion avec moi", Audience: post.Followers})
	}
	for _, c := range []struct {
		q    string
		want int
	}{
		{"réunion", 0}, {"is:reply", 0}, {"réunion from:bea", 1}, {"ancienne", 1}, {"réunion before:2100-01-01", 1},
	} {
		found := ask(h.Client("ana"), c.q).Statuses
		if len(found) != c.want || c.want == 1 && found[0].ID != fmt.Sprint(old.ID) {
			t.Errorf("%q finds %d", c.q, len(found))
		}
	}
	if found := ask(h.Client("ana"), "réunion", "max_id", fmt.Sprint(old.ID+1)).Statuses; len(found) != 1 {
		t.Errorf("beginning there, it finds %d", len(found))
	}
}

func TestWords(t *testing.T) {
	for s, want := range map[string]string{
		"L’été, c’est loin !": "l ete c est loin", "Réunions choux class": "reunion chou class", "a_b-c": "a b c", "東京 Tower": "東 京 tower", "": "",
		strings.Repeat("x", 100): strings.Repeat("x", 60),
	} {
		if got := strings.Join(search.Words(s), " "); got != want {
			t.Errorf("%q: %q, not %q", s, got, want)
		}
	}
}
