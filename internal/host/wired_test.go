package host_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/host"
	"github.com/maillage/maillage/internal/testkit"
)

// TestWired: what is laid down holds for the whole instance at once.
//
// Spec: FE12, OR16
func TestWired(t *testing.T) {
	n := testkit.New(t)
	status := func(from string) int {
		t.Helper()
		req, err := http.NewRequest(http.MethodGet, n.URL+"/actor", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", "application/activity+json")
		req.Header.Set("Signature", `xkeyId="https://another.example/users/y#key",keyId="https://`+from+`/users/x#key",headers="date",signature="AAAA"`)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode
	}
	check := func(when, from string, want int) {
		t.Helper()
		if got := status(from); got != want {
			t.Errorf("%s: %s gets %d", when, from, got)
		}
	}
	check("open", "evil.example", http.StatusOK)
	set(t, n.Hosts, "evil.example", host.Suspend)
	check("suspended", "sub.evil.example", http.StatusForbidden)
	check("suspended", "friend.example", http.StatusOK)
	_, err := n.App.Engine.Fetch(t.Context(), "https://evil.example/notes/1")
	if why, ok := apperr.As(err); !ok || why.Key != "federation.blocked" {
		t.Errorf("a suspended server is asked: %v", err)
	}
	set(t, n.Hosts, "friend.example", host.None)
	set(t, n.Hosts, host.Everyone, host.Suspend)
	check("allow-list", "stranger.example", http.StatusForbidden)
	check("allow-list", "friend.example", http.StatusOK)
}

// TestFE12: when the allow-list is switched on, within a second a stranger's GET
// and POST get 403, and WebFinger and NodeInfo tell nothing of anybody; who is on
// the list and proves it goes on as before. Switched off, all is as it was.
//
// Spec: FE12
func TestFE12(t *testing.T) {
	n := testkit.New(t)
	ana := n.Person("ana", true)
	p, friend := peer.New(peer.Options{}), peer.New(peer.Options{})
	t.Cleanup(p.Close)
	t.Cleanup(friend.Close)
	stranger, known := p.Actor("zoe"), friend.Actor("mia")
	set(t, n.Hosts, friend.Host, host.None)
	plain := func(path string) int { t.Helper(); return testkit.Unsigned(t, n.URL+path) }
	type want struct{ get, post, unsigned, finger, info, friend, friendPost, app int }
	look := func() (w want) {
		t.Helper()
		get := func(a *peer.Actor) int {
			res, err := a.Get(t.Context(), ana.URI)
			if err != nil {
				t.Fatal(err)
			}
			return res.Status
		}
		send := func(a *peer.Actor) int {
			_, create := a.Note("<p>bonjour</p>", nil)
			res, err := a.Send(t.Context(), n.URL+"/inbox", create)
			if err != nil {
				t.Fatal(err)
			}
			return res.Status
		}
		w.get, w.post, w.friend, w.friendPost = get(stranger), send(stranger), get(known), send(known)
		w.unsigned, w.app = plain(strings.TrimPrefix(ana.URI, n.URL)), plain("/actor")
		w.finger, w.info = plain("/.well-known/webfinger?resource=acct:ana@"+n.Host), plain("/nodeinfo/2.1")
		return w
	}
	open := want{200, 202, 200, 200, 200, 200, 202, 200}
	if got := look(); got != open {
		t.Errorf("open: %+v", got)
	}
	begin := time.Now()
	set(t, n.Hosts, host.Everyone, host.Suspend)
	if got, shut := look(), (want{403, 403, 403, 403, 403, 200, 202, 200}); got != shut {
		t.Errorf("closed: %+v", got)
	}
	if !n.Hosts.Blocked(p.Host) || time.Since(begin) > 10*time.Second {
		t.Errorf("after %s", time.Since(begin))
	}
	if err := n.Hosts.Remove(t.Context(), host.Everyone); err != nil {
		t.Fatal(err)
	}
	if got := look(); got != open {
		t.Errorf("open again: %+v", got)
	}
}
