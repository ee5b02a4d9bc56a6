package movement_test

import (
	"bytes"
	"io"
	"net/http"
	"testing"

	"github.com/maillage/maillage/internal/testkit"
)

func list(t *testing.T, n *testkit.Node) []byte {
	t.Helper()
	req, err := http.NewRequest("GET", n.URL+"/movement/revocations", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/activity+json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 200 {
		t.Fatalf("%d %v", res.StatusCode, err)
	}
	return b
}

// TestForgeryStaleRevocationList shows a list from before a revocation: what was revoked stays
// so. A list that somebody altered, or that is another's, is refused.
func TestForgeryStaleRevocationList(t *testing.T) {
	c := testkit.NewCluster(t, 3)
	root, a, b := c[0], c[1], c[2]
	join(t, c, a, root, section)
	join(t, c, b, root, section)
	stale := list(t, root)
	if err := root.Movement.Unlink(ctx, 0, b.Host, "Motif"); err != nil {
		t.Fatal(err)
	}
	c.Settle()
	if knows(t, a, b) {
		t.Fatal("the revocation was not pushed to the other child")
	}
	if err := a.Movement.TakeRevocations(ctx, stale); err != nil {
		t.Fatal(err)
	}
	if knows(t, a, b) {
		t.Error("an old list brought back what was revoked")
	}
	fresh := list(t, root)
	if err := a.Movement.TakeRevocations(ctx, bytes.Replace(fresh, []byte("certificates/"), []byte("certificates/x"), 1)); err == nil {
		t.Error("an altered list was taken")
	}
}
