package post_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit/apitest"
)

const statuses = "/api/v1/statuses"

func at(id, verb string) string { return statuses + "/" + id + verb }

func TestAPICreate(t *testing.T) {
	h := apitest.New(t)
	h.Person("ana", true)
	h.Person("bea", true)
	c := h.Client("ana")
	for i, body := range []any{
		url.Values{"status": {"Bonjour @bea #Réunion #Œuvre"}, "visibility": {"unlisted"}, "spoiler_text": {"Attention"}, "language": {"fr"}},
		map[string]any{"status": "Bonjour @bea #Réunion #Œuvre", "visibility": "unlisted", "spoiler_text": "Attention", "language": "fr",
			"media_ids": []string{}, "poll": nil, "in_reply_to_id": nil, "scheduled_at": nil},
	} {
		var s masto.Status
		c.Post(statuses, body).OK(&s)
		if s.Visibility != "unlisted" || s.SpoilerText != "Attention" || !s.Sensitive || *s.Language != "fr" {
			t.Errorf("%d: %+v", i, s)
		}
		if len(s.Mentions) != 1 || s.Mentions[0].Acct != "bea" {
			t.Errorf("%d: mentions %+v", i, s.Mentions)
		}
		// Tusky compares what it folds of the text with these names, and ligatures it keeps.
		slices.SortFunc(s.Tags, func(a, b masto.StatusTag) int { return strings.Compare(a.Name, b.Name) })
		if len(s.Tags) != 2 || s.Tags[0].Name != "reunion" || s.Tags[1].Name != "œuvre" || !strings.HasSuffix(s.Tags[1].URL, "/tags/oeuvre") || !strings.Contains(s.Content, "#<span>Réunion</span>") {
			t.Errorf("%d: tags %+v, content %q", i, s.Tags, s.Content)
		}
		if !strings.Contains(s.Content, `class="u-url mention"`) || s.Favourited == nil || s.Maillage.Audience != "public" {
			t.Errorf("%d: content %q, favourited %v", i, s.Content, s.Favourited)
		}
	}
	c.Post(statuses, url.Values{"status": {" "}}).Fails(422)
	c.Post(statuses, url.Values{}).Fails(422)
	c.Post(statuses, url.Values{"status": {strings.Repeat("a", post.MaxText+1)}}).Fails(422, "5")
	c.Post(statuses, url.Values{"status": {"a"}, "visibility": {"friends"}}).Fails(422)
	c.Post(statuses, url.Values{"status": {"a"}, "audience": {"movement"}}).Fails(422)
	c.Post(statuses, url.Values{"status": {"a"}, "in_reply_to_id": {"zz"}}).Fails(404)
	c.Post(statuses, url.Values{"status": {"a"}, "in_reply_to_id": {"123"}}).Fails(404)
	for _, absent := range []url.Values{
		{"scheduled_at": {"2030-01-01T00:00:00Z"}},
	} {
		absent.Set("status", "a")
		c.Post(statuses, absent).Fails(422)
	}
	h.Client("ana", "read").Post(statuses, url.Values{"status": {"a"}}).Fails(403)
	h.Stranger().Post(statuses, url.Values{"status": {"a"}}).Fails(401)
	if a := c.Send("POST", statuses, nil); a.Status != 422 {
		t.Errorf("no body: %d", a.Status)
	}
}

