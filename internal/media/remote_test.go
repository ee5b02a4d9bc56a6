package media_test

import (
	"bytes"
	"image"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/media/picture"
	"github.com/maillage/maillage/internal/testkit"
)

// TestP13PicturesFromElsewhere follows a picture and a portrait from one
// instance to another: nothing of it is asked of the other by a page or an app,
// and nothing at all before somebody looks.
//
// Spec: P13; Spec: FE1
func TestP13PicturesFromElsewhere(t *testing.T) {
	c := testkit.NewCluster(t, 2)
	here, there := c[0], c[1]
	here.Person("ana", true)
	there.Person("bob", true)
	bob, ana := there.Client("bob"), here.Client("ana")
	if bob.Upload("PATCH", "/api/v1/accounts/update_credentials", "avatar", photo(t, 500, 500, green), nil, nil); bob.Status != 200 {
		t.Fatal(bob.Status)
	}
	c.Follow(here, "ana", there, "bob")
	m := upload(t, bob, photo(t, 900, 600, green), map[string]string{"description": "Un champ <vert>.", "focus": "0.5,-0.5"})
	for _, visibility := range []string{"public", "private"} {
		audience := map[string]string{"public": "public", "private": "followers"}[visibility]
		if visibility == "private" {
			m = upload(t, bob, photo(t, 900, 600, green), map[string]string{"description": "Un champ <vert>.", "focus": "0.5,-0.5"})
		}
		publish(t, bob, map[string]any{"status": "Voici", "audience": audience, "sensitive": true, "media_ids": []string{m.ID}})
	}
	c.Settle()
	if got := countFiles(t, here); got != 0 {
		t.Errorf("%d files were fetched that nobody looked at", got)
	}
	var home []masto.Status
	if ana.Get("/api/v1/timelines/home", &home); len(home) != 2 {
		t.Fatalf("%d posts", len(home))
	}
	for _, s := range home {
		if len(s.MediaAttachments) != 1 || !s.Sensitive {
			t.Fatalf("%s: %+v", s.Visibility, s)
		}
		a := s.MediaAttachments[0]
		if a.Type != "image" || *a.Description != "Un champ <vert>." || a.Blurhash == nil || a.Meta.Focus.X != 0.5 || a.Meta.Original.Width != 900 || a.RemoteURL != nil {
			t.Errorf("%+v %+v", a, a.Meta)
		}
		for _, address := range []string{*a.URL, *a.PreviewURL, s.Account.Avatar} {
			if !strings.HasPrefix(address, here.URL+"/media/") {
				t.Errorf("an app is sent to %s", address)
			}
			res, b := get(t, address)
			if res.StatusCode != 200 || picture.Sniff(b) != "image/jpeg" || res.Header.Get("Content-Security-Policy") != "default-src 'none'; sandbox" {
				t.Errorf("%s %s: %d", s.Visibility, address, res.StatusCode)
			}
			want := 404
			if strings.Contains(address, "/media/proxy/") {
				want = 403
			}
			if got := status(t, without(address)); got != want {
				t.Errorf("without a signature: %d", got)
			}
		}
	}
	page := here.SignIn("ana").Open("/?onglet=fediverse")
	if !strings.Contains(page.Body, `<figure class="media"`) || strings.Contains(page.Body, `src="http`) || strings.Contains(page.Body, "//"+there.Host+"/media") {
		t.Error("the page asks elsewhere for pictures, or shows none")
	}
	if !strings.Contains(page.Body, "media-cw") {
		t.Error("sensitive pictures are not folded")
	}
	there.Stop()
	for _, s := range home {
		if got := status(t, *s.MediaAttachments[0].URL); got != 200 {
			t.Errorf("kept: %d", got)
		}
	}
}

