package post_test

import (
	"context"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit/apitest"
)

func number(t *testing.T, d *db.DB, sql string, args ...any) int {
	t.Helper()
	n, err := db.Get[int](context.Background(), d.Read(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestPublicPostsNameNobodyHidden looks at what strangers and other servers get
// of a post for everyone that concerns people who are not public.
func TestPublicPostsNameNobodyHidden(t *testing.T) { apitest.Each(t, testPublicPostsNameNobodyHidden) }

func testPublicPostsNameNobodyHidden(t *testing.T, h *apitest.House) {
	h.Person("ana", true)
	h.Person("bea", false)
	far := h.Remote("rui", "ailleurs.example")
	p := h.Publish("ana", post.Draft{Text: "Merci @bea et @rui@ailleurs.example", Audience: post.Public})
	path := at(masto.ID(p.ID), "")

	var seen masto.Status
	h.Client("bea").Get(path).OK(&seen)
	if len(seen.Mentions) != 2 {
		t.Errorf("a member is told of %+v", seen.Mentions)
	}
	h.Stranger().Get(path).OK(&seen)
	if len(seen.Mentions) != 0 || strings.Contains(seen.Content, "/@bea") {
		t.Errorf("a stranger is told of %+v in %s", seen.Mentions, seen.Content)
	}
	doc, err := db.Get[[]byte](context.Background(), h.DB.Read(), `select body from post_document where post_id = $1`, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(doc), "/@bea") || strings.Contains(string(doc), h.Person("bea", false).URI) || !strings.Contains(string(doc), far.URI) {
		t.Errorf("other servers are told: %s", doc)
	}
	if n := number(t, h.DB, `select count(*) from notification where account_id = $1`, h.Person("bea", false).ID); n != 1 {
		t.Errorf("bea has %d notifications, want 1", n)
	}

	// Between people who are here it is a link.
	inside := h.Publish("ana", post.Draft{Text: "@bea", Audience: post.Section})
	h.Client("bea").Get(at(masto.ID(inside.ID), "")).OK(&seen)
	if !strings.Contains(seen.Content, "/@bea") {
		t.Errorf("inside: %s", seen.Content)
	}
}

// TestNumbersTellNothingHidden compares what is counted for strangers with what they may read.
func TestNumbersTellNothingHidden(t *testing.T) { apitest.Each(t, testNumbersTellNothingHidden) }

func testNumbersTellNothingHidden(t *testing.T, h *apitest.House) {
	ana := h.Person("ana", true)
	h.Person("bea", true)
	h.Follow("bea", "ana")
	for range 2 {
		h.Publish("ana", post.Draft{Text: "entre nous"})
	}
	path := "/api/v1/accounts/" + masto.ID(ana.ID)
	var seen masto.Account
	h.Stranger().Get(path).OK(&seen)
	if seen.StatusesCount != 0 || seen.LastStatusAt != nil || seen.FollowersCount != 0 {
		t.Errorf("a stranger is told %d posts, last %v, %d followers", seen.StatusesCount, seen.LastStatusAt, seen.FollowersCount)
	}
	top := h.Publish("ana", post.Draft{Text: "pour tous", Audience: post.Public})
	gone := h.Publish("ana", post.Draft{Text: "pour tous, puis non", Audience: post.Public})
	for _, d := range []post.Draft{
		{Text: "@ana pour la section", Audience: post.Section}, {Text: "@ana pour vous", Audience: post.Direct},
		{Text: "@ana pour tous", Audience: post.Public}, {Text: "@ana pour les miens", Audience: post.Followers},
	} {
		d.ReplyTo = top.ID
		h.Publish("bea", d)
	}
	inside := h.Publish("ana", post.Draft{Text: "entre nous"})
	h.Publish("bea", post.Draft{Text: "oui", ReplyTo: inside.ID})
	if _, err := h.Posts.Delete(context.Background(), h.Viewer("ana"), gone.ID); err != nil {
		t.Fatal(err)
	}

	h.Stranger().Get(path).OK(&seen)
	if seen.StatusesCount != 1 || seen.LastStatusAt == nil {
		t.Errorf("a stranger is told %d posts", seen.StatusesCount)
	}
	h.Client("ana").Get(path).OK(&seen)
	if seen.StatusesCount != 4 || seen.FollowersCount != 1 {
		t.Errorf("ana is told %d posts, %d followers", seen.StatusesCount, seen.FollowersCount)
	}
	var s masto.Status
	if h.Stranger().Get(at(masto.ID(top.ID), "")).OK(&s); s.RepliesCount != 1 {
		t.Errorf("%d answers are counted, of which a stranger may read one", s.RepliesCount)
	}
	if h.Client("bea").Get(at(masto.ID(inside.ID), "")).OK(&s); s.RepliesCount != 1 {
		t.Errorf("%d answers inside are counted, not 1", s.RepliesCount)
	}
}

// TestWithdrawnAuthorsAreReadByMembersOnly makes somebody private again.
func TestWithdrawnAuthorsAreReadByMembersOnly(t *testing.T) {
	apitest.Each(t, func(t *testing.T, h *apitest.House) {
		ana := h.Person("ana", true)
		h.Person("bea", false)
		h.Guest("gus")
		far := h.Remote("rui", "ailleurs.example")
		h.Write(func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `insert into follow (account_id, target_id, id, uri, accepted, created_at) values ($1, $2, 1, 'https://ailleurs.example/f', true, 0)`, far.ID, ana.ID)
			return err
		})
		p := h.Publish("ana", post.Draft{Text: "pour tous", Audience: post.Public})
		path := at(masto.ID(p.ID), "")
		current := func(want bool) {
			t.Helper()
			if ok, err := h.Posts.Current(context.Background(), h.DB.Read(), p.ID, far.SharedInbox); err != nil || ok != want {
				t.Errorf("may be delivered: %v (%v), want %v", ok, err, want)
			}
		}
		current(true)
		if err := h.Accounts.Withdraw(context.Background(), ana.ID); err != nil {
			t.Fatal(err)
		}
		current(false)
		for _, tail := range []string{"", "/context", "/history", "/favourited_by"} {
			h.Client("bea").Get(path + tail).OK(nil)
			h.Client("gus").Get(path + tail).Fails(404)
			h.Stranger().Get(path + tail).Fails(404)
		}
		cond, args := post.Visible(post.Reader{AccountID: far.ID, Host: far.Host}, "p", []any{p.ID})
		if n := number(t, h.DB, `select count(*) from post p where p.id = $1 and `+cond, args...); n != 0 {
			t.Error("other servers may still read it")
		}
		// Being reachable by address opens nothing of that again.
		if err := h.Accounts.Consent(context.Background(), ana.ID, account.ConsentAddress, "oui"); err != nil {
			t.Fatal(err)
		}
		current(false)
		h.Stranger().Get(path).Fails(404)
	})
}

// TestAnswersStayAmongTheReadersOfTheirParent names people who may not read what is answered.
func TestAnswersStayAmongTheReadersOfTheirParent(t *testing.T) {
	apitest.Each(t, func(t *testing.T, h *apitest.House) {
		h.Person("ana", true)
		h.Person("bea", false)
		gus := h.Guest("gus")
		far := h.Remote("rui", "ailleurs.example")
		top := h.Publish("ana", post.Draft{Text: "entre nous", Audience: post.Section})
		text := "@bea @gus @rui@ailleurs.example"
		mentions := func(p *post.Post) (names string) {
			t.Helper()
			w, err := h.Posts.View(context.Background(), h.Viewer("ana"), p)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range w.Mentions {
				names += a.Username + " "
			}
			return names
		}
		answer := h.Publish("ana", post.Draft{Text: text, Audience: post.Direct, ReplyTo: top.ID})
		if got := mentions(answer); got != "bea " {
			t.Errorf("an answer to the section reaches %s", got)
		}
		edited, err := h.Posts.Edit(context.Background(), h.Viewer("ana"), answer.ID, post.Draft{Text: "encore " + text})
		if err != nil {
			t.Fatal(err)
		}
		if got := mentions(edited); got != "bea " {
			t.Errorf("after an edit it reaches %s", got)
		}
		if got := mentions(h.Publish("ana", post.Draft{Text: text, Audience: post.Section})); got != "bea " {
			t.Errorf("a post for the section names %s", got)
		}
		for _, id := range []int64{gus.ID, far.ID} {
			if n := number(t, h.DB, `select count(*) from notification where account_id = $1`, id); n != 0 {
				t.Errorf("%d is told of what they may not read", id)
			}
		}
		if n := number(t, h.DB, `select count(*) from delivery`); n != 0 {
			t.Errorf("%d deliveries of what is for the section", n)
		}
		if got := mentions(h.Publish("ana", post.Draft{Text: text, Audience: post.Direct})); got != "bea gus rui " {
			t.Errorf("a post that answers nothing reaches %s", got)
		}
	})
}
