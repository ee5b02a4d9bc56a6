package group_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

func engines() map[string]testkit.Engine {
	return map[string]testkit.Engine{"sqlite": testkit.SQLite, "postgres": testkit.Postgres}
}

// TestWhatWaitsForAGroupGoesNowhereElse: an app schedules posts that name groups, and before
// their hour their author is put out of the group, or may not write there at once any more, or the
// group opens: nothing goes to anybody for whom it was not written, and its author is told.
//
// Spec: P2
func TestWhatWaitsForAGroupGoesNowhereElse(t *testing.T) {
	for name, e := range engines() {
		t.Run(name, func(t *testing.T) {
			n := testkit.NewOn(t, e)
			n.Person("ana", true)
			bob := n.Person("bob", true)
			groups := map[string]*group.Group{
				"secrete": create(t, n, "ana", "secrete", group.Rules{Access: group.Section, Secret: true, Joining: group.Invite}),
				"close":   create(t, n, "ana", "close", group.Rules{Access: group.Section}),
				"autre":   create(t, n, "ana", "autre", group.Rules{Access: group.Section}),
				"lue":     create(t, n, "ana", "lue", group.Rules{Access: group.Section}),
				"ouvre":   create(t, n, "ana", "ouvre", group.Rules{Access: group.Section}),
				"place":   create(t, n, "ana", "place", group.Rules{Access: group.Open}),
			}
			for _, g := range groups {
				if g.Secret {
					if err := n.Groups.Invite(ctx, n.Viewer("ana"), g.AccountID, bob.ID); err != nil {
						t.Fatal(err)
					}
				}
				if g == groups["autre"] { // he joins it later
					continue
				}
				if err := n.Groups.Join(ctx, n.Viewer("bob"), g.AccountID); err != nil {
					t.Fatal(err)
				}
			}
			app := n.Client("bob")
			for name, text := range map[string]string{"secrete": "@secrete Mot secrete", "close": "@close Mot close", "autre": "@secrete @autre Mot autre", "lue": "@lue Mot lue", "ouvre": "@ouvre Mot ouvre", "place": "@place Mot place", "seul": "Mot seul"} {
				fields := map[string]any{"status": text, "scheduled_at": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)}
				if name != "seul" {
					fields["visibility"] = "public"
				} else {
					app.Do("PATCH", "/api/v1/accounts/update_credentials", map[string]any{"source": map[string]any{"privacy": "private"}}, nil)
				}
				if app.Post("/api/v1/statuses", fields, nil); app.Status != 200 {
					t.Fatalf("%s: %d", name, app.Status)
				}
			}
			app.Do("PATCH", "/api/v1/accounts/update_credentials", map[string]any{"source": map[string]any{"privacy": "public"}}, nil)
			for _, name := range []string{"secrete", "close", "place"} {
				if err := n.Groups.Ban(ctx, n.Viewer("ana"), groups[name].AccountID, bob.ID, ""); err != nil {
					t.Fatal(err)
				}
			}
			if err := n.Groups.Join(ctx, n.Viewer("bob"), groups["autre"].AccountID); err != nil {
				t.Fatal(err)
			}
			settle := func(name string, change func(*group.Rules)) {
				t.Helper()
				r := group.Rules{Name: name, Access: group.Section, Joining: group.Free, Posting: group.Members}
				change(&r)
				if err := n.Groups.Settle(ctx, n.Viewer("ana"), groups[name].AccountID, r); err != nil {
					t.Fatal(err)
				}
			}
			settle("lue", func(r *group.Rules) { r.Posting = group.Moderated })
			sql(t, n, `update group_info set access = 'open' where account_id = $1`, groups["ouvre"].AccountID)
			sql(t, n, `update job set run_at = 0 where kind = 'schedule.publish'`)
			n.Jobs.Wake()
			idle(t, n)
			rows, err := db.All[struct {
				Content, Audience, State string
			}](ctx, n.DB.Read(), `select p.content, p.audience, coalesce(g.state, '') as state from post p left join group_post g on g.post_id = p.id where p.account_id = $1 and p.deleted_at = 0`, bob.ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rows {
				switch {
				case strings.Contains(r.Content, "Mot lue") && r.Audience == "group" && r.State == group.Waiting:
				case strings.Contains(r.Content, "Mot seul") && r.Audience == "section": // as private is here
				default:
					t.Errorf("%s appears for %s, %q in the group", r.Content, r.Audience, r.State)
				}
			}
			var left []masto.ScheduledStatus
			if app.Get("/api/v1/scheduled_statuses", &left); len(left) != 5 || len(rows) != 2 {
				t.Errorf("%d wait, %d appeared", len(left), len(rows))
			}
			if b := n.SignIn("bob").Open("/programmes"); !b.Has("d’autres destinataires") || !b.Has("Mot secrete") {
				t.Errorf("the author is told: %s", b.Text())
			}
		})
	}
}

// TestPutOutWhileWriting: what somebody sends in the moment in which they are put out of a closed group
// is not in it, and nowhere else.
func TestPutOutWhileWriting(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	bob := n.Person("bob", true)
	g := create(t, n, "ana", "close", group.Rules{Access: group.Section})
	if err := n.Groups.Join(ctx, n.Viewer("bob"), g.AccountID); err != nil {
		t.Fatal(err)
	}
	begun, done := make(chan bool), make(chan error)
	go func() {
		done <- n.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			close(begun)
			if _, err := tx.Exec(ctx, `update group_member set state = 'banned' where account_id = $1`, bob.ID); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `delete from audience_account where account_id = $1`, bob.ID)
			time.Sleep(400 * time.Millisecond)
			return err
		})
	}()
	<-begun
	time.Sleep(50 * time.Millisecond)
	_, err := n.Posts.Create(ctx, n.Viewer("bob"), post.Draft{Title: "Un fil", Text: "Encore moi", Audience: post.Group, Parts: group.Into(g.AccountID)})
	if werr := <-done; werr != nil {
		t.Fatal(werr)
	}
	if !apperr.Is(err, apperr.KindNotFound) {
		t.Errorf("who is put out writes: %v", err)
	}
}
