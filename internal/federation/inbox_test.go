package federation_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
)

// forgetItem removes what the inbox remembers of an activity.
func (n *node) forgetItem(id string) error {
	return n.db.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `delete from inbox_item where (id = $1 or id like $2) and state in (2, 3)`, id, id+" %")
		return err
	})
}

// TestOR15OneEffect: the same activity, six times at two inboxes, is one post; and
// a captured one does not bring back what was deleted.
//
// Spec: OR15
func TestOR15OneEffect(t *testing.T) {
	n := newNode(t)
	ana := n.person("ana")
	me := n.account(ana.AccountID)
	s := newStranger(t)
	note := s.note("once", me.URI)
	create := s.activity("Create", note)
	for i := range 6 {
		r := s.request(n, create)
		if i%2 == 1 {
			r = s.request(n, create)
			r.URL.Path = "/users/" + me.URI[len(n.base+"/users/"):] + "/inbox"
			body, _ := r.GetBody()
			b := make([]byte, r.ContentLength)
			body.Read(b)
			if err := sig.SignPost(r, b, s.key, time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		if status, _ := do(t, r); status != http.StatusAccepted {
			t.Fatalf("try %d: %d", i, status)
		}
		if i == 2 {
			settle(n)
		}
	}
	settle(n)
	if got := n.count(`select count(*) from post`); got != 1 {
		t.Errorf("%d posts", got)
	}
	if got := n.notices(ana); got != "mention" {
		t.Errorf("notified %q", got)
	}
	if got := n.ended.get("Create done"); got != 1 {
		t.Errorf("worked off %d times", got)
	}
	if n.count(`select count(*) from inbox_item where body is not null`) != 0 {
		t.Error("the body of what was worked off is kept")
	}
	if got := s.send(n, s.activity("Delete", note.id())); got != 202 {
		t.Fatal(got)
	}
	settle(n)
	again := s.activity("Create", note)
	if got := s.send(n, again); got != 202 {
		t.Fatal(got)
	}
	settle(n)
	if p := n.post(note.id()); p.DeletedAt == 0 {
		t.Error("a deleted post came back")
	}
}

// TestEditsOfOneName: GoToSocial gives all edits of a post the same id. Each is
// taken, and a captured one does not bring back an older text.
//
// Spec: OR15
func TestEditsOfOneName(t *testing.T) {
	n := newNode(t)
	ana := n.person("ana")
	s := newStranger(t)
	s.meet(n)
	note := s.note("first", n.account(ana.AccountID).URI)
	edit := func(text string, at time.Time) []byte {
		note["content"], note["updated"] = "<p>"+text+"</p>", at.UTC().Format(time.RFC3339)
		u := s.activity("Update", note)
		u["id"] = note.id() + "/activity#Update"
		body, err := json.Marshal(u)
		if err != nil {
			t.Fatal(err)
		}
		return body
	}
	create := s.activity("Create", note)
	if got := s.send(n, create); got != 202 {
		t.Fatal(got)
	}
	settle(n)
	second, third := edit("second", time.Now()), edit("third", time.Now().Add(2*time.Second))
	for i, step := range []struct {
		body []byte
		want string
		done int
	}{{second, "second", 1}, {third, "third", 2}, {second, "third", 2}, {third, "third", 2}} {
		if got := s.send(n, step.body); got != 202 {
			t.Fatalf("step %d: %d", i, got)
		}
		settle(n)
		if p := n.post(note.id()); p.Content != "<p>"+step.want+"</p>" {
			t.Errorf("step %d: %s", i, p.Content)
		}
		if got := n.ended.get("Update done"); got != step.done {
			t.Errorf("step %d: worked off %d times", i, got)
		}
	}
}

// TestOR15DeleteBeforeCreate: a deletion that overtakes its post keeps it away.
func TestOR15DeleteBeforeCreate(t *testing.T) {
	n := newNode(t)
	ana := n.person("ana")
	s := newStranger(t)
	s.meet(n)
	note := s.note("late", n.account(ana.AccountID).URI)
	for _, d := range []doc{s.activity("Delete", note.id()), s.activity("Create", note)} {
		if got := s.send(n, d); got != 202 {
			t.Fatal(got)
		}
		settle(n)
	}
	if n.count(`select count(*) from post`) != 0 || n.notices(ana) != "" {
		t.Error("a post came after its deletion")
	}
}

// TestFE07DeletesOfStrangers cost nothing.
//
// Spec: FE7
func TestFE07DeletesOfStrangers(t *testing.T) {
	n := newNode(t)
	s := newStranger(t)
	start := time.Now()
	unchanged(t, n, "deletes of strangers", func() {
		for i := range 100 {
			d := s.activity("Delete", s.actor("hana"))
			d["id"] = fmt.Sprintf("%s#delete-%d", s.actor("hana"), i)
			if got := s.send(n, d); got != 202 {
				t.Fatal(got)
			}
		}
	})
	if s.hits.get("GET") != 0 {
		t.Errorf("%d fetches", s.hits.get("GET"))
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("took %v", took)
	}
}

// TestSG11KeyRotation: a new key is accepted after one fetch, and the old one no longer.
//
// Spec: SG11
func TestSG11KeyRotation(t *testing.T) {
	n := newNode(t)
	ana := n.person("ana")
	s := newStranger(t)
	s.meet(n)
	old := s.key
	pem, err := sig.EncodePublicPEM(&keys()[2].PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	d := s.actorDoc("hana")
	d["publicKey"] = doc{"id": old.ID, "owner": s.actor("hana"), "publicKeyPem": pem}
	s.put("/users/hana", d)
	s.key = &sig.Key{ID: old.ID, RSA: keys()[2]}
	create := s.activity("Create", s.note("new key", n.account(ana.AccountID).URI))
	if got := s.send(n, create); got != 401 {
		t.Errorf("new key before it is fetched: %d", got)
	}
	settle(n)
	if got := s.send(n, create); got != 202 {
		t.Errorf("new key after: %d", got)
	}
	s.key = old
	if got := s.send(n, s.activity("Create", s.note("old key"))); got != 401 {
		t.Errorf("old key: %d", got)
	}
}

// TestUnverifiedIsBounded: strangers fill neither the disk nor the queue.
func TestUnverifiedIsBounded(t *testing.T) {
	n := newNode(t)
	s := newStranger(t)
	s.answer("/users/hana", http.StatusServiceUnavailable) // its key cannot be had now
	busy := 0
	for range 130 {
		r := s.request(n, s.activity("Create", s.note("x")))
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		switch res.StatusCode {
		case http.StatusAccepted:
		case http.StatusTooManyRequests:
			busy++
			if res.Header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
		default:
			t.Fatal(res.StatusCode)
		}
	}
	if got := n.count(`select count(*) from inbox_unverified`); got > 100 || busy < 30 {
		t.Errorf("%d kept, %d refused", got, busy)
	}
	if n.count(`select count(*) from inbox_item`)+n.count(`select count(*) from account where host <> ''`) != 0 {
		t.Error("something of what is not verified was stored")
	}
	if hits := s.hits.get("GET"); hits > 10 {
		t.Errorf("%d fetches of one dead key", hits)
	}
}

// TestUnknownVerbs are recorded and passed over.
func TestUnknownVerbs(t *testing.T) {
	n := newNode(t)
	s := newStranger(t)
	s.meet(n)
	for _, verb := range []string{"EmojiReact", "Lock", "QuoteRequest", "Warn", "View", "Activity"} {
		if got := s.send(n, s.activity(verb, n.base+"/objects/x")); got != 202 {
			t.Errorf("%s: %d", verb, got)
		}
	}
	settle(n)
	if got := n.count(`select count(*) from inbox_item where state = 2`); got != 6 {
		t.Errorf("%d worked off", got)
	}
}

// TestBlockedHost: a server that is blocked is told so and leaves nothing.
func TestBlockedHost(t *testing.T) {
	n := newNode(t)
	s := newStranger(t)
	s.key = &sig.Key{ID: "http://blocked.localhost:1/users/x#k", RSA: keys()[1]}
	a := s.activity("Like", n.base+"/objects/x")
	a["id"], a["actor"] = "http://blocked.localhost:1/1", "http://blocked.localhost:1/users/x"
	unchanged(t, n, "blocked", func() {
		if got := s.send(n, a); got != http.StatusForbidden {
			t.Errorf("%d", got)
		}
	})
	if status, _ := get(t, n.base+"/actor", s.key); status != http.StatusForbidden {
		t.Errorf("a signed GET of a blocked server: %d", status)
	}
}

// TestPrivateAndDeletedInboxes: a private account has no inbox, a deleted one had.
func TestPrivateAndDeletedInboxes(t *testing.T) {
	n := newNode(t)
	s := newStranger(t)
	s.meet(n)
	hidden := n.make(account.NewLocal{Username: "hidden"})
	left := n.make(account.NewLocal{Username: "left", Public: true, Words: "yes"})
	if err := n.accounts.Delete(context.Background(), left.ID); err != nil {
		t.Fatal(err)
	}
	for uri, want := range map[string]int{hidden.URI: 404, left.URI: 410, n.base + "/users/none": 404} {
		r := s.request(n, s.activity("Like", n.base+"/objects/x"))
		r.URL.Path = uri[len(n.base):] + "/inbox"
		if got, _ := do(t, r); got != want {
			t.Errorf("inbox: %d, want %d", got, want)
		}
		if got, _ := get(t, uri, nil); got != want {
			t.Errorf("actor: %d, want %d", got, want)
		}
	}
}

// TestFE10OneDeadAddress: hundreds of activities that name the same dead address
// cause one request in an hour.
//
// Spec: FE10
func TestFE10OneDeadAddress(t *testing.T) {
	n := newNode(t)
	s, dead := newStranger(t), newStranger(t)
	s.meet(n)
	if err := n.follows.Follow(context.Background(), n.person("ana").AccountID, n.byURI(s.actor("hana")).ID, nil); err != nil {
		t.Fatal(err)
	}
	settle(n)
	var sent struct{ ID string }
	s.last(&sent)
	if got := s.send(n, s.activity("Accept", sent.ID)); got != 202 {
		t.Fatal(got)
	}
	settle(n)
	for name, status := range map[string]int{"missing": 404, "gone": 410, "refused": 403} {
		dead.answer("/"+name, status)
		asked := dead.hits.get("GET")
		boost := func(times int) int {
			for range times {
				newReceived(t, n, s, marshal(t, s.activity("Announce", dead.base+"/"+name))).send()
			}
			settle(n)
			return dead.hits.get("GET") - asked
		}
		if got := boost(100); got != 1 {
			t.Errorf("%s: %d requests", name, got)
		}
		n.now.move(50 * time.Minute)
		if got := boost(1); got != 1 {
			t.Errorf("%s: %d requests within the hour", name, got)
		}
		n.now.move(20 * time.Minute)
		if got := boost(3); got != 2 {
			t.Errorf("%s: %d requests, one more after an hour", name, got)
		}
	}
	// A server that is broken is left in peace for a little while.
	dead.answer("/broken", 503)
	asked := dead.hits.get("GET")
	for range 100 {
		newReceived(t, n, s, marshal(t, s.activity("Announce", dead.base+"/broken"))).send()
	}
	settle(n)
	if got := dead.hits.get("GET") - asked; got != 1 {
		t.Errorf("broken: %d requests", got)
	}
	n.now.move(time.Minute)
	newReceived(t, n, s, marshal(t, s.activity("Announce", dead.base+"/broken"))).send()
	settle(n)
	if got := dead.hits.get("GET") - asked; got != 2 {
		t.Errorf("broken: %d requests, one more after a minute", got)
	}
}
