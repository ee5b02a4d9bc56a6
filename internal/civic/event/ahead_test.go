package event_test

import (
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestAheadOnTheHomePage: the home page shows the meetings of the next days, and asks those who have
// not answered; nobody hears of what is not for them.
func TestAheadOnTheHomePage(t *testing.T) {
	for name, engine := range engines() {
		t.Run(name, func(t *testing.T) {
			n := testkit.NewOn(t, engine)
			n.Person("ana", true)
			n.Person("bob", true)
			in := func(days int, title string, change func(*event.Draft)) *post.Post {
				return make1(t, n, "ana", func(d *event.Draft) {
					d.Title, d.Day = title, soon(days)
					if change != nil {
						change(d)
					}
				})
			}
			near := in(3, "Le budget", nil)
			in(10, "Le bilan", nil)
			in(20, "Plus tard", nil)
			g, err := n.Groups.Create(ctx, n.Viewer("ana"), group.New{Username: "clos", Rules: group.Rules{Name: "Clos", Access: group.Section, Joining: group.Invite, Posting: group.Members}})
			if err != nil {
				t.Fatal(err)
			}
			in(2, "Entre nous", func(d *event.Draft) { d.GroupID, d.Audience = g.AccountID, post.Group })

			bob := n.SignIn("bob").Open("/")
			todo, beside := parts(bob.Body)
			if !strings.Contains(todo, "Le budget") || !strings.Contains(todo, "Le bilan") || strings.Contains(todo, "Plus tard") {
				t.Errorf("bob is asked: %s", todo)
			}
			if !strings.Contains(beside, "Le budget") || strings.Contains(beside, "Le bilan") {
				t.Errorf("bob's week: %s", beside)
			}
			if strings.Contains(bob.Body, "Entre nous") {
				t.Error("bob sees the meeting of a group that he is not in")
			}
			if _, err := say(n, "bob", near, event.Room, 0); err != nil {
				t.Fatal(err)
			}
			todo, beside = parts(bob.Open("/").Body)
			if strings.Contains(todo, "Le budget") || !strings.Contains(beside, "Le budget") {
				t.Errorf("after his answer: %s\n%s", todo, beside)
			}
			todo, beside = parts(n.SignIn("ana").Open("/").Body)
			if strings.Contains(todo, "Le budget") || !strings.Contains(beside, "Entre nous") {
				t.Errorf("who organises it: %s\n%s", todo, beside)
			}
		})
	}
}

// parts are « À faire » and « Cette semaine » of a home page.
func parts(body string) (todo, beside string) {
	_, todo, _ = strings.Cut(body, `class="todo"`)
	todo, _, _ = strings.Cut(todo, "</section>")
	_, beside, _ = strings.Cut(body, "Cette semaine")
	beside, _, _ = strings.Cut(beside, "</section>")
	return todo, beside
}
