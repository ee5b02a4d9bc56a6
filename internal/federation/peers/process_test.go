package peers_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// fedify is the running peer.
type fedify struct {
	base string
	host string
}

// startFedify runs testdata/fedify/peer.mjs until the end of the test.
func startFedify(t *testing.T) *fedify {
	t.Helper()
	dir := filepath.Join("testdata", "fedify")
	node, err := exec.LookPath("node")
	if err != nil {
		missing(t, "node is not installed")
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "@fedify", "fedify", "package.json")); err != nil {
		missing(t, `fedify is not installed: run "npm ci" in internal/federation/peers/testdata/fedify`)
	}
	cmd := exec.Command(node, "peer.mjs")
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
	// The peer ends when its standard input does, so it never outlives the test.
	slow := time.AfterFunc(60*time.Second, func() { cmd.Process.Kill() })
	t.Cleanup(func() {
		stdin.Close()
		last := time.AfterFunc(10*time.Second, func() { cmd.Process.Kill() })
		defer last.Stop()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the peer ended badly: %v\n%s", err, complaints.String())
		} else if t.Failed() && complaints.Len() > 0 {
			t.Log(complaints.String())
		}
	})
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil || !slow.Stop() {
		t.Fatalf("the peer does not start: %v\n%s", err, complaints.String())
	}
	var ready struct{ Base string }
	if err := json.Unmarshal(line, &ready); err != nil {
		t.Fatalf("the peer says %s: %v", line, err)
	}
	return &fedify{base: ready.Base, host: strings.TrimPrefix(ready.Base, "http://")}
}

// missing ends a test that cannot be done on this machine.
func missing(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("MAILLAGE_REQUIRE") == "1" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// order is what the peer is told: {do, as, …}, see peer.mjs.
type order map[string]any

// try carries out an order; it returns what the peer complains of.
func (f *fedify) try(t testing.TB, o order, out any) string {
	t.Helper()
	body, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.Post(f.base+"/control", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK {
		var failure struct{ Error string }
		if err := json.Unmarshal(answer, &failure); err != nil || failure.Error == "" {
			t.Fatalf("the peer answers %d %s", res.StatusCode, answer)
		}
		return failure.Error
	}
	if out != nil {
		if err := json.Unmarshal(answer, out); err != nil {
			t.Fatalf("%s: %v", answer, err)
		}
	}
	return ""
}

// tell carries out an order that must succeed.
func (f *fedify) tell(t testing.TB, o order, out any) {
	t.Helper()
	if complaint := f.try(t, o, out); complaint != "" {
		t.Fatalf("%v: %s", o, complaint)
	}
}

// actor is a person on the peer who tries one signature scheme first.
type actor struct {
	*fedify
	t      testing.TB
	name   string
	id     string
	scheme string // "cavage" or "rfc9421"
}

func (f *fedify) actor(t testing.TB, name, scheme string) *actor {
	t.Helper()
	var a struct{ ID string }
	f.tell(t, order{"do": "actor", "as": name}, &a)
	return &actor{fedify: f, t: t, name: name, id: a.ID, scheme: scheme}
}

// done names what an order made.
type done struct {
	ID     string // of the activity
	Object string
}

// does carries out an order as this person.
func (a *actor) does(what string, o order) (d done) {
	a.t.Helper()
	a.tell(a.t, a.order(what, o), &d)
	return d
}

func (a *actor) order(what string, o order) order {
	full := order{"do": what, "as": a.name, "scheme": a.scheme}
	for k, v := range o {
		full[k] = v
	}
	return full
}

// lookup has fedify find something by its handle or address; nil if it does not.
func (a *actor) lookup(what string) *thing {
	a.t.Helper()
	var answer struct{ Found *thing }
	a.tell(a.t, a.order("lookup", order{"what": what}), &answer)
	return answer.Found
}

// received are the activities from a server that arrived here, in order.
func (f *fedify) received(t testing.TB, from, kind string) (out []thing) {
	t.Helper()
	var all []thing
	f.tell(t, order{"do": "received"}, &all)
	for _, x := range all {
		if strings.HasPrefix(x.ID, from+"/") && (kind == "" || x.Type == kind) {
			out = append(out, x)
		}
	}
	return out
}

// one is the only activity of a kind that arrived from a server.
func (a *actor) one(from, kind string) thing {
	a.t.Helper()
	got := a.received(a.t, from, kind)
	if len(got) != 1 {
		a.t.Fatalf("%d %s arrived at fedify: %+v", len(got), kind, got)
	}
	if !got[0].Verified {
		a.t.Fatalf("fedify does not verify our %s: %s", kind, got[0].Reason)
	}
	return got[0]
}

// thing is what fedify understood of a document, as describe.mjs gives it.
type thing struct {
	Type, ID string

	// of an activity
	Verified      bool
	Scheme        string
	Reason        string
	Actor, Object string
	About         *thing

	// of a note
	AttributedTo, Summary, InReplyTo, URL string
	Published, Updated                    string
	Sensitive                             bool
	Contents                              []struct{ Text, Lang string }
	To, Cc                                []string
	Tags                                  []tag

	// of an actor
	Username, Name, Inbox, SharedInbox, Outbox, Followers, Following string
	ManuallyApproves, Discoverable                                   bool
	Keys, Multikeys                                                  []struct {
		ID, Owner string
		Usable    bool
	}

	// of a collection
	Total *int
	Items []struct{ Type, ID string }
	First string
}

type tag struct{ Type, Href, Name string }

// sent are the requests that the peer made of a server.
type sent struct {
	Method, URL, Scheme string
	Status              int
}

func (f *fedify) sent(t testing.TB, to, method string) (out []sent) {
	t.Helper()
	var all []sent
	f.tell(t, order{"do": "sent"}, &all)
	for _, x := range all {
		if strings.HasPrefix(x.URL, to+"/") && x.Method == method {
			out = append(out, x)
		}
	}
	return out
}
