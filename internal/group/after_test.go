package group_test

import (
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestWhoLeftKeepsTheirWordsAlone: somebody who left a closed group keeps what they wrote there, and
// may delete it, but hears nothing new of it: who likes it, who answers, how a poll goes.
//
// Spec: PV1, PV3
func TestWhoLeftKeepsTheirWordsAlone(t *testing.T) {
	for _, engine := range []testkit.Engine{testkit.SQLite, testkit.Postgres} {
		n := testkit.NewOn(t, engine)
		for _, who := range []string{"ana", "chloe"} {
			n.Person(who, true)
		}
		bob := n.Person("bob", true)
		g := create(t, n, "ana", "motcellule", group.Rules{Access: group.Section, Joining: group.Free})
		for _, who := range []string{"bob", "chloe"} {
			if err := n.Groups.Join(ctx, n.Viewer(who), g.AccountID); err != nil {
				t.Fatal(err)
			}
		}
		if err := n.Follows.Follow(ctx, bob.ID, n.Person("ana", true).ID, nil); err != nil {
			t.Fatal(err)
		}
		m := newMember(t, n, "bob", idOf(n, "ana"))
		mine := write(t, n, "bob", post.Draft{Title: "Mon fil", Text: "Jésuis", Audience: post.Section, Parts: group.Into(g.AccountID)})
		asked, _ := status(t, n, "bob", map[string]any{"status": "@motcellule Mon vote", "visibility": "public", "poll": map[string]any{"options": []string{"Oui", "Non"}, "expires_in": 3600}})
		id := ids.String(mine.ID)
		act := func(who, path string, body any) {
			t.Helper()
			if c := n.Client(who); true {
				if c.Post(path, body, nil); c.Status != 200 {
					t.Fatalf("%s %v: %d", who, path, c.Status)
				}
			}
		}
		act("ana", "/api/v1/statuses/"+id+"/favourite", nil)
		write(t, n, "ana", post.Draft{Text: "Tu es", ReplyTo: mine.ID})
		idle(t, n)
		read := func() (s, p masto.Status, likers []masto.Account) {
			t.Helper()
			c := n.Client("bob")
			c.Get("/api/v1/statuses/"+id, &s)
			c.Get("/api/v1/statuses/"+id+"/favourited_by", &likers)
			c.Get("/api/v1/statuses/"+asked.ID, &p)
			return s, p, likers
		}
		if s, _, likers := read(); s.FavouritesCount != 1 || s.RepliesCount != 1 || len(likers) != 1 {
			t.Fatalf("a member: %+v, %d", s, len(likers))
		}
		m.live.until(t, `favourite`)
		m.live.settled()
		if err := n.Groups.Leave(ctx, n.Viewer("bob"), g.AccountID); err != nil {
			t.Fatal(err)
		}
		idle(t, n)
		m.live.settled()
		said, pushed := len(m.live.heard()), len(m.pushes.heard())
		var before []masto.Notification
		n.Client("bob").Get("/api/v1/notifications", &before)
		act("chloe", "/api/v1/statuses/"+id+"/favourite", nil)
		act("chloe", "/api/v1/polls/"+asked.ID+"/votes", map[string]any{"choices": []int{0}})
		write(t, n, "chloe", post.Draft{Text: "@bob Tu étais", ReplyTo: mine.ID})
		sql(t, n, `update poll set closes_at = 1`)
		sql(t, n, `update job set run_at = 0 where kind like 'poll%'`)
		n.Jobs.Wake()
		idle(t, n)
		time.Sleep(300 * time.Millisecond)
		s, p, likers := read()
		if !strings.Contains(s.Content, "Jésuis") || s.FavouritesCount != 0 || s.RepliesCount != 0 || s.ReblogsCount != 0 || len(likers) != 0 {
			t.Errorf("%v: who left learns: %d likes, %d answers, %d named", engine, s.FavouritesCount, s.RepliesCount, len(likers))
		}
		if p.Poll == nil || p.Poll.VotesCount != 0 || p.Poll.Options[0].VotesCount != nil && *p.Poll.Options[0].VotesCount != 0 {
			t.Errorf("%v: who left learns how the vote goes: %+v", engine, p.Poll)
		}
		if b := n.SignIn("bob").Open("/@bob/" + id); !b.Has("Jésuis") || b.Has("2 réponses") || b.Has("Tu ét") {
			t.Errorf("%v: the page: %d %s", engine, b.Status, b.Text())
		}
		var after []masto.Notification
		n.Client("bob").Get("/api/v1/notifications", &after)
		if len(after) != len(before) && len(after) != len(before)-1 { // the answer that was told of is read no more
			t.Errorf("%v: %d notifications, %d before", engine, len(after), len(before))
		}
		for _, x := range after {
			if x.Account.Username == "chloe" || x.Type == "poll" {
				t.Errorf("%v: a notification of %s by %s", engine, x.Type, x.Account.Username)
			}
		}
		if now := m.live.heard()[said:]; strings.Contains(now, "chloe") || strings.Contains(now, "favourite") || strings.Contains(now, "poll") {
			t.Errorf("%v: a stream says %s", engine, now)
		}
		if len(m.pushes.heard()) != pushed {
			t.Errorf("%v: an app is woken", engine)
		}
		var list []masto.Status
		n.Client("bob").Get("/api/v1/accounts/"+ids.String(bob.ID)+"/statuses", &list)
		for _, s := range list {
			if s.FavouritesCount+s.RepliesCount != 0 {
				t.Errorf("%v: the profile counts %d, %d", engine, s.FavouritesCount, s.RepliesCount)
			}
		}
		var seen masto.Status
		if n.Client("ana").Get("/api/v1/statuses/"+id, &seen); seen.FavouritesCount != 2 || seen.RepliesCount != 2 {
			t.Errorf("%v: a member counts %d, %d", engine, seen.FavouritesCount, seen.RepliesCount)
		}
		if _, err := n.Posts.Delete(ctx, n.Viewer("bob"), mine.ID); err != nil {
			t.Errorf("%v: who left may not delete what they wrote: %v", engine, err)
		}
	}
}
