package support_test

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/support"
)

var update = flag.Bool("update", false, "write FEDERATION.md anew")

var root = filepath.Join("..", "..")

// TestFederationFile: the file says what the table says.
//
// Spec: FEP-67ff
func TestFederationFile(t *testing.T) {
	path := filepath.Join(root, "FEDERATION.md")
	if *update {
		if err := os.WriteFile(path, []byte(support.Page()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(path)
	if err != nil || string(b) != support.Page() {
		t.Errorf("FEDERATION.md is not current (%v): go test ./internal/support -run TestFederationFile -update", err)
	}
}

// TestCitations: what rows cite exists, and a row that says Yes cites code and tests.
func TestCitations(t *testing.T) {
	files := map[string]map[string]bool{}
	seen := map[string]bool{}
	for _, p := range support.Table() {
		for _, r := range p.Rows {
			if seen[r.Spec] {
				t.Errorf("%s has two rows", r.Spec)
			}
			seen[r.Spec] = true
			switch r.State {
			case support.Yes:
				if len(r.Code) == 0 || len(r.Tests) == 0 {
					t.Errorf("%s says Yes without code and test", r.Spec)
				}
			case support.Partly, support.No:
				if r.Note == "" {
					t.Errorf("%s does not say what is missing", r.Spec)
				}
			default:
				t.Errorf("%s: state %q", r.Spec, r.State)
			}
			for _, c := range slices.Concat(r.Code, r.Tests) {
				if !exists(t, files, c) {
					t.Errorf("%s cites %s, which is not there", r.Spec, c)
				}
			}
			for _, c := range r.Tests {
				if file, name, _ := strings.Cut(c, ":"); !strings.HasSuffix(file, "_test.go") || !strings.HasPrefix(name, "Test") {
					t.Errorf("%s cites %s as a test", r.Spec, c)
				}
			}
		}
	}
}

// exists reports whether a file declares a symbol.
func exists(t *testing.T, files map[string]map[string]bool, cite string) bool {
	t.Helper()
	path, symbol, ok := strings.Cut(cite, ":")
	if !ok {
		return false
	}
	if files[path] == nil {
		files[path] = declared(filepath.Join(root, filepath.FromSlash(path)))
	}
	return files[path][symbol]
}

// declared gives the names that a Go file declares at its top, nothing when it
// cannot be read.
func declared(path string) map[string]bool {
	out := map[string]bool{}
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return out
	}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			out[d.Name.Name] = true
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					out[s.Name.Name] = true
				case *ast.ValueSpec:
					for _, n := range s.Names {
						out[n.Name] = true
					}
				}
			}
		}
	}
	return out
}

var (
	spec = regexp.MustCompile(`Spec: ([^\n]*)`)
	fep  = regexp.MustCompile(`FEP-[0-9a-f]{4}\b`)
)

// TestEveryFEPHasARow: a FEP that the code follows is in the table.
func TestEveryFEPHasARow(t *testing.T) {
	rows := map[string]bool{}
	for _, p := range support.Table() {
		for _, r := range p.Rows {
			rows[r.Spec] = true
		}
	}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range spec.FindAllSubmatch(b, -1) {
			for _, id := range fep.FindAllString(string(m[1]), -1) {
				if !rows[id] {
					t.Errorf("%s follows %s, which has no row", path, id)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