// TestVisibilityBecomesAudience is the mapping that apps meet.
func TestVisibilityBecomesAudience(t *testing.T) {
	h := apitest.New(t)
	h.Person("ana", false) // default: the section
	h.Person("bea", true)
	h.Client("bea").Send("PATCH", "/api/v1/accounts/update_credentials", url.Values{"source[privacy]": {"public"}}).OK(nil)
	for _, x := range []struct{ who, visibility, own, audience, shown string }{
		{"ana", "", "", "section", "private"},
		{"ana", "private", "", "section", "private"},
		{"ana", "private", "followers", "followers", "private"},
		{"ana", "direct", "", "direct", "direct"},
		{"bea", "", "", "public", "public"},
		{"bea", "private", "", "followers", "private"},
		{"bea", "private", "section", "section", "private"},
		{"bea", "unlisted", "", "public", "unlisted"},
		{"bea", "unlisted", "public", "public", "unlisted"},
	} {
		var s masto.Status
		h.Client(x.who).Post(statuses, url.Values{"status": {"a"}, "visibility": {x.visibility}, "audience": {x.own}}).OK(&s)
		if s.Maillage.Audience != x.audience || s.Visibility != x.shown {
			t.Errorf("%+v: audience %s shown as %s", x, s.Maillage.Audience, s.Visibility)
		}
	}
	for _, v := range []string{"public", "unlisted"} {
		h.Client("ana").Post(statuses, url.Values{"status": {"a"}, "visibility": {v}}).Fails(422, h.URL+"/reglages/accord?pour=public")
	}
	n, err := db.Get[int](context.Background(), h.DB.Read(), `select count(*) from post where account_id = $1 and audience = 'public'`, h.Person("ana", false).ID)
	if err != nil || n != 0 {
		t.Errorf("%d public posts without consent, %v", n, err)
	}
}

func TestAReplyNeverGoesFurther(t *testing.T) {
	h := apitest.New(t)
	h.Person("ana", true)
	h.Person("bea", true)
	parent := h.Publish("ana", post.Draft{Text: "entre nous"})
	var s masto.Status
	h.Client("bea").Post(statuses, map[string]any{"status": "oui", "visibility": "public", "in_reply_to_id": masto.ID(parent.ID)}).OK(&s)
	if s.Maillage.Audience != "section" || s.Visibility != "private" || *s.InReplyToID != masto.ID(parent.ID) {
		t.Errorf("reply: %+v", s)
	}
}

func TestIdempotencyKey(t *testing.T) { apitest.Each(t, testIdempotencyKey) }

