package servers_test

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/servers"
	"github.com/maillage/maillage/internal/testkit"
)

// TestRelaysPassOnWhatIsSigned: a relay that drops what it cannot verify passes on each
// new post, edit and deletion of ours, which it believes in no other words; followers
// get the same without that signature, and the relay nothing that is not for everybody.
//
// Spec: FEP-ae0c
func TestRelaysPassOnWhatIsSigned(t *testing.T) {
	n := testkit.New(t)
	ana := n.Person("ana", true)
	p, fan := peer.New(peer.Options{AutoAccept: true}), peer.New(peer.Options{})
	t.Cleanup(p.Close)
	t.Cleanup(fan.Close)
	relay := p.ActorOf("Application", "relay", nil)
	if _, answer, err := fan.Actor("rita").Follow(ctx, ana.URI); err != nil || answer.Status != 202 {
		t.Fatal(answer, err)
	}
	idle(t, n)
	early := write(n, "ana", post.Draft{Text: "Avant le relais", Audience: post.Public})
	if _, err := n.Servers.JoinRelay(ctx, 0, p.URL+"/inbox"); err != nil {
		t.Fatal(err)
	}
	idle(t, n)
	if _, err := relay.Answer(ctx, "Accept", p.Received(peer.Posted("Follow"))[0].Doc); err != nil {
		t.Fatal(err)
	}
	idle(t, n)
	note := write(n, "ana", post.Draft{Text: "Pour le relais #Été", Audience: post.Public, Warning: "Chaud"})
	write(n, "ana", post.Draft{Text: "Discret", Audience: post.Public, Unlisted: true})
	write(n, "ana", post.Draft{Text: "Entre abonnés", Audience: post.Followers})
	if _, err := n.Posts.Edit(ctx, n.Viewer("ana"), note.ID, post.Draft{Text: "Autrement", Audience: post.Public}); err != nil {
		t.Fatal(err)
	}
	idle(t, n)
	for _, gone := range []*post.Post{note, early} {
		if _, err := n.Posts.Delete(ctx, n.Viewer("ana"), gone.ID); err != nil {
			t.Fatal(err)
		}
	}
	idle(t, n)
	byAna := func(r peer.Request) bool { return r.Method == "POST" && r.Doc != nil && r.Doc.Actor() == ana.URI }
	kinds := map[string]int{}
	for _, r := range p.Received(byAna) {
		kinds[r.Doc.Type()]++
		if err := peer.RelayPasses(r.Body, ana.PublicKey); err != nil {
			t.Errorf("the relay drops %s: %v", r.Body, err)
		}
		for _, change := range [][2]string{{"Autrement", "Autrememt"}, {"Chaud", "Froid"}, {note.URI, note.URI + "2"}} {
			if changed := bytes.ReplaceAll(r.Body, []byte(change[0]), []byte(change[1])); !bytes.Equal(changed, r.Body) && peer.RelayPasses(changed, ana.PublicKey) == nil {
				t.Errorf("the relay passes on what was changed: %s", changed)
			}
		}
		if err := peer.RelayPasses(r.Body, n.Person("bob", true).PublicKey); err == nil {
			t.Error("another's key verifies it")
		}
		// The proof that everybody gets holds beside it.
		proof, err := sig.ParseProof(r.Body, sig.Options{Now: time.Now(), AllowHTTP: true})
		if err != nil {
			t.Fatal(err)
		}
		key, err := n.Accounts.Key(ctx, n.DB.Read(), ana.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := proof.Verify(key.Small().Ed25519.Public()); err != nil {
			t.Errorf("the proof of %s: %v", r.Body, err)
		}
	}
	if kinds["Create"] != 1 || kinds["Update"] != 1 || kinds["Delete"] != 1 || p.Mentions("Discret") || p.Mentions("Entre abonnés") || p.Mentions(early.URI) {
		t.Errorf("the relay has %v", kinds)
	}
	got := fan.Received(byAna)
	if len(got) != 8 { // an Accept; what the relay got, what was before and beside, and the end of what was before
		for _, r := range got {
			t.Logf("%s %s", r.Doc.Type(), r.Doc.Object().ID())
		}
		t.Errorf("a follower has %d activities", len(got))
	}
	for _, r := range got {
		if strings.Contains(string(r.Body), "RsaSignature2017") || strings.Contains(string(r.Body), sig.SecurityContext) {
			t.Errorf("a follower is sent %s", r.Body)
		}
	}
	answer, err := fan.Actor("rita").Get(ctx, ana.Outbox+"?page=true")
	if err != nil || strings.Contains(string(answer.Body), "RsaSignature2017") || !strings.Contains(string(answer.Body), as.Public) {
		t.Errorf("the outbox: %v %v", answer, err)
	}
}

// TestWhatCannotBeSignedGoesToNoRelay: followers get it all the same; its author and who
// runs the server read that it did not leave for the relay, until something does.
func TestWhatCannotBeSignedGoesToNoRelay(t *testing.T) {
	for _, e := range []testkit.Engine{testkit.SQLite, testkit.Postgres} {
		n := testkit.NewOn(t, e)
		ana := n.Person("ana", true)
		if err := n.SetRole(ctx, "ana", "admin"); err != nil {
			t.Fatal(err)
		}
		p, fan := peer.New(peer.Options{AutoAccept: true}), peer.New(peer.Options{})
		t.Cleanup(p.Close)
		t.Cleanup(fan.Close)
		if _, answer, err := fan.Actor("rita").Follow(ctx, ana.URI); err != nil || answer.Status != 202 {
			t.Fatal(answer, err)
		}
		if _, err := n.Servers.JoinRelay(ctx, 0, p.URL+"/inbox"); err != nil {
			t.Fatal(err)
		}
		idle(t, n)
		if _, err := p.ActorOf("Application", "relay", nil).Answer(ctx, "Accept", p.Received(peer.Posted("Follow"))[0].Doc); err != nil {
			t.Fatal(err)
		}
		idle(t, n)
		// A slice above defines a term in a way that means nothing.
		n.Posts.Parts = append(n.Posts.Parts, post.Part{Name: "odd", Write: func(_ context.Context, _ db.Q, p *post.Post, note *as.Note) error {
			if strings.Contains(p.Content, "Impossible") {
				note.Extra, note.ExtraContext = map[string]any{"odd": "x"}, map[string]any{"odd": map[string]any{"@id": 5}}
			}
			return nil
		}})
		odd := write(n, "ana", post.Draft{Text: "Impossible à signer", Audience: post.Public})
		idle(t, n)
		if p.Mentions(odd.URI) || !fan.Mentions(odd.URI) {
			t.Errorf("the relay gets it: %v; a follower: %v", p.Mentions(odd.URI), fan.Mentions(odd.URI))
		}
		const why = "notre serveur n’a pas su signer"
		b := n.SignIn("ana")
		b.Open("/@ana/" + ids.String(odd.ID) + "/envois")
		if b.Status != 200 || !b.Has(p.Host) || !b.Has(why) {
			t.Errorf("its author reads %d %s", b.Status, b.Text())
		}
		if b.Open(servers.Path + "/" + p.Host); !b.Has(why) {
			t.Errorf("the page of the relay says %s", b.Text())
		}
		fine := write(n, "ana", post.Draft{Text: "Autre chose", Audience: post.Public})
		idle(t, n)
		if b.Open(servers.Path + "/" + p.Host); !p.Mentions(fine.URI) || b.Has(why) {
			t.Errorf("sent: %v; the page of the relay says %s", p.Mentions(fine.URI), b.Text())
		}
	}
}

// TestEveryKindGoesToRelays: whatever people write for everybody can be signed: a text with a title, a picture,
// an answer that names somebody, a poll, a quotation, and a meeting.
func TestEveryKindGoesToRelays(t *testing.T) {
	n := testkit.New(t)
	ana := n.Person("ana", true)
	n.Person("bob", true)
	p := peer.New(peer.Options{AutoAccept: true})
	t.Cleanup(p.Close)
	if _, err := n.Servers.JoinRelay(ctx, 0, p.URL+"/inbox"); err != nil {
		t.Fatal(err)
	}
	idle(t, n)
	if _, err := p.ActorOf("Application", "relay", nil).Answer(ctx, "Accept", p.Received(peer.Posted("Follow"))[0].Doc); err != nil {
		t.Fatal(err)
	}
	idle(t, n)
	api := n.Client("ana")
	say := func(fields map[string]any) (s masto.Status) {
		t.Helper()
		fields["visibility"] = "public"
		if c := api.Post("/api/v1/statuses", fields, &s); c.Status != 200 {
			t.Fatalf("%d %v", c.Status, fields)
		}
		return s
	}
	var pic masto.Media
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 64, 64))); err != nil {
		t.Fatal(err)
	}
	api.Upload("POST", "/api/v2/media", "file", b.Bytes(), map[string]string{"description": "Un carré"}, &pic)
	first := say(map[string]any{"status": "Une image #carré", "media_ids": []string{pic.ID}, "language": "fr", "spoiler_text": "Chut", "sensitive": true})
	say(map[string]any{"status": "@bob une réponse", "in_reply_to_id": first.ID})
	say(map[string]any{"status": "Quel soir ?", "poll": map[string]any{"options": []string{"Lundi", "Mardi"}, "expires_in": 3600}})
	say(map[string]any{"status": "À lire", "quoted_status_id": first.ID})
	write(n, "ana", post.Draft{Title: "Un texte", Text: strings.Repeat("Long. ", 300), Audience: post.Public})
	form := map[string]string{"title": "Café citoyen", "audience": "public", "day": time.Now().AddDate(0, 0, 9).Format("2006-01-02"), "from": "18:00", "to": "20:00", "zone": "Europe/Paris",
		"place": "Salle", "address": "1 rue Neuve", "postcode": "38500", "city": "Voiron"}
	if web := n.SignIn("ana").Open("/agenda/nouvelle").Submit("/agenda/nouvelle", form); !web.Has("Café citoyen") {
		t.Fatalf("%d %s", web.Status, web.Text())
	}
	idle(t, n)
	// What is passed on is theirs who wrote it: a boost goes to no relay, of either style.
	sister := peer.New(peer.Options{AutoAccept: true})
	t.Cleanup(sister.Close)
	if _, err := n.Servers.JoinRelay(ctx, 0, sister.ActorOf("Application", "relay", nil).ID); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) { // its answer comes after ours
		idle(t, n)
		if list, err := n.Servers.Relays(ctx); err == nil && len(list) == 2 && list[1].State == servers.RelayJoined {
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("%+v %v", list, err)
		}
	}
	others := write(n, "bob", post.Draft{Text: "De bob", Audience: post.Public})
	idle(t, n)
	if _, err := n.Posts.Boost(ctx, n.Viewer("ana"), others.ID); err != nil {
		t.Fatal(err)
	}
	idle(t, n)
	if a, b := len(p.Received(peer.Posted("Announce"))), len(sister.Received(peer.Posted("Announce"))); a != 0 || b != 1 { // the second, of the post itself
		t.Errorf("%d and %d announcements", a, b)
	}
	kinds := map[string]int{}
	for _, r := range p.Received(peer.Posted("Create")) {
		if r.Doc.Actor() == ana.URI {
			kinds[r.Doc.Object().Doc().Type()]++
			if err := peer.RelayPasses(r.Body, ana.PublicKey); err != nil {
				t.Errorf("the relay drops %s: %v", r.Body, err)
			}
		}
	}
	if kinds["Note"] < 3 || kinds["Question"] != 1 || kinds["Event"] != 1 || kinds["Article"]+kinds["Note"] != 4 {
		t.Errorf("the relay has %v", kinds)
	}
}

// TestRelaysAreLookedUpOnce: a post for everybody, which is what relays take, costs one look at the relays
// more than one that is in no list.
func TestRelaysAreLookedUpOnce(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	ana := n.Viewer("ana")
	asks := func(unlisted bool) int64 {
		t.Helper()
		var c db.Count
		if _, err := n.Posts.Create(db.Counting(ctx, &c), ana, post.Draft{Text: "Bonjour", Audience: post.Public, Unlisted: unlisted}); err != nil {
			t.Fatal(err)
		}
		idle(t, n)
		return c.Queries.Load()
	}
	asks(true)
	if quiet, open := asks(true), asks(false); open != quiet+1 {
		t.Errorf("%d questions to the database for a post in no list, %d for one that is", quiet, open)
	}
}
