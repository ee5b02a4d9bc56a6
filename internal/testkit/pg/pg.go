package pg

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// RequireEnv set to 1 makes a missing PostgreSQL a failure instead of a skipped test.
const RequireEnv = "MAILLAGE_REQUIRE"

// ErrMissing says that no PostgreSQL server is installed.
var ErrMissing = errors.New("PostgreSQL is not installed (Debian: apt-get install postgresql)")

// cluster is the server of this test process, started on first use. Being one
// per process is its purpose, so it is the process that holds it.
var cluster = sync.OnceValues(start)

type server struct {
	dir   string
	admin *sql.DB
	names atomic.Int64

	mu        sync.Mutex
	templates map[string]string // key → database
	// alive is the writing end of the watcher's pipe: it closes with the process.
	alive *os.File
}

// New makes an empty database and gives its URL; it lasts as long
// as t. Without a server t is skipped, or fails when MAILLAGE_REQUIRE=1.
func New(t testing.TB) string {
	t.Helper()
	return get(t).create(t, "template1")
}

// Clone is New for a database that prepare has filled. Of all calls with one
// key, only the first of this process prepares; the others get a copy.
func Clone(t testing.TB, key string, prepare func(url string) error) string {
	t.Helper()
	s := get(t)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.templates[key] == "" {
		name := fmt.Sprintf("template%d", len(s.templates)+2)
		if _, err := s.admin.Exec(`create database ` + name); err != nil {
			t.Fatalf("PostgreSQL for tests: %v", err)
		}
		if err := prepare(s.url(name)); err != nil {
			s.admin.Exec(`drop database ` + name + ` with (force)`)
			t.Fatal(err)
		}
		if s.templates == nil {
			s.templates = make(map[string]string)
		}
		s.templates[key] = name
	}
	return s.create(t, s.templates[key])
}

func get(t testing.TB) *server {
	t.Helper()
	s, err := cluster()
	if errors.Is(err, ErrMissing) && os.Getenv(RequireEnv) != "1" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatalf("PostgreSQL for tests: %v", err)
	}
	return s
}

func (s *server) create(t testing.TB, template string) string {
	t.Helper()
	name := fmt.Sprintf("t%d", s.names.Add(1))
	if _, err := s.admin.Exec(`create database ` + name + ` template ` + template); err != nil {
		t.Fatalf("PostgreSQL for tests: %v", err)
	}
	// Nobody waits for the drop: it takes longer than most tests, and what is
	// left goes with the cluster.
	t.Cleanup(func() { go s.admin.Exec(`drop database ` + name + ` with (force)`) })
	return s.url(name)
}

func (s *server) url(db string) string {
	q := url.Values{"host": {s.dir}, "user": {"postgres"}}
	return "postgres:///" + db + "?" + q.Encode()
}

// start makes and starts the cluster.
func start() (*server, error) {
	bin, err := findBin()
	if err != nil {
		return nil, err
	}
	cred, err := unprivileged()
	if err != nil {
		return nil, err
	}
	// A unix socket's path is short, so not below the test's own folder.
	dir, err := os.MkdirTemp("", "maillage-pg-")
	if err != nil {
		return nil, err
	}
	if cred != nil {
		if err := os.Chown(dir, int(cred.Uid), int(cred.Gid)); err != nil {
			return nil, err
		}
	}
	data := filepath.Join(dir, "data")
	run := func(name string, args ...string) error {
		c := exec.Command(filepath.Join(bin, name), args...)
		c.Dir = dir
		c.SysProcAttr = &syscall.SysProcAttr{Credential: cred}
		var out bytes.Buffer
		c.Stdout, c.Stderr = &out, &out
		if err := c.Run(); err != nil {
			return fmt.Errorf("%s: %w: %s", name, err, lastLine(out.String()))
		}
		return nil
	}
	if err := initData(bin, dir, data, cred, run); err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	conf := "\nlisten_addresses=''\nunix_socket_directories='" + dir + "'\nfsync=off\nsynchronous_commit=off\nfull_page_writes=off\n" +
		"max_connections=200\nshared_buffers=32MB\nautovacuum=off\nmax_wal_senders=0\nwal_level=minimal\nlog_min_messages=fatal\n"
	f, err := os.OpenFile(filepath.Join(data, "postgresql.auto.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	if _, err = f.WriteString(conf); err == nil {
		err = f.Close()
	}
	if err != nil {
		return nil, err
	}
	s := &server{dir: dir}
	if err := s.watch(bin, data, cred); err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	return s, s.wait()
}

// watch starts the server under a shell that stops it and removes the folder
// once this process is gone.
func (s *server) watch(bin, data string, cred *syscall.Credential) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	const script = `"$1"/postgres -D "$2" >"$3"/log 2>&1 & pid=$!
cat >/dev/null
kill -QUIT $pid 2>/dev/null
wait $pid
rm -rf "$3"`
	c := exec.Command("/bin/sh", "-c", script, "sh", bin, data, s.dir)
	c.Dir = s.dir
	c.Stdin = r
	// A group of its own, so that Ctrl-C in the terminal reaches the tests only.
	c.SysProcAttr = &syscall.SysProcAttr{Credential: cred, Setpgid: true}
	if err := c.Start(); err != nil {
		return err
	}
	r.Close()
	s.alive = w
	go c.Wait()
	return nil
}

func (s *server) wait() error {
	cfg, err := pgx.ParseConfig(s.url("postgres"))
	if err != nil {
		return err
	}
	s.admin = stdlib.OpenDB(*cfg)
	s.admin.SetMaxIdleConns(1)
	deadline := time.Now().Add(30 * time.Second)
	for {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		err := s.admin.PingContext(ctx)
		cancel()
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			return fmt.Errorf("the server does not answer: %w: %s", err, lastLine(string(log)))
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// findBin looks for the folder of initdb and postgres, the newest first.
func findBin() (string, error) {
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.SortFunc(dirs, func(a, b string) int { return version(b) - version(a) })
	if p, err := exec.LookPath("initdb"); err == nil {
		dirs = append(dirs, filepath.Dir(p))
	}
	for _, d := range dirs {
		if _, err := os.Stat(filepath.Join(d, "initdb")); err != nil {
			continue
		}
		if _, err := os.Stat(filepath.Join(d, "postgres")); !errors.Is(err, fs.ErrNotExist) {
			return d, nil
		}
	}
	return "", ErrMissing
}

func version(dir string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
	return n
}

// unprivileged is whom to run the server as: nil for ourselves, when not root.
func unprivileged() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("root cannot run PostgreSQL, and there is no user postgres or nobody to run it as")
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}
