package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// program is the built command; every test runs it as a person would.
var program string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "maillage-cmd-")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		program = filepath.Join(dir, "maillage")
		build := exec.Command("go", "build", "-ldflags", "-X main.version=v0-test", "-o", program, ".")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// command prepares the program with a clean environment.
func command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}
	return cmd
}

// runs runs the program to its end, without a terminal.
func runs(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	var out, errs bytes.Buffer
	cmd := command(ctx, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if exitErr := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exitErr) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// works runs the program and expects success.
func works(t *testing.T, args ...string) string {
	t.Helper()
	out, errs, code := runs(t, args...)
	if code != 0 {
		t.Fatalf("maillage %s: exit code %d\n%s%s", strings.Join(args, " "), code, out, errs)
	}
	return out
}

// refuses runs the program and expects an exit code and one sentence.
func refuses(t *testing.T, code int, want string, args ...string) {
	t.Helper()
	_, errs, got := runs(t, args...)
	lines := strings.Split(strings.TrimSpace(errs), "\n")
	most := 1
	if code == 2 {
		most = 2 // the second says what to type
	}
	if got != code || !strings.HasPrefix(errs, "maillage: ") || !strings.Contains(errs, want) || len(lines) > most {
		t.Errorf("maillage %s\n  exit code %d, want %d\n  says %q\n  want %q", strings.Join(args, " "), got, code, errs, want)
	}
	if code == 2 && !strings.Contains(lines[len(lines)-1], "type: maillage ") {
		t.Errorf("maillage %s does not say what to type: %q", strings.Join(args, " "), errs)
	}
}

func TestHelp(t *testing.T) {
	for _, args := range []string{"", "init", "serve", "demo", "account", "account create", "account list", "account role",
		"account password", "account delete", "host", "host list", "host block", "host unblock", "host import", "host export", "group", "group create", "group list", "token", "token create", "doctor", "version"} {
		out, errs, code := runs(t, append(strings.Fields(args), "--help")...)
		if code != 0 || errs != "" || !strings.Contains(out, "Usage: maillage "+args) {
			t.Errorf("maillage %s --help: %d %q %q", args, code, out, errs)
		}
		if n := len(strings.Fields(args)); n == 2 || args == "init" || args == "serve" || args == "demo" || args == "doctor" {
			if !strings.Contains(out, "Examples:") || !strings.Contains(out, "maillage "+args) {
				t.Errorf("maillage %s --help has no examples:\n%s", args, out)
			}
		}
	}
	if out, _, code := runs(t); code != 0 || !strings.Contains(out, "account") {
		t.Errorf("maillage alone: %d %q", code, out)
	}
	if out := works(t, "version"); !strings.HasSuffix(out, " (v0-test)\n") {
		t.Errorf("version: %q", out)
	}
}

func TestWrongCommandLines(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"initt", `did you mean "init"`},
		{"serve", "--dir DIR is missing"},
		{"serve --dirr x", `did you mean "--dir"`},
		{"serve --dir", "--dir needs a value"},
		{"serve --dir x y", "unexpected argument y"},
		{"account", "expected one of"},
		{"account creat --dir x", `did you mean "create"`},
		{"account create --dir x", "--name NAME is missing"},
		{"account create --dir x --name a", "--email EMAIL is missing"},
		{"account create --dir x --name a --email a@b.example", "--password is missing"},
		{"account create --dir x --role king", `king`},
		{"account role --dir x --name a", "--role ROLE is missing"},
		{"account delete --dir x --name a", "--yes"},
		{"token create --dir x", "--account NAME is missing"},
		{"init", "--dir DIR is missing"},
		{"init --dir x", "--host HOST is missing"},
		{"init --dir x --host https://a.example", "write only the host name: a.example"},
		{"init --dir x --host a.example:8443", "has a port"},
		{"init --dir x --host 127.0.0.1:9001", "exists on this machine only; add --local-test"},
		{"init --dir x --host 192.0.2.7", "is an address of a machine"},
		{"init --dir x --host 10.1.2.3:80 --local-test", "is not a loopback address"},
		{"init --dir x --host 127.0.0.1:80 --local-test --listen 0.0.0.0:80", "local_test is refused on 0.0.0.0:80"},
		{"init --dir x --host a.example --listen nowhere", `"nowhere" is not an address and a port`},
		{"init --dir x --host a.example --email a@a.example", "--admin NAME is missing"},
		{"init --dir x --host a.example --admin ana --password abcdefgh", "--email EMAIL is missing"},
		{"init --dir x --host a.example --admin ana --email a@a.example", "--password is missing"},
		{"init --dir x --host a.example --database mysql://h/n", "must be empty (SQLite) or begin with postgres://"},
	} {
		refuses(t, 2, c.want, strings.Fields(c.args)...)
	}
	if _, err := os.Stat("x"); err == nil {
		t.Error("a wrong command line made a folder")
	}
}

