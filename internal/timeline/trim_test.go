package timeline_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/follow"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestHomeIsTrimmed: of a home timeline the newest entries are kept, and who goes back
// further finds the same posts all the same, in pages of any size and in both directions.
func TestHomeIsTrimmed(t *testing.T) {
	for name, e := range map[string]testkit.Engine{"sqlite": testkit.SQLite, "postgres": testkit.Postgres} {
		t.Run(name, func(t *testing.T) {
			n := testkit.NewOn(t, e)
			ctx := context.Background()
			ana := n.Person("ana", true)
			for _, who := range []string{"bea", "carl", "dina", "emil", "zoe"} {
				n.Person(who, true)
			}
			no := false
			for who, o := range map[string]follow.Options{"bea": {}, "carl": {Boosts: &no}, "dina": {Languages: []string{"fr"}}, "emil": {}} {
				if err := n.Follows.FollowWith(ctx, ana.ID, n.Person(who, true).ID, o); err != nil {
					t.Fatal(err)
				}
			}
			if err := n.Tags.Follow(ctx, ana.ID, post.Tag{Tag: "marche", Shown: "marche"}); err != nil {
				t.Fatal(err)
			}
			say := func(who string, d post.Draft) *post.Post {
				t.Helper()
				if d.Audience == "" {
					d.Audience = post.Public
				}
				p, err := n.Posts.Create(ctx, n.Viewer(who), d)
				if err != nil {
					t.Fatal(who, err)
				}
				return p
			}
			boost := func(who string, p *post.Post) {
				t.Helper()
				if _, err := n.Posts.Boost(ctx, n.Viewer(who), p.ID); err != nil {
					t.Fatal(err)
				}
			}
			for i := range 5 {
				text := func(s string) string { return fmt.Sprint(s, " ", i) }
				stranger := say("zoe", post.Draft{Text: text("étrangère")})
				say("ana", post.Draft{Text: text("moi")})
				top := say("bea", post.Draft{Text: text("bea")})
				say("bea", post.Draft{Text: text("bea à zoe"), ReplyTo: stranger.ID})
				say("carl", post.Draft{Text: text("carl à bea"), ReplyTo: top.ID})
				boost("bea", stranger)
				boost("carl", say("zoe", post.Draft{Text: text("relayée par carl")}))
				say("dina", post.Draft{Text: text("dina fr"), Lang: "fr"})
				say("dina", post.Draft{Text: text("dina en"), Lang: "en"})
				say("emil", post.Draft{Text: text("@ana emil direct"), Audience: post.Direct})
				say("emil", post.Draft{Text: text("@bea emil direct"), Audience: post.Direct})
				say("emil", post.Draft{Text: text("emil abonnés"), Audience: post.Followers})
				say("zoe", post.Draft{Text: text("zoe #marche")})
				gone := say("bea", post.Draft{Text: text("effacé")})
				if _, err := n.Posts.Delete(ctx, n.Viewer("bea"), gone.ID); err != nil {
					t.Fatal(err)
				}
			}
			if err := n.Idle(ctx); err != nil {
				t.Fatal(err)
			}
			read := func(limit int, upward bool) (out []string) {
				t.Helper()
				r := page.Range{Limit: limit}
				if upward {
					r.MinID = 1
				}
				for range 100 {
					views, err := n.Timeline.Home(ctx, n.Viewer("ana"), r)
					if err != nil {
						t.Fatal(err)
					}
					if len(views) == 0 {
						break
					}
					page := make([]string, len(views))
					for i, w := range views {
						page[i] = fmt.Sprint(w.ID, " ", w.Content)
					}
					if upward {
						r.MinID = views[0].ID
						out = append(page, out...)
					} else {
						r.MaxID = views[len(views)-1].ID
						out = append(out, page...)
					}
				}
				return out
			}
			whole := read(7, false)
			if len(whole) != 40 || !slices.ContainsFunc(whole, func(s string) bool { return strings.Contains(s, "moi 0") }) {
				t.Fatalf("before: %d\n%s", len(whole), strings.Join(whole, "\n"))
			}
			for _, keep := range []int{30, 11, 1} {
				if err := n.Timeline.Trim(ctx, ana.ID, keep); err != nil {
					t.Fatal(err)
				}
				if k, err := db.Get[int](ctx, n.DB.Read(), `select count(*) from home_entry where account_id = $1`, ana.ID); err != nil || k != keep {
					t.Errorf("%d entries are left, want %d, %v", k, keep, err)
				}
				for _, limit := range []int{1, 7, 40} {
					for _, upward := range []bool{false, true} {
						if got := read(limit, upward); !slices.Equal(got, whole) {
							t.Errorf("%d kept, pages of %d, upward %v: %d posts\n%s\nnot %d\n%s", keep, limit, upward, len(got), strings.Join(got, "\n"), len(whole), strings.Join(whole, "\n"))
						}
					}
				}
			}
			// What comes then stands on top, and other people are not concerned.
			say("bea", post.Draft{Text: "tout neuf"})
			if got := read(7, false); len(got) != 41 || !strings.Contains(got[0], "tout neuf") {
				t.Errorf("%d posts, the first %s", len(got), got[0])
			}
			if k, err := db.Get[int](ctx, n.DB.Read(), `select count(*) from home_floor`); err != nil || k != 1 {
				t.Errorf("%d floors, %v", k, err)
			}
			if err := n.Follows.Unfollow(ctx, ana.ID, n.Person("bea", true).ID); err != nil {
				t.Fatal(err)
			}
			for _, s := range read(40, false) {
				if strings.Contains(s, ">bea") {
					t.Errorf("no longer followed: %s", s)
				}
			}
			var list []masto.Status
			n.Client("ana").Get("/api/v1/timelines/home?limit=40&local=true", &list)
			if len(list) == 0 {
				t.Error("narrowed, nothing is there")
			}
		})
	}
}

