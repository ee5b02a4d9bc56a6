package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/peer"
)

// TestKillLosesNothing kills the server without warning while four apps post
// through it, several times, and starts it again. Every post that was
// acknowledged is there at the end, and each reached a follower on another
// server; the follower acts on each id once, as servers do.
//
// Spec: RE1; Spec: RE2
func TestKillLosesNothing(t *testing.T) {
	dir, host := made(t)
	token := strings.TrimSpace(works(t, "token", "create", "--dir", dir, "--account", "ana", "--scopes", "read write follow push"))
	p := peer.New(peer.Options{AutoAccept: true})
	defer p.Close()
	server := serving(t, dir, host)
	follower := p.Actor("bob")
	ana, err := follower.Lookup(t.Context(), "ana@"+host)
	if err != nil {
		t.Fatal(err)
	}
	if _, answer, err := follower.Follow(t.Context(), ana.ID); err != nil || answer.Status != http.StatusAccepted {
		t.Fatalf("follow: %+v %v", answer, err)
	}
	if _, err := p.Wait(peer.Posted("Accept", "Follow"), 10*time.Second); err != nil {
		t.Fatal(err)
	}

	acked := map[string]string{} // API id → URI
	var mu sync.Mutex
	rounds := 5
	for round := range rounds {
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for w := range 4 {
			wg.Go(func() {
				for i := 0; ctx.Err() == nil; i++ {
					id, uri, err := publish(ctx, host, token, fmt.Sprintf("Message %d-%d-%d", round, w, i))
					if err != nil {
						continue // not acknowledged: it may or may not be there
					}
					mu.Lock()
					acked[id] = uri
					mu.Unlock()
				}
			})
		}
		enough := func() bool {
			mu.Lock()
			defer mu.Unlock()
			return len(acked) >= 10*(round+1)
		}
		for began := time.Now(); !enough() && time.Since(began) < time.Minute; {
			time.Sleep(10 * time.Millisecond) // a busy machine is slow
		}
		time.Sleep(time.Duration(rand.IntN(400)) * time.Millisecond)
		if err := server.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		server.Wait()
		stop()
		wg.Wait()
		server = serving(t, dir, host)
	}
	if len(acked) < 10*rounds {
		t.Fatalf("only %d posts were acknowledged: this test sees too little", len(acked))
	}
	for id := range acked {
		res, err := http.Get("http://" + host + "/api/v1/statuses/" + id)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Errorf("post %s was acknowledged and answers %d", id, res.StatusCode)
		}
	}
	missing := func() int {
		n := len(acked)
		seen := map[string]bool{}
		for _, r := range p.Received(peer.Posted("Create")) {
			if uri := r.Doc.Object().ID(); r.Fault == nil && !seen[uri] {
				seen[uri] = true
			}
		}
		for _, uri := range acked {
			if seen[uri] {
				n--
			}
		}
		return n
	}
	// A killed server's leases run out before its deliveries are tried again.
	for deadline := time.Now().Add(90 * time.Second); missing() > 0; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d acknowledged posts never reached the follower", missing(), len(acked))
		}
	}
	t.Logf("%d posts acknowledged over %d kills, all there and all delivered", len(acked), rounds)
}

func publish(ctx context.Context, host, token, text string) (id, uri string, err error) {
	body, err := json.Marshal(map[string]string{"status": text, "visibility": "public"})
	if err != nil {
		return "", "", err
	}
	req, err := http.NewRequestWithContext(ctx, "POST", "http://"+host+"/api/v1/statuses", bytes.NewReader(body))
	if err != nil {
		return "", "", err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", "", err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return "", "", err
	}
	var s struct{ ID, URI string }
	if res.StatusCode != http.StatusOK {
		return "", "", fmt.Errorf("%d %s", res.StatusCode, answer)
	}
	if err := json.Unmarshal(answer, &s); err != nil {
		return "", "", err
	}
	return s.ID, s.URI, nil
}
