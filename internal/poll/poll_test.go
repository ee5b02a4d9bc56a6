package poll_test

import (
	"context"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/poll"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
	"github.com/maillage/maillage/internal/testkit/apitest"
)

var ctx = context.Background()

func app(n *testkit.Node, who string) *apitest.Client {
	return &apitest.Client{T: n.T, Base: n.URL, Token: n.Token(who)}
}

// ask publishes a poll by the client API.
func ask(n *testkit.Node, who string, form url.Values) masto.Status {
	n.T.Helper()
	all := url.Values{"status": {"Que faire ?"}, "visibility": {"public"}, "poll[options][]": {"Marcher", "Rester", "Chanter"}, "poll[expires_in]": {"3600"}}
	for k, v := range form {
		all[k] = v
	}
	var s masto.Status
	app(n, who).Post("/api/v1/statuses", all).OK(&s)
	return s
}

func counts(p *masto.Poll) (out []int64) {
	for _, o := range p.Options {
		if o.VotesCount == nil {
			out = append(out, -1)
		} else {
			out = append(out, *o.VotesCount)
		}
	}
	return out
}

func equal(a []int64, b ...int64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// end lets the time of a poll run out.
func end(n *testkit.Node, id string) {
	n.T.Helper()
	post, _ := ids.Parse(id)
	err := n.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `update poll set closes_at = $1 where post_id = $2`, time.Now().Add(-time.Second).UnixMilli(), post); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `update job set run_at = 0 where kind = 'poll.close'`)
		return err
	})
	if err != nil {
		n.T.Fatal(err)
	}
	n.Jobs.Wake()
}

func told(n *testkit.Node, who string) (kinds string) {
	n.T.Helper()
	list, err := n.Notify.List(ctx, n.Person(who, false).ID, page.Range{Limit: 40}, notify.Filter{})
	if err != nil {
		n.T.Fatal(err)
	}
	for _, x := range list {
		kinds += x.Kind + " "
	}
	return kinds
}

func TestVote(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	n.Person("bea", true)
	s := ask(n, "ana", nil)
	p := s.Poll
	if p == nil || p.ID != s.ID || p.Expired || p.Multiple || !*p.Voted || len(*p.OwnVotes) != 0 || !equal(counts(p), 0, 0, 0) || *p.VotersCount != 0 {
		t.Fatalf("new poll: %+v", p)
	}
	if left := time.Until(time.Time(*p.ExpiresAt)); left < 59*time.Minute || left > time.Hour {
		t.Errorf("closes in %v", left)
	}
	path := "/api/v1/polls/" + p.ID
	votes := path + "/votes"
	bea := app(n, "bea")
	bea.Post(votes, url.Values{}).Fails(422)
	bea.Post(votes, url.Values{"choices[]": {"3"}}).Fails(422)
	bea.Post(votes, url.Values{"choices[]": {"x"}}).Fails(422)
	bea.Post(votes, url.Values{"choices[]": {"-1"}}).Fails(422)
	bea.Post(votes, url.Values{"choices[]": {"0", "1"}}).Fails(422)
	app(n, "ana").Post(votes, url.Values{"choices[]": {"0"}}).Fails(422)
	(&apitest.Client{T: t, Base: n.URL}).Post(votes, url.Values{"choices[]": {"0"}}).Fails(401)
	var got masto.Poll
	bea.Post(votes, map[string]any{"choices": []int{1}}).OK(&got)
	if !*got.Voted || len(*got.OwnVotes) != 1 || (*got.OwnVotes)[0] != 1 || !equal(counts(&got), 0, 1, 0) || got.VotesCount != 1 || *got.VotersCount != 1 {
		t.Errorf("after the vote: %+v", got)
	}
	bea.Post(votes, map[string]any{"choices": []int{0}}).Fails(422)
	(&apitest.Client{T: t, Base: n.URL}).Get(path).OK(&got)
	app(n, "ana").Get("/api/v1/polls/77").Fails(404)
	bea.Get("/api/v1/polls/" + ids.String(n.Person("ana", true).ID)).Fails(404)

	end(n, p.ID)
	testkit.Cluster{n}.Settle()
	for _, who := range []string{"ana", "bea"} {
		if kinds := told(n, who); kinds != "poll " {
			t.Errorf("%s is told %q", who, kinds)
		}
	}
	n.Person("carl", true)
	app(n, "carl").Post(votes, url.Values{"choices[]": {"0"}}).Fails(422)
	bea.Get(path).OK(&got)
	if !got.Expired {
		t.Error("still open")
	}
}

