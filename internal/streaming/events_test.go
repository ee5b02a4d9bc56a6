package streaming_test

import (
	"bufio"
	"bytes"
	"image"
	"image/png"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/announcement"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/media"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// heard is one event as an app gets it, whatever carries it.
type heard struct{ event, payload string }

// tuner opens a stream over a carrier and gives what comes, in order.
type tuner func(t *testing.T, n *testkit.Node, token, stream, tag, list string) <-chan heard

func bySocket(t *testing.T, n *testkit.Node, token, stream, tag, list string) <-chan heard {
	l := dial(t, n, token, url.Values{"stream": {stream}, "tag": {tag}, "list": {list}}.Encode())
	l.ready()
	head := []string{stream}
	if param := tag + list; param != "" {
		head = append(head, param)
	}
	out := make(chan heard, 1000)
	go func() {
		defer close(out)
		for f := range l.in {
			h := heard{event: f.Event}
			if f.Payload != nil {
				h.payload = *f.Payload
			}
			if !slices.Equal(f.Stream, head) {
				h.event += " on " + strings.Join(f.Stream, "|")
			}
			out <- h
		}
	}()
	return out
}

func byEvents(t *testing.T, n *testkit.Node, token, stream, tag, list string) <-chan heard {
	q := url.Values{}
	if name, ok := strings.CutSuffix(stream, ":media"); ok {
		stream = name
		q.Set("only_media", "true")
	}
	if tag != "" {
		q.Set("tag", tag)
	}
	if list != "" {
		q.Set("list", list)
	}
	req, _ := http.NewRequest("GET", n.URL+"/api/v1/streaming/"+strings.ReplaceAll(stream, ":", "/")+"?"+q.Encode(), nil)
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil || res.StatusCode != 200 {
		t.Fatalf("%s: %v %v", req.URL, res, err)
	}
	t.Cleanup(func() { res.Body.Close() })
	out := make(chan heard, 1000)
	first := make(chan struct{})
	begun := sync.OnceFunc(func() { close(first) })
	go func() {
		defer close(out)
		sc := bufio.NewScanner(res.Body)
		sc.Buffer(nil, 1<<20)
		event := ""
		for sc.Scan() {
			switch line := sc.Text(); {
			case line == ":thump":
				begun()
			case strings.HasPrefix(line, "event: "):
				event = line[7:]
			case strings.HasPrefix(line, "data: "):
				h := heard{event, line[6:]}
				if h.payload == "undefined" { // as Mastodon's own server says that there is none
					h.payload = ""
				}
				out <- h
			}
		}
	}()
	select {
	case <-first:
	case <-time.After(5 * time.Second):
		t.Fatalf("%s does not begin", req.URL)
	}
	return out
}

// TestEventsOnStreams: each kind of event comes on the streams to which it
// belongs, on no other, in order, over WebSocket and as server-sent events.
//
// Spec: Mastodon streaming#streams; Spec: Mastodon streaming#events
func TestEventsOnStreams(t *testing.T) {
	for name, tune := range map[string]tuner{"websocket": bySocket, "events": byEvents} {
		t.Run(name, func(t *testing.T) { eventsOnStreams(t, tune) })
	}
}

func eventsOnStreams(t *testing.T, tune tuner) {
	c := testkit.NewCluster(t, 2)
	n, there := c[0], c[1]
	n.Person("ana", true)
	n.Person("bea", true)
	c.Follow(n, "ana", n, "bea")
	c.Follow(n, "ana", there, "zoe")
	ana := n.Client("ana")
	var made struct{ ID string }
	ana.Post("/api/v1/lists", map[string]any{"title": "Bureau"}, &made)
	ana.Post("/api/v1/lists/"+made.ID+"/accounts", map[string]any{"account_ids": []string{ids.String(n.Person("bea", true).ID)}}, nil)
	token := n.Token("ana")

	const wide = "update update status.update delete" // of bea's posts, the edit and the end of the first
	// What each stream is to say before its last event, which is that of a post that says FIN.
	want := map[string]string{
		"user":                wide + " update notification update announcement announcement.reaction announcement.delete filters_changed",
		"user:notification":   "notification",
		"public":              wide + " update", // zoe's too
		"public:media":        "update status.update delete",
		"public:local":        wide,
		"public:local:media":  "update status.update delete",
		"public:remote":       "update",
		"public:remote:media": "",
		"hashtag":             "update status.update delete",
		"hashtag:local":       "update status.update delete",
		"list":                wide,
		"direct":              "conversation",
	}
	streams := map[string]<-chan heard{}
	for name := range want {
		tag, list := "", ""
		if strings.HasPrefix(name, "hashtag") {
			tag = "marche"
		}
		if name == "list" {
			list = made.ID
		}
		streams[name] = tune(t, n, token, name, tag, list)
	}

	photo := func(n *testkit.Node, who string) string {
		var b bytes.Buffer
		if err := png.Encode(&b, image.NewRGBA(image.Rect(0, 0, 8, 8))); err != nil {
			t.Fatal(err)
		}
		m, err := n.Media.Add(bg, n.Person(who, true).ID, media.Upload{File: &b})
		if err != nil {
			t.Fatal(err)
		}
		return ids.String(m.ID)
	}
	says := func(n *testkit.Node, who string, body map[string]any) string {
		t.Helper()
		var s struct{ ID string }
		if c := n.Client(who).Post("/api/v1/statuses", body, &s); c.Status != 200 {
			t.Fatalf("%v: %d", body, c.Status)
		}
		return s.ID
	}
	// An event about what is gone again is not told, so each is waited for.
	var user []string
	await := func(event string) {
		t.Helper()
		for {
			select {
			case h := <-streams["user"]:
				if user = append(user, h.event); h.event == event {
					return
				}
			case <-time.After(10 * time.Second):
				t.Fatalf("no %s after %v", event, user)
			}
		}
	}
	picture := photo(n, "bea")
	id := says(n, "bea", map[string]any{"status": "Départ #marche", "visibility": "public", "media_ids": []string{picture}})
	await("update")
	says(n, "bea", map[string]any{"status": "Sans rien", "visibility": "public"})
	n.Client("bea").Do("PUT", "/api/v1/statuses/"+id, map[string]any{"status": "Départ #marche, corrigé", "media_ids": []string{picture}}, nil)
	await("status.update")
	n.Client("bea").Do("DELETE", "/api/v1/statuses/"+id, nil, nil)
	await("delete")
	says(there, "zoe", map[string]any{"status": "De loin", "visibility": "public"})
	c.Settle()
	write(t, n, "bea", "@ana entre nous", post.Direct)
	notice, err := n.Announce.Publish(bg, announcement.Draft{Text: "Coupure"})
	if err != nil {
		t.Fatal(err)
	}
	await("announcement")
	n.Client("bea").Do("PUT", "/api/v1/announcements/"+ids.String(notice.ID)+"/reactions/"+url.PathEscape("👍"), nil, nil)
	await("announcement.reaction")
	if err := n.Announce.Remove(bg, notice.ID); err != nil {
		t.Fatal(err)
	}
	ana.Post("/api/v2/filters", map[string]any{"title": "f", "context": []string{"home"}}, nil)
	says(there, "zoe", map[string]any{"status": "FIN", "visibility": "public", "media_ids": []string{photo(there, "zoe")}})
	c.Settle()
	says(n, "bea", map[string]any{"status": "@ana FIN #marche", "visibility": "public", "media_ids": []string{photo(n, "bea")}})
	write(t, n, "bea", "@ana FIN", post.Direct)

	for name, in := range streams {
		var got []string
		if name == "user" {
			got = user
		}
		for done := false; !done; {
			select {
			case h, ok := <-in:
				switch {
				case !ok:
					t.Fatalf("%s ended after %v", name, got)
				case strings.Contains(h.payload, "FIN"):
					done = true
				default:
					got = append(got, h.event)
					if (h.event == "filters_changed") != (h.payload == "") {
						t.Errorf("%s: %s says %q", name, h.event, h.payload)
					}
					if h.event == "delete" && h.payload != id {
						t.Errorf("%s: deleted %q, not %s", name, h.payload, id)
					}
				}
			case <-time.After(10 * time.Second):
				t.Fatalf("%s: no end after %v", name, got)
			}
		}
		if wanted := strings.Fields(want[name]); !slices.Equal(got, wanted) {
			t.Errorf("%s says %v, want %v", name, got, wanted)
		}
	}
}