func testIdempotencyKey(t *testing.T, h *apitest.House) {
	h.Person("ana", false)
	h.Person("bea", false)
	c := h.Client("ana")
	var mu sync.Mutex
	seen := map[string]bool{}
	var wg sync.WaitGroup
	for range 8 { // several at once must not both publish
		wg.Go(func() {
			var s masto.Status
			c.Send("POST", statuses, url.Values{"status": {"une fois"}}, "Idempotency-Key", "k1").OK(&s)
			mu.Lock()
			defer mu.Unlock()
			seen[s.ID] = true
		})
	}
	wg.Wait()
	var s masto.Status
	c.Send("POST", statuses, url.Values{"status": {"une fois"}}, "Idempotency-Key", "k1").OK(&s)
	seen[s.ID] = true
	if len(seen) != 1 {
		t.Errorf("one key made %d posts", len(seen))
	}
	var other masto.Status
	c.Send("POST", statuses, url.Values{"status": {"une fois"}}, "Idempotency-Key", "k2").OK(&other)
	h.Client("bea").Send("POST", statuses, url.Values{"status": {"une fois"}}, "Idempotency-Key", "k1").OK(&s)
	if seen[other.ID] || seen[s.ID] {
		t.Error("another key, or another person, gets the same post")
	}
	h.Write(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update post_idempotency set created_at = $1`, time.Now().Add(-61*time.Minute).UnixMilli())
		return err
	})
	c.Send("POST", statuses, url.Values{"status": {"une fois"}}, "Idempotency-Key", "k1").OK(&s)
	if seen[s.ID] {
		t.Error("a key still answers after an hour")
	}
}

func TestAPIReadEditDelete(t *testing.T) {
	h := apitest.New(t)
	h.Person("ana", false)
	h.Person("bea", false)
	p := h.Publish("ana", post.Draft{Text: "Première version", Warning: "Prudence"})
	id := masto.ID(p.ID)
	ana, bea := h.Client("ana"), h.Client("bea")
	var s masto.Status
	bea.Get(at(id, "")).OK(&s)
	if s.Pinned != nil || s.Text != nil || s.EditedAt != nil {
		t.Errorf("another's: %+v", s)
	}
	h.Stranger().Get(at(id, "")).Fails(404)
	bea.Get(at("12", "")).Fails(404)
	bea.Get(at("x", "")).Fails(404)

	var src masto.StatusSource
	ana.Get(at(id, "/source")).OK(&src)
	if src.Text != "Première version" || src.SpoilerText != "Prudence" || src.ID != id {
		t.Errorf("source: %+v", src)
	}
	bea.Get(at(id, "/source")).Fails(404)

	bea.Send("PUT", at(id, ""), url.Values{"status": {"à moi"}}).Fails(404)
	ana.Send("PUT", at(id, ""), url.Values{"status": {""}}).Fails(422)
	ana.Send("PUT", at(id, ""), url.Values{"status": {"Seconde"}, "spoiler_text": {""}, "visibility": {"public"}}).OK(&s)
	if s.EditedAt == nil || !strings.Contains(s.Content, "Seconde") || s.SpoilerText != "" || s.Visibility != "private" {
		t.Errorf("edited: %+v", s)
	}
	var edits []masto.StatusEdit
	bea.Get(at(id, "/history")).OK(&edits)
	if len(edits) != 2 || !strings.Contains(edits[0].Content, "Première") || !strings.Contains(edits[1].Content, "Seconde") {
		t.Errorf("history: %+v", edits)
	}

	bea.Send("DELETE", at(id, ""), nil).Fails(404)
	ana.Send("DELETE", at(id, ""), nil).OK(&s)
	if s.Text == nil || *s.Text != "Seconde" {
		t.Errorf("the deleted post says %v", s.Text)
	}
	for _, verb := range []string{"", "/context", "/source", "/history", "/favourited_by"} {
		ana.Get(at(id, verb)).Fails(404)
	}
	ana.Send("DELETE", at(id, ""), nil).Fails(404)
}

func TestAPIContext(t *testing.T) { apitest.Each(t, testAPIContext) }

func testAPIContext(t *testing.T, h *apitest.House) {
	h.Person("ana", false)
	top := h.Publish("ana", post.Draft{Text: "haut"})
	a := h.Publish("ana", post.Draft{Text: "a", ReplyTo: top.ID})
	b := h.Publish("ana", post.Draft{Text: "b", ReplyTo: a.ID})
	c := h.Publish("ana", post.Draft{Text: "c", ReplyTo: b.ID})
	d := h.Publish("ana", post.Draft{Text: "d", ReplyTo: b.ID})
	e := h.Publish("ana", post.Draft{Text: "e", ReplyTo: c.ID})
	var x masto.Context
	h.Client("ana").Get(at(masto.ID(b.ID), "/context")).OK(&x)
	ids := func(list []masto.Status) (out []string) {
		for _, s := range list {
			out = append(out, s.ID)
		}
		return out
	}
	want := func(ps ...*post.Post) (out []string) {
		for _, p := range ps {
			out = append(out, masto.ID(p.ID))
		}
		return out
	}
	if fmt.Sprint(ids(x.Ancestors)) != fmt.Sprint(want(top, a)) {
		t.Errorf("before: %v", ids(x.Ancestors))
	}
	if fmt.Sprint(ids(x.Descendants)) != fmt.Sprint(want(c, e, d)) {
		t.Errorf("after: %v, want c e d", ids(x.Descendants))
	}
	h.Stranger().Get(at(masto.ID(b.ID), "/context")).Fails(404)
}

func TestAPIReactions(t *testing.T) { apitest.Each(t, testAPIReactions) }

func testAPIReactions(t *testing.T, h *apitest.House) {
	h.Person("ana", true)
	h.Person("bea", true)
	p := h.Publish("ana", post.Draft{Text: "pour tous", Audience: post.Public})
	id := masto.ID(p.ID)
	bea := h.Client("bea")
	var s masto.Status
	for range 2 {
		bea.Post(at(id, "/favourite"), nil).OK(&s)
		if !*s.Favourited || s.FavouritesCount != 1 {
			t.Errorf("liked: %+v", s)
		}
	}
	var liked []masto.Status
	bea.Get("/api/v1/favourites").OK(&liked)
	if len(liked) != 1 || liked[0].ID != id {
		t.Errorf("favourites: %+v", liked)
	}
	var boost masto.Status
	bea.Post(at(id, "/reblog"), nil).OK(&boost)
	if boost.ID == id || boost.Reblog == nil || boost.Reblog.ID != id || boost.Account.Acct != "bea" || !*boost.Reblogged || !*boost.Reblog.Reblogged {
		t.Errorf("boost: %+v", boost)
	}
	first := boost.ID
	bea.Post(at(id, "/reblog"), nil).OK(&boost)
	if boost.ID != first {
		t.Error("boosting twice makes two boosts")
	}
	// On the id of a boost everything is about the original.
	h.Client("ana").Post(at(boost.ID, "/favourite"), nil).OK(&s)
	if s.ID != id || s.FavouritesCount != 2 {
		t.Errorf("liked through the boost: %+v", s)
	}
	var people []masto.Account
	h.Client("ana").Get(at(id, "/favourited_by")).OK(&people)
	if len(people) != 2 || people[0].Acct != "ana" || people[1].Acct != "bea" {
		t.Errorf("favourited by: %+v", people)
	}
	h.Client("ana").Get(at(id, "/reblogged_by")).OK(&people)
	if len(people) != 1 || people[0].Acct != "bea" {
		t.Errorf("reblogged by: %+v", people)
	}
	for _, c := range []*apitest.Client{bea, h.Stranger()} {
		for _, verb := range []string{"/favourited_by", "/reblogged_by"} {
			c.Get(at(id, verb)).OK(&people)
			if len(people) != 0 {
				t.Errorf("%s tells others: %+v", verb, people)
			}
		}
	}
	h.Client("ana").Send("DELETE", at(boost.ID, ""), nil).Fails(404) // not her boost
	bea.Send("DELETE", at(boost.ID, ""), nil).OK(nil)
	bea.Get(at(boost.ID, "")).Fails(404)
	bea.Get(at(id, "")).OK(&s)
	if s.ReblogsCount != 0 || *s.Reblogged {
		t.Errorf("after deleting the boost: %+v", s)
	}
	bea.Post(at(id, "/reblog"), nil).OK(nil)
	bea.Post(at(id, "/unreblog"), nil).OK(&s)
	if s.ID != id || *s.Reblogged || s.ReblogsCount != 0 || s.Reblog != nil {
		t.Errorf("unboosted: %+v", s)
	}
	bea.Post(at(id, "/unreblog"), nil).OK(nil)
	bea.Post(at(id, "/unfavourite"), nil).OK(&s)
	if *s.Favourited || s.FavouritesCount != 1 {
		t.Errorf("unliked: %+v", s)
	}
	direct := h.Publish("ana", post.Draft{Text: "@bea chut", Audience: post.Direct})
	bea.Post(at(masto.ID(direct.ID), "/reblog"), nil).Fails(422)
	bea.Post(at("9", "/favourite"), nil).Fails(404)
	h.Client("bea", "write:statuses").Post(at(id, "/favourite"), nil).Fails(403)
}

func TestAPIManyStatuses(t *testing.T) {
	h := apitest.New(t)
	h.Person("ana", true)
	h.Person("bea", false)
	a := h.Publish("ana", post.Draft{Text: "a", Audience: post.Public})
	b := h.Publish("bea", post.Draft{Text: "b", Audience: post.Direct})
	var list []masto.Status
	q := fmt.Sprintf("%s?id[]=%d&id[]=%d&id[]=3&id[]=x", statuses, b.ID, a.ID)
	h.Client("bea").Get(q).OK(&list)
	if len(list) != 2 || list[0].ID != masto.ID(b.ID) {
		t.Errorf("bea gets %+v", list)
	}
	h.Client("ana").Get(q).OK(&list)
	if len(list) != 1 || list[0].ID != masto.ID(a.ID) {
		t.Errorf("ana gets %+v", list)
	}
	list = nil
	h.Stranger().Get(q).OK(&list)
	if len(list) != 1 || list[0].Favourited != nil || list[0].Filtered != nil {
		t.Errorf("a stranger gets %+v", list)
	}
}

// TestAPIGuests: the section is closed to guests both ways.
func TestAPIGuests(t *testing.T) {
	h := apitest.New(t)
	h.Person("ana", true)
	h.Guest("gus")
	gus := h.Client("gus")
	p := h.Publish("ana", post.Draft{Text: "@gus la section"})
	gus.Get(at(masto.ID(p.ID), "")).Fails(404)
	gus.Post(statuses, url.Values{"status": {"à tous les membres"}, "audience": {"section"}}).Fails(422)
	for _, visibility := range []string{"", "private"} {
		var s masto.Status
		gus.Post(statuses, url.Values{"status": {"à qui me suit"}, "visibility": {visibility}}).OK(&s)
		if s.Maillage.Audience != "followers" {
			t.Errorf("a guest's %q becomes %q", visibility, s.Maillage.Audience)
		}
	}
	// A guest cannot find out who is a member by naming them, but answers whom they know.
	h.Person("bea", false)
	var named masto.Status
	gus.Post(statuses, url.Values{"status": {"@bea ?"}, "visibility": {"direct"}}).OK(&named)
	if len(named.Mentions) != 0 {
		t.Errorf("a guest names %+v", named.Mentions)
	}
	word := h.Publish("bea", post.Draft{Text: "@gus bonjour", Audience: post.Direct})
	gus.Post(statuses, map[string]any{"status": "@bea merci", "in_reply_to_id": masto.ID(word.ID)}).OK(&named)
	if len(named.Mentions) != 1 || named.Maillage.Audience != "direct" {
		t.Errorf("a guest's answer: %+v", named)
	}
	open := h.Publish("ana", post.Draft{Text: "pour tous", Audience: post.Public})
	var boost masto.Status
	gus.Post(at(masto.ID(open.ID), "/reblog"), nil).OK(&boost)
	if boost.Maillage.Audience != "followers" {
		t.Errorf("a guest boosts to %q", boost.Maillage.Audience)
	}
}

// TestAudienceThatCannotBeRead: a post whose readers were named otherwise than one
// can read is for nobody, and one that an app keeps on its server is not for everyone.
func TestAudienceThatCannotBeRead(t *testing.T) {
	h := apitest.New(t)
	h.Person("ana", true)
	c := h.Client("ana")
	for _, a := range []any{map[string]any{"section": true}, 5, true, "secret"} {
		c.Post(statuses, map[string]any{"status": "x", "visibility": "public", "audience": a}).Fails(422)
	}
	var s masto.Status
	for _, visibility := range []string{"public", "unlisted"} {
		c.Post(statuses, map[string]any{"status": "x", "visibility": visibility, "local_only": true}).OK(&s)
		if s.Maillage.Audience != "section" || s.Visibility != "private" {
			t.Errorf("%s, but here only: %s, %s", visibility, s.Visibility, s.Maillage.Audience)
		}
	}
	c.Post(statuses, map[string]any{"status": "x", "audience": "followers", "local_only": "1"}).Fails(422)
	c.Post(statuses, map[string]any{"status": "x", "visibility": "public", "local_only": map[string]any{"x": 1}}).Fails(422)
	if c.Post(statuses, map[string]any{"status": "x", "visibility": "public", "local_only": false}).OK(&s); s.Visibility != "public" {
		t.Errorf("for everyone: %s", s.Visibility)
	}
}
