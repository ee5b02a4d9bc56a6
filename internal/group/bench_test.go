package group_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// crowd gives a group members on servers that do not exist, of the families in turn.
func crowd(t testing.TB, n *testkit.Node, g *group.Group, members, hosts int) {
	t.Helper()
	crowdAt(t, n, g, members, hosts, "https", func(i int) string { return fmt.Sprintf("h%d.example", i) }, "mastodon", "lemmy", "maillage")
}

// crowdAt is crowd on the servers whose names nameOf gives, of the programs in turn. Ours have said which signatures they take.
func crowdAt(t testing.TB, n *testkit.Node, g *group.Group, members, hosts int, scheme string, nameOf func(int) string, softwares ...string) {
	t.Helper()
	err := n.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		for i := range hosts {
			if _, err := tx.Exec(ctx, `insert into host_software (host, name, checked_at) values ($1, $2, $3)`, nameOf(i), softwares[i%len(softwares)], time.Now().UnixMilli()); err != nil {
				return err
			}
			if softwares[i%len(softwares)] != "maillage" {
				continue
			}
			if _, err := tx.Exec(ctx, `insert into peer (host, scheme, learnt_at) values ($1, $2, $3)`, nameOf(i), sig.RFC9421Ed25519.String(), time.Now().UnixMilli()); err != nil {
				return err
			}
		}
		for i := range members {
			host := nameOf(i % hosts)
			base, id := scheme+"://"+host, int64(1000+i)
			if _, err := tx.Exec(ctx, `insert into account (id, uri, kind, username, host, handle, inbox, shared_inbox, created_at, updated_at, fetched_at)
				values ($1, $2, 'Person', $3, $4, $5, $6, $7, 1, 1, $8)`, id, fmt.Sprintf("%s/users/u%d", base, i), fmt.Sprint("u", i), host,
				fmt.Sprintf("u%d@%s", i, host), fmt.Sprintf("%s/users/u%d/inbox", base, i), base+"/inbox", time.Now().UnixMilli()); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `insert into follow (account_id, target_id, id, uri, accepted, boosts, created_at) values ($1, $2, $1, $3, true, true, 1)`,
				id, g.AccountID, fmt.Sprintf("%s/f/%d", base, i)); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `insert into group_member (group_id, account_id, role, state, by_id, since) values ($1, $2, 'member', 'in', 0, 1)`, g.AccountID, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestPostingToACrowd writes in a group of 5,000 members on 300 servers: each
// server is told once, whatever the number of its members.
func TestPostingToACrowd(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	g := create(t, n, "ana", "foule", group.Rules{Access: group.Open})
	crowd(t, n, g, 5000, 300)
	p := write(t, n, "ana", post.Draft{Title: "À tout le monde", Text: "Bonjour", Audience: post.Public, Parts: group.Into(g.AccountID)})
	told := func() int {
		rows, err := db.Get[int](ctx, n.DB.Read(), `select count(*) from delivery`)
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	if got := told(); got != 300 {
		t.Errorf("a thread is %d deliveries", got)
	}
	write(t, n, "ana", post.Draft{Text: "Et encore", ReplyTo: p.ID})
	if got := told(); got != 500 {
		t.Errorf("a thread and an answer are %d deliveries", got)
	}
}

// BenchmarkPostToACrowd measures posting a thread into a group of 5,000 members
// on 300 servers, until everything that is to be sent is written down.
func BenchmarkPostToACrowd(b *testing.B) {
	n := testkit.New(b)
	n.Person("ana", true)
	g, err := n.Groups.Create(ctx, n.Viewer("ana"), group.New{Username: "foule", Rules: group.Rules{Name: "Foule", Access: group.Open, Joining: group.Free, Posting: group.Members}})
	if err != nil {
		b.Fatal(err)
	}
	crowd(b, n, g, 5000, 300)
	b.ResetTimer()
	for range b.N {
		if _, err := n.Posts.Create(ctx, n.Viewer("ana"), post.Draft{Title: "Un fil", Text: "Bonjour", Audience: post.Public, Parts: group.Into(g.AccountID)}); err != nil {
			b.Fatal(err)
		}
	}
}

// sinkEnv makes the test binary the servers of a crowd, which answer 202 to everything.
const sinkEnv = "MAILLAGE_BENCH_SINK"

func TestSink(t *testing.T) {
	if os.Getenv(sinkEnv) == "" {
		return // it is no test, but a part of BenchmarkCrowdIsTold
	}
	l, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("port %d\n", l.Addr().(*net.TCPAddr).Port)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // until who started it ends
		os.Exit(0)
	}()
	_ = http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusAccepted)
	}))
}

// sink runs the servers of a crowd in a process of their own, whose time is not counted.
func sink(b *testing.B) (port string) {
	b.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestSink$")
	cmd.Env = append(os.Environ(), sinkEnv+"=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		in.Close()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(strings.TrimPrefix(line, "port "))
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkCrowdIsTold measures posting threads into a group of 5,000 members on 300
// servers until each of these has taken it: signed and sent, with the work of the queue.
// The servers are Mastodon's, which take RSA alone, those of three programs, or ours.
func BenchmarkCrowdIsTold(b *testing.B) {
	for name, softwares := range map[string][]string{"mastodon": {"mastodon"}, "mixed": {"mastodon", "lemmy", "maillage"}, "movement": {"maillage"}} {
		b.Run(name, func(b *testing.B) { crowdIsTold(b, softwares) })
	}
}

func crowdIsTold(b *testing.B, softwares []string) {
	port := sink(b)
	n := testkit.New(b)
	n.Person("ana", true)
	g, err := n.Groups.Create(ctx, n.Viewer("ana"), group.New{Username: "foule", Rules: group.Rules{Name: "Foule", Access: group.Open, Joining: group.Free, Posting: group.Members}})
	if err != nil {
		b.Fatal(err)
	}
	crowdAt(b, n, g, 5000, 300, "http", func(i int) string { return fmt.Sprintf("127.0.%d.%d:%s", 1+i/200, 1+i%200, port) }, softwares...)
	b.ResetTimer()
	cpu, start := cpuTime(), time.Now()
	for range b.N {
		if _, err := n.Posts.Create(ctx, n.Viewer("ana"), post.Draft{Title: "Un fil", Text: "Bonjour", Audience: post.Public, Parts: group.Into(g.AccountID)}); err != nil {
			b.Fatal(err)
		}
	}
	for left := 1; left > 0; time.Sleep(10 * time.Millisecond) {
		if left, err = db.Get[int](ctx, n.DB.Read(), `select count(*) from delivery`); err != nil {
			b.Fatal(err)
		}
	}
	sent := float64(300 * b.N)
	b.ReportMetric((cpuTime()-cpu).Seconds()/sent*1000, "cpu-s/1000")
	b.ReportMetric(sent/time.Since(start).Seconds(), "deliveries/s")
}