func TestBadPolls(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	many := strings.Split("a b c d e f g h i j k", " ")
	for name, form := range map[string]url.Values{
		"one option":   {"poll[options][]": {"a"}},
		"empty":        {"poll[options][]": {"a", " "}},
		"no options":   {"poll[expires_in]": {"3600"}, "poll[options][]": {}},
		"too many":     {"poll[options][]": many},
		"twice":        {"poll[options][]": {"a", "a"}},
		"invisible":    {"poll[options][]": {"a", "\u200b"}},
		"too long":     {"poll[options][]": {"a", strings.Repeat("b", poll.MaxTitle+1)}},
		"no time":      {"poll[expires_in]": {""}},
		"too short":    {"poll[expires_in]": {"60"}},
		"too far":      {"poll[expires_in]": {"99999999999"}},
		"negative":     {"poll[expires_in]": {"-3600"}},
		"without text": {"status": {""}},
	} {
		all := url.Values{"status": {"Que faire ?"}, "visibility": {"public"}, "poll[options][]": {"Oui", "Non"}, "poll[expires_in]": {"3600"}}
		for k, v := range form {
			all[k] = v
		}
		if a := app(n, "ana").Post("/api/v1/statuses", all); a.Status != 422 {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
}

func TestHiddenTotals(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	n.Person("bea", true)
	s := ask(n, "ana", url.Values{"poll[hide_totals]": {"true"}, "poll[multiple]": {"true"}})
	var got masto.Poll
	app(n, "bea").Post("/api/v1/polls/"+s.ID+"/votes", url.Values{"choices[]": {"0", "2", "0"}}).OK(&got)
	if !equal(counts(&got), -1, -1, -1) || len(*got.OwnVotes) != 2 {
		t.Errorf("open: %+v", got)
	}
	doc := document(n, s)
	if strings.Contains(doc, "totalItems") {
		t.Errorf("numbers leave before the end: %s", doc)
	}
	end(n, s.ID)
	testkit.Cluster{n}.Settle()
	app(n, "bea").Get("/api/v1/polls/" + s.ID).OK(&got)
	if !equal(counts(&got), 1, 0, 1) || *got.VotersCount != 1 || got.VotesCount != 2 {
		t.Errorf("closed: %+v", got)
	}
	if doc = document(n, s); !strings.Contains(doc, `"closed"`) || !strings.Contains(doc, "totalItems") {
		t.Errorf("after the end: %s", doc)
	}
}

func document(n *testkit.Node, s masto.Status) string {
	n.T.Helper()
	id, _ := ids.Parse(s.ID)
	p, err := post.Raw(ctx, n.DB.Read(), id)
	if err != nil {
		n.T.Fatal(err)
	}
	body, err := post.Document(ctx, n.DB.Read(), post.Reader{}, p.URI)
	if err != nil {
		n.T.Fatal(err)
	}
	return string(body)
}

// TestEditBeginsAnew changes what is asked, and what is not.
func TestEditBeginsAnew(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	n.Person("bea", true)
	s := ask(n, "ana", nil)
	app(n, "bea").Post("/api/v1/polls/"+s.ID+"/votes", url.Values{"choices[]": {"0"}}).OK(nil)
	edit := func(form url.Values) masto.Status {
		var got masto.Status
		app(n, "ana").Send("PUT", "/api/v1/statuses/"+s.ID, form).OK(&got)
		return got
	}
	if got := edit(url.Values{"status": {"Et maintenant ?"}}); got.Poll == nil || *got.Poll.VotersCount != 1 {
		t.Errorf("the text alone: %+v", got.Poll)
	}
	same := url.Values{"status": {"Et là ?"}, "poll[options][]": {"Marcher", "Rester", "Chanter"}, "poll[expires_in]": {"7200"}}
	if got := edit(same); *got.Poll.VotersCount != 1 || time.Until(time.Time(*got.Poll.ExpiresAt)) < 119*time.Minute {
		t.Errorf("another end: %+v", got.Poll)
	}
	same["poll[options][]"] = []string{"Marcher", "Chanter"}
	if got := edit(same); *got.Poll.VotersCount != 0 || got.Poll.VotesCount != 0 {
		t.Errorf("other options: %+v", got.Poll)
	}
	var got masto.Poll
	app(n, "bea").Get("/api/v1/polls/" + s.ID).OK(&got)
	if *got.Voted {
		t.Error("the old vote still counts")
	}
	var note masto.Status
	app(n, "ana").Post("/api/v1/statuses", url.Values{"status": {"sans sondage"}}).OK(&note)
	app(n, "ana").Send("PUT", "/api/v1/statuses/"+note.ID, same).Fails(422)
	app(n, "ana").Send("DELETE", "/api/v1/statuses/"+s.ID, nil).OK(nil)
	left, err := db.Get[int](ctx, n.DB.Read(), `select (select count(*) from poll) + (select count(*) from poll_option)`)
	if err != nil || left != 0 {
		t.Errorf("%d rows are left, %v", left, err)
	}
}

// TestManyVoteAtOnce is exact on both engines, whoever comes at the same moment.
func TestManyVoteAtOnce(t *testing.T) {
	for name, e := range map[string]testkit.Engine{"sqlite": testkit.SQLite, "postgres": testkit.Postgres} {
		t.Run(name, func(t *testing.T) {
			n := testkit.NewOn(t, e)
			n.Person("ana", true)
			s := ask(n, "ana", url.Values{"poll[multiple]": {"true"}})
			id, _ := ids.Parse(s.ID)
			const people = 12
			want := []int64{0, 0, 0}
			var wg sync.WaitGroup
			for i := range people {
				v := n.Viewer("p" + string(rune('a'+i)))
				choices := []int{i % 3, (i / 2) % 3}
				want[choices[0]]++
				if choices[1] != choices[0] {
					want[choices[1]]++
				}
				for range 3 { // each tries three times at once
					wg.Go(func() { _ = n.Polls.Vote(ctx, v, id, choices) })
				}
			}
			wg.Wait()
			var got masto.Poll
			app(n, "ana").Get("/api/v1/polls/" + s.ID).OK(&got)
			if !equal(counts(&got), want...) || *got.VotersCount != people {
				t.Errorf("%v by %d, want %v by %d", counts(&got), *got.VotersCount, want, people)
			}
			rows, err := db.Get[int64](ctx, n.DB.Read(), `select count(*) from poll_vote`)
			if err != nil || rows != want[0]+want[1]+want[2] {
				t.Errorf("%d votes are kept, %v", rows, err)
			}
		})
	}
}

// TestSectionPollStays asks inside: nothing about it leaves.
func TestSectionPollStays(t *testing.T) {
	c := testkit.NewCluster(t, 2)
	n := c[0]
	c.Follow(c[1], "zoe", n, "ana")
	n.Person("bea", false)
	s := ask(n, "ana", url.Values{"audience": {"section"}})
	app(n, "bea").Post("/api/v1/polls/"+s.ID+"/votes", url.Values{"choices[]": {"1"}}).OK(nil)
	c.Settle()
	left, err := db.Get[int](ctx, n.DB.Read(), `select (select count(*) from post_document) + (select count(*) from job where kind = 'poll.tell')`)
	if err != nil || left != 0 {
		t.Errorf("%d documents and tellings, %v", left, err)
	}
	(&apitest.Client{T: t, Base: n.URL}).Get("/api/v1/polls/" + s.ID).Fails(404)
}

// TestFederation asks on one server and votes on another.
func TestFederation(t *testing.T) {
	c := testkit.NewCluster(t, 2)
	a, b := c[0], c[1]
	a.Polls.TellAfter = time.Millisecond
	c.Follow(b, "zoe", a, "ana")
	b.Person("yan", true)
	s := ask(a, "ana", url.Values{"poll[multiple]": {"true"}})
	c.Settle()
	p, err := post.RawByURI(ctx, b.DB.Read(), s.URI)
	if err != nil {
		t.Fatal(err)
	}
	there := "/api/v1/polls/" + ids.String(p.ID)
	var got masto.Poll
	app(b, "zoe").Get(there).OK(&got)
	if !got.Multiple || got.Expired || len(got.Options) != 3 || got.Options[2].Title != "Chanter" || *got.Voted {
		t.Fatalf("the poll there: %+v", got)
	}
	app(b, "zoe").Post(there+"/votes", url.Values{"choices[]": {"0", "2"}}).OK(nil)
	c.Settle()
	time.Sleep(20 * time.Millisecond) // the telling is due a moment later
	c.Settle()
	app(a, "ana").Get("/api/v1/polls/" + s.ID).OK(&got)
	if !equal(counts(&got), 1, 0, 1) || *got.VotersCount != 1 {
		t.Errorf("counted at home: %+v", got)
	}
	app(b, "yan").Get(there).OK(&got)
	if !equal(counts(&got), 1, 0, 1) || *got.VotersCount != 1 || *got.Voted {
		t.Errorf("told there: %+v", got)
	}
	posts, err := db.Get[int](ctx, a.DB.Read(), `select count(*) from post`)
	if err != nil || posts != 1 {
		t.Errorf("%d posts at home, %v: a vote is shown", posts, err)
	}
	app(b, "zoe").Post(there+"/votes", url.Values{"choices[]": {"1"}}).Fails(422)
	app(a, "ana").Send("PUT", "/api/v1/statuses/"+s.ID, url.Values{"status": {"Encore"}, "poll[options][]": {"Oui", "Non"}, "poll[expires_in]": {"3600"}}).OK(nil)
	c.Settle()
	app(b, "zoe").Get(there).OK(&got)
	if len(got.Options) != 2 || *got.Voted || *got.VotersCount != 0 || got.Multiple {
		t.Errorf("after an edit: %+v", got)
	}
	app(b, "zoe").Post(there+"/votes", url.Values{"choices[]": {"1"}}).OK(nil)
	c.Settle()
	end(a, s.ID)
	c.Settle()
	end(b, ids.String(p.ID))
	c.Settle()
	if kinds := told(b, "zoe"); !strings.Contains(kinds, "poll") {
		t.Errorf("who voted elsewhere is told %q", kinds)
	}
	if kinds := told(b, "yan"); kinds != "" {
		t.Errorf("who did not vote is told %q", kinds)
	}
}

// TestVotesFromElsewhere sends votes as other servers write them.
func TestVotesFromElsewhere(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	p := peer.New(peer.Options{AutoAccept: true})
	defer p.Close()
	s := ask(n, "ana", nil)
	home := n.Person("ana", true)
	vote := func(who *peer.Actor, name string, change func(map[string]any)) {
		t.Helper()
		id := who.ID + "#votes/" + ids.Key()
		note := map[string]any{"id": id, "type": "Note", "name": name, "attributedTo": who.ID, "inReplyTo": s.URI, "to": home.URI}
		if change != nil {
			change(note)
		}
		create := map[string]any{"@context": "https://www.w3.org/ns/activitystreams", "id": id + "/activity", "type": "Create", "actor": who.ID, "to": home.URI, "object": note}
		if answer, err := who.Send(ctx, home.Inbox, peer.JSON(create)); err != nil || answer.Status != 202 {
			t.Fatalf("%+v %v", answer, err)
		}
		testkit.Cluster{n}.Settle()
	}
	bob, eve := p.Actor("bob"), p.Actor("eve")
	vote(bob, "Rester", nil)
	vote(bob, "Rester", nil)  // again
	vote(bob, "Marcher", nil) // another
	vote(eve, "Voler", nil)   // nothing there is
	vote(eve, "Chanter", func(m map[string]any) { m["attributedTo"] = bob.ID })
	vote(eve, "Chanter", func(m map[string]any) { m["content"], m["to"] = "<p>je commente</p>", as.Public })
	var got masto.Poll
	app(n, "ana").Get("/api/v1/polls/" + s.ID).OK(&got)
	if !equal(counts(&got), 0, 1, 0) || *got.VotersCount != 1 {
		t.Errorf("counted: %v by %d", counts(&got), *got.VotersCount)
	}
	vote(eve, "Chanter", func(m map[string]any) { m["content"] = "" })
	end(n, s.ID)
	testkit.Cluster{n}.Settle()
	vote(p.Actor("late"), "Marcher", nil)
	app(n, "ana").Get("/api/v1/polls/" + s.ID).OK(&got)
	if !equal(counts(&got), 0, 1, 1) || *got.VotersCount != 2 {
		t.Errorf("at the end: %v by %d", counts(&got), *got.VotersCount)
	}
	posts, err := db.Get[int](ctx, n.DB.Read(), `select count(*) from post`)
	if err != nil || posts != 2 {
		t.Errorf("%d posts, %v: the question and the comment alone should be", posts, err)
	}
}

// TestCorpus reads the questions that other servers really send.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("MAILLAGE_CORPUS")
	if dir == "" {
		t.Skip("MAILLAGE_CORPUS does not name the folder of documents")
	}
	want := map[string]string{
		"mastodon/docs_activitypub_04_Question.json":      "apple 3, orange 7, banana 6; several; 7 voters",
		"mastodon/akkoma_mastodon-question-activity.json": "Dunno 0, Everyone knows that! 1, 25 char limit is dumb 0, I can't even fit a funny 1; one; -1 voters",
		"pleroma/akkoma_tesla_mock_poll_modified.json":    "yes 8, no 3; one; -1 voters",
	}
	found := 0
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".json") || strings.Contains(path, "hostile") {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		d, err := as.Parse(raw)
		if err != nil {
			return nil
		}
		if inner := d.Object().Doc(); inner != nil && inner.Is("Question") {
			d = inner
		}
		if !d.Is("Question") {
			return nil
		}
		found++
		rel, _ := filepath.Rel(dir, path)
		p := poll.Read(d)
		if p == nil {
			t.Errorf("%s: no poll", rel)
			return nil
		}
		if p.ClosesAt == 0 {
			t.Errorf("%s: no end", rel)
		}
		if w := want[filepath.ToSlash(rel)]; describe(p) != w {
			t.Errorf("%s: %q, want %q", rel, describe(p), w)
		}
		return nil
	})
	if err != nil || found == 0 {
		t.Fatalf("%d questions, %v", found, err)
	}
}

