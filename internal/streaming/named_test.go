package streaming_test

import (
	"encoding/json"
	"testing"

	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestNamedAreToldOfTheEnd: somebody whom a stranger names was shown the post by
// its notification, so that they are told when it is gone; once, like a follower.
// A conversation that loses its last post is told again as it is then.
//
// Spec: Mastodon streaming#events
func TestNamedAreToldOfTheEnd(t *testing.T) {
	n := testkit.New(t)
	for _, who := range []string{"ana", "bob", "cleo"} {
		n.Person(who, true)
	}
	testkit.Cluster{n}.Follow(n, "cleo", n, "ana")
	open := func(who, stream string) *line {
		l := dial(t, n, n.Token(who), "stream="+stream)
		l.ready()
		return l
	}
	bob, cleo := open("bob", "user"), open("cleo", "user")
	p := write(t, n, "ana", "@bob @cleo Bonjour", post.Public)
	bob.next("notification", "user")
	for _, event := range []string{"notification", "update"} {
		cleo.next(event, "user")
	}
	if _, err := n.Posts.Delete(bg, n.Viewer("ana"), p.ID); err != nil {
		t.Fatal(err)
	}
	for _, l := range []*line{bob, cleo} {
		if f := l.next("delete", "user"); f.Payload == nil || *f.Payload != ids.String(p.ID) {
			t.Errorf("the delete is %+v", f)
		}
		l.nothing()
	}

	talk := open("bob", "direct")
	last := func(want int64) {
		t.Helper()
		var c masto.Conversation
		if err := json.Unmarshal([]byte(*talk.next("conversation", "direct").Payload), &c); err != nil || c.LastStatus == nil || c.LastStatus.ID != ids.String(want) {
			t.Errorf("%+v, %v", c.LastStatus, err)
		}
	}
	first := write(t, n, "ana", "@bob entre nous", post.Direct)
	last(first.ID)
	second, err := n.Posts.Create(bg, n.Viewer("ana"), post.Draft{Text: "@bob encore", Audience: post.Direct, ReplyTo: first.ID})
	if err != nil {
		t.Fatal(err)
	}
	last(second.ID)
	if _, err := n.Posts.Delete(bg, n.Viewer("ana"), second.ID); err != nil {
		t.Fatal(err)
	}
	last(first.ID)
	if _, err := n.Posts.Delete(bg, n.Viewer("ana"), first.ID); err != nil {
		t.Fatal(err)
	}
	talk.nothing()
}
