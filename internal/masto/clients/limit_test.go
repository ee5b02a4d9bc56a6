package clients_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
	"github.com/maillage/maillage/internal/testkit/apitest"
)

// longest are the lists that have more than 80 things in an answer, with how many.
var longest = map[string]int{
	"GET /api/v1/domain_blocks":          200,
	"GET /api/v1/statuses/{id}/context":  4096,
	"GET /api/v1/lists/{id}/accounts":    2000, // with limit=0 only, which asks for all
	"GET /api/v1/custom_emojis":          2000,
	"GET /api/v1/instance/domain_blocks": 2000,
}

// TestLimitCostsNothing asks every list for a thousand million things where there
// are more than fit in an answer: it is cut before anything is read for it, so
// that as many queries are made and as many rows are read as for the largest page.
//
// Spec: AC11
func TestLimitCostsNothing(t *testing.T) {
	w := newWorld(t, testkit.New(t), apitest.LoadContract(t))
	post := w.crowd()
	full := 0
	for _, op := range operations() {
		path, isGet := strings.CutPrefix(op.name, "GET ")
		if !isGet || op.kind != "" || op.status != 0 || strings.HasPrefix(path, "/api/v1/streaming") || strings.HasPrefix(path, "/oauth") {
			continue
		}
		w.op = &op
		w.calm()
		c := op.good(w)
		if strings.HasPrefix(path, "/api/v1/statuses/{id}/") {
			c.path = "/api/v1/statuses/" + post + path[len("/api/v1/statuses/{id}"):]
		}
		u, err := url.Parse(c.path)
		if err != nil {
			t.Fatal(err)
		}
		token := w.token("ana", nil)
		ask := func(limit string) (items int, queries, rows int64) {
			q := u.Query()
			q.Set("limit", limit)
			var n db.Count
			r := httptest.NewRequest("GET", w.n.URL+u.Path+"?"+q.Encode(), nil).WithContext(db.Counting(context.Background(), &n))
			r.Header.Set("Authorization", "Bearer "+token)
			a := httptest.NewRecorder()
			w.n.Handler().ServeHTTP(a, r)
			if a.Code != http.StatusOK {
				t.Errorf("%s: %d %s", r.URL, a.Code, a.Body)
			}
			var v any
			if err := json.Unmarshal(a.Body.Bytes(), &v); err != nil {
				t.Errorf("%s: %v", r.URL, err)
			}
			return largest(v), n.Queries.Load(), n.Rows.Load()
		}
		ask("1") // what is read once for all, and who shows the token
		items, queries, rows := ask("5000")
		again, queries2, rows2 := ask("1000000000")
		most := 80
		if longest[op.name] != 0 {
			most = longest[op.name]
		}
		if items > most || again != items {
			t.Errorf("%s gives %d things for 5000, %d for a thousand million", op.name, items, again)
		}
		if queries2 > queries || rows2 > rows {
			t.Errorf("%s: %d queries and %d rows for 5000, %d and %d for a thousand million", op.name, queries, rows, queries2, rows2)
		}
		// What showing a thing takes is a few rows, not those of a crowd.
		// Groups of notifications are made from more than they show, up to a bound of their own.
		bound := int64(60 + 12*max(items, 1))
		if op.name == "GET /api/v2/notifications" {
			bound += 500
		}
		if rows2 > bound {
			t.Errorf("%s reads %d rows for %d things", op.name, rows2, again)
		}
		if items >= 40 {
			full++
		}
	}
	if full < 15 {
		t.Errorf("only %d lists had more than fits", full)
	}
}

// largest is the length of the longest list in an answer.
func largest(v any) (n int) {
	switch x := v.(type) {
	case []any:
		n = len(x)
		for _, e := range x {
			n = max(n, largest(e))
		}
	case map[string]any:
		for _, e := range x {
			n = max(n, largest(e))
		}
	}
	return n
}

