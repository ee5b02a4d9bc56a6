package clients_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/testkit"
	"github.com/maillage/maillage/internal/testkit/apitest"
)

// world is an instance where ana, bea and cleo follow each other, dora and emil
// nobody; nina is new.
type world struct {
	t        *testing.T
	n        *testkit.Node
	contract *apitest.Contract
	op       *operation
	tokens   map[string]string
	app      string // the token of an app alone
	client   struct{ id, secret string }
	seq      int
}

func newWorld(t *testing.T, n *testkit.Node, c *apitest.Contract) *world {
	t.Helper()
	w := &world{t: t, n: n, contract: c, tokens: map[string]string{}}
	for _, name := range []string{"ana", "bea", "cleo", "dora", "emil"} {
		n.Person(name, true)
	}
	all := testkit.Cluster{n}
	for _, two := range [][2]string{{"ana", "bea"}, {"ana", "cleo"}, {"bea", "ana"}, {"cleo", "ana"}, {"bea", "cleo"}} {
		all.Follow(n, two[0], n, two[1])
	}
	a, secret, err := n.Auth.CreateApp(t.Context(), auth.NewApp{Name: "App", Redirects: []string{auth.OOB}, Scopes: "read write follow push profile"})
	if err != nil {
		t.Fatal(err)
	}
	g, err := n.Auth.ClientCredentials(t.Context(), auth.Exchange{ClientID: a.ClientID, ClientSecret: secret, Scope: a.Scopes})
	if err != nil {
		t.Fatal(err)
	}
	set, err := n.Instance.Settings(t.Context())
	if err == nil {
		set.Terms = "Chacun respecte les autres."
		err = n.Instance.Save(t.Context(), set)
	}
	if err != nil {
		t.Fatal(err)
	}
	w.app, w.client.id, w.client.secret = g.Token, a.ClientID, secret
	return w
}

// token is one of somebody, "" is ana, with scopes; nil is all.
func (w *world) token(name string, scopes []string) string {
	w.t.Helper()
	if name == "" {
		name = "ana"
	}
	if scopes == nil {
		scopes = []string{"read", "write", "follow", "push", "profile"}
	}
	key := name + " " + strings.Join(scopes, " ")
	if w.tokens[key] == "" {
		w.tokens[key] = token(w.t, w.n, name, scopes...)
	}
	return w.tokens[key]
}

// asks makes a request as somebody that must succeed, and reads the answer.
func (w *world) asks(name, method, path string, body, out any) {
	w.t.Helper()
	c := &apitest.Client{T: w.t, Base: w.n.URL, Token: w.token(name, nil)}
	c.Send(method, path, body).OK(out)
}

// makes is a POST that answers with something that has an id.
func (w *world) makes(name, path string, body dict) string {
	w.t.Helper()
	var made struct{ ID string }
	w.asks(name, "POST", path, body, &made)
	return made.ID
}

func (w *world) id(name string) string { return ids.String(w.n.Person(name, true).ID) }

// next numbers what must differ.
func (w *world) next(word string) string { w.seq++; return fmt.Sprintf("%s%d", word, w.seq) }

// posts publishes something of somebody, with more parameters when given.
func (w *world) posts(name string, more ...dict) string {
	w.t.Helper()
	body := dict{"status": w.next("Bonjour "), "visibility": "public"}
	for _, m := range more {
		for k, v := range m {
			body[k] = v
		}
	}
	return w.makes(name, "/api/v1/statuses", body)
}

// asksAll publishes a poll of bea and gives its id and its post's.
func (w *world) poll() (poll, status string) {
	w.t.Helper()
	var s struct {
		ID   string
		Poll struct{ ID string }
	}
	w.asks("bea", "POST", "/api/v1/statuses", dict{"status": w.next("Quel jour ? "), "visibility": "public", "poll": dict{"options": []string{"Jeudi", "Samedi"}, "expires_in": 3600}}, &s)
	return s.Poll.ID, s.ID
}

// media uploads a picture of somebody.
func (w *world) media(name string) string {
	w.t.Helper()
	a := w.send("POST", call{path: "/api/v2/media", file: picture(w.t)}, "multipart", w.token(name, nil))
	var m struct{ ID string }
	a.OK(&m)
	return m.ID
}

// told has bea tell ana something, and gives ana's notification of it.
func (w *world) told() (id, group string) {
	w.t.Helper()
	w.posts("bea", dict{"status": "@ana " + w.next("Salut ")})
	settle(w.n)
	var all []struct {
		ID       string
		GroupKey string `json:"group_key"`
	}
	w.asks("ana", "GET", "/api/v1/notifications?types[]=mention", nil, &all)
	if len(all) == 0 {
		w.t.Fatal("ana is told of nothing")
	}
	return all[0].ID, all[0].GroupKey
}

