package media_test

import (
	"bytes"
	"image"
	"image/color"
	"net/http"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/testkit"
)

// strongest tells which colour a picture has most of.
func strongest(t testing.TB, b []byte) string {
	t.Helper()
	img, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	r, g, bl, _ := img.At(img.Bounds().Dx()/2, img.Bounds().Dy()/2).RGBA()
	switch {
	case r > g && r > bl:
		return "red"
	case g > bl:
		return "green"
	}
	return "blue"
}

// TestThumbnails chooses what stands for a sound and for a video, before and
// after they are rewritten, and follows it to another server.
//
// Spec: ME3; Spec: Mastodon media#v2; Spec: Mastodon media#update
func TestThumbnails(t *testing.T) {
	c := testkit.NewCluster(t, 2)
	n, other := c[0], c[1]
	n.Person("ana", true)
	other.Person("zoe", true)
	c.Follow(other, "zoe", n, "ana")
	app := n.Client("ana")
	red, blue := color.RGBA{200, 20, 20, 255}, color.RGBA{20, 20, 200, 255}
	for name, source := range map[string]string{"a.mp3": "sine=d=2", "a.mp4": "testsrc=d=1:s=320x180:r=10"} {
		file := testkit.Drawn(t, name, source)
		var m masto.Media
		for _, wrong := range [][]byte{[]byte("<svg/>"), file} {
			if app.UploadFiles("POST", "/api/v2/media", map[string][]byte{"file": file, "thumbnail": wrong}, nil, nil); app.Status != http.StatusUnprocessableEntity {
				t.Errorf("%s with a thumbnail that is no picture: %d", name, app.Status)
			}
		}
		before := countFiles(t, n)
		if app.UploadFiles("POST", "/api/v2/media", map[string][]byte{"file": file, "thumbnail": photo(t, 300, 300, red)}, nil, &m); app.Status != http.StatusAccepted {
			t.Fatalf("%s: %d", name, app.Status)
		}
		chosen, width := "red", 300
		if name == "a.mp4" {
			chosen, width = "green", 500
			if app.UploadFiles("PUT", "/api/v1/media/"+m.ID, map[string][]byte{"thumbnail": photo(t, 500, 250, green)}, nil, nil); app.Status != http.StatusOK {
				t.Fatalf("%s while it is rewritten: %d", name, app.Status)
			}
		}
		if err := n.Idle(ctx); err != nil {
			t.Fatal(err)
		}
		app.Get("/api/v1/media/"+m.ID, &m)
		if m.PreviewURL == nil || m.Meta.Small == nil || m.Meta.Small.Width != width || m.Meta.Duration < 0.9 || m.Blurhash == nil {
			t.Fatalf("%s: %+v %+v", name, m, m.Meta)
		}
		if _, b := get(t, *m.PreviewURL); strongest(t, b) != chosen || bytes.Contains(b, []byte("PLANTED")) {
			t.Errorf("%s has another thumbnail", name)
		}
		if files := countFiles(t, n) - before; files != 2 {
			t.Errorf("%s: %d files are kept, want it and its thumbnail", name, files)
		}
		old := *m.PreviewURL
		if app.UploadFiles("PUT", "/api/v1/media/"+m.ID, map[string][]byte{"thumbnail": []byte("<svg/>")}, map[string]string{"description": "non"}, nil); app.Status != http.StatusUnprocessableEntity {
			t.Errorf("%s: a thumbnail that is no picture: %d", name, app.Status)
		}
		if app.UploadFiles("PUT", "/api/v1/media/"+m.ID, map[string][]byte{"thumbnail": photo(t, 300, 300, blue)}, map[string]string{"description": strings.Repeat("x", 1501)}, nil); app.Status != http.StatusUnprocessableEntity {
			t.Errorf("%s: a long description: %d", name, app.Status)
		}
		if app.Get("/api/v1/media/"+m.ID, &m); m.Description != nil || *m.PreviewURL != old {
			t.Errorf("%s changed by what was refused: %+v", name, m)
		}
		app.UploadFiles("PUT", "/api/v1/media/"+m.ID, map[string][]byte{"thumbnail": photo(t, 300, 300, blue)}, map[string]string{"description": "Écoutez"}, &m)
		if _, b := get(t, *m.PreviewURL); app.Status != http.StatusOK || *m.Description != "Écoutez" || strongest(t, b) != "blue" || status(t, old) != http.StatusGone {
			t.Errorf("%s after a change: %d %+v, before it %d", name, app.Status, m, status(t, old))
		}
		c.Settle()
		if files := countFiles(t, n) - before; files != 2 {
			t.Errorf("%s: %d files are kept after a change", name, files)
		}
		// Elsewhere it is asked for when somebody looks.
		publish(t, app, map[string]any{"status": "Voici", "audience": "followers", "media_ids": []string{m.ID}})
		c.Settle()
		var home []masto.Status
		other.Client("zoe").Get("/api/v1/timelines/home", &home)
		if len(home) == 0 || len(home[0].MediaAttachments) != 1 || home[0].MediaAttachments[0].PreviewURL == nil {
			t.Fatalf("%s elsewhere: %+v", name, home)
		}
		there := home[0].MediaAttachments[0]
		if res, b := get(t, *there.PreviewURL); res.StatusCode != 200 || strongest(t, b) != "blue" || !strings.HasPrefix(*there.PreviewURL, other.URL) {
			t.Errorf("%s elsewhere: %d at %s", name, res.StatusCode, *there.PreviewURL)
		}
	}
	// A picture stands for itself.
	var m masto.Media
	app.UploadFiles("POST", "/api/v2/media", map[string][]byte{"file": photo(t, 300, 300, red), "thumbnail": photo(t, 300, 300, green)}, nil, &m)
	if _, b := get(t, *m.PreviewURL); app.Status != http.StatusOK || strongest(t, b) != "red" {
		t.Errorf("another picture stands for one: %d", app.Status)
	}
	if left := traces(t, n.Config.Dir); left != 0 {
		t.Errorf("%d traces of cameras are left", left)
	}
}
