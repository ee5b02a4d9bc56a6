package app

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/metrics"
)

// measure makes the numbers of the instance that are read when somebody asks.
func (a *App) measure() (*metrics.Registry, error) {
	m := metrics.New(a.Config.Host)
	for _, g := range []struct{ name, help, sql string }{
		{"deliveries_pending", "Deliveries to other servers that wait.", `select coalesce(sum(pending), 0) from dest`},
		{"hosts_failing", "Other servers whose last delivery failed.", `select count(*) from dest where fails > 0`},
		{"jobs_parked", "Jobs given up after their last try.", `select count(*) from job where state = 'parked'`},
		{"inbox_waiting", "Activities accepted and not worked off yet.", `select count(*) from inbox_item where state = 0`},
	} {
		err := m.Gauge(g.name, g.help, func() float64 {
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			defer cancel()
			n, err := db.Get[int64](ctx, a.DB.Read(), g.sql)
			if err != nil {
				a.log.Warn("a number cannot be read", "name", g.name, "err", err)
			}
			return float64(n)
		})
		if err != nil {
			return nil, err
		}
	}
	a.activities = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "maillage_activities_total", Help: "Activities of other servers, by type and how they ended.",
	}, []string{"type", "outcome"})
	return m, m.Registerer().Register(a.activities)
}

// observeActivity counts an activity; types that nobody handles are one.
func (a *App) observeActivity(kind, outcome string) {
	if !a.kinds[kind] {
		kind = "other"
	}
	a.activities.WithLabelValues(kind, outcome).Inc()
}
