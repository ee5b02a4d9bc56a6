package servers_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/host"
	"github.com/maillage/maillage/internal/testkit"
)

// TestExchange: the page of the affiliation counts who reads us, draws what
// arrived and what waits, and lists who does not answer.
func TestExchange(t *testing.T) {
	for _, e := range []testkit.Engine{testkit.SQLite, testkit.Postgres} {
		n := testkit.NewOn(t, e)
		ana := n.Person("ana", true)
		if err := n.SetRole(ctx, "ana", "admin"); err != nil {
			t.Fatal(err)
		}
		b := n.SignIn("ana")
		const page = "/administration/affiliation"
		if b.Open(page); b.Status != 200 || !b.Has("rien n’est parti depuis deux semaines") || !b.Has("Tous les serveurs à qui nous écrivons répondent") {
			t.Fatalf("an empty page: %d %s", b.Status, b.Text())
		}
		now := time.Now()
		hour := now.UnixMilli() / 3600000
		reader := remotePerson(n, "rui", "lit.example")
		transact(n, func(ctx context.Context, tx *db.Tx) error {
			if err := host.SaveSoftware(ctx, tx, host.Software{Host: "velo.example", Name: "mastodon", CheckedAt: 1}); err != nil {
				return err
			}
			for _, sql := range []string{
				fmt.Sprintf(`insert into follow (id, uri, account_id, target_id, accepted, created_at) values (77, 'https://lit.example/f', %d, %d, true, 1)`, reader.ID, ana.ID),
				fmt.Sprintf(`insert into delivery_hour (hour, arrived, soon) values (%d, 1500, 1490), (%d, 7777, 0)`, hour, hour-24*20),
				`insert into dest (host, fails, pending, last_error, last_ok_at, next_at) values ('velo.example', 9, 2, 'connection failed', 5, 4102444800000),
					('parti.example', 4, 1, 'status 410', 0, 4102444800000), ('vif.example', 2, 1, 'status 500', 5, 4102444800000)`,
				`insert into delivery_body (id, body) values (900, '{}')`,
			} {
				if _, err := tx.Exec(ctx, sql); err != nil {
					return err
				}
			}
			for i, h := range []string{"velo.example", "velo.example", "parti.example", "vif.example"} {
				if _, err := tx.Exec(ctx, `insert into delivery (id, host, inbox, body_id, actor_id, post_id, audience, created_at) values ($1, $2, $3, 900, 1, 0, 'public', $4)`,
					900+i, h, "https://"+h+"/inbox", now.Add(-2*time.Minute).UnixMilli()); err != nil {
					return err
				}
			}
			return nil
		})
		b.Open(page)
		for _, want := range []string{"serveur nous lit", "99 %", "velo.example Mastodon", "Éteint, ou injoignable.", "Dernière réponse : jeudi 1er janvier 1970",
			"Prochain essai", "Le plus ancien envoi sera abandonné le", "Réessayer velo.example", "parti.example N’existe plus.", "Oublier parti.example"} {
			if !b.Has(want) {
				t.Errorf("the page lacks %q", want)
			}
		}
		// The last day in the table: what arrived, and what waits.
		if !strings.Contains(b.Body, "<td class=\"num\">1\u202f500</td>") || strings.Contains(b.Body, "7\u202f777") {
			t.Error("the table does not count what arrived in two weeks, and that alone")
		}
		if b.Has("vif.example") {
			t.Error("who failed twice counts as silent")
		}
		if t.Failed() {
			t.Log(b.Text())
		}
	}
}

// TestExchangeQueries: the page takes as many queries for many servers as for one.
func TestExchangeQueries(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	if err := n.SetRole(ctx, "ana", "admin"); err != nil {
		t.Fatal(err)
	}
	b := n.SignIn("ana")
	read := func() int64 {
		var count db.Count
		req := httptest.NewRequest("GET", n.URL+"/administration/affiliation", nil).WithContext(db.Counting(ctx, &count))
		for _, c := range b.Cookies() {
			req.AddCookie(c)
		}
		rec := httptest.NewRecorder()
		n.Handler().ServeHTTP(rec, req)
		if rec.Code != 200 {
			t.Fatalf("%d %s", rec.Code, rec.Body)
		}
		return count.Queries.Load()
	}
	silence := func(from, to int) {
		transact(n, func(ctx context.Context, tx *db.Tx) error {
			for i := from; i < to; i++ {
				h := fmt.Sprintf("s%d.example", i)
				if _, err := tx.Exec(ctx, `insert into dest (host, fails, pending, last_error, next_at) values ($1, 5, 1, 'status 500', 4102444800000)`, h); err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, `insert into movement_member (host, uri, name, level, territory, organes, parent, until_ms) values ($1, $2, $1, '', '', '[]', '', 1)`, h, "https://"+h+"/actor"); err != nil {
					return err
				}
			}
			return nil
		})
	}
	silence(0, 1)
	read()
	one := read()
	silence(1, 40)
	if many := read(); many != one || one == 0 {
		t.Errorf("%d queries for one silent server, %d for forty", one, many)
	} else {
		t.Logf("%d queries", many)
	}
}
