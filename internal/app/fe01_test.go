package app_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// dials finds what asks the network by itself.
var dials = regexp.MustCompile(`http\.(Client|Transport)\{|http\.Default(Client|Transport)|http\.(Get|Post|Head|PostForm)\(|net\.Dial(er|Timeout|TCP)?\b|net\.Dial\(|websocket\.Dial\(`)

// TestFE01OneGuard: whatever asks an address that somebody else has chosen does so
// behind the one guard, which looks at the address when it connects.
//
// Spec: FE1
func TestFE01OneGuard(t *testing.T) {
	guard := []string{"activitypub/fetch/client.go", "activitypub/fetch/guarded.go"}
	behind := []string{"internal/visitor/client.go", "internal/push/service.go"} // clients of their own, on the guard's transport
	// Of our own choice: the doctor asks this very instance, the peer and the testkit are for tests.
	ours := []string{"internal/app/doctor.go", "activitypub/peer/", "internal/testkit/"}
	root, found := filepath.Join("..", ".."), 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && path != root && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "testdata" || name == "vendor") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil || !dials.Match(src) {
			return err
		}
		rel := strings.TrimPrefix(filepath.ToSlash(path), "../../")
		found++
		switch {
		case slices.Contains(guard, rel), slices.ContainsFunc(ours, func(p string) bool { return strings.HasPrefix(rel, p) }):
		case slices.Contains(behind, rel):
			if !strings.Contains(string(src), "uard.Transport()") {
				t.Errorf("%s asks the network without the guard", rel)
			}
		default:
			t.Errorf("%s asks the network by itself: %s", rel, dials.Find(src))
		}
		return nil
	})
	if err != nil || found < 5 {
		t.Errorf("%d files, %v", found, err)
	}
}
