package timeline_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// BenchmarkPages renders whole pages, without the network: the home page of a
// member, a profile, and the front page of a stranger.
func BenchmarkPages(b *testing.B) {
	n := testkit.New(b)
	n.Person("awa", true)
	n.Person("ana", false)
	for i := range 60 {
		_, err := n.Posts.Create(context.Background(), n.Viewer("awa"), post.Draft{Audience: post.Public,
			Text: fmt.Sprintf("Message %d : ce matin au marché, trente conversations en deux heures. Qui peut venir le mardi soir ? #logement @ana", i)})
		if err != nil {
			b.Fatal(err)
		}
	}
	token, _, err := n.Auth.SignIn(context.Background(), "ana", testkit.Password, "127.0.0.1")
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct{ name, path, token string }{{"home", "/", token}, {"profile", "/@awa", token}, {"public", "/", ""}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					r := httptest.NewRequest(http.MethodGet, n.URL+c.path, nil)
					r.Header.Set("Accept", "text/html")
					if c.token != "" {
						r.AddCookie(&http.Cookie{Name: "session_" + r.URL.Port(), Value: c.token})
					}
					w := httptest.NewRecorder()
					n.Handler().ServeHTTP(w, r)
					if w.Code != http.StatusOK {
						b.Fatalf("%d: %s", w.Code, w.Body)
					}
				}
			})
		})
	}
}
