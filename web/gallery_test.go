package web

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

// contentPolicy is at least as strict as the server's.
const contentPolicy = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'self'; script-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

var paris = time.FixedZone("CET", 3600)

func galleryNow() time.Time { return time.Date(2026, 12, 1, 10, 0, 0, 0, paris) }

// newGallery is a renderer with the sample pages of testdata/gallery.
func newGallery(t testing.TB) *Renderer {
	t.Helper()
	r, err := New(Options{Location: paris, Now: galleryNow})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Add("gallery", os.DirFS("testdata/gallery")); err != nil {
		t.Fatal(err)
	}
	return r
}

// gallery serves the sample pages at /name, with ?theme= and ?lang=.
func gallery(t *testing.T) *httptest.Server {
	r := newGallery(t)
	mux := http.NewServeMux()
	mux.Handle(StaticPrefix, r.Static())
	mux.HandleFunc("/media/", func(w http.ResponseWriter, req *http.Request) {
		http.ServeFile(w, req, "testdata/"+strings.TrimPrefix(req.URL.Path, "/media/"))
	})
	mux.HandleFunc("/{name}", func(w http.ResponseWriter, req *http.Request) {
		p := galleryPage(req.PathValue("name"), req.FormValue("lang"))
		p.Theme = req.FormValue("theme")
		w.Header().Set("Content-Security-Policy", contentPolicy)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		var b bytes.Buffer
		if err := r.Render(&b, p); err != nil {
			t.Error(err)
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Write(b.Bytes())
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

var galleryNames = []string{"home", "thread", "signin", "errors", "public", "profile", "components"}

func galleryPage(name, lang string) *Page {
	viewer := &Viewer{ID: "1", Name: "Nadia Ferrand", Handle: "nadia", Tint: 2, Unread: 3}
	p := &Page{
		Name: "gallery/" + name, Lang: lang, Path: "/" + name, CSRF: "token", Viewer: viewer,
		Site: Site{
			Name: "Grenoble-Centre", LevelLabel: "Section · Isère", Host: "grenoble-centre.example",
			MarkName: "ridge",
			Levels: []Level{
				{Label: "Section", Name: "Grenoble-Centre", URL: "#s", Current: true},
				{Label: "Fédération", Name: "Isère", URL: "#f"},
				{Label: "National", Name: "Le mouvement", URL: "#n"},
			},
			Routes: Routes{SignIn: "/signin", SignOut: "/sign_out", Join: "/join", Search: "/search", Notifications: "/notifications", Compose: "/compose", Settings: "/settings"},
			Footer: []Link{{"Qui sommes-nous", "#a"}, {"règles", "#b"}, {"accessibilité", "#c"}, {"données personnelles", "#d"}},
		},
		Nav: []NavItem{
			{Key: "home", Icon: "house", URL: "/home", Current: name == "home"}, {Key: "agenda", Icon: "calendar", URL: "#agenda", Current: name == "errors"},
			{Key: "groups", Icon: "users", URL: "#groups", Current: name == "thread"}, {Key: "participate", Icon: "vote", URL: "#vote", Badge: 2},
			{Key: "news", Icon: "newspaper", URL: "#news"}, {Key: "more", Icon: "ellipsis", URL: "#more"},
		},
		Groups: []NavItem{{Label: "Logement", Icon: "building-2", URL: "#g1"}, {Label: "Transports", Icon: "bus", URL: "#g2"}, {Label: "Alimentation", Icon: "sprout", URL: "#g3"}, {Label: "Marché du samedi", Icon: "megaphone", URL: "#g4"}},
	}
	switch name {
	case "signin":
		p.Layout, p.Viewer, p.Site.Accent = LayoutPlain, nil, "framboise"
		p.Site.Name, p.Site.MarkName = "Échirolles", "fold"
		p.Path = p.Site.Routes.SignIn
	case "public":
		p.Layout, p.Viewer = LayoutPublic, nil
		p.Site.LevelLabel = "Section de la fédération Isère"
		p.Nav = []NavItem{{Label: "Qui nous sommes", URL: "#1"}, {Label: "Agenda", URL: "#2"}, {Label: "Communiqués", URL: "#3"}, {Label: "Consultations", URL: "#4"}, {Label: "Décisions", URL: "#5"}, {Label: "Groupes ouverts", URL: "#6"}}
	}
	p.Data = galleryData(name)
	return p
}

func TestPagesRender(t *testing.T) {
	for _, lang := range []string{"fr", "en"} {
		r := newGallery(t)
		for _, name := range galleryNames {
			var b bytes.Buffer
			if err := r.Render(&b, galleryPage(name, lang)); err != nil {
				t.Errorf("%s in %s: %v", name, lang, err)
			}
			for _, bad := range []string{" style=", "onclick=", "<script>", "ZgotmplZ", "⟦", "<no value>", "href=\"http://", "src=\"http"} {
				if strings.Contains(b.String(), bad) {
					t.Errorf("%s in %s contains %q", name, lang, bad)
				}
			}
			if n := strings.Count(b.String(), "<h1"); n != 1 {
				t.Errorf("%s in %s has %d h1", name, lang, n)
			}
		}
		if m := r.Bundle().Missing(); len(m) > 0 {
			t.Errorf("missing: %v", m)
		}
		if m := r.Bundle().Unmatched(); len(m) > 0 {
			t.Errorf("only in one language: %v", m)
		}
	}
}

func BenchmarkHome(b *testing.B) {
	r := newGallery(b)
	p := galleryPage("home", "fr")
	var buf bytes.Buffer
	for b.Loop() {
		buf.Reset()
		if err := r.Render(&buf, p); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(buf.Len()), "bytes")
}

// One page of the home of a member: twenty posts.
func BenchmarkTwentyPosts(b *testing.B) {
	r := newGallery(b)
	p := galleryPage("home", "fr")
	v := galleryData("home")
	post := v.Posts[0]
	post.Media = nil
	v.Posts = nil
	for range 20 {
		v.Posts = append(v.Posts, post)
	}
	p.Data = v
	var buf bytes.Buffer
	for b.Loop() {
		buf.Reset()
		if err := r.Render(&buf, p); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(buf.Len()), "bytes")
}
