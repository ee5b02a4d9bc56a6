package group_test

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestOneThreadEverywhere has people of four servers write in a group and its
// moderators act, while deliveries are late, come twice and in any order. When the
// storm is over, every server reads the same threads, in the same order, with the
// same moderation. MAILLAGE_SEED repeats a run.
func TestOneThreadEverywhere(t *testing.T) {
	seeds := []uint64{1, uint64(time.Now().UnixNano() % 1e9)}
	if s, err := strconv.ParseUint(os.Getenv("MAILLAGE_SEED"), 10, 64); err == nil {
		seeds = []uint64{s}
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { interleave(t, seed) })
	}
}

func interleave(t *testing.T, seed uint64) {
	c := testkit.NewCluster(t, 4)
	a := c[0]
	a.Person("ana", true)
	g := create(t, a, "ana", "velo", group.Rules{Access: group.Open})
	for i, n := range c[1:] {
		join(t, n, fmt.Sprint("p", i), a.Handle("velo"))
	}
	c.Settle()
	s := c.Storm(seed)
	w := &weather{t: t, c: c, s: s, uri: g.Account.URI, who: []string{"ana", "p0", "p1", "p2"}}
	for range 45 {
		w.act()
		for range s.Rand(2) {
			s.Some()
		}
		if s.Rand(3) == 0 {
			idle(t, c[s.Rand(len(c))])
		}
	}
	s.Calm(c)
	want := w.reads(a)
	if !strings.Contains(want, "\n  ") {
		t.Fatalf("seed %d wrote nothing: %s", seed, want)
	}
	for _, n := range c[1:] {
		if got := w.reads(n); got != want {
			t.Errorf("seed %d: the group's server reads\n%s\nand another one\n%s", seed, want, got)
		}
	}
}

// weather is one run: who does what next follows from the storm's seed.
type weather struct {
	t   *testing.T
	c   testkit.Cluster
	s   *testkit.Storm
	uri string
	who []string
	n   int
}

