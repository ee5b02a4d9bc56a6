package post_test

import (
	"context"
	"crypto/rsa"
	"io/fs"
	"sync"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/db/dbtest"
	"github.com/maillage/maillage/internal/follow"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/relation"
	"github.com/maillage/maillage/internal/timeline"
)

// house is the social core of one instance, on a database of its own.
type house struct {
	t        *testing.T
	db       *db.DB
	accounts *account.Service
	follows  *follow.Service
	posts    *post.Service
	times    *timeline.Service
}

var oneKey = sync.OnceValues(account.MakeKey) // the rules do not depend on keys

func migrations() []fs.FS {
	return []fs.FS{auth.Migrations(), account.Migrations(), relation.Migrations(), notify.Migrations(), follow.Migrations(), post.Migrations(), timeline.Migrations(), outbox.Migrations}
}

func each(t *testing.T, f func(*house)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		m := &ids.Maker{}
		h := &house{t: t, db: d, accounts: account.New(d, m, "https://ici.example", "ici.example")}
		n := &notify.Service{DB: d, IDs: m}
		h.follows = &follow.Service{DB: d, IDs: m, Accounts: h.accounts, Notify: n}
		h.posts = &post.Service{DB: d, IDs: m, Accounts: h.accounts, Notify: n}
		h.times = &timeline.Service{DB: d, Posts: h.posts}
		h.posts.Stored = append(h.posts.Stored, h.times.Fan)
		h.follows.Began = append(h.follows.Began, h.times.Followed)
		h.follows.Ended = append(h.follows.Ended, h.times.Unfollowed)
		f(h)
	}, migrations()...)
}

func (h *house) local(name string, public bool) *account.Account {
	h.t.Helper()
	key, err := oneKey()
	if err != nil {
		h.t.Fatal(err)
	}
	return h.write(func(ctx context.Context, tx *db.Tx) (*account.Account, error) {
		return h.accounts.Create(ctx, tx, account.NewLocal{Username: name, Public: public}, (*rsa.PrivateKey)(key))
	})
}

func (h *house) remote(name, host string) *account.Account {
	h.t.Helper()
	return h.write(func(ctx context.Context, tx *db.Tx) (*account.Account, error) {
		uri := "https://" + host + "/users/" + name
		now := time.Now().UnixMilli()
		a := &account.Account{ID: h.accounts.IDs.New(), URI: uri, Kind: "Person", Username: name, Host: host, Handle: name + "@" + host, Fields: "[]",
			URL: uri, Inbox: uri + "/inbox", SharedInbox: "https://" + host + "/inbox", Followers: uri + "/followers", Reachable: true, Public: true,
			CreatedAt: now, UpdatedAt: now, FetchedAt: now}
		return a, db.Insert(ctx, tx, "account", a)
	})
}

