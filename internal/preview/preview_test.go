package preview_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/preview"
	"github.com/maillage/maillage/internal/testkit"
)

// site is a small site that counts who asks.
func site(t *testing.T) (*httptest.Server, *atomic.Int64, *atomic.Int64) {
	t.Helper()
	var pages, pictures atomic.Int64
	mux := http.NewServeMux()
	mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
		pages.Add(1)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, `<!doctype html><html><head><title>Ancien titre</title><meta property="og:title" content="La soupe &amp; le marché">
			<meta property="og:description" content="<script>alert(1)</script> Cent bols."><meta property="og:site_name" content="Le Petit Journal">
			<meta property="og:image" content="/photo.png"></head><body><meta property="og:title" content="non"></body></html>`)
	})
	mux.HandleFunc("/by/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<title>Enquête</title><meta name="author" content="Une plume"><meta name="fediverse:creator" content="%s">`, strings.TrimPrefix(r.URL.Path, "/by/"))
	})
	mux.HandleFunc("/photo.png", func(w http.ResponseWriter, r *http.Request) {
		pictures.Add(1)
		var b bytes.Buffer
		if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 60, 40))); err != nil {
			t.Error(err)
		}
		w.Write(b.Bytes())
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s, &pages, &pictures
}

// TestFE08OneServerAsks publishes a link to all servers of a cluster: the page is asked once, by its author's.
//
// Spec: FE8
func TestFE08OneServerAsks(t *testing.T) {
	small, pages, pictures := site(t)
	c := testkit.NewCluster(t, 3)
	author := c[0]
	author.Person("bob", true)
	for _, n := range c[1:] {
		n.Person("ana", true)
		c.Follow(n, "ana", author, "bob")
	}
	bob := author.Client("bob")
	var s masto.Status
	bob.Post("/api/v1/statuses", map[string]any{"status": "Lisez " + small.URL + "/page", "visibility": "public"}, &s)
	c.Settle()
	if pages.Load() != 1 || pictures.Load() != 0 {
		t.Errorf("the page was asked %d times, its picture %d", pages.Load(), pictures.Load())
	}
	bob.Get("/api/v1/statuses/"+s.ID, &s)
	if s.Card == nil || s.Card.Title != "La soupe & le marché" || s.Card.ProviderName != "Le Petit Journal" || s.Card.URL != small.URL+"/page" || s.Card.Type != "link" {
		t.Fatalf("%+v", s.Card)
	}
	if s.Card.Image == nil || !strings.HasPrefix(*s.Card.Image, author.URL+"/media/proxy/card/") {
		t.Fatalf("the picture is at %v", s.Card.Image)
	}
	for range 2 {
		res, err := http.Get(*s.Card.Image)
		if err != nil || res.StatusCode != 200 || res.Header.Get("Content-Type") != "image/png" {
			t.Fatal(res.StatusCode, err)
		}
		res.Body.Close()
	}
	if pictures.Load() != 1 {
		t.Errorf("the picture was asked %d times", pictures.Load())
	}
	var card masto.PreviewCard
	if bob.Get("/api/v1/statuses/"+s.ID+"/card", &card); card.Title != s.Card.Title {
		t.Errorf("card: %+v", card)
	}
	page := author.SignIn("bob").Open("/@bob/" + s.ID)
	if !strings.Contains(page.Body, `class="link-card"`) || strings.Contains(page.Body, "<script>alert") || strings.Contains(page.Body, `src="`+small.URL) {
		t.Error("the page shows no preview, or one from elsewhere")
	}
	for _, n := range c[1:] {
		var home []masto.Status
		n.Client("ana").Get("/api/v1/timelines/home", &home)
		if len(home) != 1 || home[0].Card != nil {
			t.Errorf("elsewhere: %d posts, card %v", len(home), home[0].Card)
		}
	}
	if pages.Load() != 1 {
		t.Errorf("reading asked the page again: %d", pages.Load())
	}
}

// TestNothingIsAskedForTheSection: what is not for everybody tells no site of itself.
func TestNothingIsAskedForTheSection(t *testing.T) {
	small, pages, _ := site(t)
	n := testkit.New(t)
	n.Person("bob", true)
	bob := n.Client("bob")
	for _, d := range []map[string]any{{"audience": "section"}, {"visibility": "private"}, {"visibility": "direct"}} {
		d["status"] = "Lisez " + small.URL + "/page"
		bob.Post("/api/v1/statuses", d, nil)
	}
	var s masto.Status
	bob.Post("/api/v1/statuses", map[string]any{"status": "Rien à lire, voir " + n.URL + "/apropos", "visibility": "public"}, &s)
	if err := n.Idle(context.Background()); err != nil {
		t.Fatal(err)
	}
	if pages.Load() != 0 {
		t.Errorf("the page was asked %d times", pages.Load())
	}
	bob.Do("PUT", "/api/v1/statuses/"+s.ID, map[string]any{"status": "Lisez " + small.URL + "/page"}, nil)
	if err := n.Idle(context.Background()); err != nil {
		t.Fatal(err)
	}
	bob.Get("/api/v1/statuses/"+s.ID, &s)
	if pages.Load() != 1 || s.Card == nil {
		t.Errorf("after an edit: asked %d times, card %v", pages.Load(), s.Card)
	}
}

func TestReadIsBoundedAndPlain(t *testing.T) {
	if v := preview.Read([]byte("<html><body>nothing"), "https://a.example/"); v != nil {
		t.Errorf("%+v", v)
	}
	v := preview.Read([]byte("<title>  Un\u202e\ntitre "+strings.Repeat("long ", 200)+"</title><meta name=description content=x><meta property=og:image content='javascript:alert(1)'>"), "https://a.example/b/")
	if v == nil || len([]rune(v.Title)) > 200 || strings.ContainsAny(v.Title, "\u202e\n") || v.Image != "" || v.Description != "x" {
		t.Errorf("%+v", v)
	}
	if v := preview.Read([]byte("<title>t</title><meta property=og:image content='../c.png'>"), "https://a.example/b/d"); v.Image != "https://a.example/c.png" {
		t.Errorf("image %q", v.Image)
	}
}
