package film_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/maillage/maillage/internal/media/film"
	"github.com/maillage/maillage/internal/media/picture"
)

func tools(t *testing.T) *film.Tools {
	t.Helper()
	f := film.Find()
	if f == nil {
		t.Skip("needs ffmpeg")
	}
	return f
}

// sample makes a file with words in every place for words.
func sample(t *testing.T, name string, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	all := append([]string{"-v", "error", "-f", "lavfi", "-i", "testsrc=d=1:s=160x90:r=10", "-f", "lavfi", "-i", "sine=d=1"}, args...)
	all = append(all, "-metadata", "title=PLANTED", "-metadata", "comment=PLANTED", "-metadata", "location=+45.1885+005.7245/PLANTED",
		"-metadata:s", "handler_name=PLANTED", "-metadata:s", "title=PLANTED", path)
	if out, err := exec.Command("ffmpeg", all...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

// TestME03FilmsWithoutMetadata plants words into sounds and videos.
//
// Spec: ME1; Spec: ME3
func TestME03FilmsWithoutMetadata(t *testing.T) {
	f := tools(t)
	for _, c := range []struct {
		name, kind, out string
		args            []string
	}{
		{"a.mp4", "video/mp4", "video/mp4", []string{"-c:v", "libx264", "-c:a", "aac", "-movflags", "use_metadata_tags"}},
		{"a.webm", "video/webm", "video/mp4", []string{"-c:v", "libvpx", "-c:a", "libvorbis"}},
		{"a.mp3", "audio/mpeg", "audio/mpeg", []string{"-map", "1:a", "-c:a", "libmp3lame", "-write_id3v1", "1"}},
		{"a.ogg", "audio/ogg", "audio/mpeg", []string{"-map", "1:a", "-c:a", "libvorbis"}},
	} {
		src := sample(t, c.name, c.args...)
		b, err := os.ReadFile(src)
		if err != nil {
			t.Fatal(err)
		}
		if got := film.Sniff(b); got != c.kind || !bytes.Contains(b, []byte("PLANTED")) {
			t.Fatalf("%s is taken for %q, or nothing was planted", c.name, got)
		}
		r, err := f.Rewrite(context.Background(), t.TempDir(), src, c.kind)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		b, err = os.ReadFile(r.Path)
		if err != nil {
			t.Fatal(err)
		}
		for _, trace := range []string{"PLANTED", "45.1885"} {
			if bytes.Contains(b, []byte(trace)) {
				t.Errorf("%s keeps %q", c.name, trace)
			}
		}
		if film.Sniff(b) != r.Type || r.Type != c.out || r.Duration.Seconds() < 0.9 || r.Duration.Seconds() > 1.3 {
			t.Errorf("%s: %q, told %q, %v", c.name, film.Sniff(b), r.Type, r.Duration)
		}
		if r.Type == "video/mp4" && (r.Width != 160 || r.Height != 90 || picture.Sniff(r.Poster) != "image/png") {
			t.Errorf("%s: %d×%d, poster of %d bytes", c.name, r.Width, r.Height, len(r.Poster))
		}
	}
}

// TestNoPlaylists refuses files that would have the programs open others.
func TestNoPlaylists(t *testing.T) {
	f := tools(t)
	dir := t.TempDir()
	for _, body := range []string{"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "ffconcat version 1.0\nfile /etc/passwd\n", "nothing"} {
		if got := film.Sniff([]byte(body)); got != "" {
			t.Errorf("a playlist is taken for %s", got)
		}
		for _, kind := range film.Types {
			src := filepath.Join(dir, "in")
			if err := os.WriteFile(src, []byte(body), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := f.Rewrite(context.Background(), dir, src, kind); !errors.Is(err, film.ErrBroken) {
				t.Errorf("as %s: %v", kind, err)
			}
		}
	}
}
