package auth

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/db/dbtest"
)

// clock is a time that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }

func (c *clock) Add(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.now = c.now.Add(d) }

const goodPassword = "les-abeilles-du-canal"

// logins are those of accounts 1 and 2, hashed once for all tests.
var logins = sync.OnceValue(func() (out []*Prepared) {
	s := New(nil, Options{})
	for _, n := range []NewLogin{
		{Email: "Ana@Courriel.example", Password: goodPassword, Lang: "fr"},
		{Email: "bruno@courriel.example", Password: goodPassword, Role: RoleAdmin},
	} {
		p, err := s.Prepare(context.Background(), n)
		if err != nil {
			panic(err)
		}
		out = append(out, p)
	}
	return out
})

type fixture struct {
	*Service
	d     *db.DB
	clock *clock
}

func each(t *testing.T, f func(t *testing.T, s fixture)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { f(t, setup(t, d, false)) }, Migrations())
}

// setup makes a service with two logins: 1 (ana) and 2 (bruno, admin).
func setup(t testing.TB, d *db.DB, unlimited bool) fixture {
	t.Helper()
	ck := &clock{now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}
	names := map[string]int64{"ana": 1, "bruno": 2}
	s := New(d, Options{
		Lookup:    func(_ context.Context, name string) (int64, bool) { id, ok := names[name]; return id, ok },
		Unlimited: unlimited, Now: ck.Now,
	})
	write(t, d, func(ctx context.Context, tx *db.Tx) error {
		for i, p := range logins() {
			if err := s.CreateLogin(ctx, tx, int64(i+1), p); err != nil {
				return err
			}
		}
		return nil
	})
	return fixture{s, d, ck}
}

func write(t testing.TB, d *db.DB, f func(ctx context.Context, tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(context.Background(), f); err != nil {
		t.Fatal(err)
	}
}

func wantKind(t testing.TB, err error, kind apperr.Kind, key string) {
	t.Helper()
	e, ok := apperr.As(err)
	if !ok || e.Kind != kind || e.Key != key {
		t.Fatalf("got error %v, want %q of kind %d", err, key, kind)
	}
}

func wantOAuth(t testing.TB, err error, code string) {
	t.Helper()
	e, ok := err.(*OAuthError)
	if !ok || e.Code != code {
		t.Fatalf("got error %v, want OAuth's %s", err, code)
	}
}

func (f fixture) countTokens(ctx context.Context) (int64, error) {
	return db.Get[int64](ctx, f.d.Read(), `select count(*) from token`)
}

func (f fixture) countCodes(ctx context.Context) (int64, error) {
	return db.Get[int64](ctx, f.d.Read(), `select count(*) from oauth_code`)
}