// crowd puts much of everything around ana: people of another server on each
// side of every tie, posts, and what is done to them. It gives a post of hers
// that all have liked, boosted and answered.
func (w *world) crowd() string {
	w.t.Helper()
	const many = 120
	n, now := w.n, time.Now().UnixMilli()
	id := w.posts("ana", dict{"status": "Pour tous #marche"})
	for i := range many {
		w.asks("ana", "POST", "/api/v1/statuses/"+w.posts("bea", dict{"status": fmt.Sprintf("Bruit %d #marche", i)})+"/bookmark", nil, nil)
	}
	err := n.DB.Write(w.t.Context(), func(ctx context.Context, tx *db.Tx) error {
		var people []*account.Account
		var boosts, answers []*post.Post
		for i := range many {
			uri := fmt.Sprintf("https://foule.example/users/p%d", i)
			a := &account.Account{ID: n.Posts.IDs.New(), URI: uri, Kind: account.Person, Username: fmt.Sprintf("p%d", i), Host: "foule.example", Handle: fmt.Sprintf("p%d@foule.example", i),
				Fields: "[]", URL: uri, Inbox: uri + "/inbox", Followers: uri + "/followers", Reachable: true, Public: true, Discoverable: true, CreatedAt: now, UpdatedAt: now, FetchedAt: now, LastPostAt: now}
			people = append(people, a)
			for j, list := range []*[]*post.Post{&boosts, &answers} {
				p := &post.Post{ID: n.Posts.IDs.New(), URI: fmt.Sprintf("%s/posts/%d", uri, j), AccountID: a.ID, Kind: post.KindNote, Audience: post.Public, Listed: true, Content: "<p>Oui</p>", CreatedAt: now}
				p.ThreadID = p.ID
				*list = append(*list, p)
			}
		}
		if err := db.InsertMany(ctx, tx, "account", people); err != nil {
			return err
		}
		if err := db.InsertMany(ctx, tx, "post", append(boosts, answers...)); err != nil {
			return err
		}
		ana, bea := w.id("ana"), w.id("bea")
		crowd := ` from account where host = 'foule.example'`
		for _, sql := range []string{
			`update post set boost_of_id = ` + id + ` where id in (select min(id) from post where account_id in (select id` + crowd + `) group by account_id)`,
			`update post set reply_to_id = ` + id + `, reply_to_account = ` + ana + `, thread_id = ` + id + `, reply_to_uri = (select uri from post where id = ` + id + `)
				where boost_of_id = 0 and account_id in (select id` + crowd + `)`,
			`insert into follow (account_id, target_id, id, uri, accepted, created_at) select ` + ana + `, id, id, 'a' || id, true, 1` + crowd,
			`insert into follow (account_id, target_id, id, uri, accepted, created_at) select id, ` + ana + `, id + 1, 'b' || id, true, 1` + crowd,
			`insert into follow (account_id, target_id, id, uri, accepted, created_at) select id, ` + bea + `, id + 2, 'c' || id, true, 1` + crowd,
			`insert into mute (account_id, target_id, id, notifications, until, created_at) select ` + ana + `, id, id, false, 0, 1` + crowd + ` and id % 2 = 0`,
			`insert into post_like (account_id, post_id, id, uri, created_at) select id, ` + id + `, id, 'l' || id, 1` + crowd,
			`insert into post_like (account_id, post_id, id, uri, created_at) select ` + ana + `, id, id, 'm' || id, 1 from post where account_id = ` + bea,
			`insert into domain_block (account_id, host, id, created_at) select ` + ana + `, 'h' || id || '.example', id, 1` + crowd,
			`insert into notification (id, account_id, kind, from_id, post_id, created_at) select 1000000 + username, ` + ana + `, 'favourite', id, ` + id + `, 1 from (select id, cast(substr(username, 2) as integer) as username` + crowd + `) x`,
			`insert into notification (id, account_id, kind, from_id, post_id, created_at) select 2000000 + username, ` + ana + `, 'follow', id, 0, 1 from (select id, cast(substr(username, 2) as integer) as username` + crowd + `) x`,
		} {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return fmt.Errorf("%.80s: %w", sql, err)
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}
