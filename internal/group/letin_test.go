package group_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestWhatIsLetInIsAnnounced: in an open group whose moderators read first, other servers hear of
// a thread and of an answer when they are let in, each in its own words, and not before.
func TestWhatIsLetInIsAnnounced(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	n.Person("bob", true)
	g := create(t, n, "ana", "velo", group.Rules{Access: group.Open, Posting: group.Moderated})
	if err := n.Groups.Join(ctx, n.Viewer("bob"), g.AccountID); err != nil {
		t.Fatal(err)
	}
	lemmy, zoe := follower(t, n, "lemmy", g)
	nodebb, _ := follower(t, n, "nodebb", g)
	mastodon, _ := follower(t, n, "mastodon", g)
	peers := map[string]*peer.Peer{"lemmy": lemmy, "nodebb": nodebb, "mastodon": mastodon}
	let := func(id int64) {
		t.Helper()
		idle(t, n)
		if err := n.Groups.Restore(ctx, n.Viewer("ana"), id); err != nil {
			t.Fatal(err)
		}
		idle(t, n)
	}
	p := write(t, n, "bob", post.Draft{Title: "Les arceaux", Text: "Où ?", Audience: post.Public, Parts: group.Into(g.AccountID)})
	idle(t, n)
	if got := slices.Concat(heard(lemmy), heard(nodebb), heard(mastodon)); len(got) != 0 {
		t.Fatalf("what waits is told: %v", got)
	}
	let(p.ID)
	answer := write(t, n, "bob", post.Draft{Text: "Ici", ReplyTo: p.ID})
	if _, err := n.Posts.Edit(ctx, n.Viewer("bob"), answer.ID, post.Draft{Text: "Ici, corrigé"}); err != nil {
		t.Fatal(err)
	}
	let(answer.ID)
	// The person on Lemmy answers too, and waits.
	note, create := zoe.Note("<p>De loin</p>", func(x *as.Note) {
		x.InReplyTo, x.To, x.Cc, x.Audience = p.URI, []string{g.Account.URI, as.Public}, []string{}, g.Account.URI
	})
	create.Audience = g.Account.URI
	send(t, n, zoe, n.URL+"/inbox", create)
	if row := here(t, n, note.ID); row == nil || stateAt(t, n, note.ID) != group.Waiting {
		t.Fatalf("an answer from elsewhere does not wait: %+v", row)
	}
	if nodebb.Mentions(note.ID) {
		t.Error("told before it was let in")
	}
	let(here(t, n, note.ID).ID)
	for software, want := range map[string][]string{
		"lemmy":    {"Announce{Create}", "Announce{Create}", "Announce{Create}", "Announce{Update}"},
		"nodebb":   {"Announce", "Announce{Create}", "Announce{Create}", "Update"},
		"mastodon": {"Announce", "Update"},
	} {
		got := heard(peers[software])
		if !slices.Equal(got, want) {
			t.Errorf("%s hears %v", software, got)
		}
	}

	// One that was refused first is told when a moderator thinks better of it.
	late := write(t, n, "bob", post.Draft{Text: "Trop tôt", ReplyTo: p.ID})
	idle(t, n)
	creates := func() (n int) {
		for _, x := range heard(lemmy) {
			if x == "Announce{Create}" {
				n++
			}
		}
		return n
	}
	before := creates()
	if err := n.Groups.Remove(ctx, n.Viewer("ana"), late.ID, "plus tard"); err != nil {
		t.Fatal(err)
	}
	let(late.ID)
	if creates() != before+1 {
		t.Errorf("let in after all: %v", heard(lemmy))
	}

	// The conversation lists what the group shows, and apps show no more.
	if err := n.Groups.Remove(ctx, n.Viewer("ana"), answer.ID, "hors sujet"); err != nil {
		t.Fatal(err)
	}
	idle(t, n)
	for _, tail := range []string{"/context", "/replies"} {
		d, code := document(t, p.URI+tail)
		if list := sprint(d); code != 200 || strings.Contains(list, answer.URI) || !strings.Contains(list, note.ID) {
			t.Errorf("%s: %d %s", tail, code, list)
		}
	}
	n.Person("carl", true)
	for who, sees := range map[string]bool{"carl": false, "bob": true} {
		var thread struct{ Descendants []masto.Status }
		n.Client(who).Get("/api/v1/statuses/"+idString(p.ID)+"/context", &thread)
		has := slices.ContainsFunc(thread.Descendants, func(s masto.Status) bool { return s.ID == idString(answer.ID) })
		if has != sees || len(thread.Descendants) == 0 {
			t.Errorf("%s sees what was removed in an app: %v, of %d", who, has, len(thread.Descendants))
		}
	}
}