// TestDeletionReachesCopies deletes a picture on one instance: the other shows it no more.
//
// Spec: ME6
func TestDeletionReachesCopies(t *testing.T) {
	c := testkit.NewCluster(t, 2)
	here, there := c[0], c[1]
	here.Person("ana", true)
	there.Person("bob", true)
	bob, ana := there.Client("bob"), here.Client("ana")
	c.Follow(here, "ana", there, "bob")
	s := publish(t, bob, map[string]any{"status": "Voici", "visibility": "public", "media_ids": []string{upload(t, bob, photo(t, 90, 60, green), nil).ID}})
	c.Settle()
	var home []masto.Status
	if ana.Get("/api/v1/timelines/home", &home); len(home) != 1 || status(t, *home[0].MediaAttachments[0].URL) != 200 || countFiles(t, here) != 2 {
		t.Fatalf("%d posts, %d files", len(home), countFiles(t, here))
	}
	bob.Do("DELETE", "/api/v1/statuses/"+s.ID+"?delete_media=true", nil, nil)
	c.Settle()
	if got := status(t, *home[0].MediaAttachments[0].URL); got != 410 || countFiles(t, here) != 0 || countFiles(t, there) != 0 {
		t.Errorf("%d, %d files here, %d there", got, countFiles(t, here), countFiles(t, there))
	}
}

// elsewhere serves files as another server might, and counts who asks.
func elsewhere(t *testing.T, files map[string][]byte) (string, *atomic.Int64) {
	t.Helper()
	var asked atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		b, ok := files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "image/png") // whatever it is
		w.Write(b)
	}))
	t.Cleanup(s.Close)
	return s.URL, &asked
}