// TestTrimJob: the job looks at everybody, and removes what is beyond the bound.
func TestTrimJob(t *testing.T) {
	n := testkit.New(t)
	ctx := context.Background()
	ana, bea := n.Person("ana", true), n.Person("bea", true)
	if err := n.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		type entry struct{ AccountID, PostID, AuthorID int64 }
		var rows []entry
		for i := range int64(2600) {
			rows = append(rows, entry{ana.ID, i + 1, bea.ID})
			if i < 2100 {
				rows = append(rows, entry{bea.ID, i + 1, bea.ID})
			}
		}
		return db.InsertMany(ctx, tx, "home_entry", rows)
	}); err != nil {
		t.Fatal(err)
	}
	for _, k := range n.Timeline.Jobs() {
		if err := k.Handle(ctx, []byte("{}")); err != nil {
			t.Fatal(err)
		}
	}
	for id, want := range map[int64]int{ana.ID: 2000, bea.ID: 2100} {
		if got, err := db.Get[int](ctx, n.DB.Read(), `select count(*) from home_entry where account_id = $1`, id); err != nil || got != want {
			t.Errorf("%d entries, want %d, %v", got, want, err)
		}
	}
	if _, err := n.Posts.Create(ctx, n.Viewer("ana"), post.Draft{Text: "x", Audience: post.Section}); err != nil {
		t.Fatal(err)
	}
	if got, err := db.Get[int](ctx, n.DB.Read(), `select count(*) from job where kind = 'timeline.trim'`); err != nil || got != 1 {
		t.Errorf("%d jobs wait, %v", got, err)
	}
}

// TestErasedAuthor: of somebody who is gone nothing stands in any home timeline, not
// of those who followed them nor of those who follow what they wrote about.
func TestErasedAuthor(t *testing.T) {
	for name, e := range map[string]testkit.Engine{"sqlite": testkit.SQLite, "postgres": testkit.Postgres} {
		t.Run(name, func(t *testing.T) {
			n := testkit.NewOn(t, e)
			ctx := context.Background()
			ana, bea := n.Person("ana", true), n.Person("bea", true)
			carl := n.Person("carl", true)
			if err := n.Follows.Follow(ctx, ana.ID, bea.ID, nil); err != nil {
				t.Fatal(err)
			}
			if err := n.Tags.Follow(ctx, carl.ID, post.Tag{Tag: "marche", Shown: "marche"}); err != nil {
				t.Fatal(err)
			}
			for _, who := range []string{"bea", "carl"} {
				if _, err := n.Posts.Create(ctx, n.Viewer(who), post.Draft{Text: "au #marche", Audience: post.Public}); err != nil {
					t.Fatal(err)
				}
			}
			left := func() (of, all int) {
				t.Helper()
				rows, err := db.All[int64](ctx, n.DB.Read(), `select author_id from home_entry`)
				if err != nil {
					t.Fatal(err)
				}
				for _, id := range rows {
					if id == bea.ID {
						of++
					}
				}
				return of, len(rows)
			}
			if of, all := left(); of != 3 || all != 4 {
				t.Fatalf("%d of hers, %d in all", of, all)
			}
			if err := n.Accounts.Delete(ctx, bea.ID); err != nil {
				t.Fatal(err)
			}
			if err := n.Idle(ctx); err != nil {
				t.Fatal(err)
			}
			if of, all := left(); of != 0 || all != 1 {
				t.Errorf("%d of hers are left, %d in all", of, all)
			}
		})
	}
}
