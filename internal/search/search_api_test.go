package search_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/search"
	"github.com/maillage/maillage/internal/testkit"
	"github.com/maillage/maillage/internal/testkit/apitest"
)

func ask(c *apitest.Client, q string, more ...string) (out masto.Search) {
	c.T.Helper()
	v := url.Values{"q": {q}}
	for i := 0; i+1 < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	c.Get("/api/v2/search?" + v.Encode()).OK(&out)
	return out
}

func accts(list []masto.Account) string {
	var out []string
	for _, a := range list {
		out = append(out, a.Acct)
	}
	return strings.Join(out, " ")
}

func TestSearchByName(t *testing.T) { apitest.Each(t, testSearchByName) }

func testSearchByName(t *testing.T, h *apitest.House) {
	name := "Élodie Martin"
	if _, err := h.Accounts.Update(context.Background(), h.Person("elo", false).ID, account.Profile{Name: &name}); err != nil {
		t.Fatal(err)
	}
	h.Person("ana", true)
	h.Guest("gus")
	h.Remote("martine", "loin.example")
	h.Publish("ana", post.Draft{Text: "#Été #ÉtéIndien", Audience: post.Public})
	h.Publish("ana", post.Draft{Text: "#été"})
	h.Publish("ana", post.Draft{Text: "#Étude secrète", Audience: post.Direct})
	member, guest := h.Client("ana"), h.Client("gus")

	if got := accts(ask(member, "elodie").Accounts); got != "elo" {
		t.Errorf("a member finds %q", got)
	}
	if got := accts(ask(guest, "elodie").Accounts); got != "" {
		t.Errorf("a guest finds %q", got)
	}
	if got := accts(ask(guest, "ana").Accounts); got != "ana" {
		t.Errorf("a guest finds %q", got)
	}
	tags := ask(h.Client("elo"), "#ét").Hashtags
	if len(tags) != 2 || tags[0].Name != "Été" && tags[0].Name != "été" || tags[1].Name != "ÉtéIndien" || tags[0].URL != h.URL+"/tags/ete" {
		t.Errorf("hashtags: %+v", tags)
	}
	if r := ask(member, "ana", "type", "hashtags"); len(r.Accounts) != 0 {
		t.Errorf("only hashtags: %+v", r)
	}
	if r := ask(member, "%"); len(r.Accounts)+len(r.Hashtags)+len(r.Statuses) != 0 {
		t.Errorf("a wildcard finds %+v", r)
	}
	member.Get("/api/v2/search?q=").Fails(422)
	member.Get("/api/v2/search").Fails(422)
	member.Get("/api/v2/search?q=" + strings.Repeat("a", search.MaxQuery+1)).Fails(422)
	h.Client("ana", "read:accounts").Get("/api/v2/search?q=a").Fails(403)
	h.Stranger().Get("/api/v2/search?q=a").Fails(401)
}

func TestSearchOfAccountsPages(t *testing.T) {
	h := apitest.New(t)
	for i := range 5 {
		h.Person(fmt.Sprintf("membre%d", i), false)
	}
	c := h.Client("membre0")
	var list []masto.Account
	c.Get("/api/v1/accounts/search?q=@membre&limit=2&offset=2").OK(&list)
	if got := accts(list); got != "membre2 membre3" {
		t.Errorf("second page: %q", got)
	}
	h.Follow("membre0", "membre3")
	c.Get("/api/v1/accounts/search?q=membre&following=true").OK(&list)
	if got := accts(list); got != "membre3" {
		t.Errorf("followed: %q", got)
	}
	c.Get("/api/v1/accounts/search?q=membre4@" + h.Host).OK(&list)
	if got := accts(list); got != "membre4" {
		t.Errorf("whole address: %q", got)
	}
	c.Get("/api/v1/accounts/search").Fails(422)
	h.Stranger().Get("/api/v1/accounts/search?q=m").Fails(401)
}

func TestSearchByAddressOfOurs(t *testing.T) { apitest.Each(t, testSearchByAddressOfOurs) }

func testSearchByAddressOfOurs(t *testing.T, h *apitest.House) {
	h.Person("ana", false)
	h.Person("bea", false)
	h.Guest("gus")
	p := h.Publish("ana", post.Draft{Text: "section"})
	d := h.Publish("ana", post.Draft{Text: "pour moi", Audience: post.Direct})
	bea := h.Client("bea")
	ana := h.Person("ana", false)
	for _, q := range []string{"@ana@" + h.Host, "ana@" + h.Host, h.URL + "/@ana", ana.URI, h.URL + "/@ana/"} {
		if got := accts(ask(bea, q).Accounts); got != "ana" {
			t.Errorf("%s finds %q", q, got)
		}
		if got := accts(ask(h.Client("gus"), q).Accounts); got != "" {
			t.Errorf("for a guest %s finds %q", q, got)
		}
	}
	for _, q := range []string{p.URI, p.URL, p.URL + "#top"} {
		if r := ask(bea, q); len(r.Statuses) != 1 || r.Statuses[0].ID != masto.ID(p.ID) || len(r.Accounts) != 0 {
			t.Errorf("%s finds %+v", q, r)
		}
		if r := ask(bea, q, "type", "accounts"); len(r.Statuses) != 0 {
			t.Errorf("%s as an account finds %+v", q, r)
		}
	}
	for _, q := range []string{d.URI, d.URL, h.URL + "/@ana/12", h.URL + "/@ana/x", h.URL + "/", h.URL + "/nothing", "https://", "https://a b/"} {
		if r := ask(bea, q, "resolve", "true"); len(r.Statuses)+len(r.Accounts) != 0 {
			t.Errorf("%s finds %+v", q, r)
		}
	}
}

