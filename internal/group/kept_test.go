package group_test

import (
	"slices"
	"testing"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// keptAt is what an instance knows of the topics of a group and of what it keeps of a thread.
func keptAt(t *testing.T, n *testkit.Node, groupURI, threadURI string) (topics []string, topic string, s group.Summary, by int64) {
	t.Helper()
	a, err := account.ByURI(ctx, n.DB.Read(), groupURI)
	if err != nil {
		t.Fatal(err)
	}
	list, err := n.Groups.Topics(ctx, a.ID)
	if err != nil {
		t.Fatal(err)
	}
	x, err := db.Get[struct {
		TopicID, SummaryBy        int64
		Agreed, Debated, NextStep string
	}](ctx, n.DB.Read(), `select topic_id, summary_by, agreed, debated, next_step from group_thread t join post p on p.id = t.post_id where p.uri = $1`, threadURI)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list {
		topics = append(topics, p.Name)
		if p.ID == x.TopicID {
			topic = p.Name
		}
	}
	return topics, topic, group.Summary{Agreed: x.Agreed, Debated: x.Debated, NextStep: x.NextStep}, x.SummaryBy
}

// TestTopicsAndSummariesTravel: whoever reads a group on another server of our kind sees its
// topics, and the summary on top of a thread; also who joins after they were made.
func TestTopicsAndSummariesTravel(t *testing.T) {
	t.Run("open", func(t *testing.T) {
		c := testkit.NewCluster(t, 3)
		a, b, d := c[0], c[1], c[2]
		a.Person("ana", true)
		g := create(t, a, "ana", "velo", group.Rules{Access: group.Open})
		join(t, b, "bob", a.Handle("velo"))
		c.Settle()
		lemmy, _ := follower(t, a, "lemmy", g)
		p := write(t, a, "ana", post.Draft{Title: "Les arceaux", Text: "Où ?", Audience: post.Public, Parts: group.Into(g.AccountID)})
		c.Settle()
		keep(t, a, "ana", g.AccountID, p.ID)
		c.Settle()
		join(t, d, "dan", a.Handle("velo"))
		c.Settle()
		for _, n := range []*testkit.Node{b, d} {
			checkKept(t, n, g.Account.URI, p.URI)
		}
		if _, _, _, by := keptAt(t, b, g.Account.URI, p.URI); by == 0 {
			t.Error("who wrote the summary is not known")
		}
		bob := b.SignIn("bob").Open("/groupes/velo@" + a.Host)
		if bob.Click("Gare"); !bob.Has("Les arceaux") {
			t.Errorf("threads by topic: %s", bob.Text())
		}
		if bob.Click("Les arceaux"); !bob.Has("Où en est-on") || !bob.Has("Douze places") || !bob.Has("par ana") {
			t.Errorf("the summary is not on top: %s", bob.Text())
		}
		if lemmy.Mentions("Douze places") {
			t.Error("Lemmy is told what it cannot read")
		}
		// A topic renamed, one taken away, the summary taken back.
		list, err := a.Groups.Topics(ctx, g.AccountID)
		if err != nil {
			t.Fatal(err)
		}
		list[0].Name, list[1].Name = "La gare", ""
		if err := a.Groups.SetTopics(ctx, a.Viewer("ana"), g.AccountID, list); err != nil {
			t.Fatal(err)
		}
		if err := a.Groups.Summarise(ctx, a.Viewer("ana"), p.ID, group.Summary{}); err != nil {
			t.Fatal(err)
		}
		c.Settle()
		for _, n := range []*testkit.Node{b, d} {
			if topics, topic, s, _ := keptAt(t, n, g.Account.URI, p.URI); !slices.Equal(topics, []string{"La gare"}) || topic != "La gare" || !s.Empty() {
				t.Errorf("%s: %q %q %+v", n.Host, topics, topic, s)
			}
		}
	})
	t.Run("closed", func(t *testing.T) {
		x := newCircle(t, group.Rules{})
		p, err := into(x.home, "ana", x.g.AccountID, "Entre nous")
		if err != nil {
			t.Fatal(err)
		}
		x.Settle()
		keep(t, x.home, "ana", x.g.AccountID, p.ID)
		x.Settle()
		checkKept(t, x.b, x.g.Account.URI, p.URI)
	})
}

func keep(t *testing.T, n *testkit.Node, who string, groupID, threadID int64) {
	t.Helper()
	v := n.Viewer(who)
	if err := n.Groups.SetTopics(ctx, v, groupID, []group.Topic{{Name: "Gare"}, {Name: "Centre"}}); err != nil {
		t.Fatal(err)
	}
	list, err := n.Groups.Topics(ctx, groupID)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Groups.File(ctx, v, threadID, list[0].ID); err != nil {
		t.Fatal(err)
	}
	if err := n.Groups.Summarise(ctx, v, threadID, group.Summary{Agreed: "Douze places (1)", NextStep: "Écrire à la mairie"}); err != nil {
		t.Fatal(err)
	}
}

func checkKept(t *testing.T, n *testkit.Node, groupURI, threadURI string) {
	t.Helper()
	topics, topic, s, _ := keptAt(t, n, groupURI, threadURI)
	if !slices.Equal(topics, []string{"Gare", "Centre"}) || topic != "Gare" || s.Agreed != "Douze places (1)" || s.NextStep != "Écrire à la mairie" {
		t.Errorf("%s: %q %q %+v", n.Host, topics, topic, s)
	}
}
