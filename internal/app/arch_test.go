package app_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/maillage/maillage/"

// leaves is the floor of the civic leaves: whatever stands below this folder. None
// imports another.
const leaves = "internal/civic/*"

// leaf is the feature that a package belongs to, "" when it is no civic leaf.
func leaf(pkg string) string {
	name, ok := strings.CutPrefix(pkg, "internal/civic/")
	if !ok {
		return ""
	}
	name, _, _ = strings.Cut(name, "/")
	return name
}

// floors lists the packages of each tier, from the ground up. A package may
// import those of lower floors; on the trunk, each slice is a floor of its own.
var floors = [][]string{
	{"activitypub/as", "activitypub/sig", "activitypub/discovery", "activitypub/fetch", "activitypub/peer"},
	{"internal/apperr", "internal/ids", "internal/page", "internal/config", "internal/text", "internal/i18n", "internal/auth/limit", "internal/vault"},
	{"internal/place", "internal/ical"},
	{"web"},
	{"internal/db", "internal/db/dbtest", "internal/testkit/pg"},
	{"internal/jobs", "internal/outbox", "internal/stream", "internal/auth", "internal/memo"},
	{"internal/mail"},
	{"internal/blob", "internal/media/picture", "internal/media/film"},
	{"internal/federation/route"},
	{"internal/httpx"},
	{"internal/metrics"},
	{"internal/masto"},
	{"internal/auth/authweb"},
	{"internal/federation"},
	{"internal/feature"},
	{"internal/host"},
	{"internal/account"},
	{"internal/relation"},
	{"internal/notify"},
	{"internal/follow"},
	{"internal/post"},
	{"internal/poll"},
	{"internal/quote"},
	{"internal/schedule"},
	{"internal/media"},
	{"internal/emoji"},
	{"internal/preview"},
	{"internal/group"},
	{"internal/keep", "internal/list", "internal/filter", "internal/tag", "internal/announcement"},
	{"internal/timeline"},
	{"internal/search"},
	{"internal/report"},
	{"internal/admin"},
	{"internal/instance"},
	{"internal/guide"},
	{"internal/servers"},
	{"internal/movement"},
	{"internal/organe"},
	{"internal/push"},
	{"internal/streaming"},
	{"internal/visitor"},
	{"internal/civic"},
	{leaves},
	{"internal/support"},
	{"internal/app"},
	{"internal/demo", "internal/testkit", "internal/testkit/apitest", "internal/federation/peers", "internal/masto/clients"},
	{"internal/bench"},
	{"cmd/maillage"},
}

// sameFloor are imports within one floor that are meant.
var sameFloor = map[[2]string]bool{
	{"activitypub/sig", "activitypub/as"}:          true,
	{"activitypub/fetch", "activitypub/as"}:        true,
	{"activitypub/fetch", "activitypub/sig"}:       true,
	{"activitypub/fetch", "activitypub/discovery"}: true,
	{"activitypub/peer", "activitypub/as"}:         true,
	{"activitypub/peer", "activitypub/fetch"}:      true,
	{"activitypub/peer", "activitypub/sig"}:        true,
	{"activitypub/peer", "activitypub/discovery"}:  true,
	{"internal/db/dbtest", "internal/db"}:          true,
	{"internal/db/dbtest", "internal/testkit/pg"}:  true,
	{"internal/text", "internal/i18n"}:             true,
	{"internal/config", "internal/text"}:           true,
}

// TestArrowsPointDownward reads every import of the project.
func TestArrowsPointDownward(t *testing.T) {
	floor := map[string]int{}
	for i, f := range floors {
		for _, p := range f {
			floor[p] = i
		}
	}
	on := func(pkg string) (int, bool) {
		if leaf(pkg) != "" {
			pkg = leaves
		}
		n, ok := floor[pkg]
		return n, ok
	}
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && path != root && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "node_modules" || name == "testdata" || name == "vendor") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		rel, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		from := filepath.ToSlash(rel)
		here, ok := on(from)
		if !ok {
			t.Errorf("package %s stands on no floor: add it to the list", from)
			return filepath.SkipDir
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, imp := range file.Imports {
			to, err := strconv.Unquote(imp.Path.Value)
			if err != nil {
				return err
			}
			to, own := strings.CutPrefix(to, module)
			if !own || to == from {
				continue
			}
			there, ok := on(to)
			switch {
			case !ok:
				t.Errorf("%s imports %s, which stands on no floor", path, to)
			case strings.HasSuffix(name, "_test.go"):
				// tests may build whatever they test against
			case leaf(from) != "" && leaf(from) == leaf(to):
				// one feature
			case there > here, there == here && !sameFloor[[2]string{from, to}]:
				t.Errorf("%s imports %s, which is not below %s", path, to, from)
			case strings.HasPrefix(from, "activitypub/") && !strings.HasPrefix(to, "activitypub/"):
				t.Errorf("%s imports %s: the protocol library imports nothing of ours", path, to)
			case from == "cmd/maillage" && to != "internal/app" && to != "internal/config" && to != "internal/demo":
				t.Errorf("%s imports %s: commands import app and config only", path, to)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
