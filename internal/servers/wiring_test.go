package servers_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/host"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/search"
	"github.com/maillage/maillage/internal/testkit"
)

// transact runs one transaction.
func transact(n *testkit.Node, f func(context.Context, *db.Tx) error) {
	n.T.Helper()
	if err := n.DB.Write(ctx, f); err != nil {
		n.T.Fatal(err)
	}
}

// remotePerson writes down somebody of elsewhere.
func remotePerson(n *testkit.Node, name, host string) *account.Account {
	n.T.Helper()
	uri, now := "https://"+host+"/users/"+name, time.Now().UnixMilli()
	a := &account.Account{ID: n.Accounts.IDs.New(), URI: uri, Kind: account.Person, Username: name, Host: host, Handle: name + "@" + host,
		Fields: "[]", URL: "https://" + host + "/@" + name, Inbox: uri + "/inbox", Followers: uri + "/followers", Reachable: true, Public: true,
		CreatedAt: now, UpdatedAt: now, FetchedAt: now}
	transact(n, func(ctx context.Context, tx *db.Tx) error { return db.Insert(ctx, tx, "account", a) })
	return a
}

// remotePost writes a post for everyone of somebody elsewhere.
func remotePost(n *testkit.Node, name, host, text string) *post.Post {
	n.T.Helper()
	a := remotePerson(n, name, host)
	id := n.Posts.IDs.New()
	p := post.Post{ID: id, URI: a.URI + "/p/" + ids.Key(), AccountID: a.ID, Kind: post.KindNote, Audience: post.Public, Listed: true,
		Content: "<p>" + text + "</p>", ThreadID: id, CreatedAt: ids.Time(id).UnixMilli()}
	transact(n, func(ctx context.Context, tx *db.Tx) error { return db.InsertMany(ctx, tx, "post", []post.Post{p}) })
	return &p
}

// TestOriginIsNamed: pages say which software somebody of elsewhere writes with.
func TestOriginIsNamed(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	p := remotePost(n, "rui", "autre.example", "Bom dia")
	transact(n, func(ctx context.Context, tx *db.Tx) error {
		if err := host.SaveSoftware(ctx, tx, host.Software{Host: "autre.example", Name: "gotosocial", Version: "1", CheckedAt: 1}); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `insert into home_entry (account_id, post_id, author_id) values ($1, $2, $3)`, n.Person("ana", true).ID, p.ID, p.AccountID)
		return err
	})
	b := n.SignIn("ana")
	for _, at := range []string{"/?onglet=fediverse", "/@rui@autre.example"} {
		if b.Open(at); !strings.Contains(b.Body, "Bom dia") || !strings.Contains(b.Body, "serveur GoToSocial") {
			t.Errorf("%s does not name the software: %d", at, b.Status)
		}
	}
}

// TestRulesApplyAtStart: a rule laid down while nothing ran hides people once it runs.
func TestRulesApplyAtStart(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	rule(n, "autre.example", host.Suspend)
	if err := n.Idle(ctx); err != nil {
		t.Fatal(err)
	}
	a := remotePerson(n, "rui", "autre.example")
	transact(n, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update account set suspended_at = 0, suspended_by = '' where id = $1`, a.ID)
		return err
	})
	if err := n.Servers.Begin(ctx); err != nil {
		t.Fatal(err)
	}
	if err := n.Idle(ctx); err != nil {
		t.Fatal(err)
	}
	at, err := db.Get[int64](ctx, n.DB.Read(), `select suspended_at from account where id = $1`, a.ID)
	if err != nil || at == 0 {
		t.Errorf("suspended_at %d, %v", at, err)
	}
}

// TestOnlyWithFiles: timelines and search find the posts that carry files.
func TestOnlyWithFiles(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	v := n.Viewer("ana")
	with, without := write(n, "ana", post.Draft{Text: "réunion en images", Audience: post.Public}), write(n, "ana", post.Draft{Text: "réunion sans rien", Audience: post.Public})
	transact(n, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into media (id, key, account_id, post_id, use, kind, state, created_at) values (1, 'k', $1, $2, 'post', 'image', 'ready', 1)`,
			with.AccountID, with.ID)
		return err
	})
	for q, want := range map[string]int64{"réunion has:media": with.ID, "réunion has:image": with.ID, "réunion has:video": 0} {
		found, err := n.Search.Statuses(ctx, v, q, search.Among{Limit: 5})
		if err != nil || (want == 0) != (len(found) == 0) || want != 0 && (len(found) != 1 || found[0].ID != want) {
			t.Errorf("%s: %d posts, %v; not %d", q, len(found), err, without.ID)
		}
	}
}