func describe(p *poll.Poll) string {
	var parts []string
	for _, o := range p.Options {
		parts = append(parts, o.Title+" "+ids.String(o.Votes))
	}
	kind := "; one; "
	if p.Multiple {
		kind = "; several; "
	}
	b, _ := json.Marshal(p.Voters)
	return strings.Join(parts, ", ") + kind + string(b) + " voters"
}

// TestPage votes without a script.
func TestPage(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	n.Person("bea", true)
	b := n.SignIn("ana")
	if b.Open("/ecrire"); strings.Contains(b.Body, "Réponse 0") || !strings.Contains(b.Body, `aria-label="Réponse 1"`) {
		t.Error("the answers are not counted from one")
	}
	b.Submit("/publier", map[string]string{"text": "On y va ?", "poll_option": "Oui", "poll_duration": "86400"})
	if b.Status != 422 || !b.Has("au moins 2 réponses") {
		t.Errorf("one option: %d", b.Status)
	}
	s := ask(n, "ana", nil)
	path := "/@ana/" + s.ID
	v := n.SignIn("bea")
	v.Open(path)
	if !v.Has("Marcher") || !v.Has("0 votant") || v.Has("Résultats du sondage") {
		t.Errorf("before the vote: %s", v.Text())
	}
	v.Submit(path+"/vote", map[string]string{"choice": "1"})
	if !v.Has("Votre vote est compté") || !v.Has("100 %") || !v.Has("votre choix") || !v.Has("1 votant") {
		t.Errorf("after the vote: %d %s", v.Status, v.Text())
	}
	b.Open(path + "/edit")
	if !b.Has("Changer les réponses efface") {
		t.Errorf("the form to edit lacks the poll: %s", b.Text())
	}
}

func TestConformance(t *testing.T) {
	contract := apitest.LoadContract(t)
	n := testkit.New(t)
	n.Person("ana", true)
	n.Person("bea", true)
	s := ask(n, "ana", url.Values{"poll[hide_totals]": {"true"}})
	contract.Conforms(app(n, "ana").Get("/api/v1/polls/"+s.ID), "get /api/v1/polls/{id}")
	contract.Conforms((&apitest.Client{T: t, Base: n.URL}).Get("/api/v1/polls/"+s.ID), "get /api/v1/polls/{id}")
	contract.Conforms(app(n, "bea").Post("/api/v1/polls/"+s.ID+"/votes", url.Values{"choices[]": {"1"}}), "post /api/v1/polls/{id}/votes")
	contract.Conforms(app(n, "bea").Get("/api/v1/statuses/"+s.ID), "get /api/v1/statuses/{id}")
}
