package httpx

import (
	"testing"
	"time"

	"github.com/maillage/maillage/internal/apperr"
)

// TestRefusalsTakeAlike: what is missing at once is refused no sooner than what took a while to refuse.
func TestRefusalsTakeAlike(t *testing.T) {
	s := start(t, func(r *Router) {
		for path, wait := range map[string]time.Duration{"/never": 0, "/hidden": 400 * time.Microsecond} {
			r.Get(path, Public, func(*Ctx) error { time.Sleep(wait); return apperr.NotFound("httpx.not_found") })
		}
	}, func(o *Options) { o.Unlimited = false })
	for _, path := range []string{"/never", "/hidden"} {
		began := time.Now()
		s.want(s.do("GET", path, ""), 404)
		if took := time.Since(began); took < refusalStep {
			t.Errorf("%s is refused after %v", path, took)
		}
	}
}
