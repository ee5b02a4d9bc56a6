package federation_test

import (
	"bufio"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"net"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
)

// The benchmarks of this file report the CPU time of one thing, not what a
// shared machine makes of the clock, and how many times that is of what cannot
// be spared: one verification, one signature. See make bench.

func cpuTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		panic(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// costs measures from now on; the function it gives reports, for n things.
func costs(b *testing.B, limit time.Duration, name string) func(n int) {
	b.Helper()
	cpu, wall := cpuTime(), time.Now()
	return func(n int) {
		b.Helper()
		each := (cpuTime() - cpu) / time.Duration(n)
		b.ReportMetric(float64(each.Microseconds()), "cpu-µs/"+name)
		b.ReportMetric(float64(each)/float64(limit), "x-limit")
		b.ReportMetric(float64(n)/time.Since(wall).Seconds(), name+"/s")
	}
}

// rsaCost is the CPU time of one RSA operation on this machine.
func rsaCost(sign bool) time.Duration {
	key := keys()[0]
	sum := sha256.Sum256([]byte("x"))
	value, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	start, n := cpuTime(), 0
	for ; cpuTime()-start < 100*time.Millisecond; n++ {
		if sign {
			_, err = rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
		} else {
			err = rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, sum[:], value)
		}
		if err != nil {
			panic(err)
		}
	}
	return (cpuTime() - start) / time.Duration(n)
}

// BenchmarkInboxToTimeline measures the whole way of a public note of somebody
// who is followed: verified, stored, worked off, in the timeline of a follower.
func BenchmarkInboxToTimeline(b *testing.B) {
	n, s := newNodeForBench(b)
	ana := n.person("ana")
	if err := n.follows.Follow(context.Background(), ana.AccountID, n.byURI(s.actor("hana")).ID, nil); err != nil {
		b.Fatal(err)
	}
	settle(n)
	var sent struct{ ID string }
	s.last(&sent)
	if got := s.send(n, s.activity("Accept", sent.ID)); got != 202 {
		b.Fatal(got)
	}
	settle(n)
	limit := rsaCost(false)
	requests := make(chan *received, b.N)
	for range b.N {
		requests <- newReceived(b, n, s, marshal(b, s.activity("Create", s.note("bench"))))
	}
	b.ResetTimer()
	done := costs(b, limit, "activity")
	b.SetParallelism(32) // writes share commits
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			(<-requests).send()
		}
	})
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	if err := n.jobs.Idle(ctx); err != nil {
		b.Fatal(err)
	}
	done(b.N)
	b.StopTimer()
	if got := n.count(`select count(*) from home_entry where account_id = $1`, ana.AccountID); got != b.N {
		b.Fatalf("%d of %d in the timeline", got, b.N)
	}
}

// BenchmarkPublishTo1000 measures a public post to followers on 1,000 servers,
// of which every tenth is dead: written, signed for each, sent over loopback.
func BenchmarkPublishTo1000(b *testing.B) {
	const hosts = 1000
	n := newNode(unlimited{b})
	ana := n.person("ana")
	inboxes := make([]string, hosts)
	for i := range inboxes {
		// One address for each server, so that it is a host of its own.
		l, err := net.Listen("tcp", fmt.Sprintf("127.1.%d.%d:0", i/250, i%250+1))
		if err != nil {
			b.Fatal(err)
		}
		inboxes[i] = "http://" + l.Addr().String() + "/inbox"
		if i%10 == 9 {
			l.Close() // nobody listens
			continue
		}
		b.Cleanup(func() { l.Close() })
		go accept202(l)
	}
	err := n.db.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		for i, inbox := range inboxes {
			base := strings.TrimSuffix(inbox, "/inbox")
			id := int64(i + 1)
			if _, err := tx.Exec(ctx, `insert into account (id, uri, kind, username, host, handle, inbox, shared_inbox, created_at, updated_at, fetched_at)
				values ($1, $2, 'Person', $3, $4, $5, $6, $6, 1, 1, $7)`, id, base+"/users/x", "x"+strconv.Itoa(i), as.Host(base), "x@"+as.Host(base), inbox, time.Now().UnixMilli()); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `insert into follow (account_id, target_id, id, uri, accepted, boosts, created_at) values ($1, $2, $1, $3, true, true, 1)`,
				id, ana.AccountID, base+"/"+ids.Key()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	limit := rsaCost(true)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	b.ResetTimer()
	done := costs(b, limit, "delivery")
	for range b.N {
		n.must(n.posts.Create(ctx, ana, post.Draft{Text: "À tout le monde #bench", Audience: post.Public, Lang: "fr"}))
		if err := n.outbox.Idle(ctx); err != nil {
			b.Fatal(err)
		}
	}
	done(b.N * hosts * 9 / 10)
	b.StopTimer()
	if got := n.count(`select count(*) from delivery`); got != b.N*hosts/10 {
		b.Fatalf("%d deliveries wait", got)
	}
}

// accept202 is the least that a server can do, so that its part is not measured.
func accept202(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			r := bufio.NewReader(c)
			for {
				length := 0
				for {
					line, err := r.ReadSlice('\n')
					if err != nil {
						return
					}
					if len(line) <= 2 {
						break
					}
					if len(line) > 16 && strings.EqualFold(string(line[:16]), "Content-Length: ") {
						length, _ = strconv.Atoi(strings.TrimSpace(string(line[16:])))
					}
				}
				if _, err := r.Discard(length); err != nil {
					return
				}
				if _, err := c.Write([]byte("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")); err != nil {
					return
				}
			}
		}()
	}
}
