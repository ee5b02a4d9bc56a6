package memo_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/memo"
)

func open(t *testing.T) *db.DB {
	t.Helper()
	d, err := db.Open(context.Background(), db.Options{URL: "sqlite:" + t.TempDir() + "/x.db"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	exec(t, d, `create table word (id integer primary key, w text not null)`)
	exec(t, d, `insert into word values (1, 'one')`)
	return d
}

func exec(t *testing.T, d *db.DB, sql string) {
	t.Helper()
	err := d.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, sql)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestDo(t *testing.T) {
	now := time.Unix(1000, 0)
	d, made := open(t), 0
	m := memo.New(64 << 10)
	s := m.Of(d, func() time.Time { return now })
	get := func(s *memo.Store, name string) string {
		t.Helper()
		w, err := memo.Do(context.Background(), s, name, func(ctx context.Context) (string, int, error) {
			made++
			w, err := db.Get[string](ctx, d.Read(), `select w from word where id = 1`)
			return w, len(w), err
		})
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	expect := func(what string, s *memo.Store, name, want string, times int) {
		t.Helper()
		if made = 0; get(s, name) != want || made != times {
			t.Errorf("%s: made %d times", what, made)
		}
	}
	expect("first", s, "a", "one", 1)
	expect("again", s, "a", "one", 0)
	expect("another name", s, "b", "one", 1)
	expect("another database", m.Of(open(t), nil), "a", "one", 1)
	exec(t, d, `update word set w = 'two'`)
	expect("after a change", s, "a", "two", 1)
	now = now.Add(memo.MaxAge)
	expect("when it is old", s, "a", "two", 1)
	now = now.Add(-time.Hour)
	expect("when the clock goes back", s, "a", "two", 1)
	s.Forget()
	expect("when forgotten", s, "a", "two", 1)
	for i := range 200 { // more than there is room for
		get(s, strconv.Itoa(i))
	}
	expect("when there is no room", s, "0", "two", 1)
	expect("none kept", nil, "a", "two", 1)
	expect("none kept", nil, "a", "two", 1)
}
