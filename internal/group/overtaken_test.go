package group_test

import (
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestAnEditBeforeItsAnswer: an edit that comes before its answer, and before what that answers, is
// in the thread at once and passed on; the answer that follows in its old words changes nothing.
func TestAnEditBeforeItsAnswer(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	g := create(t, n, "ana", "velo", group.Rules{Access: group.Open, Posting: group.Everyone})
	_, zoe := follower(t, n, "lemmy", g)
	other, _ := follower(t, n, "lemmy", g)
	top := write(t, n, "ana", post.Draft{Title: "Pistes", Text: "Où ?", Audience: post.Public, Parts: group.Into(g.AccountID)})
	idle(t, n)
	answering := func(uri string) func(*as.Note) {
		return func(x *as.Note) {
			x.InReplyTo, x.To, x.Cc, x.Audience = uri, []string{g.Account.URI, as.Public}, []string{}, g.Account.URI
		}
	}
	parent, _ := zoe.Note("<p>Ici</p>", answering(top.URI))
	answer, first := zoe.Note("<p>Ou là</p>", answering(parent.ID))
	edited := answer
	edited.Content, edited.Updated = "<p>Ou là, corrigé</p>", time.Now().Add(time.Second)
	edit := as.Activity{Type: "Update", ID: answer.ID + "#updates/1", Actor: zoe.ID, Object: edited, To: answer.To, Audience: g.Account.URI}
	first.Audience = g.Account.URI
	for _, a := range []as.Activity{edit, first} {
		send(t, n, zoe, n.URL+"/inbox", a)
		if got := here(t, n, answer.ID); got == nil || got.Content != edited.Content || stateAt(t, n, answer.ID) != group.Shown {
			t.Errorf("after the %s: %+v", a.Type, got)
		}
	}
	if told := strings.Join(heard(other), " "); strings.Count(told, "Announce{Update}") != 1 {
		t.Errorf("another server hears %s", told)
	}
}
