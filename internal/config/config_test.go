package config

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write config.example.yaml")

func TestExample(t *testing.T) {
	const path = "../../config.example.yaml"
	want := Example()
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Fatalf("config.example.yaml is stale: run go generate ./internal/config")
	}
	if n := strings.Count(string(got), "\n"); n >= 30 {
		t.Errorf("config.example.yaml has %d lines, it must stay under thirty", n)
	}
	dir := t.TempDir()
	write(t, dir, string(got))
	c, err := Load(dir)
	if err != nil {
		t.Fatalf("the example does not load: %v", err)
	}
	if c.Host != "section.example" || c.BaseURL() != "https://section.example" || c.LocalTest {
		t.Errorf("%+v", c)
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Config]()) {
		if f.Tag.Get("yaml") != "-" && f.Tag.Get("doc") == "" {
			t.Errorf("field %s is not documented", f.Name)
		}
	}
}

func write(t *testing.T, dir, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, FileName), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestSaveAndLoad(t *testing.T) {
	for _, want := range []Config{
		{Host: "Section.Example"},
		{Host: "école.example.org", Name: "L'école : \"a\" # b", Level: "fédération", Database: "postgres://u:p@h/n"},
		{Host: "127.0.0.1:9001", LocalTest: true, Name: "true"},
		{Host: "x.localhost:8080", LocalTest: true, Scheme: "https", Listen: "127.0.0.1:1234", Name: "2026"},
	} {
		want.Dir = t.TempDir()
		if err := want.Save(); err != nil {
			t.Fatal(err)
		}
		got, err := Load(want.Dir)
		if err != nil {
			t.Fatal(err)
		}
		if *got != want {
			t.Errorf("saved  %+v\nloaded %+v", want, *got)
		}
		info, err := os.Stat(want.Path())
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v, %v", info.Mode(), err)
		}
		if left, _ := filepath.Glob(filepath.Join(want.Dir, ".config*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
}

func TestDefaults(t *testing.T) {
	for _, c := range []struct{ in, want Config }{
		{Config{Host: "A.Example."}, Config{Host: "a.example", Scheme: "https", Listen: "127.0.0.1:8080", Name: "a.example", Level: "section"}},
		{Config{Host: "127.0.0.1:9001", LocalTest: true}, Config{Host: "127.0.0.1:9001", Scheme: "http", Listen: "127.0.0.1:9001", Name: "127.0.0.1:9001", Level: "section", LocalTest: true}},
		{Config{Host: "n.localhost:8080", LocalTest: true, Name: "N"}, Config{Host: "n.localhost:8080", Scheme: "http", Listen: "127.0.0.1:8080", Name: "N", Level: "section", LocalTest: true}},
		{Config{Host: "a.localhost:443", LocalTest: true, Scheme: "https"}, Config{Host: "a.localhost", Scheme: "https", Listen: "127.0.0.1:8080", Name: "a.localhost", Level: "section", LocalTest: true}},
	} {
		got := c.in
		if err := got.Validate(); err != nil {
			t.Errorf("%+v: %v", c.in, err)
		} else if got != c.want {
			t.Errorf("got  %+v\nwant %+v", got, c.want)
		}
	}
}

// Each wrong file is refused with a sentence that says where and what.
func TestLoadRefuses(t *testing.T) {
	for _, c := range []struct{ name, file, want string }{
		{"empty", "", "config.yaml: host: a host name is needed, such as section.example"},
		{"unknown key", "host: a.example\nhots: b\n", "config.yaml, line 2: hots: there is no such key; did you mean host?"},
		{"dashes", "host: a.example\nlocal-test: true\n", "line 2: local-test: there is no such key; did you mean local_test?"},
		{"unknown, nothing near", "color: red\n", "line 1: color: there is no such key"},
		{"twice", "host: a.example\nhost: b.example\n", "line 2: host: the key is already on line 1"},
		{"syntax", "host: a.example\n\tname: x\n", "config.yaml, line 2: the YAML cannot be read: "},
		{"a list", "- host\n", "line 1: the file must hold lines of the form key: value"},
		{"list value", "host: [a, b]\n", "line 1: host: one value is expected, not a list"},
		{"not a boolean", "host: a.example\nlocal_test: maybe\n", `line 2: local_test: "maybe" is neither true nor false`},
		{"address", "host: https://a.example/\n", `line 1: host: "https://a.example/" is an address; write only the host name: a.example`},
		{"port", "\nhost: a.example:8443\n", `line 2: host: "a.example:8443" has a port`},
		{"IP", "host: 192.0.2.1\n", "is an address of a machine"},
		{"localhost", "host: a.localhost\n", "exists on this machine only"},
		{"no domain", "host: section\n", "is not a full host name"},
		{"letters", "host: a_b.example\n", "letters, digits, hyphens and dots only"},
		{"private address", "host: 10.0.0.1:80\nlocal_test: true\n", "is not a loopback address"},
		{"http", "host: a.example\nscheme: http\n", "line 2: scheme: http is only for tests on one machine"},
		{"scheme", "host: a.example\nscheme: gopher\n", `"gopher" is not a scheme`},
		{"listen", "host: a.example\nlisten: 8080\n", `line 2: listen: "8080" is not an address and a port`},
		{"listen port", "host: a.example\nlisten: 127.0.0.1:99999\n", "a port is a number from 1 to 65535"},
		{"listen name", "host: a.example\nlisten: a.example:80\n", "is not an address of this machine"},
		{"open local test", "host: 127.0.0.1:80\nlocal_test: true\nlisten: 0.0.0.0:80\n", "line 3: listen: local_test is refused on 0.0.0.0:80"},
		{"open local test, all", "host: 127.0.0.1:80\nlocal_test: true\nlisten: \":80\"\n", "local_test is refused on :80"},
		{"open local test, IPv6", "host: 127.0.0.1:80\nlocal_test: true\nlisten: \"[::]:80\"\n", "local_test is refused on [::]:80"},
		{"database", "host: a.example\ndatabase: mysql://u:secret@h/n\n", "line 2: database: the value must be empty (SQLite) or begin with postgres://"},
		{"storage", "host: a.example\nstorage: s3://h/b\n", "line 2: storage: the value must be empty (a folder) or be s3://key:password@host/bucket"},
		{"storage of another kind", "host: a.example\nstorage: https://k:secret@h/b\n", "line 2: storage: the value must be empty (a folder) or be s3://key:password@host/bucket"},
		{"name", "host: a.example\nname: \"a\\nb\"\n", "line 2: name: "},
		{"level", "host: a.example\nlevel: " + strings.Repeat("x", 41), "line 2: level: the value is longer than 40 characters"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, c.file)
			_, err := Load(dir)
			if err == nil {
				t.Fatal("accepted")
			}
			if got := err.Error(); !strings.Contains(got, c.want) || !strings.HasPrefix(got, filepath.Join(dir, FileName)) || strings.Contains(got, "\n") || strings.Contains(got, "secret") {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestLoadMissing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "nowhere")
	_, err := Load(dir)
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "maillage init --dir "+dir) {
		t.Error(err)
	}
}

func TestSaveToMissingFolder(t *testing.T) {
	c := &Config{Host: "a.example", Dir: filepath.Join(t.TempDir(), "nowhere")}
	if err := c.Save(); err == nil || !strings.Contains(err.Error(), "cannot write the configuration") {
		t.Error(err)
	}
}

func TestDatabaseURL(t *testing.T) {
	if got := (&Config{Dir: "/srv/m"}).DatabaseURL(); got != "sqlite:/srv/m/maillage.db" {
		t.Error(got)
	}
	if got := (&Config{Database: "postgres://h/n"}).DatabaseURL(); got != "postgres://h/n" {
		t.Error(got)
	}
}
