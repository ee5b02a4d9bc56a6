package app_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// bare is a parameter beside a number. PostgreSQL takes it for an integer of four
// bytes, which no id fits in, and SQLite for whatever comes.
var bare = regexp.MustCompile(`\$[0-9]+ *(=|<>|<=|>=|<|>) *-?[0-9]`)

// TestParametersHaveAType: no query compares a parameter with a number without saying
// cast($1 as bigint). Most tests run on SQLite, where nobody would see it.
func TestParametersHaveAType(t *testing.T) {
	seen := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(f, func(n ast.Node) bool {
			l, ok := n.(*ast.BasicLit)
			if !ok || l.Kind != token.STRING {
				return true
			}
			if strings.Contains(l.Value, "$1") {
				seen++
			}
			if at := bare.FindString(l.Value); at != "" {
				t.Errorf("%s: %q has no type", fset.Position(l.Pos()), at)
			}
			return true
		})
		return nil
	})
	if err != nil || seen < 500 {
		t.Fatal(seen, err)
	}
}
