package peers_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/civic"
	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// verifiesLinked has fedify verify the linked-data signature of each kind of activity
// that we send to a relay, without looking up a context; it sees every change.
func (f *fedify) verifiesLinked(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	hana := f.actor(t, "lieuse", "rfc9421")
	p := peer.New(peer.Options{AutoAccept: true})
	t.Cleanup(p.Close)
	relay := p.ActorOf("Application", "relay", nil)
	if _, err := n.Servers.JoinRelay(ctx, 0, p.URL+"/inbox"); err != nil {
		t.Fatal(err)
	}
	settle(n)
	if _, err := relay.Answer(ctx, "Accept", p.Received(peer.Posted("Follow"))[0].Doc); err != nil {
		t.Fatal(err)
	}
	settle(n)
	note := write(n, "ana", post.Draft{Text: "Par un relais @x@x.example <b>&</b> é\u2028 #Été 😀\n\nhttps://x.example/?a=1&b=2", Audience: post.Public, Lang: "fr", Warning: "Chaud \"et\" froid"})
	write(n, "ana", post.Draft{Title: "Un article", Text: "Long texte", Audience: post.Public})
	settle(n)
	write(n, "ana", post.Draft{Text: "Une réponse", Audience: post.Public, ReplyTo: note.ID})
	if _, err := n.Posts.Edit(ctx, n.Viewer("ana"), note.ID, post.Draft{Text: "Autrement dit", Audience: post.Public, Lang: "fr"}); err != nil {
		t.Fatal(err)
	}
	meetings := event.New(civic.Trunk{Config: n.Config, DB: n.DB, IDs: n.Accounts.IDs, Log: testkit.Logs(), Accounts: n.Accounts, Notify: n.Notify, Follows: n.Follows,
		Posts: n.Posts, Groups: n.Groups, Timeline: n.Timeline, Instance: n.Instance, Mail: n.Mail, Visitors: n.Visitors, Movement: n.Movement, Organes: n.Organes, Media: n.Media, Files: n.Media.Files, Fetch: n.Engine})
	if _, err := meetings.Create(ctx, n.Viewer("ana"), event.Draft{Kind: event.KindAction, Title: "Collage", Text: "Venez", Lang: "fr", Day: time.Now().AddDate(0, 0, 9).Format("2006-01-02"), From: "18:00",
		Zone: "Europe/Paris", Place: "Place de la mairie", Postcode: "38000", City: "Grenoble", Capacity: "40", Website: "https://x.example/collage", Audience: post.Public}); err != nil {
		t.Fatal(err)
	}
	settle(n)
	if _, err := n.Posts.Delete(ctx, n.Viewer("ana"), note.ID); err != nil {
		t.Fatal(err)
	}
	settle(n)
	kinds := map[string]int{}
	holds := func(doc string) bool {
		t.Helper()
		var answer struct {
			Holds bool
			Named []string
		}
		if complaint := f.try(t, hana.order("linked", order{"what": doc}), &answer); complaint != "" {
			t.Logf("fedify: %s", complaint)
		}
		return answer.Holds
	}
	for _, r := range p.Received(func(r peer.Request) bool { return r.Doc != nil && r.Doc.Actor() == n.Person("ana", true).URI }) {
		body := string(r.Body)
		kinds[r.Doc.Type()+" "+r.Doc.Object().Doc().Type()]++
		if !holds(body) {
			t.Errorf("fedify does not believe %s", body)
		}
		var bare map[string]any // as fedify's inbox looks at a proof beside a signature
		if err := json.Unmarshal(r.Body, &bare); err != nil {
			t.Fatal(err)
		}
		delete(bare, "signature")
		if proven, err := json.Marshal(bare); err != nil || !f.holds(t, hana, string(proven)) {
			t.Errorf("nor the proof of %s", body)
		}
		for _, change := range [][2]string{{`"to":["` + as.Public + `"]`, `"to":["` + as.Public + `","https://x.example/u/x"]`}, {r.Doc.Object().ID(), r.Doc.Object().ID() + "x"},
			{`"creator":"` + n.Person("ana", true).URI, `"creator":"` + n.URL + "/users/x"}, {`"created":"20`, `"created":"21`}} {
			changed := strings.ReplaceAll(body, change[0], change[1])
			if changed == body || !json.Valid([]byte(changed)) {
				t.Fatalf("nothing to change of %s", change[0])
			}
			if holds(changed) {
				t.Errorf("fedify believes what was changed: %s", changed)
			}
		}
	}
	for _, kind := range []string{"Create Note", "Create Article", "Create Event", "Update Note", "Delete Tombstone"} {
		if kinds[kind] == 0 {
			t.Errorf("no %s among %v", kind, kinds)
		}
	}
	if n, err := db.Get[int](ctx, n.DB.Read(), `select count(*) from meeting_spot`); err != nil || n == 0 {
		t.Errorf("the meeting has no place on the map, whose numbers are not tried: %v", err)
	}
}
