package federation_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"syscall"
	"testing"
	"time"
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

// BenchmarkInboxToTimeline measures the whole way of public notes of people who
// are followed: verified, stored, worked off, in the timeline of a follower. What
// one author sends is worked off one by one; what several send shares commits.
func BenchmarkInboxToTimeline(b *testing.B) {
	for _, authors := range []int{1, 16} {
		b.Run(fmt.Sprint("authors=", authors), func(b *testing.B) { inboxToTimeline(b, authors) })
	}
}

func inboxToTimeline(b *testing.B, authors int) {
	n := newNode(unlimited{b})
	ana := n.person("ana")
	from := make([]*stranger, authors)
	for i := range from {
		from[i] = newStranger(b)
		from[i].followedBy(n, ana)
	}
	limit := rsaCost(false)
	requests := make(chan *received, b.N)
	for i := range b.N {
		s := from[i%authors]
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