func (h *house) write(f func(context.Context, *db.Tx) (*account.Account, error)) (a *account.Account) {
	h.t.Helper()
	err := h.db.Write(context.Background(), func(ctx context.Context, tx *db.Tx) (err error) {
		a, err = f(ctx, tx)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return a
}

// follows makes a follow that is accepted, whoever the two are.
func (h *house) follow(a, b *account.Account) {
	h.t.Helper()
	err := h.db.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		return db.Insert(ctx, tx, "follow", &follow.Follow{AccountID: a.ID, TargetID: b.ID, ID: h.accounts.IDs.New(),
			URI: a.URI + "#follow-" + ids.Key(), Accepted: true, Boosts: true, CreatedAt: time.Now().UnixMilli()})
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func viewer(a *account.Account, member bool) *auth.Viewer {
	return &auth.Viewer{AccountID: a.ID, Member: member, Role: auth.RoleUser}
}

func (h *house) post(a *account.Account, d post.Draft) *post.Post {
	h.t.Helper()
	p, err := h.posts.Create(context.Background(), viewer(a, true), d)
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

// TestWhoReadsWhat is the table of the one rule: audience × reader.
func TestWhoReadsWhat(t *testing.T) {
	each(t, func(h *house) {
		ana := h.local("ana", true)
		follower, other, guest, named := h.local("suit", false), h.local("autre", false), h.local("invite", false), h.local("nomme", false)
		far, farNamed, stranger := h.remote("loin", "la.example"), h.remote("cite", "la.example"), h.remote("inconnu", "la.example")
		h.follow(follower, ana)
		h.follow(far, ana)
		text := "Bonjour @nomme et @cite@la.example"
		posts := map[post.Audience]*post.Post{}
		for _, a := range []post.Audience{post.Section, post.Followers, post.Public, post.Direct} {
			posts[a] = h.post(ana, post.Draft{Text: text, Audience: a})
		}
		readers := []struct {
			name string
			r    post.Reader
			// who may read: section, followers, public, direct
			want [4]bool
		}{
			{"the author", post.Reader{AccountID: ana.ID, Member: true}, [4]bool{true, true, true, true}},
			{"a follower here", post.Reader{AccountID: follower.ID, Member: true}, [4]bool{true, true, true, false}},
			{"a member", post.Reader{AccountID: other.ID, Member: true}, [4]bool{true, false, true, false}},
			{"a guest", post.Reader{AccountID: guest.ID}, [4]bool{false, false, true, false}},
			{"a member named", post.Reader{AccountID: named.ID, Member: true}, [4]bool{true, true, true, true}},
			{"a guest named", post.Reader{AccountID: named.ID}, [4]bool{false, true, true, true}},
			{"a follower elsewhere", post.Reader{AccountID: far.ID, Host: "la.example"}, [4]bool{false, true, true, false}},
			{"somebody named elsewhere", post.Reader{AccountID: farNamed.ID, Host: "la.example"}, [4]bool{false, true, true, true}},
			{"somebody elsewhere", post.Reader{AccountID: stranger.ID, Host: "la.example"}, [4]bool{false, false, true, false}},
			{"a stranger", post.Reader{}, [4]bool{false, false, true, false}},
		}
		for _, r := range readers {
			for i, a := range []post.Audience{post.Section, post.Followers, post.Public, post.Direct} {
				got, err := post.ByIDs(context.Background(), h.db.Read(), r.r, []int64{posts[a].ID})
				if err != nil {
					t.Fatal(err)
				}
				if (len(got) == 1) != r.want[i] {
					t.Errorf("%s reads a post for %s: %v, want %v", r.name, a, len(got) == 1, r.want[i])
				}
			}
		}
	})
}

// TestSectionNeverLeaves looks at every table from which something could be sent.
func TestSectionNeverLeaves(t *testing.T) {
	each(t, func(h *house) {
		ana, far := h.local("ana", true), h.remote("loin", "la.example")
		h.follow(far, ana)
		p := h.post(ana, post.Draft{Text: "Entre nous @loin@la.example", Audience: post.Section})
		if _, err := h.posts.Edit(context.Background(), viewer(ana, true), p.ID, post.Draft{Text: "Entre nous, corrigé"}); err != nil {
			t.Fatal(err)
		}
		if _, err := h.posts.Delete(context.Background(), viewer(ana, true), p.ID); err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"delivery", "delivery_body", "dest", "post_document", "post_copy"} {
			if n, err := db.Get[int](context.Background(), h.db.Read(), `select count(*) from `+table); err != nil || n != 0 {
				t.Errorf("%s holds %d rows (%v)", table, n, err)
			}
		}
		h.post(ana, post.Draft{Text: "Pour tous", Audience: post.Public})
		if n, _ := db.Get[int](context.Background(), h.db.Read(), `select count(*) from delivery`); n != 1 {
			t.Errorf("a public post makes %d deliveries, want 1", n)
		}
	})
}

func TestReplyNeverReachesFurther(t *testing.T) {
	each(t, func(h *house) {
		ana, bob := h.local("ana", true), h.local("bob", true)
		h.follow(bob, ana)
		for parent, want := range map[post.Audience]post.Audience{
			post.Section: post.Section, post.Followers: post.Direct, post.Public: post.Public, post.Direct: post.Direct,
		} {
			p := h.post(ana, post.Draft{Text: "Bonjour @bob", Audience: parent})
			r := h.post(bob, post.Draft{Text: "@ana Oui", Audience: post.Public, ReplyTo: p.ID})
			if r.Audience != want {
				t.Errorf("an answer for everyone to a post for %s is for %s, want %s", parent, r.Audience, want)
			}
			if r.ThreadID != p.ID {
				t.Errorf("the answer is in another thread")
			}
		}
	})
}

func TestPublicNeedsConsent(t *testing.T) {
	each(t, func(h *house) {
		ana := h.local("ana", false)
		_, err := h.posts.Create(context.Background(), viewer(ana, true), post.Draft{Text: "Bonjour", Audience: post.Public})
		if e, ok := apperr.As(err); !ok || e.Key != "post.needs_consent" {
			t.Fatalf("got %v", err)
		}
		if err := h.accounts.Consent(context.Background(), ana.ID, account.ConsentPublic, "Oui"); err != nil {
			t.Fatal(err)
		}
		h.post(ana, post.Draft{Text: "Bonjour", Audience: post.Public})
		if err := h.accounts.Withdraw(context.Background(), ana.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := h.posts.Create(context.Background(), viewer(ana, true), post.Draft{Text: "Encore", Audience: post.Public}); !apperr.Is(err, apperr.KindInvalid) {
			t.Errorf("after withdrawing: %v", err)
		}
	})
}

func TestIdempotencyKeyGivesTheSamePost(t *testing.T) {
	each(t, func(h *house) {
		ana := h.local("ana", false)
		d := post.Draft{Text: "Une fois", Audience: post.Section, IdempotencyKey: "k"}
		var wg sync.WaitGroup
		var mu sync.Mutex
		seen := map[int64]bool{}
		for range 6 {
			wg.Go(func() {
				p, err := h.posts.Create(context.Background(), viewer(ana, true), d)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				seen[p.ID] = true
				mu.Unlock()
			})
		}
		wg.Wait()
		if n, _ := db.Get[int](context.Background(), h.db.Read(), `select count(*) from post`); n != 1 || len(seen) != 1 {
			t.Errorf("%d posts, %d answers", n, len(seen))
		}
	})
}

func TestHomeFollowsUnfollowsAndThreads(t *testing.T) {
	each(t, func(h *house) {
		ctx := context.Background()
		ana, bob, eve := h.local("ana", true), h.local("bob", true), h.local("eve", true)
		before := h.post(bob, post.Draft{Text: "Avant", Audience: post.Public})
		if err := h.follows.Follow(ctx, ana.ID, bob.ID, nil); err != nil {
			t.Fatal(err)
		}
		after := h.post(bob, post.Draft{Text: "Après", Audience: post.Section})
		eves := h.post(eve, post.Draft{Text: "Eve", Audience: post.Section})
		h.post(bob, post.Draft{Text: "@eve réponse", Audience: post.Section, ReplyTo: eves.ID})
		if _, err := h.posts.Boost(ctx, viewer(bob, true), eves.ID); err != nil {
			t.Fatal(err)
		}
		got, err := h.times.Home(ctx, viewer(ana, true), page.Range{})
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 3 || got[0].Boost == nil || got[0].Boost.ID != eves.ID || got[1].ID != after.ID || got[2].ID != before.ID {
			t.Fatalf("home holds %d posts: %+v", len(got), got)
		}
		if _, err := h.posts.Unboost(ctx, viewer(bob, true), eves.ID); err != nil {
			t.Fatal(err)
		}
		if err := h.follows.Unfollow(ctx, ana.ID, bob.ID); err != nil {
			t.Fatal(err)
		}
		if got, _ = h.times.Home(ctx, viewer(ana, true), page.Range{}); len(got) != 0 {
			t.Errorf("after unfollowing, home holds %d posts", len(got))
		}
		_, answers, err := h.posts.Thread(ctx, viewer(ana, true), eves)
		if err != nil || len(answers) != 1 {
			t.Errorf("the thread has %d answers, %v", len(answers), err)
		}
	})
}

func TestDeletedPostLeavesNothing(t *testing.T) {
	each(t, func(h *house) {
		ctx := context.Background()
		ana, bob := h.local("ana", true), h.local("bob", false)
		p := h.post(ana, post.Draft{Text: "secret-à-effacer @bob #secret", Audience: post.Section})
		if _, err := h.posts.Edit(ctx, viewer(ana, true), p.ID, post.Draft{Text: "secret-à-effacer bis"}); err != nil {
			t.Fatal(err)
		}
		if _, err := h.posts.Like(ctx, viewer(bob, true), p.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := h.posts.Boost(ctx, viewer(bob, true), p.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := h.posts.Delete(ctx, viewer(bob, true), p.ID); !apperr.Is(err, apperr.KindNotFound) {
			t.Fatalf("somebody else deletes it: %v", err)
		}
		if _, err := h.posts.Delete(ctx, viewer(ana, true), p.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := h.posts.Get(ctx, viewer(ana, true), p.ID); !apperr.Is(err, apperr.KindNotFound) {
			t.Errorf("still readable: %v", err)
		}
		for _, q := range []string{
			`select count(*) from post where content like '%effacer%' or source like '%effacer%'`,
			`select count(*) from post_revision`, `select count(*) from post_like`, `select count(*) from post_tag`,
			`select count(*) from notification where post_id <> 0`, `select count(*) from post where deleted_at = 0`,
		} {
			if n, err := db.Get[int](ctx, h.db.Read(), q); err != nil || n != 0 {
				t.Errorf("%s: %d, %v", q, n, err)
			}
		}
	})
}
