package blob_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/blob"
)

var ctx = context.Background()

func TestFolderKeepsFiles(t *testing.T) {
	f := blob.NewFolder(filepath.Join(t.TempDir(), "media"))
	name := blob.NewName()
	n, err := f.Put(ctx, name, strings.NewReader("contenu"))
	if err != nil || n != 7 {
		t.Fatal(n, err)
	}
	file, err := f.Open(ctx, name)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(file)
	if err != nil || string(b) != "contenu" || file.Close() != nil {
		t.Errorf("read %q, %v", b, err)
	}
	var all []string
	if err := f.Names(ctx, func(n string) bool { all = append(all, n); return true }); err != nil || len(all) != 1 || all[0] != name {
		t.Errorf("files %v, %v", all, err)
	}
	if _, err := f.Put(ctx, blob.NewName(), io.MultiReader(strings.NewReader("half"), broken{})); err == nil {
		t.Error("a file was kept that could not be read to its end")
	}
	if err := f.Delete(ctx, name, name); err != nil {
		t.Error(err)
	}
	if _, err := f.Open(ctx, name); !apperr.Is(err, apperr.KindNotFound) {
		t.Errorf("a deleted file opens: %v", err)
	}
	left := 0
	if err := f.Names(ctx, func(string) bool { left++; return true }); err != nil || left != 0 {
		t.Errorf("%d files are left, %v", left, err)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("broken") }

// TestME05NothingOutside tries to write, read and delete outside of the folder.
//
// Spec: ME5
func TestME05NothingOutside(t *testing.T) {
	base := t.TempDir()
	planted := filepath.Join(base, "planted")
	if err := os.WriteFile(planted, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := blob.NewFolder(filepath.Join(base, "media"))
	defer f.Close()
	if _, err := f.Put(ctx, blob.NewName(), strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, up := range []string{"../planted", "..%2fplanted", "..\\planted", "/../planted", "....//planted", "%2e%2e/planted", "..\x00/planted", "./../planted", planted} {
		for _, dir := range []string{"", "ab/", "ab/cd/", "incoming/", "./", "/", "%2f", "ab/../../"} {
			names = append(names, dir+up)
		}
	}
	names = append(names, "", ".", "..", "con", "CON", "nul.jpg", strings.Repeat("a", 300), strings.Repeat("A", 26), strings.Repeat("a", 25)+"/", strings.Repeat("a", 26)+"\n")
	if len(names) < 80 {
		t.Fatalf("only %d names", len(names))
	}
	for _, name := range names {
		if blob.Valid(name) {
			t.Errorf("%q passes for a name", name)
		}
		if file, err := f.Open(ctx, name); err == nil {
			b, _ := io.ReadAll(file)
			t.Errorf("%q opens: %q", name, b)
		}
		if _, err := f.Put(ctx, name, strings.NewReader("evil")); err == nil {
			t.Errorf("%q was written", name)
		}
		if err := f.Delete(ctx, name); err != nil {
			t.Errorf("deleting %q: %v", name, err)
		}
	}
	// A link that somebody put into the folder does not lead out of it either.
	link := "ab" + strings.Repeat("c", 24)
	if err := os.MkdirAll(filepath.Join(base, "media", "ab"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(planted, filepath.Join(base, "media", "ab", link[2:])); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Open(ctx, link); err == nil {
		t.Error("a link leads out of the folder")
	}
	if b, err := os.ReadFile(planted); err != nil || !bytes.Equal(b, []byte("secret")) {
		t.Errorf("the file outside is %q, %v", b, err)
	}
	entries, err := os.ReadDir(base)
	if err != nil || len(entries) != 2 {
		t.Errorf("outside of the folder: %v, %v", entries, err)
	}
}
