package federation_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// The benchmarks of this file report the CPU time of one thing, not what a
// shared machine makes of the clock, and how that and the rate compare with what
// cannot be spared: one verification, one signature, made on all processors at
// once, as the work itself is. See make bench.

func cpuTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		panic(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// cost is what one of many things takes.
type cost struct {
	cpu    time.Duration
	second float64 // how many are done in one
}

// measure begins to measure; the function it gives says what each of n things took.
func measure() func(n int) cost {
	cpu, wall := cpuTime(), time.Now()
	return func(n int) cost {
		return cost{(cpuTime() - cpu) / time.Duration(n), float64(n) / time.Since(wall).Seconds()}
	}
}

// costs measures from now on; the function it gives reports, for n things. What
// the limit is it asks before and after: a shared machine is not as fast at all times.
func costs(b *testing.B, limit func() cost, name string) func(n int) {
	b.Helper()
	limits := []cost{limit()}
	b.ResetTimer()
	done := measure()
	return func(n int) {
		b.Helper()
		each := done(n)
		b.StopTimer()
		report(b, each, append(limits, limit()), name)
	}
}

// report says what each thing took, and how that compares with the limit, which
// was asked for around the work.
func report(b *testing.B, each cost, limits []cost, name string) {
	b.Helper()
	var limit cost
	for _, l := range limits {
		limit.cpu += l.cpu / time.Duration(len(limits))
		limit.second += l.second / float64(len(limits))
	}
	b.ReportMetric(float64(each.cpu.Microseconds()), "cpu-µs/"+name)
	b.ReportMetric(float64(each.cpu)/float64(limit.cpu), "x-limit")
	b.ReportMetric(each.second, name+"/s")
	b.ReportMetric(each.second/limit.second, "of-limit-rate")
}

func signing() cost   { return rsaCost(true) }
func verifying() cost { return rsaCost(false) }

// rsaCost is what one RSA operation takes when all processors are at it.
func rsaCost(sign bool) cost {
	key := keys()[0]
	sum := sha256.Sum256([]byte("x"))
	value, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	var n atomic.Int64
	var all sync.WaitGroup
	done, end := measure(), time.Now().Add(time.Second)
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for ; time.Now().Before(end); n.Add(1) {
				var err error
				if sign {
					_, err = rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
				} else {
					err = rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, sum[:], value)
				}
				if err != nil {
					panic(err)
				}
			}
		})
	}
	all.Wait()
	return done(int(n.Load()))
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
	requests := make(chan *received, b.N)
	for i := range b.N {
		s := from[i%authors]
		requests <- newReceived(b, n, s, marshal(b, s.activity("Create", s.note("bench"))))
	}
	done := costs(b, verifying, "activity")
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
	if got := n.count(`select count(*) from home_entry where account_id = $1`, ana.AccountID); got != b.N {
		b.Fatalf("%d of %d in the timeline", got, b.N)
	}
}