// calm puts back what stands between people, and takes away what ana has made.
func (w *world) calm() {
	w.t.Helper()
	for _, name := range []string{"bea", "cleo", "dora", "emil"} {
		of := "/api/v1/accounts/" + w.id(name) + "/"
		for _, end := range []string{"unblock", "unmute", "unfollow"} {
			w.asks("ana", "POST", of+end, nil, nil)
		}
		if name == "bea" || name == "cleo" {
			w.asks("ana", "POST", of+"follow", nil, nil)
		}
	}
	w.asks("ana", "PATCH", "/api/v1/accounts/update_credentials", dict{"locked": false}, nil)
	w.asks("ana", "PATCH", "/api/v2/notifications/policy", dict{"for_not_following": "accept"}, nil)
	for _, made := range []string{"/api/v1/lists", "/api/v2/filters", "/api/v1/scheduled_statuses", "/api/v1/featured_tags"} {
		var all []struct{ ID string }
		w.asks("ana", "GET", made, nil, &all)
		for _, one := range all {
			w.asks("ana", "DELETE", made+"/"+one.ID, nil, nil)
		}
	}
	w.sql(`delete from notification_permission`)
	w.sql(`delete from media where post_id = 0 and use = 'post'`) // only so many may lie about
	settle(w.n)
}

// sql changes what no request can.
func (w *world) sql(text string) {
	w.t.Helper()
	if err := w.n.DB.Write(w.t.Context(), func(ctx context.Context, tx *db.Tx) error { _, err := tx.Exec(ctx, text); return err }); err != nil {
		w.t.Fatal(err)
	}
}

// request has dora, whom ana does not follow, ask for her attention.
func (w *world) request() string {
	w.t.Helper()
	w.asks("ana", "PATCH", "/api/v2/notifications/policy", dict{"for_not_following": "filter"}, nil)
	w.sql(`delete from notification_permission`)
	for _, name := range []string{"dora", "emil"} {
		w.posts(name, dict{"status": "@ana Bonjour"})
	}
	settle(w.n)
	var all []struct{ ID string }
	w.asks("ana", "GET", "/api/v1/notifications/requests", nil, &all)
	if len(all) == 0 {
		w.t.Fatal("nobody asks for ana's attention")
	}
	return all[0].ID
}

// conversation has bea write to ana alone.
func (w *world) conversation() string {
	w.t.Helper()
	w.posts("bea", dict{"status": "@ana " + w.next("Entre nous "), "visibility": "direct"})
	settle(w.n)
	var all []struct{ ID string }
	w.asks("ana", "GET", "/api/v1/conversations", nil, &all)
	if len(all) == 0 {
		w.t.Fatal("ana has no conversation")
	}
	return all[0].ID
}

// stored is what the database holds: tables by name, with their rows.
type stored map[string][]string

// everything reads the whole database but what only counts uses and tries.
func (w *world) everything() stored {
	w.t.Helper()
	list := `select name from sqlite_master where type = 'table' and name not like 'sqlite_%' and name not like '%_fts%' order by name`
	if w.n.DB.Dialect() == db.Postgres {
		list = `select tablename from pg_tables where schemaname = current_schema() order by tablename`
	}
	q := w.n.DB.Read()
	tables, err := db.All[string](w.t.Context(), q, list)
	if err != nil {
		w.t.Fatal(err)
	}
	all := stored{}
	for _, table := range tables {
		if table == "token" || table == "job" { // when each was last used and tried
			continue
		}
		rows, err := q.Query(w.t.Context(), `select * from `+table)
		if err != nil {
			w.t.Fatal(err)
		}
		cols, _ := rows.Columns()
		for rows.Next() {
			cells, at := make([]any, len(cols)), make([]any, len(cols))
			for i := range cells {
				at[i] = &cells[i]
			}
			if err := rows.Scan(at...); err != nil {
				w.t.Fatal(err)
			}
			all[table] = append(all[table], fmt.Sprintf("%.200q", fmt.Sprint(cells...)))
		}
		if err := rows.Err(); err != nil {
			w.t.Fatal(err)
		}
		rows.Close()
		slices.Sort(all[table])
	}
	return all
}

// changes are the rows that are in one of the two only.
func changes(before, after stored) (out []string) {
	compare := func(sign string, a, b stored) {
		for table, rows := range a {
			for _, r := range rows {
				if _, found := slices.BinarySearch(b[table], r); !found {
					out = append(out, sign+" "+table+" "+r)
				}
			}
		}
	}
	compare("-", before, after)
	compare("+", after, before)
	return out
}

// values is a form of one parameter.
func values(name, value string) string { return url.Values{name: {value}}.Encode() }
