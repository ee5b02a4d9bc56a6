package federation_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
)

// benchHosts is how many servers follow the author of the benchmark.
const benchHosts = 1000

// BenchmarkPublishTo1000 measures public posts to followers on 1,000 servers:
// written, signed for each, sent over loopback: one post, and five at once. Of the servers all are well, or
// each tenth is dead, or each tenth takes the request and never answers. p99 is
// when 99 of 100 of those that are well have it, after it was written.
func BenchmarkPublishTo1000(b *testing.B) {
	for _, tenth := range []string{"well", "dead", "hanging"} {
		for _, posts := range []int{1, 5} {
			b.Run(fmt.Sprintf("tenth=%s/posts=%d", tenth, posts), func(b *testing.B) {
				n := newNode(unlimited{b})
				publish(b, n, n.person("ana"), startPeers(b, tenth), tenth, posts)
			})
		}
	}
}

// BenchmarkReadWhilePublishing measures how long somebody waits who asks for
// something small each 10 ms while five posts go out to 1,000 servers.
func BenchmarkReadWhilePublishing(b *testing.B) {
	n := newNode(unlimited{b})
	ana := n.person("ana")
	others := startPeers(b, "well")
	others.read(b, n.base+"/.well-known/webfinger?resource=acct:ana@"+n.host)
	publish(b, n, ana, others, "well", 5)
	slices.Sort(others.waits)
	for _, p := range []int{50, 99} {
		b.ReportMetric(float64(others.waits[len(others.waits)*p/100].Microseconds())/1000, fmt.Sprintf("read-p%d-ms", p))
	}
}

func publish(b *testing.B, n *node, ana *auth.Viewer, others *peers, tenth string, posts int) {
	for i, inbox := range others.inboxes {
		others.follow(n, int64(i+1), inbox, ana.AccountID)
	}
	well := benchHosts
	if tenth != "well" {
		well -= benchHosts / 10
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	var took []time.Duration
	limits := []cost{signing()}
	var cpu, wall time.Duration
	b.ResetTimer()
	for range b.N {
		start, before := time.Now(), cpuTime()
		for range posts {
			n.must(n.posts.Create(ctx, ana, post.Draft{Text: "À tout le monde #bench", Audience: post.Public, Lang: "fr"}))
		}
		for range posts * well {
			took = append(took, others.next(b).Sub(start))
		}
		wall += time.Since(start)
		b.StopTimer()
		time.Sleep(500 * time.Millisecond) // what became of them is written
		cpu += cpuTime() - before
		// A shared machine changes its pace from second to second.
		limits = append(limits, signing())
		b.StartTimer()
	}
	b.StopTimer()
	all := b.N * posts * well
	report(b, cost{cpu / time.Duration(all), float64(all) / wall.Seconds()}, limits, "delivery")
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Milliseconds()), "p99-ms")
}

// peers are other servers in a process of their own, so that their part is not measured.
type peers struct {
	inboxes []string
	lines   *bufio.Scanner
	in      io.Writer
	waits   []time.Duration // of what read asks for
}

// read has the others ask for an address each 10 ms from now on.
func (p *peers) read(b *testing.B, url string) {
	b.Helper()
	if _, err := fmt.Fprintln(p.in, url); err != nil {
		b.Fatal(err)
	}
}

// follow makes somebody of another server a follower.
func (p *peers) follow(n *node, id int64, inbox string, target int64) {
	n.t.Helper()
	base := strings.TrimSuffix(inbox, "/inbox")
	err := n.db.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `insert into account (id, uri, kind, username, host, handle, inbox, shared_inbox, created_at, updated_at, fetched_at)
			values ($1, $2, 'Person', $3, $4, $5, $6, $6, 1, 1, $7)`, id, base+"/users/x", "x"+strconv.FormatInt(id, 10), as.Host(base), "x@"+as.Host(base), inbox, time.Now().UnixMilli()); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `insert into follow (account_id, target_id, id, uri, accepted, boosts, created_at) values ($1, $2, $1, $3, true, true, 1)`,
			id, target, base+"/"+ids.Key())
		return err
	})
	if err != nil {
		n.t.Fatal(err)
	}
}

// next gives when the next delivery arrived at one that is well.
func (p *peers) next(b *testing.B) time.Time {
	b.Helper()
	for p.lines.Scan() {
		kind, value, _ := strings.Cut(p.lines.Text(), " ")
		n, err := strconv.ParseInt(value, 10, 64)
		switch {
		case err != nil:
			b.Fatal(err)
		case kind == arrivedLine:
			return time.Unix(0, n)
		}
		p.waits = append(p.waits, time.Duration(n))
	}
	b.Fatal("the other servers are gone")
	return time.Time{}
}

// What a line of the other servers begins with: that a delivery arrived, and
// when; how long an answer took. Both are in nanoseconds.
const arrivedLine, waitedLine = "arrived", "waited"

// peersEnv has the test binary be the other servers instead of running tests.
const peersEnv = "MAILLAGE_BENCH_PEERS"

func init() {
	if tenth := os.Getenv(peersEnv); tenth != "" {
		bePeers(tenth)
	}
}

func startPeers(b *testing.B, tenth string) *peers {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), peersEnv+"="+tenth)
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
	b.Cleanup(func() { in.Close(); cmd.Wait() })
	p := &peers{lines: bufio.NewScanner(out), in: in}
	for len(p.inboxes) < benchHosts && p.lines.Scan() {
		p.inboxes = append(p.inboxes, "http://"+p.lines.Text()+"/inbox")
	}
	if len(p.inboxes) < benchHosts {
		b.Fatalf("%d of %d servers started", len(p.inboxes), benchHosts)
	}
	return p
}

// bePeers listens for all servers, tells their addresses, then when each delivery
// arrived, until its input ends.
func bePeers(tenth string) {
	lines := make(chan string, benchHosts)
	for i := range benchHosts {
		// One address for each server, so that it is a host of its own.
		l, err := net.Listen("tcp", fmt.Sprintf("127.1.%d.%d:0", i/250, i%250+1))
		if err != nil {
			panic(err)
		}
		fmt.Println(l.Addr())
		switch {
		case i%10 != 9 || tenth == "well":
			go accept202(l, lines)
		case tenth == "dead":
			l.Close()
		} // what listens and accepts nothing hangs
	}
	go func() {
		for asked := bufio.NewScanner(os.Stdin); asked.Scan(); {
			go askAlways(asked.Text(), lines)
		}
		os.Exit(0)
	}()
	for line := range lines {
		fmt.Println(line)
	}
}

func askAlways(url string, lines chan<- string) {
	for range time.Tick(10 * time.Millisecond) {
		start := time.Now()
		resp, err := http.Get(url)
		if err != nil {
			continue
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		lines <- waitedLine + " " + strconv.FormatInt(time.Since(start).Nanoseconds(), 10)
	}
}

// accept202 is the least that a server can do.
func accept202(l net.Listener, lines chan<- string) {
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
				lines <- arrivedLine + " " + strconv.FormatInt(time.Now().UnixNano(), 10)
				if _, err := c.Write([]byte("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")); err != nil {
					return
				}
			}
		}()
	}
}
