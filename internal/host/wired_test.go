package host_test

import (
	"net/http"
	"testing"

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
		req.Header.Set("Signature", `keyId="https://`+from+`/users/x#key",headers="date",signature="AAAA"`)
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
