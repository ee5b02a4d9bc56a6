package federation_test

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/sig"
)

// get asks for a document, signed when key is given.
func get(t testing.TB, uri string, key *sig.Key) (status int, body string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, uri, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/activity+json")
	if key != nil {
		if err := sig.SignGet(req, key, time.Now(), false); err != nil {
			t.Fatal(err)
		}
	}
	return do(t, req)
}

// do sends a request and follows no redirect.
func do(t testing.TB, req *http.Request) (status int, body string) {
	t.Helper()
	c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}
