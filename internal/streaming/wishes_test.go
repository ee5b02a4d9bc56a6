package streaming_test

import (
	"fmt"
	"testing"

	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestStreamsHeedWishes: what somebody has asked to be spared does not come
// live, to them alone, whether or not a post is rendered for many at once.
func TestStreamsHeedWishes(t *testing.T) {
	n := testkit.New(t)
	ana := n.Person("ana", true)
	path := "/api/v1/accounts/" + ids.String(ana.ID)
	lines := map[string]*line{}
	for _, who := range []string{"calm", "blocker", "muter", "filterer", "p1", "p2", "p3"} {
		n.Person(who, true)
		if who == "blocker" { // followed and listed before, so that every timeline had a reason to show the post
			follow(t, n, who, "ana")
		}
		c := n.Client(who)
		switch who {
		case "blocker":
			c.Post(path+"/block", nil, nil)
		case "muter":
			c.Post(path+"/mute", nil, nil)
		case "filterer":
			c.Post("/api/v2/filters", map[string]any{"title": "f", "context": []string{"public"}, "filter_action": "warn",
				"keywords_attributes": []map[string]any{{"keyword": "grève"}}}, nil)
		}
		if c.Status >= 300 {
			t.Fatal(who, c.Status)
		}
		lines[who] = dial(t, n, n.Token(who), "stream=public:local")
		lines[who].ready()
	}
	// Whoever blocks hears nothing of it on any stream, nor finds it on any page.
	all := dial(t, n, n.Token("blocker"), "stream=user")
	for _, s := range []map[string]string{{"stream": "public"}, {"stream": "hashtag", "tag": "greve"}, {"stream": "hashtag:local", "tag": "greve"}, {"stream": "direct"}} {
		s["type"] = "subscribe"
		all.order(s)
	}
	all.ready()
	write(t, n, "ana", "@blocker #greve pour tous", post.Public)
	write(t, n, "ana", "@blocker rien que toi", post.Direct)
	all.nothing()
	for _, path := range []string{"home", "public", "public?local=true", "tag/greve"} {
		var page []masto.Status
		if n.Client("blocker").Get("/api/v1/timelines/"+path, &page); len(page) != 0 {
			t.Errorf("%s shows %d posts of somebody blocked", path, len(page))
		}
	}
	for who, l := range lines { // the public post came to the others
		if who == "blocker" || who == "muter" {
			l.nothing()
			continue
		}
		l.next("update", "public:local")
	}
	write(t, n, "ana", "la grève", post.Section)
	for who, l := range lines {
		var page []masto.Status
		n.Client(who).Get("/api/v1/timelines/public?local=true", &page)
		if spared := who == "muter" || who == "blocker"; len(page) != map[bool]int{true: 0, false: 2}[spared] {
			t.Errorf("%s: %d posts on the page", who, len(page))
		} else if spared {
			l.nothing()
			continue
		}
		s := status(t, l.next("update", "public:local"))
		if hits := len(*s.Filtered); (hits > 0) != (who == "filterer") {
			t.Errorf("%s: %d filters met", who, hits)
		}
	}
	write(t, n, "calm", "du calme", post.Section)
	for who, l := range lines {
		t.Log(who)
		l.next("update", "public:local")
	}
}

func TestListStream(t *testing.T) {
	n := testkit.New(t)
	ana := n.Person("ana", true)
	n.Person("bob", true)
	n.Person("eve", true)
	follow(t, n, "bob", "ana")
	c := n.Client("bob")
	var l struct{ ID string }
	c.Post("/api/v1/lists", map[string]any{"title": "amis"}, &l)
	c.Post("/api/v1/lists/"+l.ID+"/accounts", map[string]any{"account_ids": []string{ids.String(ana.ID)}}, nil)
	if c.Status != 200 {
		t.Fatal(c.Status)
	}
	line := dial(t, n, c.Token, "stream=list&list="+l.ID)
	line.ready()
	write(t, n, "eve", "hors de la liste", post.Section)
	p := write(t, n, "ana", "dans la liste", post.Section)
	if s := status(t, line.next("update", "list", l.ID)); s.ID != ids.String(p.ID) {
		t.Errorf("%+v", s)
	}
	line.nothing()
	other := dial(t, n, n.Token("eve"), fmt.Sprintf("stream=list&list=%s", l.ID))
	if f := other.next(""); f.Status != 404 {
		t.Errorf("somebody else's list: %+v", f)
	}
}