func TestTags(t *testing.T) {
	h := apitest.New(t)
	h.Person("ana", false)
	var tag masto.Tag
	h.Client("ana").Get("/api/v1/tags/" + url.PathEscape("Été")).OK(&tag)
	if tag.Name != "Été" || tag.URL != h.URL+"/tags/ete" || tag.Following == nil {
		t.Errorf("tag: %+v", tag)
	}
	h.Stranger().Get("/api/v1/tags/x/").OK(nil)
	h.Stranger().Get("/api/v1/tags/%20").Fails(404)
}

// TestResolve asks another server, which really runs.
func TestResolve(t *testing.T) {
	c := testkit.NewCluster(t, 2)
	here, there := c[0], c[1]
	here.Person("ana", true)
	zoe := there.Person("zoe", true)
	there.Person("cachee", false)
	ctx := context.Background()
	top, err := there.Posts.Create(ctx, there.Viewer("zoe"), post.Draft{Text: "début", Audience: post.Public})
	if err != nil {
		t.Fatal(err)
	}
	reply, err := there.Posts.Create(ctx, there.Viewer("zoe"), post.Draft{Text: "suite", Audience: post.Public, ReplyTo: top.ID})
	if err != nil {
		t.Fatal(err)
	}
	secret, err := there.Posts.Create(ctx, there.Viewer("zoe"), post.Draft{Text: "entre nous", Audience: post.Section})
	if err != nil {
		t.Fatal(err)
	}
	app := here.Client("ana")
	find := func(q string, resolve bool) (out masto.Search) {
		t.Helper()
		app.Get("/api/v2/search?q="+url.QueryEscape(q)+"&resolve="+fmt.Sprint(resolve), &out)
		if app.Status != 200 {
			t.Fatalf("%s: status %d", q, app.Status)
		}
		return out
	}
	handle := "zoe@" + there.Host
	if r := find(handle, false); len(r.Accounts) != 0 {
		t.Fatalf("found without asking: %+v", r)
	}
	// The page first: nothing of hers is known yet.
	for _, q := range []string{zoe.URL, zoe.URI, "@" + handle, handle} {
		if r := find(q, true); accts(r.Accounts) != handle {
			t.Errorf("%s finds %q", q, accts(r.Accounts))
		}
	}
	if r := find("zoe", false); accts(r.Accounts) != handle {
		t.Errorf("once met, by name: %q", accts(r.Accounts))
	}
	for _, q := range []string{reply.URL, reply.URI} {
		r := find(q, true)
		if len(r.Statuses) != 1 || r.Statuses[0].URI != reply.URI || r.Statuses[0].InReplyToID == nil {
			t.Errorf("%s finds %+v", q, r.Statuses)
		}
	}
	if r := find(reply.URL, false); len(r.Statuses) != 1 {
		t.Error("once met, a post is not found by the address of its page")
	}
	for _, q := range []string{secret.URI, secret.URL, "cachee@" + there.Host, "personne@" + there.Host, there.URL + "/rien", "x@127.0.0.1:1"} {
		if r := find(q, true); len(r.Accounts)+len(r.Statuses) != 0 {
			t.Errorf("%s finds %+v", q, r)
		}
	}
}

func TestAskingOthersIsLimited(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	n.Person("bea", true)
	s := &search.Service{DB: n.DB, Accounts: n.Accounts, Posts: n.Posts, Fetcher: n.Engine}
	ctx := context.Background()
	last := error(nil)
	for range 40 {
		_, last = s.Resolve(ctx, n.Viewer("ana"), "x@"+n.Host+".invalid")
	}
	if !apperr.Is(last, apperr.KindTooMany) {
		t.Errorf("after forty questions: %v", last)
	}
	if _, err := s.Resolve(ctx, n.Viewer("bea"), "x@"+n.Host+".invalid"); !apperr.Is(err, apperr.KindNotFound) {
		t.Errorf("somebody else: %v", err)
	}
	if f, err := s.Resolve(ctx, n.Viewer("ana"), "bea@"+n.Host); err != nil || f.Account == nil {
		t.Errorf("what is known needs no question: %v", err)
	}
}
