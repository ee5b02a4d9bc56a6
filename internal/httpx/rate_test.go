package httpx

import (
	"net/http"
	"strings"
	"testing"
)

func TestRatesOfCostlyRequests(t *testing.T) {
	s := start(t, func(r *Router) {
		ok := func(c *Ctx) error { return c.JSON(200, struct{}{}) }
		r.Post("/api/v1/media", SignedIn, ok)
		r.Post("/api/v2/media", SignedIn, ok)
		r.Delete("/api/v1/statuses/{id}", SignedIn, ok)
		r.Post("/api/v1/statuses/{id}/unreblog", SignedIn, ok)
		r.Get("/api/v1/statuses/{id}", SignedIn, ok)
	}, func(o *Options) { o.Unlimited = false })
	ask := func(method, path string) *http.Response {
		t.Helper()
		req, err := http.NewRequest(method, s.URL+path, strings.NewReader(""))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer bearer-ana")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res
	}
	for i := range 30 {
		if res := ask("POST", []string{"/api/v1/media", "/api/v2/media"}[i%2]); res.StatusCode != 200 || res.Header.Get("X-RateLimit-Limit") != "30" {
			t.Fatal(i, res.StatusCode, res.Header)
		}
	}
	if res := ask("POST", "/api/v2/media"); res.StatusCode != 429 || res.Header.Get("X-RateLimit-Remaining") != "0" || res.Header.Get("Retry-After") == "" {
		t.Error("31 media", res.StatusCode, res.Header)
	}
	for i := range 30 {
		method, path := "DELETE", "/api/v1/statuses/1"
		if i%2 == 1 {
			method, path = "POST", "/api/v1/statuses/2/unreblog"
		}
		if res := ask(method, path); res.StatusCode != 200 {
			t.Fatal("deletions share the count of media:", i, res.StatusCode)
		}
	}
	if res := ask("DELETE", "/api/v1/statuses/1"); res.StatusCode != 429 {
		t.Error("31 deletions", res.StatusCode)
	}
	if res := ask("GET", "/api/v1/statuses/1"); res.StatusCode != 200 || res.Header.Get("X-RateLimit-Limit") != "300" {
		t.Error("reading is refused", res.StatusCode, res.Header)
	}
}

// TestMethodsAreNotOverridden: a POST stays one, whatever it says of itself.
func TestMethodsAreNotOverridden(t *testing.T) {
	s := start(t, func(r *Router) {
		r.Post("/api/v1/x", Public, func(c *Ctx) error { return c.JSON(200, "posted") })
		r.Delete("/api/v1/x", Public, func(c *Ctx) error { t.Error("deleted"); return nil })
	})
	req, _ := http.NewRequest("POST", s.URL+"/api/v1/x?_method=delete", strings.NewReader("_method=DELETE"))
	req.Header.Set("X-HTTP-Method-Override", "DELETE")
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := http.DefaultClient.Do(req)
	if err != nil || res.StatusCode != 200 {
		t.Fatal(err, res.StatusCode)
	}
	res.Body.Close()
}
