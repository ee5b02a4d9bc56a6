package testkit

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/maillage/maillage/internal/testkit/pg"
)

// Recording is a sound or a film that ffmpeg makes of args, of the kind that the
// ending of name says. Without ffmpeg t is skipped, or fails when MAILLAGE_REQUIRE=1.
func Recording(t testing.TB, name string, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		if os.Getenv(pg.RequireEnv) != "" {
			t.Fatal("no ffmpeg on this machine")
		}
		t.Skip("no ffmpeg on this machine")
	}
	path := filepath.Join(t.TempDir(), name)
	if out, err := exec.Command("ffmpeg", append(append([]string{"-v", "error"}, args...), path)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Drawn is a Recording of a source that ffmpeg draws or sounds by itself, such as "sine=d=2".
func Drawn(t testing.TB, name, source string) []byte {
	t.Helper()
	return Recording(t, name, "-f", "lavfi", "-i", source)
}