// TestProxyFetchesOnceAndOnlyMedia asks for good and bad files of another server.
func TestProxyFetchesOnceAndOnlyMedia(t *testing.T) {
	n := testkit.New(t)
	base, asked := elsewhere(t, map[string][]byte{"/good": photo(t, 300, 200, green), "/page": []byte("<!doctype html><script>alert(1)</script>"), "/svg": []byte("<svg/>")})
	good := n.Media.Proxy(base+"/good", "card")
	for range 3 {
		if res, b := get(t, good); res.StatusCode != 200 || bytes.Contains(b, []byte("PLANTED")) || res.Header.Get("Content-Type") != "image/jpeg" {
			t.Errorf("%d %s", res.StatusCode, res.Header.Get("Content-Type"))
		}
	}
	for _, path := range []string{"/page", "/svg", "/none"} {
		for range 2 {
			if got := status(t, n.Media.Proxy(base+path, "card")); got != 404 {
				t.Errorf("%s: %d", path, got)
			}
		}
	}
	if asked.Load() != 4 {
		t.Errorf("asked %d times, want each file once", asked.Load())
	}
	for _, address := range []string{without(good), strings.Replace(good, "/card/", "/avatar/", 1), n.URL + "/media/proxy/card/aHR0cDovL2V4YW1wbGUub3Jn?e=zzzzzz&s=AAAA"} {
		if got := status(t, address); got != 403 {
			t.Errorf("%s: %d", address, got)
		}
	}
	n.Media.Rejects = func(string) bool { return true }
	if got := status(t, good); got != 404 {
		t.Errorf("of a server whose media are refused: %d", got)
	}
	n.Media.Rejects = nil
	before := countFiles(t, n)
	n.Media.Now = func() time.Time { return time.Now().Add(8 * 24 * time.Hour) }
	for _, k := range n.Media.Jobs() {
		if k.Name == "media.sweep" {
			if err := k.Handle(ctx, []byte("{}")); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := n.Idle(ctx); err != nil {
		t.Fatal(err)
	}
	if after := countFiles(t, n); before == 0 || after != 0 {
		t.Errorf("%d files, a week later %d", before, after)
	}
}

// TestAVideoInPreparation: an app that asks too early hears 206, and that there is
// nothing to show yet.
//
// Spec: Mastodon media#get
func TestAVideoInPreparation(t *testing.T) {
	video := testkit.Drawn(t, "a.mp4", "testsrc=d=1:s=64x36:r=10")
	n := testkit.New(t)
	n.Person("ana", true)
	c := n.Client("ana")
	if err := n.Jobs.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	var m masto.Media
	if c.Upload("POST", "/api/v2/media", "file", video, nil, &m); c.Status != http.StatusAccepted {
		t.Fatal(c.Status)
	}
	if c.Get("/api/v1/media/"+m.ID, &m); c.Status != http.StatusPartialContent || m.URL != nil || m.PreviewURL != nil {
		t.Errorf("%d %+v", c.Status, m)
	}
	var told masto.Instance
	if c.Get("/api/v2/instance", &told); !slices.Contains(told.Configuration.MediaAttachments.SupportedMimeTypes, "video/mp4") {
		t.Error("videos are not offered")
	}
}

// TestNoVideosWithoutFFmpeg: where nothing can rewrite sounds and videos none is
// taken, and apps are told so before.
//
// Spec: ME3
func TestNoVideosWithoutFFmpeg(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	n.Media.Film = nil
	if slices.Contains(n.Media.Limits().SupportedMimeTypes, "video/mp4") { // what apps are told is this, from the start
		t.Error("videos are offered without ffmpeg")
	}
	c := n.Client("ana")
	if c.Upload("POST", "/api/v2/media", "file", []byte("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00"), nil, nil); c.Status != http.StatusUnprocessableEntity {
		t.Errorf("a video without ffmpeg: %d", c.Status)
	}
}

// TestVideos uploads a video, waits until it is rewritten, and plays a part of it.
//
// Spec: ME1; Spec: ME3
func TestVideos(t *testing.T) {
	video := testkit.Recording(t, "a.mp4", "-f", "lavfi", "-i", "testsrc=d=1:s=320x180:r=10", "-f", "lavfi", "-i", "sine=d=1", "-metadata", "comment=PLANTED")
	n := testkit.New(t)
	n.Person("ana", true)
	c := n.Client("ana")
	var m masto.Media
	if c.Upload("POST", "/api/v2/media", "file", video, map[string]string{"description": "Une mire."}, &m); c.Status != 202 || m.URL != nil || m.Type != "video" {
		t.Fatalf("%d %+v", c.Status, m)
	}
	if err := n.Idle(ctx); err != nil {
		t.Fatal(err)
	}
	if c.Get("/api/v1/media/"+m.ID, &m); c.Status != 200 || m.URL == nil || m.Meta.Original.Width != 320 || m.Meta.Original.Duration < 0.9 || m.Blurhash == nil {
		t.Fatalf("%d %+v", c.Status, m)
	}
	res, b := get(t, *m.PreviewURL)
	if cfg, _, err := image.DecodeConfig(bytes.NewReader(b)); res.StatusCode != 200 || err != nil || cfg.Width != 320 {
		t.Errorf("preview: %d %v", res.StatusCode, err)
	}
	if res, b := get(t, *m.URL, "Range", "bytes=4-7"); res.StatusCode != 206 || string(b) != "ftyp" || res.Header.Get("Content-Type") != "video/mp4" {
		t.Errorf("%d %q", res.StatusCode, b)
	}
	s := publish(t, c, map[string]any{"status": "Vu", "audience": "section", "media_ids": []string{m.ID}})
	if page := n.SignIn("ana").Open("/@ana/" + s.ID); !strings.Contains(page.Body, "<video src=") || !page.Has("Une mire.") {
		t.Error("the page has no video")
	}
	if left := traces(t, n.Config.Dir); left != 0 {
		t.Errorf("%d traces are left", left)
	}
	for name, bad := range map[string][]byte{"broken": append([]byte("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00"), make([]byte, 500)...)} {
		c.Upload("POST", "/api/v1/media", "file", bad, nil, &m)
		if err := n.Idle(ctx); err != nil {
			t.Fatal(err)
		}
		if c.Get("/api/v1/media/"+m.ID, nil); c.Status != 422 {
			t.Errorf("%s: %d", name, c.Status)
		}
	}
}
