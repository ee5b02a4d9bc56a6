package httpx

import (
	"testing"
	"time"

	"github.com/maillage/maillage/internal/apperr"
)

// TestRefusalsTakeAlike: what took a while to refuse is refused as soon as what is missing at once, and
// what is given is given at once.
func TestRefusalsTakeAlike(t *testing.T) {
	s := start(t, func(r *Router) {
		for path, wait := range map[string]time.Duration{"/never": 0, "/hidden": 400 * time.Microsecond} {
			r.Get(path, Public, func(*Ctx) error { time.Sleep(wait); return apperr.NotFound("httpx.not_found") })
		}
	})
	for _, path := range []string{"/never", "/hidden"} {
		began := time.Now()
		s.want(s.do("GET", path, ""), 404)
		if took := time.Since(began); took < refusalStep {
			t.Errorf("%s is refused after %v", path, took)
		}
	}
}
