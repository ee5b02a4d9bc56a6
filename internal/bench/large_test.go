package bench_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// A large instance: each member follows 40 others, of the readers each 200, so
// that a reader's home holds all that 200 people wrote. MAILLAGE_BENCH_MEMBERS and
// MAILLAGE_BENCH_POSTS make it larger; 50,000 and 5,000,000 need 8 GB and half an hour.
var (
	largeMembers = fromEnv("MAILLAGE_BENCH_MEMBERS", 5000)
	largePosts   = fromEnv("MAILLAGE_BENCH_POSTS", 100_000)
)

const readers = 32

func fromEnv(name string, n int) int {
	if v, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return v
	}
	return n
}

// words of the posts, from such as stand in each second one to such as stand in few.
const words = `'mot' || (s.i % 2) || ' mot' || (s.i % 13 + 10) || ' mot' || (s.i % 211 + 100) || ' mot' || (s.i % 4999 + 1000) || ' mot' || (s.i * 7919 % 99991 + 10000)`

// large fills a database; members have ids from 1000 on.
func large(b *testing.B) *testkit.Node {
	b.Helper()
	n := testkit.New(b)
	const series = `with recursive s (i) as (select $1 union all select i + 1 from s where i + 1 < $2) `
	bulk := func(name string, total, part int, sql string) {
		begin := time.Now()
		for from := 0; from < total; from += part {
			err := n.DB.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
				_, err := tx.Exec(ctx, series+sql, from, min(from+part, total))
				return err
			})
			if err != nil {
				b.Fatal(name, ": ", err)
			}
		}
		b.Logf("%d %s in %v", total, name, time.Since(begin).Round(time.Second))
	}
	year := int64(365 * 24 * time.Hour)
	first := ids.At(time.Now().Add(-time.Duration(year)))
	step := (ids.At(time.Now()) - first) / int64(largePosts+1)
	post := fmt.Sprintf("%d + s.i * %d", first, step)
	author := fmt.Sprintf("(1000 + s.i * 31 %% %d)", largeMembers)
	base := n.URL
	bulk("members", largeMembers, 50_000, `insert into account (id, uri, kind, username, host, handle, inbox, outbox, followers, url, reachable, public, discoverable, indexable, created_at, updated_at)
		select 1000 + i, '`+base+`/m/' || i, 'Person', 'm' || i, '', 'm' || i, '`+base+`/m/' || i || '/inbox', '', '', '`+base+`/@m' || i, true, true, true, i % 2 = 0, 1, 1 from s where true`)
	bulk("follows", 40*largeMembers, 200_000, fmt.Sprintf(`insert into follow (account_id, target_id, id, uri, accepted, created_at)
		select 1000 + i / 40, 1000 + (i / 40 + 1 + i %% 40 * 97) %% %[1]d, 1000000 + i, 'f' || i, true, 1 from s where true on conflict do nothing`, largeMembers))
	bulk("posts", largePosts, 100_000, `insert into post (id, uri, url, account_id, local, audience, content, source, lang, thread_id, created_at)
		select `+post+`, '`+base+`/o/' || i, '`+base+`/@m/' || i, `+author+`, true, case when i % 4 = 0 then 'section' else 'public' end, '<p>' || `+words+` || '</p>', '', 'fr', `+post+`, 1700000000000 + i from s where true`)
	bulk("posts in the index", largePosts, 50_000, `insert into post_fts (rowid, words) select `+post+`, `+words+` from s where true`)
	for i := range readers {
		p := n.Person(fmt.Sprint("r", i), true)
		err := n.DB.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
			if _, err := tx.Exec(ctx, fmt.Sprintf(series+`insert into follow (account_id, target_id, id, uri, accepted, created_at)
				select $3, 1000 + (i * 23 + %d) %% %d, $4 + i, 'r' || ($4 + i), true, 1 from s where true on conflict do nothing`, i, largeMembers), 0, 200, p.ID, 100_000_000+i*1000); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `insert into home_entry (account_id, post_id, author_id) select f.account_id, p.id, p.account_id from follow f join post p on p.account_id = f.target_id where f.account_id = $1`, p.ID)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := n.Idle(context.Background()); err != nil {
		b.Fatal(err)
	}
	return n
}

// BenchmarkLarge asks a large instance for what is read most, 32 readers in turn,
// and has somebody publish whom everybody follows.
func BenchmarkLarge(b *testing.B) {
	n := large(b)
	for _, c := range []struct{ name, path string }{
		{"home", "/api/v1/timelines/home?limit=20"},
		{"home-long-ago", "/api/v1/timelines/home?limit=20&max_id=" + ids.String(ids.At(time.Now().Add(-300*24*time.Hour)))},
		{"local", "/api/v1/timelines/public?limit=20&local=true"},
		{"profile", "/api/v1/accounts/1500/statuses"},
		{"search-common", "/api/v2/search?type=statuses&q=mot1"},
		{"search-two", "/api/v2/search?type=statuses&q=mot1+mot17"},
		{"search-rare", "/api/v2/search?type=statuses&q=mot10042"},
		{"search-hidden", "/api/v2/search?type=statuses&q=mot1+is:reply"},
		{"search-nothing", "/api/v2/search?type=statuses&q=mot1+mot17+mot123+rien"},
		{"search-people", "/api/v2/search?type=accounts&q=m12"},
		{"directory", "/api/v1/directory?local=true&order=new"},
	} {
		var all [][]byte
		for i := range readers {
			all = append(all, request("GET", c.path, n.Host, "Authorization", "Bearer "+n.Token(fmt.Sprint("r", i)), "Accept", "application/json"))
		}
		b.Run(c.name, func(b *testing.B) { measure(b, n.Host, all...) })
	}
	b.Run("publish-to-all", func(b *testing.B) { publishToAll(b, n) })
}

// publishToAll reports how long somebody else waits to write meanwhile.
func publishToAll(b *testing.B, n *testkit.Node) {
	star := n.Person("star", true)
	err := n.DB.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into follow (account_id, target_id, id, uri, accepted, created_at)
			select id, $1, 200000000 + id, 's' || id, true, 1 from account where id >= 1000 and id < 1000 + $2 on conflict do nothing`, star.ID, largeMembers)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	var longest atomic.Int64
	end := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		me := &auth.Viewer{AccountID: n.Person("r0", true).ID, Role: auth.RoleUser, Member: true, Lang: "fr"}
		for {
			select {
			case <-end:
				return
			case <-time.After(20 * time.Millisecond):
			}
			begin := time.Now()
			if _, err := n.Posts.Create(context.Background(), me, post.Draft{Text: "Meanwhile", Audience: post.Section}); err != nil {
				b.Error(err)
				return
			}
			longest.Store(max(longest.Load(), int64(time.Since(begin))))
		}
	}()
	b.ResetTimer()
	for range b.N {
		if _, err := n.Posts.Create(context.Background(), n.Viewer("star"), post.Draft{Text: "À tout le monde", Audience: post.Public}); err != nil {
			b.Fatal(err)
		}
		if err := n.Idle(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	close(end)
	<-done
	b.ReportMetric(float64(longest.Load())/1e6, "others-wait-ms")
}
