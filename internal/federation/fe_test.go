package federation_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// TestFE09Inbox: one server may send a hundred activities at once and twenty a
// second; it is told when to come back, and others are not concerned.
//
// Spec: FE9
func TestFE09Inbox(t *testing.T) {
	n := newNode(t)
	s, other := newStranger(t), newStranger(t)
	s.meet(n)
	other.meet(n)
	n.now.move(time.Minute)
	var taken, busy int
	for i := range 400 {
		res, err := http.DefaultClient.Do(s.request(n, s.activity("Like", fmt.Sprintf("%s/notes/%d", n.base, i))))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		switch res.StatusCode {
		case http.StatusAccepted:
			taken++
		case http.StatusTooManyRequests:
			busy++
			if res.Header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
		default:
			t.Fatal(res.StatusCode)
		}
	}
	// Some come back while the others are sent.
	if taken < 100 || busy == 0 {
		t.Errorf("%d taken, %d put off", taken, busy)
	}
	if got := other.send(n, other.activity("Like", n.base+"/notes/1")); got != http.StatusAccepted {
		t.Errorf("another server gets %d", got)
	}
	n.now.move(2 * time.Second)
	if got := s.send(n, s.activity("Like", n.base+"/notes/again")); got != http.StatusAccepted {
		t.Errorf("later it gets %d", got)
	}
}
