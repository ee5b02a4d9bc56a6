package metrics

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/httpx"
)

func TestNumbersOfSeveralInstances(t *testing.T) {
	a, b := New("grenoble.example"), New("echirolles.example")
	api := &httpx.Route{Class: httpx.ClassAPI, Path: "/api/v1/accounts/{id}"}
	a.Observe(api, "GET", 200, 3*time.Millisecond)
	a.Observe(api, "GET", 200, 30*time.Millisecond)
	a.Observe(nil, "GET", 404, time.Millisecond)
	for i := range 50 {
		b.Observe(api, fmt.Sprint("INVENTED", i), 405, time.Millisecond)
	}
	if err := b.Gauge("queue_pending", "Deliveries waiting.", func() float64 { return 12 }); err != nil {
		t.Fatal(err)
	}
	if err := b.Gauge("queue_pending", "Again.", func() float64 { return 0 }); err == nil {
		t.Error("registered twice")
	}
	s := httptest.NewServer(Handler(func() []*Registry { return []*Registry{a, b} }))
	defer s.Close()
	resp, err := http.Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, _ := io.ReadAll(resp.Body)
	body := string(raw)
	for _, want := range []string{
		`maillage_http_requests_total{class="api",host="grenoble.example",method="GET",status="200"} 2`,
		`maillage_http_requests_total{class="none",host="grenoble.example",method="GET",status="404"} 1`,
		`maillage_http_requests_total{class="api",host="echirolles.example",method="other",status="405"} 50`,
		`maillage_http_request_seconds_bucket{class="api",host="grenoble.example",le="0.005"} 1`,
		`maillage_http_request_seconds_count{class="api",host="grenoble.example"} 2`,
		`maillage_queue_pending{host="echirolles.example"} 12`,
		"go_goroutines ",
	} {
		if !strings.Contains(body, want+"\n") && !strings.Contains(body, want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(body, "INVENTED") || strings.Contains(body, "accounts") {
		t.Error("visitors make series")
	}
}
