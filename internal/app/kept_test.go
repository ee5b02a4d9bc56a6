package app_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// answered sends a request and gives the status and the body.
func answered(t *testing.T, method, address, token string, form url.Values, headers ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// TestKeptAnswersAreCurrent asks for what is kept until it is kept for sure, has
// something happen, and asks once more: the answer must be another at once.
func TestKeptAnswersAreCurrent(t *testing.T) {
	n := testkit.New(t)
	for _, who := range []string{"ana", "awa", "bob"} {
		n.Person(who, true)
	}
	ana, awa := n.Person("ana", true), n.Person("awa", true)
	token := n.Token("ana")
	if err := n.Follows.Follow(ctx, ana.ID, awa.ID, nil); err != nil {
		t.Fatal(err)
	}
	api := func(method, path string, form url.Values) {
		t.Helper()
		if status, body := answered(t, method, n.URL+path, token, form); status >= 300 {
			t.Fatalf("%s %s: %d %s", method, path, status, body)
		}
	}
	public := func(text string) *post.Post { return write(n, "awa", post.Draft{Audience: post.Public, Text: text}) }
	aid := ids.String(awa.ID)
	const home, ap = "/api/v1/timelines/home", "application/activity+json"
	exec := func(sql string, args ...any) {
		t.Helper()
		if err := n.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { _, err := tx.Exec(ctx, sql, args...); return err }); err != nil {
			t.Fatal(err)
		}
	}
	// change asks twice, so that the answer is kept, then acts; has says whether the
	// word is in the answer before and after.
	change := func(what, path, token, accept, word string, before, after bool, act func()) {
		t.Helper()
		for range 2 {
			if _, body := answered(t, "GET", n.URL+path, token, nil, "Accept", accept); strings.Contains(body, word) != before {
				t.Errorf("%s: before: %s", what, body)
			}
		}
		act()
		if _, body := answered(t, "GET", n.URL+path, token, nil, "Accept", accept); strings.Contains(body, word) != after {
			t.Errorf("%s: afterwards: %s", what, body)
		}
	}
	on := func(what, path, word string, before, after bool, act func()) {
		t.Helper()
		change(what, path, token, "application/json", word, before, after, act)
	}

	var p *post.Post
	on("a new post", home, "pommes", false, true, func() { p = public("Des pommes") })
	on("an edit", home, "poires", false, true, func() {
		if _, err := n.Posts.Edit(ctx, n.Viewer("awa"), p.ID, post.Draft{Text: "Des poires"}); err != nil {
			t.Fatal(err)
		}
	})
	pid := ids.String(p.ID)
	on("a like", home, `"favourited":true`, false, true, func() { api("POST", "/api/v1/statuses/"+pid+"/favourite", nil) })
	on("a filter", home, `"filter_action":"warn"`, false, true, func() {
		api("POST", "/api/v2/filters", url.Values{"title": {"fruits"}, "context[]": {"home"}, "filter_action": {"warn"}, "keywords_attributes[0][keyword]": {"poires"}})
	})
	on("a mute", home, "poires", true, false, func() { api("POST", "/api/v1/accounts/"+aid+"/mute", nil) })
	on("its end", home, "poires", false, true, func() { api("POST", "/api/v1/accounts/"+aid+"/unmute", nil) })
	on("an answer", "/api/v1/statuses/"+pid+"/context", "cidre", false, true, func() {
		write(n, "bob", post.Draft{Audience: post.Public, Text: "Du cidre", ReplyTo: p.ID})
	})
	on("unfollowing", home, "poires", true, false, func() { api("POST", "/api/v1/accounts/"+aid+"/unfollow", nil) })
	on("a block", "/api/v1/timelines/public", "poires", true, false, func() { api("POST", "/api/v1/accounts/"+aid+"/block", nil) })
	on("its end", "/api/v1/timelines/public", "poires", false, true, func() { api("POST", "/api/v1/accounts/"+aid+"/unblock", nil) })
	on("a suspension", "/api/v1/timelines/public", "poires", true, false, func() { exec(`update account set suspended_at = 1 where id = $1`, awa.ID) })
	on("its end", "/api/v1/timelines/public", "poires", false, true, func() { exec(`update account set suspended_at = 0 where id = $1`, awa.ID) })

	// What strangers and other servers get.
	path := strings.TrimPrefix(p.URI, n.URL)
	change("an edit, for servers", path, "", ap, "prunes", false, true, func() {
		if _, err := n.Posts.Edit(ctx, n.Viewer("awa"), p.ID, post.Draft{Text: "Des prunes"}); err != nil {
			t.Fatal(err)
		}
	})
	change("a new post, in the outbox", strings.TrimPrefix(awa.Outbox, n.URL)+"?page=true", "", ap, "figues", false, true, func() { public("Des figues") })
	change("a new post, on the page", "/@awa", "", "text/html", "abricots", false, true, func() { public("Des abricots") })
	change("a name, in the document", strings.TrimPrefix(awa.URI, n.URL), "", ap, "Awa la grande", false, true, func() {
		name := "Awa la grande"
		if _, err := n.Accounts.Update(ctx, awa.ID, account.Profile{Name: &name}); err != nil {
			t.Fatal(err)
		}
	})
	on("a deletion", "/api/v1/statuses/"+pid, "prunes", true, false, func() {
		if _, err := n.Posts.Delete(ctx, n.Viewer("awa"), p.ID); err != nil {
			t.Fatal(err)
		}
	})
	change("a deletion, for servers", path, "", ap, "Tombstone", true, true, func() {})
	finger := "/.well-known/webfinger?resource=acct:awa@" + n.Host
	change("consent withdrawn: the page", "/@awa", "", "text/html", "abricots", true, false, func() {
		change("consent withdrawn: the name", finger, "", "application/jrd+json", "subject", true, true, func() {})
		if err := n.Accounts.Withdraw(ctx, awa.ID); err != nil {
			t.Fatal(err)
		}
	})

	// A group for its members.
	g, err := n.Groups.Create(ctx, n.Viewer("bob"), group.New{Username: "fruits", Rules: group.Rules{Name: "Fruits", Access: group.Section, Joining: group.Free, Posting: group.Members}})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Groups.Join(ctx, n.Viewer("ana"), g.Account.ID); err != nil {
		t.Fatal(err)
	}
	inside := write(n, "bob", post.Draft{Audience: post.Group, ScopeID: g.Account.ID, Title: "Coings", Text: "Des coings pour nous"})
	one := "/api/v1/statuses/" + ids.String(inside.ID)
	on("the end of membership", one, "coings", true, false, func() {
		if err := n.Groups.Leave(ctx, n.Viewer("ana"), g.Account.ID); err != nil {
			t.Fatal(err)
		}
	})

	// Nothing is kept for whoever has no right to it any more.
	if status, _ := answered(t, "GET", n.URL+home, token, nil); status != 200 {
		t.Fatal(status)
	}
	v, err := n.Auth.ByToken(ctx, token)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Auth.Revoke(ctx, v.AccountID, v.TokenID); err != nil {
		t.Fatal(err)
	}
	if status, body := answered(t, "GET", n.URL+home, token, nil); status != 401 {
		t.Errorf("a token that was revoked: %d %s", status, body)
	}
}

// TestKeptAnswersCostNoQuery shows that answers are kept at all, and for whom.
func TestKeptAnswersCostNoQuery(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	n.Person("bob", true)
	write(n, "ana", post.Draft{Audience: post.Section, Text: "Pour la section"})
	if err := n.Idle(ctx); err != nil {
		t.Fatal(err)
	}
	const path = "/api/v1/timelines/public?local=true"
	tokens := []string{n.Token("ana"), n.Token("bob")}
	for range 3 {
		for i, token := range tokens {
			_, body := answered(t, "GET", n.URL+path, token, nil)
			if pinned := strings.Contains(body, `"pinned"`); pinned != (i == 0) {
				t.Errorf("reader %d has the answer of another", i)
			}
		}
		if status, _ := answered(t, "GET", n.URL+path, "", nil); status != 401 {
			t.Error("a stranger has the answer of a member")
		}
		if _, body := answered(t, "GET", n.URL+path+"&limit=0&max_id=1", tokens[0], nil); body != "[]\n" && body != "[]" {
			t.Errorf("another address has the same answer: %s", body)
		}
	}
}
