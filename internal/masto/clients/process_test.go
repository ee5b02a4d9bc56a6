package clients_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// library is a library of apps in its own process.
type library struct {
	t   *testing.T
	in  io.Writer
	out *bufio.Reader
}

// startLibrary runs testdata/NAME/client.mjs until the end of the test.
func startLibrary(t *testing.T, name string) *library {
	t.Helper()
	dir := filepath.Join("testdata", name)
	node, err := exec.LookPath("node")
	if err != nil {
		missing(t, "node is not installed")
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", name, "package.json")); err != nil {
		missing(t, name+` is not installed: run "npm ci" in internal/masto/clients/testdata/`+name)
	}
	cmd := exec.Command(node, "client.mjs")
	cmd.Dir = dir
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// It ends when its standard input does, so it never outlives the test.
	slow := time.AfterFunc(2*time.Minute, func() { cmd.Process.Kill() })
	t.Cleanup(func() {
		stdin.Close()
		if err := cmd.Wait(); err != nil || !slow.Stop() {
			t.Errorf("%s ended badly: %v\n%s", name, err, complaints.String())
		}
	})
	return &library{t: t, in: stdin, out: bufio.NewReader(stdout)}
}

// missing ends a test that cannot be done on this machine.
func missing(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("MAILLAGE_REQUIRE") == "1" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// order is what the library is to do, see its client.mjs.
type order struct {
	URL    string `json:"url"`
	Token  string `json:"token,omitempty"`
	Call   string `json:"call,omitempty"`
	Listen string `json:"listen,omitempty"`
	Heard  string `json:"heard,omitempty"`
	Args   []any  `json:"args,omitempty"`
	Pages  bool   `json:"pages,omitempty"`
}

// what names the order in complaints.
func (o order) what() string { return o.Call + o.Listen + o.Heard }

// carryOut has the library make a call; it returns the HTTP status and the
// words of a refusal, 0 and "" when there was none.
func (l *library) carryOut(o order, out any) (status int, refusal string) {
	l.t.Helper()
	line, err := json.Marshal(o)
	if err != nil {
		l.t.Fatal(err)
	}
	if _, err := l.in.Write(append(line, '\n')); err != nil {
		l.t.Fatal(err)
	}
	line, err = l.out.ReadBytes('\n')
	if err != nil {
		l.t.Fatalf("%s: the library does not answer: %v", o.what(), err)
	}
	var answer struct {
		Result json.RawMessage
		Error  string
		Status int
	}
	if err := json.Unmarshal(line, &answer); err != nil {
		l.t.Fatalf("%s: %s: %v", o.what(), line, err)
	}
	if answer.Error != "" || answer.Status != 0 {
		return answer.Status, answer.Error
	}
	if out != nil {
		if err := json.Unmarshal(answer.Result, out); err != nil {
			l.t.Fatalf("%s answers %s: %v", o.what(), answer.Result, err)
		}
	}
	return 0, ""
}

// app is an app of somebody.
type app struct {
	*library
	url, token string
}

// call makes a call that must succeed.
func (a *app) call(out any, call string, args ...any) {
	a.t.Helper()
	if status, refusal := a.carryOut(order{URL: a.url, Token: a.token, Call: call, Args: args}, out); status != 0 || refusal != "" {
		a.t.Fatalf("%s is refused: %d %s", call, status, refusal)
	}
}

// listen has the library open a stream.
func (a *app) listen(stream string, args ...any) {
	a.t.Helper()
	if _, refusal := a.carryOut(order{URL: a.url, Token: a.token, Listen: stream, Args: args}, nil); refusal != "" {
		a.t.Fatalf("the stream %s: %s", stream, refusal)
	}
}

// hears waits for the next event of the stream, for megalodon of that name.
func (a *app) hears(event string, out any) {
	a.t.Helper()
	if _, refusal := a.carryOut(order{Heard: event}, out); refusal != "" {
		a.t.Fatalf("waiting for %s: %s", event, refusal)
	}
}

// refused makes a call that must be refused with a status and words.
func (a *app) refused(status int, call string, args ...any) {
	a.t.Helper()
	got, refusal := a.carryOut(order{URL: a.url, Token: a.token, Call: call, Args: args}, nil)
	if got != status || refusal == "" {
		a.t.Errorf("%s answers %d %q, want %d with words", call, got, refusal, status)
	}
}
