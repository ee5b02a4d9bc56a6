package httpx

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/maillage/maillage/internal/i18n"
)

// BenchmarkRequest is what a small API request costs before and after its
// handler, among as many routes as an instance has.
func BenchmarkRequest(b *testing.B) {
	words := i18n.New(nil)
	if err := words.AddFS(Strings()); err != nil {
		b.Fatal(err)
	}
	r := NewRouter()
	for i := range 60 {
		r.Get(fmt.Sprintf("/api/v1/kind%d/{id}", i), Public, text("x"))
		r.Get(fmt.Sprintf("/page%d/{id}", i), Public, text("x"))
	}
	for i := range 12 {
		r.Get(fmt.Sprintf("/api/v1/accounts/{id}/list%d", i), Public, text("x"))
	}
	r.Get("/api/v1/timelines/home", SignedIn, text("[]"))
	r.Get("/api/v1/accounts/{id}", Public, text("{}"))
	s, err := NewServer(Options{BaseURL: "https://grenoble.example", Router: r, Strings: words, Authenticate: authenticate, Unlimited: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	for _, path := range []string{"/api/v1/timelines/home", "/api/v1/accounts/12"} {
		b.Run(path, func(b *testing.B) {
			req := httptest.NewRequest("GET", path, nil)
			req.Header.Set("Authorization", "Bearer bearer-ana")
			req.Header.Set("Accept-Language", "fr-FR,fr;q=0.9,en;q=0.8")
			b.ReportAllocs()
			for b.Loop() {
				w := httptest.NewRecorder()
				s.ServeHTTP(w, req)
				if w.Code != http.StatusOK {
					b.Fatal(w.Code)
				}
			}
		})
	}
}
