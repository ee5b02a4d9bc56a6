package group_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestBanEndsTheFollowElsewhere: a server that keeps accepted follows whatever is
// rejected, as GoToSocial does, is told by a Block of the group itself, and of its end.
func TestBanEndsTheFollowElsewhere(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	for software, want := range map[string][]string{
		"gotosocial": {"Block", "Reject{Follow}", "Undo{Block}"},
		"lemmy":      {"Announce{Block}", "Announce{Undo}", "Reject{Follow}"},
		"smithereen": {"Block", "Reject{Follow}", "Undo{Block}"},
	} {
		g := create(t, n, "ana", "velo_"+software, group.Rules{Access: group.Open})
		p, zoe := follower(t, n, software, g)
		// Somebody of that server stays.
		if _, _, err := p.Actor("yan").Follow(ctx, g.Account.URI); err != nil {
			t.Fatal(err)
		}
		idle(t, n)
		who, err := account.ByURI(ctx, n.DB.Read(), zoe.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := n.Groups.Ban(ctx, n.Viewer("ana"), g.AccountID, who.ID, "insultes"); err != nil {
			t.Fatal(err)
		}
		if err := n.Groups.Unban(ctx, n.Viewer("ana"), g.AccountID, who.ID); err != nil {
			t.Fatal(err)
		}
		idle(t, n)
		if got := heard(p); !slices.Equal(got, want) {
			t.Errorf("%s hears %v, not %v", software, got, want)
		}
		// What is undone is found by its id.
		for _, r := range p.Received(peer.Posted("Undo")) {
			if id := r.Doc.Object().ID(); len(p.Received(func(b peer.Request) bool { return b.Doc != nil && b.Doc.Is("Block") && b.Doc.ID() == id })) != 1 {
				t.Errorf("%s never heard of the Block %s", software, id)
			}
		}
	}
}

// TestTheBannedAreTold: whoever is banned and writes again is told why in words that they
// can read, though GoToSocial shows them nothing more of the group that blocked them.
func TestTheBannedAreTold(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	g := create(t, n, "ana", "velo", group.Rules{Access: group.Open, Posting: group.Everyone})
	p, zoe := follower(t, n, "gotosocial", g)
	who, err := account.ByURI(ctx, n.DB.Read(), zoe.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Groups.Ban(ctx, n.Viewer("ana"), g.AccountID, who.ID, "insultes"); err != nil {
		t.Fatal(err)
	}
	note, again := zoe.Note("<p>Je reviens</p>", func(x *as.Note) {
		x.Cc, x.Tags = append(x.Cc, g.Account.URI), []as.Tag{{Type: "Mention", Href: g.Account.URI, Name: n.Handle("velo")}}
	})
	if got, err := zoe.Send(ctx, g.Account.Inbox, again); err != nil || got.Status != http.StatusAccepted {
		t.Fatal(got, err)
	}
	idle(t, n)
	told := p.Received(peer.Posted("Create"))
	if len(told) != 1 {
		t.Fatalf("%d messages: %v", len(told), heard(p))
	}
	d := told[0].Doc
	server, err := account.ByHandle(ctx, n.DB.Read(), n.Host, "")
	if err != nil {
		t.Fatal(err)
	}
	if o := d.Object().Doc(); d.Actor() != server.URI || o == nil || o.AttributedTo() != server.URI || o.InReplyTo() != note.ID ||
		!slices.Equal(o.To(), []string{zoe.ID}) || !strings.Contains(o.Content(), "ne vous laisse plus écrire") {
		t.Errorf("told by %s: %s", d.Actor(), told[0].Body)
	}
}

// TestTheBannedRewriteNothing: what somebody wrote in a group before they were put out of it
// stays as it was. Here they are told so; what is changed on another server leaves the group. Who
// moved to another account, as both say, is put out there too.
func TestTheBannedRewriteNothing(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	g := create(t, n, "ana", "velo", group.Rules{Access: group.Open, Posting: group.Everyone})
	bob := n.Person("bob", true)
	if err := n.Groups.Join(ctx, n.Viewer("bob"), g.AccountID); err != nil {
		t.Fatal(err)
	}
	ours := write(t, n, "bob", post.Draft{Title: "Les arceaux", Text: "Bien placés", Audience: post.Public, Parts: group.Into(g.AccountID)})
	lemmy, _ := follower(t, n, "lemmy", g)
	_, zoe := follower(t, n, "gotosocial", g)
	mention := []as.Tag{{Type: "Mention", Href: g.Account.URI, Name: n.Handle("velo")}}
	note, create := zoe.Note("<p>Aimable</p>", func(x *as.Note) { x.Cc, x.Tags = append(x.Cc, g.Account.URI), mention })
	send(t, n, zoe, g.Account.Inbox, create)
	who, err := account.ByURI(ctx, n.DB.Read(), zoe.ID)
	if err != nil {
		t.Fatal(err)
	}
	if shown := threadsOf(t, n, "ana", g); len(shown) != 2 {
		t.Fatalf("%d threads", len(shown))
	}
	for _, id := range []int64{bob.ID, who.ID} {
		if err := n.Groups.Ban(ctx, n.Viewer("ana"), g.AccountID, id, "insultes"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := n.Posts.Edit(ctx, n.Viewer("bob"), ours.ID, post.Draft{Title: "Les arceaux", Text: "Des insultes"}); !apperr.Is(err, apperr.KindForbidden) {
		t.Errorf("bob, who is put out, rewrites what stands there: %v", err)
	}
	if _, err := n.Posts.Delete(ctx, n.Viewer("bob"), ours.ID); err != nil {
		t.Errorf("bob does not take back what he wrote: %v", err)
	}
	note.Content, note.Updated = "<p>Des insultes</p>", time.Now()
	body, err := note.Build()
	if err != nil {
		t.Fatal(err)
	}
	send(t, n, zoe, g.Account.Inbox, as.Activity{Type: "Update", ID: note.ID + "#1", Actor: zoe.ID, Object: raw(body), To: note.To, Cc: note.Cc, Published: time.Now()})
	if shown := threadsOf(t, n, "ana", g); len(shown) != 0 {
		t.Errorf("zoe, who is put out, rewrites what stands there: %v", shown[0].View.Content)
	}
	if lemmy.Mentions("Des insultes") {
		t.Error("the group passes it on")
	}

	p := peer.New(peer.Options{Software: "gotosocial", AutoAccept: true})
	t.Cleanup(p.Close)
	again := p.Actor("zoe2")
	if _, err := n.Engine.Resolve(ctx, again.ID); err != nil {
		t.Fatal(err)
	}
	sql(t, n, `insert into account_move (account_id, target_uri, moved_at) values ($1, $2, $3)`, who.ID, again.ID, time.Now().UnixMilli())
	if _, _, err := again.Follow(ctx, g.Account.URI); err != nil {
		t.Fatal(err)
	}
	idle(t, n)
	if in, err := db.Get[int](ctx, n.DB.Read(), `select count(*) from group_member m join account a on a.id = m.account_id where a.uri = $1 and m.state = 'in'`, again.ID); err != nil || in != 0 {
		t.Errorf("zoe comes back from the account to which she moved: %d %v", in, err)
	}
	_, wrote := again.Note("<p>Me revoilà</p>", func(x *as.Note) { x.Cc, x.Tags = append(x.Cc, g.Account.URI), mention })
	send(t, n, again, g.Account.Inbox, wrote)
	if shown := threadsOf(t, n, "ana", g); len(shown) != 0 {
		t.Errorf("and writes: %v", shown[0].View.Content)
	}
}

// TestWhoWasPutOutFindsNothing: a member of a closed group keeps what they can of it (bookmarks,
// favourites, notices, a post for later), and is put out: no way leads to a word of it any more.
func TestWhoWasPutOutFindsNothing(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	bob := n.Person("bob", true)
	g := create(t, n, "ana", "cellule", group.Rules{Access: group.Section, Secret: true, Joining: group.Invite})
	for range 2 { // once, however often
		if err := n.Groups.Invite(ctx, n.Viewer("ana"), g.AccountID, bob.ID); err != nil {
			t.Fatal(err)
		}
	}
	if lines, err := n.Groups.Journal(ctx, g.AccountID); err != nil || len(slices.DeleteFunc(lines, func(l group.Line) bool { return l.Act != "invite" })) != 1 {
		t.Errorf("the journal: %v %v", lines, err)
	}
	if err := n.Groups.Join(ctx, n.Viewer("bob"), g.AccountID); err != nil {
		t.Fatal(err)
	}
	const word = "chaponnay"
	thread := write(t, n, "ana", post.Draft{Title: "Rue de " + word, Text: "@bob rendez-vous " + word, Audience: post.Group, Parts: group.Into(g.AccountID)})
	mine := write(t, n, "bob", post.Draft{Text: "D’accord pour " + word, ReplyTo: thread.ID})
	after := write(t, n, "ana", post.Draft{Text: "@bob merci " + word, ReplyTo: mine.ID})
	api := n.Client("bob")
	id := idString(thread.ID)
	for _, act := range []string{"bookmark", "favourite"} {
		if c := api.Post("/api/v1/statuses/"+id+"/"+act, nil, nil); c.Status != 200 {
			t.Fatalf("%s: %d", act, c.Status)
		}
	}
	paths := []string{"/api/v1/statuses/" + id, "/api/v1/statuses/" + id + "/context", "/api/v1/statuses/" + id + "/favourited_by", "/api/v1/statuses/" + id + "/source",
		"/api/v1/statuses/" + id + "/history", "/api/v1/statuses/" + id + "/card", "/api/v1/statuses?id[]=" + id + "&id[]=" + idString(after.ID), "/api/v1/bookmarks", "/api/v1/favourites", "/api/v1/notifications",
		"/api/v2/notifications", "/api/v2/search?q=" + word, "/api/v2/search?q=cellule", "/api/v1/timelines/home", "/api/v1/conversations", "/api/v1/timelines/public?local=true",
		"/api/v1/accounts/" + idString(g.AccountID), "/api/v1/accounts/" + idString(g.AccountID) + "/statuses", "/api/v1/accounts/" + idOf(n, "ana") + "/statuses",
		"/api/v1/accounts/lookup?acct=cellule", "/api/v1/accounts/search?q=cellule", "/api/v1/accounts/" + idOf(n, "bob") + "/following",
		"/api/v1/statuses/" + idString(mine.ID) + "/context", "/api/v1/accounts/relationships?id[]=" + idString(g.AccountID)}
	pages := []string{"/", "/accueil", "/groupes", "/groupes/cellule", "/groupes/cellule/" + id, "/groupes/cellule/journal", "/groupes/cellule/membres", "/groupes/cellule/contributions",
		"/recherche?q=" + word, "/recherche?q=cellule", "/notifications", "/signets", "/favoris", "/@ana", "/@cellule", "/groupes/cellule/fils.atom"}
	found := func() (out []string) {
		for _, path := range paths {
			var body any
			c := api.Get(path, &body)
			if s := strings.ReplaceAll(sprint(body), "pour "+word, ""); c.Status == 200 && strings.Contains(s, word) { // but what bob himself wrote
				out = append(out, path)
			}
		}
		b := n.SignIn("bob")
		for _, path := range pages {
			if b.Open(path); b.Status == 200 && (strings.Contains(b.Text(), "de "+word) || strings.Contains(b.Text(), "merci "+word)) {
				out = append(out, path)
			}
		}
		return out
	}
	if len(found()) < 5 {
		t.Fatalf("a member finds it at %v alone: the test would prove nothing", found())
	}
	if err := n.Groups.Ban(ctx, n.Viewer("ana"), g.AccountID, bob.ID, ""); err != nil {
		t.Fatal(err)
	}
	if left := found(); len(left) != 0 {
		t.Errorf("who was put out still finds it at %v", left)
	}
	for act, path := range map[string]string{"reply": "", "boost": "/api/v1/statuses/" + id + "/reblog", "vote": "/api/v1/statuses/" + id + "/favourite"} {
		if act == "reply" {
			if c := api.Post("/api/v1/statuses", map[string]any{"status": "encore", "in_reply_to_id": id}, nil); c.Status < 400 {
				t.Errorf("answers: %d", c.Status)
			}
			continue
		}
		if c := api.Post(path, nil, nil); c.Status < 400 {
			t.Errorf("%s: %d", act, c.Status)
		}
	}
}
