package pg

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// childEnv makes this test binary a child that starts a server and waits.
const childEnv = "MAILLAGE_PG_CHILD"

func TestServerEndsWithAKilledTest(t *testing.T) {
	if os.Getenv(childEnv) == "1" {
		os.Stdout.WriteString("URL " + New(t) + "\n")
		select {}
	}
	if _, err := findBin(); err != nil {
		New(t) // skips or fails
	}
	c := exec.Command(os.Args[0], "-test.run=^TestServerEndsWithAKilledTest$")
	c.Env = append(os.Environ(), childEnv+"=1")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	sc := bufio.NewScanner(out)
	url := ""
	for url == "" && sc.Scan() {
		url, _ = strings.CutPrefix(sc.Text(), "URL ")
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatalf("the child's server: %v", err)
	}
	conn.Close(t.Context())
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	c.Wait()
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	for range 500 {
		if _, err := os.Stat(cfg.Host); os.IsNotExist(err) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%s is still there", cfg.Host)
}

func TestDatabasesAreSeparate(t *testing.T) {
	a, err := pgx.Connect(t.Context(), New(t))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close(t.Context())
	b, err := pgx.Connect(t.Context(), New(t))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close(t.Context())
	for _, c := range []*pgx.Conn{a, b} {
		if _, err := c.Exec(t.Context(), `create table x (id bigint)`); err != nil {
			t.Error(err)
		}
	}
}