func (w *weather) groupAt(n *testkit.Node) *group.Group {
	w.t.Helper()
	a, err := account.ByURI(ctx, n.DB.Read(), w.uri)
	if err != nil {
		w.t.Fatal(err)
	}
	g, err := group.Any(ctx, n.DB.Read(), a.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return g
}

// pick chooses one of the posts that a query finds, 0 for none.
func (w *weather) pick(n *testkit.Node, sql string, args ...any) int64 {
	found, err := db.All[int64](ctx, n.DB.Read(), sql, args...)
	if err != nil {
		w.t.Fatal(err)
	}
	if len(found) == 0 {
		return 0
	}
	return found[w.s.Rand(len(found))]
}

func (w *weather) act() {
	w.n++
	i := w.s.Rand(len(w.c))
	n, who := w.c[i], w.who[i]
	g := w.groupAt(n)
	me := n.Viewer(who)
	words := fmt.Sprintf("Message %d de %s", w.n, who)
	const mine = `select p.id from post p join group_post g on g.post_id = p.id where g.group_id = $1 and p.account_id = $2 and p.deleted_at = 0 order by p.id`
	switch what := w.s.Rand(12); {
	case what < 2:
		_, err := n.Posts.Create(ctx, me, post.Draft{Title: words, Text: words, Audience: post.Public, Parts: group.Into(g.AccountID)})
		w.must(err)
	case what < 7:
		parent := w.pick(n, `select g.post_id from group_post g join post p on p.id = g.post_id where g.group_id = $1 and g.state in ('shown', 'waiting') and p.deleted_at = 0 order by g.post_id`, g.AccountID)
		if parent != 0 {
			_, err := n.Posts.Create(ctx, me, post.Draft{Text: words, ReplyTo: parent})
			w.may(err)
		}
	case what == 7:
		id := w.pick(n, mine, g.AccountID, me.AccountID)
		if id != 0 {
			_, err := n.Posts.Edit(ctx, me, id, post.Draft{Title: titleAt(w.t, n, id), Text: words + ", corrigé"})
			w.must(err)
		}
	case what == 8:
		if id := w.pick(n, mine, g.AccountID, me.AccountID); id != 0 && w.s.Rand(2) == 0 {
			_, err := n.Posts.Delete(ctx, me, id)
			w.must(err)
		}
	default:
		w.moderate(what)
	}
}

// moderate is an act of the group's owner, on the group's server.
func (w *weather) moderate(what int) {
	n := w.c[0]
	g, ana := w.groupAt(n), n.Viewer("ana")
	any := w.pick(n, `select g.post_id from group_post g join post p on p.id = g.post_id where g.group_id = $1 and p.deleted_at = 0
		and g.state in ('shown', 'removed') and (g.by_id = 0 or g.by_id <> p.account_id or g.state = 'shown') order by g.post_id`, g.AccountID)
	thread := w.pick(n, `select t.post_id from group_thread t join post p on p.id = t.post_id where t.group_id = $1 and p.deleted_at = 0 order by t.post_id`, g.AccountID)
	if any == 0 || thread == 0 {
		return
	}
	switch yes := w.s.Rand(2) == 0; {
	case what == 9 && yes:
		w.may(n.Groups.Remove(ctx, ana, any, fmt.Sprint("raison ", w.n)))
	case what == 9:
		w.may(n.Groups.Restore(ctx, ana, any))
	case what == 10:
		w.must(n.Groups.Lock(ctx, ana, thread, yes && w.s.Rand(3) == 0))
	default:
		w.must(n.Groups.Pin(ctx, ana, thread, yes))
	}
}

func (w *weather) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// may passes over what the rules refuse.
func (w *weather) may(err error) {
	w.t.Helper()
	if err != nil && !strings.Contains(err.Error(), "group.") && !strings.Contains(err.Error(), "not_found") {
		w.t.Fatal(err)
	}
}

func titleAt(t *testing.T, n *testkit.Node, id int64) string {
	p, err := post.Raw(ctx, n.DB.Read(), id)
	if err != nil {
		t.Fatal(err)
	}
	return p.Title
}

// reads is the group as a server shows it to somebody who wrote nothing.
func (w *weather) reads(n *testkit.Node) string {
	w.t.Helper()
	var b strings.Builder
	threads, err := n.Groups.Threads(ctx, n.Viewer("zoe"), w.groupAt(n), 0, page.Range{Limit: 100})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, l := range threads {
		fmt.Fprintf(&b, "%s pinned=%v locked=%v %d\n", l.View.URI, l.PinnedAt != 0, l.LockedAt != 0, l.Posts)
		told, err := n.Groups.Read(ctx, n.Viewer("zoe"), &l.Thread, group.Which{Page: 1})
		if err != nil {
			w.t.Fatal(err)
		}
		for _, x := range told.Items {
			switch {
			case x.View != nil:
				fmt.Fprintf(&b, "  %s %s\n", x.View.URI, x.View.Content)
			case x.ByID != x.AuthorID:
				fmt.Fprintf(&b, "  removed: %s\n", x.Reason)
			}
		}
	}
	return b.String()
}

// TestAnswersOfOneSecond: answers written within one second, on two servers in
// turn, stand on both as they were written, and so does what an edit made of one.
func TestAnswersOfOneSecond(t *testing.T) {
	c := testkit.NewCluster(t, 2)
	a, b := c[0], c[1]
	a.Person("ana", true)
	g := create(t, a, "ana", "velo", group.Rules{Access: group.Open})
	join(t, b, "bob", a.Handle("velo"))
	c.Settle()
	top := write(t, a, "ana", post.Draft{Title: "Pistes", Text: "Où ?", Audience: post.Public, Parts: group.Into(g.AccountID)})
	c.Settle()
	there := threadAt(t, b, g.Account.URI, "Pistes")
	var want []string
	for i := range 10 {
		n, who, id := a, "ana", top.ID
		if i%2 == 1 {
			n, who, id = b, "bob", there.PostID
		}
		text := fmt.Sprint("Réponse ", i)
		p := write(t, n, who, post.Draft{Text: text, ReplyTo: id})
		want = append(want, p.URI)
		if i == 5 { // twice in one second
			for _, again := range []string{" corrigée", " corrigée deux fois"} {
				e, err := n.Posts.Edit(ctx, n.Viewer(who), p.ID, post.Draft{Text: text + again})
				if err != nil || e.EditedAt <= p.EditedAt {
					t.Fatalf("edited at %d after %d: %v", e.EditedAt, p.EditedAt, err)
				}
				p = e
			}
		}
	}
	c.Settle()
	for _, n := range c {
		who := n.Viewer(map[*testkit.Node]string{a: "ana", b: "bob"}[n])
		r, err := n.Groups.Read(ctx, who, threadAt(t, n, g.Account.URI, "Pistes"), group.Which{Page: 1})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for i := 1; i <= r.Total; i++ {
			_, id, _ := r.Where(i)
			p, err := post.Raw(ctx, n.DB.Read(), id)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, p.URI)
		}
		if !slices.Equal(got, append([]string{top.URI}, want...)) {
			t.Errorf("on %s: %v, not %v", n.Host, got, want)
		}
		if p, err := post.RawByURI(ctx, n.DB.Read(), want[5]); err != nil || !strings.Contains(p.Content, "deux fois") {
			t.Errorf("on %s the edited one says %v %v", n.Host, p, err)
		}
	}
}
