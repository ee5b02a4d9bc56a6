package outbox_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/db/dbtest"
	"github.com/maillage/maillage/internal/outbox"
)

// BenchmarkEnqueue adds one post for 1,000 hosts, in one transaction.
func BenchmarkEnqueue(b *testing.B) {
	dbtest.EachBench(b, func(b *testing.B, d *db.DB) {
		to := inboxes(1000)
		body := strings.Repeat("x", 2000)
		for b.Loop() {
			enqueue(b, d, body, outbox.Opts{}, to...)
		}
		b.ReportMetric(1000*float64(b.N)/b.Elapsed().Seconds(), "deliveries/s")
	}, outbox.Migrations)
}

// BenchmarkDrain enqueues five posts for 1,000 hosts and sends them by a
// Sender that does nothing: what the queue itself costs.
func BenchmarkDrain(b *testing.B) { drain(b, false) }

// BenchmarkDrainTenthDead is BenchmarkDrain while each tenth host takes two
// seconds to fail; what counts is when the last healthy host is served.
func BenchmarkDrainTenthDead(b *testing.B) { drain(b, true) }

func drain(b *testing.B, dead bool) {
	dbtest.EachBench(b, func(b *testing.B, d *db.DB) {
		const posts = 5
		to := inboxes(1000)
		body := strings.Repeat("x", 2000)
		sent := make(chan struct{}, posts*len(to))
		start(b, d, func(ctx context.Context, it outbox.Item) outbox.Result {
			if dead && strings.HasSuffix(it.Host, "0.example") {
				select {
				case <-time.After(2 * time.Second):
				case <-ctx.Done():
				}
				return outbox.Result{Err: errors.New("timeout")}
			}
			sent <- struct{}{}
			return outbox.Result{OK: true}
		}, outbox.Options{})
		want := posts * len(to)
		if dead {
			want = want * 9 / 10
		}
		for b.Loop() {
			for range posts {
				enqueue(b, d, body, outbox.Opts{}, to...)
			}
			for range want {
				<-sent
			}
		}
		b.ReportMetric(float64(want*b.N)/b.Elapsed().Seconds(), "deliveries/s")
	}, outbox.Migrations)
}
