// Package metrics counts what an instance does, for Prometheus.
//
// Each instance has a registry of its own; Handler shows several together, on a
// listener of its own that strangers cannot reach: the numbers tell how many
// people use an instance and when.
//
// Invariants: no label holds a path, a name or an address; the number of series
// is fixed by the program, not by visitors.
//
// Spec: AC12 (metrics on another listener)
package metrics

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/maillage/maillage/internal/httpx"
)

// Registry holds the numbers of one instance.
type Registry struct {
	reg      *prometheus.Registry
	with     prometheus.Registerer
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

// New makes the registry of the instance called host, which labels all its numbers.
func New(host string) *Registry {
	m := &Registry{reg: prometheus.NewRegistry()}
	m.with = prometheus.WrapRegistererWith(prometheus.Labels{"host": host}, m.reg)
	m.requests = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "maillage_http_requests_total", Help: "Requests answered, by class of route, method and status.",
	}, []string{"class", "method", "status"})
	m.duration = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "maillage_http_request_seconds", Help: "Time to answer a request, by class of route.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
	}, []string{"class"})
	m.with.MustRegister(m.requests, m.duration)
	return m
}

// Registerer is where other packages put what they measure, beside what it measures.
func (m *Registry) Registerer() prometheus.Registerer { return m.with }

// Gauge shows a number that f reads when somebody asks.
func (m *Registry) Gauge(name, help string, f func() float64) error {
	return m.with.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "maillage_" + name, Help: help}, f))
}

// Observe is an httpx.Observer.
func (m *Registry) Observe(rt *httpx.Route, method string, status int, took time.Duration) {
	class := "none"
	if rt != nil {
		class = rt.Class.String()
	}
	m.requests.WithLabelValues(class, known(method), strconv.Itoa(status)).Inc()
	m.duration.WithLabelValues(class).Observe(took.Seconds())
}

// known keeps invented methods from making series.
func known(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

// Handler shows the numbers of the process and of the instances that open gives
// at each request. Mount it on a listener of its own.
func Handler(open func() []*Registry) http.Handler {
	process := prometheus.NewRegistry()
	process.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		all := prometheus.Gatherers{process}
		for _, m := range open() {
			all = append(all, m.reg)
		}
		promhttp.HandlerFor(all, promhttp.HandlerOpts{}).ServeHTTP(w, r)
	})
}
