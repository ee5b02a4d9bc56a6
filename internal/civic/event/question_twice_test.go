package event_test

import (
	"testing"

	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestQuestionSentTwice: a form sent twice asks once; another person may ask the same.
func TestQuestionSentTwice(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	p := make1(t, n, "ana", func(d *event.Draft) { d.Audience = post.Section })
	at := "/agenda/" + idOf(p)
	for _, name := range []string{"bob", "cleo"} {
		b := n.SignIn(name)
		b.Open(at).Submit(at+"/reponse", map[string]string{"answer": "room"})
		for range 2 {
			if b.Open(at+"/questions").Submit(at+"/questions", map[string]string{"body": "Qui garde la salle ?"}); b.Status != 200 {
				t.Fatal(b.Status, b.Text())
			}
		}
	}
	if rows := rowsWhere[struct{ ID int64 }](t, n, `select id from meeting_question where post_id = $1`, p.ID); len(rows) != 2 {
		t.Errorf("%d questions of two people", len(rows))
	}
}
