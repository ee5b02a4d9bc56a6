package group_test

import (
	"context"
	"testing"

	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestAnAnimatorElsewhereSummarises: who animates a group from another server is
// told so there, and writes, corrects and takes back the summary of a thread in
// their own pages; all servers of the group have it. A member does not, nor who
// animates no more.
func TestAnAnimatorElsewhereSummarises(t *testing.T) {
	summary := func(n *testkit.Node, uri string) group.Summary {
		t.Helper()
		x, err := db.Get[struct{ Agreed, Debated, NextStep string }](ctx, n.DB.Read(), `select agreed, debated, next_step from group_thread t join post p on p.id = t.post_id where p.uri = $1`, uri)
		if err != nil {
			t.Fatal(err)
		}
		return group.Summary(x)
	}
	for _, access := range []string{"closed", "open"} {
		t.Run(access, func(t *testing.T) {
			var x *circle
			name, to := "cellule", post.Section
			if access == "closed" {
				x = newCircle(t, group.Rules{})
			} else {
				c := testkit.NewCluster(t, 3)
				x = &circle{Cluster: c, home: c[0], b: c[1], c: c[2]}
				name, to = "velo", post.Public
				x.home.Person("ana", true)
				x.g = create(t, x.home, "ana", "velo", group.Rules{Access: group.Open})
				join(t, x.b, "bea", x.home.Handle("velo"))
				join(t, x.c, "chloe", x.home.Handle("velo"))
				x.Settle()
			}
			g := x.g
			reader := peer.New(peer.Options{Software: "maillage"}) // of another server of our kind
			t.Cleanup(reader.Close)
			if access == "open" {
				reader, _ = follower(t, x.home, "maillage", g)
			}
			p := write(t, x.home, "ana", post.Draft{Title: "Un fil", Text: "Que faire ?", Audience: to, Parts: group.Into(g.AccountID)})
			x.Settle()
			atB := here(t, x.b, p.URI)
			thread := "/groupes/" + name + "@" + x.home.Host + "/" + idString(atB.ID)
			words := group.Summary{Agreed: "Deux demandes (1)", Debated: "Le plafond", NextStep: "Un texte"}
			all := []*testkit.Node{x.home, x.b, x.c}
			stands := func(want group.Summary, when string) {
				t.Helper()
				x.Settle()
				for _, n := range all {
					if got := summary(n, p.URI); got != want {
						t.Errorf("%s, %s: %+v", when, n.Host, got)
					}
				}
			}

			bea := x.b.SignIn("bea").Open(thread)
			if bea.Has("Écrire la synthèse") {
				t.Error("a simple member is offered to summarise")
			}
			if err := x.b.Groups.Summarise(ctx, x.b.Viewer("bea"), atB.ID, words); err == nil {
				t.Error("a simple member summarises")
			}
			role := func(r string) {
				t.Helper()
				if err := x.home.Groups.SetRole(ctx, x.home.Viewer("ana"), g.AccountID, found(x.home, "bea", x.b.Host).ID, r); err != nil {
					t.Fatal(err)
				}
				x.Settle()
			}
			role(group.Animator)
			if bea.Open(thread); !bea.Has("Écrire la synthèse") || bea.Has("Clore") {
				t.Fatalf("who animates is offered too little, or too much: %s", bea.Text())
			}
			bea.Open(thread+"/resume").Submit(thread+"/resume", map[string]string{"agreed": words.Agreed, "debated": words.Debated, "next_step": words.NextStep})
			stands(words, "written elsewhere")
			if ana := x.home.SignIn("ana").Open("/groupes/" + name + "/" + idString(p.ID)); !ana.Has("Deux demandes") || !ana.Has("par bea") {
				t.Errorf("the group's own page: %s", ana.Text())
			}

			// Corrected here, then there.
			words.NextStep = "Une lettre"
			if err := x.home.Groups.Summarise(ctx, x.home.Viewer("ana"), p.ID, words); err != nil {
				t.Fatal(err)
			}
			stands(words, "corrected at home")
			words.Debated = ""
			if err := x.b.Groups.Summarise(ctx, x.b.Viewer("bea"), atB.ID, words); err != nil {
				t.Fatal(err)
			}
			stands(words, "corrected elsewhere")

			// Another server's word on a group is no right in it: the page here may be
			// late, the group decides.
			v := x.c.Viewer("chloe")
			if err := x.c.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
				_, err := tx.Exec(ctx, `update group_member set role = 'owner' where account_id = $1 and group_id = (select id from account where uri = $2)`, v.AccountID, g.Account.URI)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			if err := x.c.Groups.Summarise(ctx, v, here(t, x.c, p.URI).ID, group.Summary{Agreed: "Tout est à nous"}); err != nil {
				t.Fatal(err)
			}
			x.Settle()
			if got := summary(x.home, p.URI); got != words {
				t.Errorf("who only says that they animate the group summarises: %+v", got)
			}

			role(group.Member)
			if bea.Open(thread); bea.Has("Écrire la synthèse") {
				t.Error("who animates no more is offered to summarise")
			}
			if err := x.b.Groups.Summarise(ctx, x.b.Viewer("bea"), atB.ID, group.Summary{}); err == nil {
				t.Error("who animates no more summarises")
			}
			stands(words, "at the end")
			if access == "open" && (reader.Mentions(g.Account.URI+"/animators") || !reader.Mentions("Deux demandes (1)")) {
				t.Error("other servers are told who animates, or not of the summary")
			}
		})
	}
}