// freePort gives a loopback port that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// made is an instance with one administrator, for local tests.
func made(t *testing.T) (dir, host string) {
	t.Helper()
	dir, host = filepath.Join(t.TempDir(), "instance"), freePort(t)
	out := works(t, "init", "--dir", dir, "--host", host, "--local-test", "--name", "Essai",
		"--admin", "ana", "--email", "ana@a.example", "--password", "correct horse", "--public")
	if !strings.Contains(out, "maillage serve --dir "+dir) {
		t.Errorf("init does not say what comes next: %s", out)
	}
	return dir, host
}

func TestBadInput(t *testing.T) {
	dir, host := made(t)
	pass := []string{"--email", "x@a.example", "--password", "correct horse"}
	create := func(more ...string) []string { return append([]string{"account", "create", "--dir", dir}, more...) }

	refuses(t, 1, "already holds an instance", "init", "--dir", dir, "--host", host, "--local-test")
	for _, cmd := range []string{"serve", "account list", "doctor", "token create --account a"} {
		refuses(t, 1, "there is no instance in /nowhere/at/all; make one: maillage init --dir /nowhere/at/all",
			append(strings.Fields(cmd), "--dir", "/nowhere/at/all")...)
	}
	refuses(t, 1, "user name", create(append(pass, "--name", "Ana Martin")...)...)
	refuses(t, 1, "ana", create(append(pass, "--name", "ana")...)...)
	refuses(t, 1, "", create("--name", "bob", "--email", "nonsense", "--password", "correct horse")...)
	refuses(t, 1, "", create("--name", "bob", "--email", "bob@a.example", "--password", "short")...)
	refuses(t, 1, "", create("--name", "bob", "--email", "ANA@a.example", "--password", "correct horse")...)
	refuses(t, 1, "nobody here is called zoe", "account", "role", "--dir", dir, "--name", "zoe", "--role", "admin")
	refuses(t, 1, "nobody here is called zoe", "account", "password", "--dir", dir, "--name", "zoe", "--password", "correct horse")
	refuses(t, 1, "nobody here is called zoe", "account", "delete", "--dir", dir, "--name", "zoe", "--yes")
	refuses(t, 1, "nobody here is called zoe", "token", "create", "--dir", dir, "--account", "zoe")
	refuses(t, 1, `"everything" is not a scope`, "token", "create", "--dir", dir, "--account", "ana", "--scopes", "read everything")
	refuses(t, 1, "ana is the only administrator", "account", "role", "--dir", dir, "--name", "ana", "--role", "user")
	refuses(t, 1, "ana is the only administrator", "account", "delete", "--dir", dir, "--name", "ana", "--yes")
	refuses(t, 1, "local_test is refused on 0.0.0.0:1", "serve", "--dir", dir, "--listen", "0.0.0.0:1")

	t.Run("occupied port", func(t *testing.T) {
		l, err := net.Listen("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		refuses(t, 1, "already listens on "+host, "serve", "--dir", dir)
		refuses(t, 1, "already listens on "+host, "demo", "--dir", filepath.Join(t.TempDir(), "d"), "--listen", host)
	})
	t.Run("no PostgreSQL", func(t *testing.T) {
		refuses(t, 1, "connection refused", "init", "--dir", filepath.Join(t.TempDir(), "d"), "--host", "a.example",
			"--database", "postgres://u:secret@127.0.0.1:1/x")
	})
	t.Run("wrong configuration", func(t *testing.T) {
		bad := t.TempDir()
		if err := os.WriteFile(filepath.Join(bad, "config.yaml"), []byte("host: a.example\nlistn: x\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		refuses(t, 1, "config.yaml, line 2: listn: there is no such key; did you mean listen?", "serve", "--dir", bad)
	})
	t.Run("file in the way", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		refuses(t, 1, "cannot be", "init", "--dir", filepath.Join(file, "x"), "--host", host, "--local-test")
		refuses(t, 1, "cannot be", "demo", "--dir", filepath.Join(file, "x"), "--listen", freePort(t))
	})
	t.Run("database of a newer program", func(t *testing.T) {
		makeNewer(t, filepath.Join(dir, "maillage.db"))
		for _, cmd := range []string{"serve", "account list", "token create --account ana"} {
			refuses(t, 1, "newer than this program", append(strings.Fields(cmd), "--dir", dir)...)
		}
		out, _, code := runs(t, "doctor", "--dir", dir)
		if code != 1 || !strings.Contains(out, "newer than this program") {
			t.Errorf("doctor: %d %s", code, out)
		}
	})
}

// An unwritable folder is tried by somebody else than root, whom nothing stops.
func TestUnwritableFolder(t *testing.T) {
	closed := t.TempDir()
	if err := os.Chmod(closed, 0o555); err != nil {
		t.Fatal(err)
	}
	args := [][]string{
		{"init", "--dir", closed, "--host", "127.0.0.1:9", "--local-test"},
		{"init", "--dir", filepath.Join(closed, "new"), "--host", "127.0.0.1:9", "--local-test"},
	}
	for _, a := range args {
		cmd := command(t.Context(), a...)
		if os.Getuid() == 0 {
			let(t, filepath.Dir(program))
			let(t, closed)
			if err := os.Chmod(closed, 0o555); err != nil {
				t.Fatal(err)
			}
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		}
		var errs bytes.Buffer
		cmd.Stderr = &errs
		err := cmd.Run()
		if cmd.ProcessState == nil {
			t.Fatal(err)
		}
		if cmd.ProcessState.ExitCode() != 1 || strings.Count(strings.TrimSpace(errs.String()), "\n") != 0 ||
			!strings.Contains(errs.String(), closed) || !strings.Contains(errs.String(), "cannot be") {
			t.Errorf("maillage %s: %v\n%s", strings.Join(a, " "), err, errs.String())
		}
	}
}

func TestAccounts(t *testing.T) {
	dir, host := made(t)
	out := works(t, "account", "create", "--dir", dir, "--name", "bob", "--email", "bob@a.example", "--password", "correct horse")
	if !strings.Contains(out, "@bob@"+host) {
		t.Error(out)
	}
	works(t, "account", "role", "--dir", dir, "--name", "bob", "--role", "moderator")
	out = works(t, "account", "list", "--dir", dir)
	for _, want := range []string{"ana", "admin", "public", "bob", "moderator", "private", "bob@a.example"} {
		if !strings.Contains(out, want) {
			t.Errorf("the list lacks %q:\n%s", want, out)
		}
	}
	works(t, "account", "password", "--dir", dir, "--name", "@bob@"+host, "--password", "battery staple")
	works(t, "account", "delete", "--dir", dir, "--name", "bob", "--yes")
	if out := works(t, "account", "list", "--dir", dir); strings.Contains(out, "bob") {
		t.Errorf("bob is still there:\n%s", out)
	}
	refuses(t, 1, "", "account", "create", "--dir", dir, "--name", "bob", "--email", "bob2@a.example", "--password", "correct horse")
}

func TestGroups(t *testing.T) {
	dir, host := made(t)
	out := works(t, "group", "create", "--dir", dir, "--name", "velo", "--owner", "ana", "--title", "Le vélo", "--access", "open", "--posting", "everyone")
	if out != "@velo@"+host+"\n" {
		t.Error(out)
	}
	out = works(t, "group", "list", "--dir", dir)
	for _, want := range []string{"@velo", "Le vélo", "open", "everyone", "1"} {
		if !strings.Contains(out, want) {
			t.Errorf("the list lacks %q:\n%s", want, out)
		}
	}
	refuses(t, 1, "velo", "group", "create", "--dir", dir, "--name", "velo", "--owner", "ana")
	refuses(t, 1, "nobody", "group", "create", "--dir", dir, "--name", "bus", "--owner", "nemo")
	refuses(t, 2, "access", "group", "create", "--dir", dir, "--name", "bus", "--owner", "ana", "--access", "all")
	refuses(t, 1, "secret", "group", "create", "--dir", dir, "--name", "bus", "--owner", "ana", "--access", "open", "--secret")
}

func TestHosts(t *testing.T) {
	dir, host := made(t)
	works(t, "host", "block", "--dir", dir, "--host", "https://Evil.example/about", "--note", "hate speech")
	works(t, "host", "block", "--dir", dir, "--host", "friend.example", "--level", "none")
	out := works(t, "host", "list", "--dir", dir)
	for _, want := range []string{"evil.example", "suspend", "hate speech", "friend.example", "none"} {
		if !strings.Contains(out, want) {
			t.Errorf("the list lacks %q:\n%s", want, out)
		}
	}
	file := filepath.Join(t.TempDir(), "blocks.csv")
	if err := os.WriteFile(file, []byte(works(t, "host", "export", "--dir", dir)), 0o600); err != nil {
		t.Fatal(err)
	}
	works(t, "host", "unblock", "--dir", dir, "--host", "evil.example")
	if out := works(t, "host", "list", "--dir", dir); strings.Contains(out, "evil.example") {
		t.Errorf("still blocked:\n%s", out)
	}
	works(t, "host", "import", "--dir", dir, "--file", file)
	if out := works(t, "host", "list", "--dir", dir); !strings.Contains(out, "evil.example") {
		t.Errorf("the list was not read:\n%s", out)
	}
	refuses(t, 1, "", "host", "unblock", "--dir", dir, "--host", "none.example")
	refuses(t, 1, "", "host", "block", "--dir", dir, "--host", host)
	refuses(t, 2, "level", "host", "block", "--dir", dir, "--host", "x.example", "--level", "kill")
}

// serving starts the server and waits for its first answer.
func serving(t *testing.T, dir, host string) *exec.Cmd {
	t.Helper()
	cmd := command(context.WithoutCancel(t.Context()), "serve", "--dir", dir)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if cmd.ProcessState == nil {
			cmd.Process.Kill()
			cmd.Wait()
		}
		if t.Failed() {
			t.Log(log.String())
		}
	})
	deadline := time.Now().Add(15 * time.Second)
	for {
		res, err := http.Get("http://" + host + "/.well-known/nodeinfo")
		if err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return cmd
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("the server does not answer: %v", err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestServe(t *testing.T) {
	dir, host := made(t)
	token := strings.TrimSpace(works(t, "token", "create", "--dir", dir, "--account", "ana", "--scopes", "read write follow push"))
	cmd := serving(t, dir, host)

	req, err := http.NewRequest(http.MethodGet, "http://"+host+"/api/v1/accounts/verify_credentials", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil || res.StatusCode != http.StatusOK || !strings.Contains(string(body), `"username":"ana"`) {
		t.Errorf("verify_credentials: %d %s %v", res.StatusCode, body, err)
	}
	if out := works(t, "doctor", "--dir", dir); !strings.Contains(out, "http://"+host+" answers") || !strings.Contains(out, "decoded in a process apart") || strings.Contains(out, "BAD") {
		t.Errorf("doctor:\n%s", out)
	}
	// Another program may change things while the server runs.
	works(t, "account", "create", "--dir", dir, "--name", "bob", "--email", "bob@a.example", "--password", "correct horse")

	http.DefaultClient.CloseIdleConnections()
	start := time.Now()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("stopping took %s", took)
	}
	if out, _, code := runs(t, "doctor", "--dir", dir); code != 1 || !strings.Contains(out, "does not answer") {
		t.Errorf("doctor of a stopped server: %d\n%s", code, out)
	}
}

// A client that never reads its answer to the end does not keep a server alive.
func TestServeStopsWithOpenConnections(t *testing.T) {
	t.Parallel()
	dir, host := made(t)
	cmd := serving(t, dir, host)
	conn, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "POST /oauth/token HTTP/1.1\r\nHost: "+host+"\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond) // the server reads the beginning
	start := time.Now()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("stopping took %s", took)
	}
}
