package push_test

import (
	"testing"

	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestClosedGroupsArePushedWithoutWords: of what is written in a closed group a push says
// only that there is something new, also to who chose to read more.
//
// Spec: P12
func TestClosedGroupsArePushedWithoutWords(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	n.Person("bob", true)
	p := newPhone(t)
	var s subscription
	if st := send(t, n, n.Token("ana"), "POST", p.form("true"), false, &s); st != 200 {
		t.Fatal(st, s)
	}
	n.SignIn("ana").Open("/reglages/notifications").Submit("/reglages/notifications", map[string]string{"details": "yes"})
	g, err := n.Groups.Create(bg, n.Viewer("bob"), group.New{Username: "motcellule", Rules: group.Rules{Name: "Motnom", Access: group.Section, Joining: group.Free, Posting: group.Members}})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Groups.Join(bg, n.Viewer("ana"), g.AccountID); err != nil {
		t.Fatal(err)
	}
	mention(t, n, "ouvert")
	if got := p.taken(); len(got) != 1 || p.open(got[0])["body"] != "@ana ouvert" {
		t.Fatalf("%d pushes", len(got))
	}
	if _, err := n.Posts.Create(bg, n.Viewer("bob"), post.Draft{Title: "Mottitre", Text: "@ana Motsecret", Audience: post.Group, Parts: group.Into(g.AccountID)}); err != nil {
		t.Fatal(err)
	}
	if err := n.Idle(bg); err != nil {
		t.Fatal(err)
	}
	got := p.taken()
	if len(got) != 1 {
		t.Fatalf("%d pushes", len(got))
	}
	if m := p.open(got[0]); m["title"] != "Du nouveau" || m["body"] == "" || m["notification_type"] != "mention" {
		t.Errorf("%v", m)
	}
}
