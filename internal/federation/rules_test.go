package federation_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/post"
)

// This file names one test for each rule on what an activity of another server
// may do, and to what, that has none elsewhere.

// TestOR04OnlyTheOwner: what belongs to one actor is changed by no other, of
// another server or of the same, whichever verb is tried.
//
// Spec: OR4
func TestOR04OnlyTheOwner(t *testing.T) {
	ctx := context.Background()
	n := newNode(t)
	ana := n.person("ana")
	me := n.account(ana.AccountID)
	owner, evil := newStranger(t), newStranger(t)
	owner.followedBy(n, ana)
	evil.meet(n)
	if got := owner.send(n, owner.activity("Follow", me.URI)); got != http.StatusAccepted {
		t.Fatal(got)
	}
	note := owner.publish(owner.note("vrai", me.URI))
	owner.mustSend(n, owner.create(note))
	mine := n.must(n.posts.Create(ctx, ana, post.Draft{Text: "à moi", Audience: post.Public}))
	like, boost := owner.activity("Like", mine.URI), owner.activity("Announce", mine.URI)
	owner.mustSend(n, like)
	owner.mustSend(n, boost)
	settle(n)
	hana, other := n.byURI(owner.actor("hana")), n.byURI(evil.actor("hana"))
	state := func() string {
		p, q := n.post(note.id()), n.post(mine.URI)
		a, b := n.follows1(ana.AccountID, hana.ID)
		c, d := n.follows1(hana.ID, ana.AccountID)
		x := n.byURI(owner.actor("hana"))
		return p.Content + q.Content + strings.Repeat("l", int(q.LikesCount)) + strings.Repeat("b", int(q.BoostsCount)) + x.DisplayName + x.MovedTo +
			map[bool]string{true: "f"}[a && !b && c && !d] + map[bool]string{true: "D"}[p.DeletedAt+q.DeletedAt+x.DeletedAt != 0]
	}
	before := state()
	edited := doc{"id": note["id"], "type": "Note", "attributedTo": note["attributedTo"], "content": "<p>faux</p>", "to": note["to"],
		"updated": time.Now().Add(time.Minute).UTC().Format(time.RFC3339)}
	ours := doc{"id": mine.URI, "type": "Note", "attributedTo": me.URI, "content": "<p>faux</p>", "to": note["to"]}
	actor := owner.actorDoc("hana")
	actor["name"] = "faux"
	for name, object := range map[string]any{
		"Update a post": edited, "Update one of ours": ours, "Update an actor": actor, "Update us": doc{"id": me.URI, "type": "Person", "preferredUsername": "x", "inbox": me.Inbox},
		"Delete a post": note.id(), "Delete one of ours": mine.URI, "Delete an actor": owner.actor("hana"), "Delete us": me.URI,
		"Delete a tombstone": doc{"id": note.id(), "type": "Tombstone"}, "Update to a tombstone": doc{"id": note.id(), "type": "Tombstone"},
		"Undo a like": like, "Undo a like by id": like["id"], "Undo a boost": boost, "Undo a boost by id": boost["id"],
		"Undo a follow":   doc{"type": "Follow", "id": owner.base + "/f", "actor": owner.actor("hana"), "object": me.URI},
		"Reject a follow": doc{"type": "Follow", "id": n.base + "/f", "actor": me.URI, "object": owner.actor("hana")},
		"Accept a follow": doc{"type": "Follow", "id": n.base + "/f", "actor": me.URI, "object": evil.actor("hana")},
		"Move an actor":   owner.actor("hana"), "Add a post": note.id(), "Remove a post": note.id(),
	} {
		verb, _, _ := strings.Cut(name, " ")
		a := evil.activity(verb, object)
		a["target"] = owner.actor("hana") + "/featured"
		if verb == "Move" {
			a["target"] = evil.actor("hana")
		}
		evil.send(n, a)
		settle(n)
		if after := state(); after != before {
			t.Errorf("%s: from %q to %q", name, before, after)
			before = after
		}
	}
	if yes, asked := n.follows1(ana.AccountID, other.ID); yes || asked {
		t.Error("a follow came from nowhere")
	}
}

// TestOR05AcceptOfAnother: an Accept counts for a follow that we sent to that
// very actor, and for no other.
//
// Spec: OR5, OR6
func TestOR05AcceptOfAnother(t *testing.T) {
	ctx := context.Background()
	n := newNode(t)
	ana := n.person("ana")
	wanted, evil := newStranger(t), newStranger(t)
	wanted.meet(n)
	evil.meet(n)
	hana := n.byURI(wanted.actor("hana"))
	if err := n.follows.Follow(ctx, ana.AccountID, hana.ID, nil); err != nil {
		t.Fatal(err)
	}
	settle(n)
	var f doc
	wanted.last(&f)
	for name, object := range map[string]any{"embedded": f, "by id": f["id"], "with another id": doc{"type": "Follow", "id": evil.base + "/f", "actor": f["actor"], "object": f["object"]}} {
		evil.send(n, evil.activity("Accept", object))
		settle(n)
		if yes, asked := n.follows1(ana.AccountID, hana.ID); yes || !asked {
			t.Errorf("%s: an Accept of another was taken", name)
		}
	}
	// And a refusal of another ends nothing.
	evil.send(n, evil.activity("Reject", f["id"]))
	settle(n)
	if _, asked := n.follows1(ana.AccountID, hana.ID); !asked {
		t.Error("a Reject of another ended the request")
	}
	wanted.mustSend(n, wanted.activity("Accept", f["id"]))
	settle(n)
	if yes, _ := n.follows1(ana.AccountID, hana.ID); !yes {
		t.Error("the true Accept was not taken")
	}
}

// TestOR06LockedStaysLocked: until the Accept comes, nothing for followers is
// taken to be for us, and we follow nobody.
//
// Spec: OR6
func TestOR06LockedStaysLocked(t *testing.T) {
	n := newNode(t)
	ana, bob := n.person("ana"), n.person("bob")
	s := newStranger(t)
	d := s.actorDoc("hana")
	d["manuallyApprovesFollowers"] = true
	s.put("/users/hana", d)
	s.followedBy(n, ana)
	hana := n.byURI(s.actor("hana"))
	if err := n.follows.Follow(context.Background(), bob.AccountID, hana.ID, nil); err != nil {
		t.Fatal(err)
	}
	settle(n)
	if yes, asked := n.follows1(bob.AccountID, hana.ID); yes || !asked {
		t.Error("followed without an Accept")
	}
	note := s.note("entre nous")
	note["to"] = []string{s.actor("hana") + "/followers"}
	s.mustSend(n, s.activity("Create", note))
	settle(n)
	p := n.post(note.id())
	if _, err := n.posts.Get(t.Context(), bob, p.ID); err == nil {
		t.Error("who is not accepted reads what is for followers")
	}
	if _, err := n.posts.Get(t.Context(), ana, p.ID); err != nil {
		t.Error("who is accepted does not")
	}
}

// TestOR07KnownPostsKeepTheirAudience: neither another nor a second Create makes
// public what was not.
//
// Spec: OR7
func TestOR07KnownPostsKeepTheirAudience(t *testing.T) {
	n := newNode(t)
	ana := n.person("ana")
	s, evil := newStranger(t), newStranger(t)
	s.followedBy(n, ana)
	evil.meet(n)
	note := s.note("pour mes amis")
	note["to"] = []string{s.actor("hana") + "/followers"}
	s.mustSend(n, s.activity("Create", note))
	settle(n)
	wide := doc{}
	for k, v := range note {
		wide[k] = v
	}
	wide["to"] = []string{"https://www.w3.org/ns/activitystreams#Public"}
	evil.send(n, evil.activity("Create", wide))
	evil.send(n, evil.activity("Announce", wide))
	evil.send(n, evil.activity("Announce", note.id()))
	s.send(n, s.activity("Create", wide))
	s.send(n, s.activity("Announce", note.id()))
	settle(n)
	if p := n.post(note.id()); p.Audience != post.Followers {
		t.Errorf("audience is %s", p.Audience)
	}
	if n.count(`select count(*) from post where boost_of_id <> 0`) != 0 {
		t.Error("a boost made it public")
	}
}

// TestOR08ReactionsToTheHidden: what the sender may not see is answered like what
// does not exist, and nothing comes of it.
//
// Spec: OR8
func TestOR08ReactionsToTheHidden(t *testing.T) {
	n := newNode(t)
	ana := n.person("ana")
	hidden := n.must(n.posts.Create(context.Background(), ana, post.Draft{Text: "caché", Audience: post.Followers}))
	section := n.must(n.posts.Create(context.Background(), ana, post.Draft{Text: "ici", Audience: post.Section}))
	s := newStranger(t)
	s.meet(n)
	for _, verb := range []string{"Like", "EmojiReact", "Announce", "Dislike"} {
		var answers []int
		for _, uri := range []string{hidden.URI, section.URI, n.base + "/objects/nowhere"} {
			answers = append(answers, s.send(n, s.activity(verb, uri)))
		}
		settle(n)
		if answers[0] != answers[2] || answers[1] != answers[2] {
			t.Errorf("%s is answered %v", verb, answers)
		}
	}
	for _, p := range []*post.Post{hidden, section} {
		if p := n.post(p.URI); p.LikesCount+p.BoostsCount != 0 {
			t.Errorf("%s: %d likes, %d boosts", p.Audience, p.LikesCount, p.BoostsCount)
		}
	}
	if n.notices(ana) != "" {
		t.Errorf("notified: %s", n.notices(ana))
	}
	errors := n.count(`select count(distinct state) from inbox_item`)
	if errors != 1 {
		t.Errorf("the hidden and the missing end in %d ways", errors)
	}
}

const nasty = `<script>alert(1)</script><img src=x onerror=alert(1)><svg onload=alert(1)>` + "\u202ex\u0007"

// TestTX05EveryField: what is taken out of a text is taken out of every other
// field that people write.
//
// Spec: TX2, TX5, TX6, TX8
func TestTX05EveryField(t *testing.T) {
	n := newNode(t)
	ana := n.person("ana")
	me := n.account(ana.AccountID)
	s := newStranger(t)
	d := s.actorDoc("hana")
	d["name"], d["summary"], d["url"] = "Hana"+nasty, "<p>bio"+nasty+"</p>", "javascript:alert(1)"
	d["icon"] = doc{"type": "Image", "url": "javascript:alert(1)"}
	d["image"] = doc{"type": "Image", "url": "data:text/html,x"}
	d["attachment"] = []doc{{"type": "PropertyValue", "name": "site" + nasty, "value": `<a href="javascript:alert(1)">x</a>` + nasty}}
	s.put("/users/hana", d)
	s.followedBy(n, ana)
	var docs []doc
	for kind, extra := range map[string]doc{
		"Note": {"summary": "attention" + nasty}, "Article": {"name": "titre" + nasty, "summary": "chapeau" + nasty}, "Page": {"name": "page" + nasty, "attachment": []doc{{"type": "Link", "href": "javascript:alert(1)", "name": nasty}}},
		"Event":    {"name": "réunion" + nasty, "startTime": "2026-12-05T18:00:00Z", "timezone": nasty, "location": doc{"type": "Place", "name": "salle" + nasty, "address": nasty, "url": "javascript:x"}, "externalParticipationUrl": "javascript:alert(1)"},
		"Video":    {"name": "film" + nasty, "mediaType": "text/markdown", "url": []doc{{"type": "Link", "mediaType": "text/html", "href": "javascript:alert(1)"}}},
		"Question": {"oneOf": []doc{{"type": "Note", "name": "oui" + nasty}}},
	} {
		x := s.note("texte"+nasty, me.URI)
		x["type"], x["url"] = kind, "javascript:alert(1)"
		x["tag"] = append(mentions([]string{me.URI}), doc{"type": "Hashtag", "name": "#a" + nasty, "href": "javascript:x"})
		for k, v := range extra {
			x[k] = v
		}
		docs = append(docs, x)
		s.mustSend(n, s.activity("Create", x))
	}
	settle(n)
	clean := func(what string, fields ...string) {
		t.Helper()
		for _, f := range fields {
			for _, bad := range []string{"<script", "<img", "<svg", `="javascript:`, "\u0007"} {
				if strings.Contains(f, bad) || !strings.Contains(f, "<p>") && strings.Contains(f, "\u202e") {
					t.Errorf("%s holds %q: %q", what, bad, f)
				}
			}
		}
	}
	h := n.byURI(s.actor("hana"))
	clean("the actor", h.DisplayName, h.Note, h.URL, h.Avatar, h.Header, h.Fields)
	for _, x := range docs {
		p := n.post(x.id())
		clean("the "+x["type"].(string), p.Title, p.Content, p.Warning, p.URL, p.Lang)
	}
	if n.count(`select count(*) from post_tag`) != 0 {
		t.Error("a hashtag that is none was kept")
	}
}

// TestTX03RemoteStringsAreCut: whatever its length, what another server says
// takes bounded room.
//
// Spec: TX3
func TestTX03RemoteStringsAreCut(t *testing.T) {
	n := newNode(t)
	ana := n.person("ana")
	long := strings.Repeat("é ", 100_000)
	s := newStranger(t)
	d := s.actorDoc("hana")
	d["name"], d["summary"] = long, long
	s.put("/users/hana", d)
	s.followedBy(n, ana)
	x := s.note("y")
	x["type"], x["name"], x["content"] = "Article", strings.Repeat("t", 100_000), strings.Repeat("<b>é</b>", 20_000)
	s.mustSend(n, s.activity("Create", x))
	settle(n)
	h, p := n.byURI(s.actor("hana")), n.post(x.id())
	if len([]rune(h.DisplayName)) > account.MaxName || len(h.Note) > 8*account.MaxNote || len([]rune(p.Title)) > account.MaxName || len(p.Content) > 8*post.MaxStored {
		t.Errorf("name %d, bio %d, title %d, content %d", len(h.DisplayName), len(h.Note), len(p.Title), len(p.Content))
	}
}

// TestTX09Dates: a date that cannot be is replaced by that of arrival.
//
// Spec: TX9
func TestTX09Dates(t *testing.T) {
	n := newNode(t)
	ana := n.person("ana")
	s := newStranger(t)
	s.followedBy(n, ana)
	for _, date := range []string{"9999-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "0000-00-00", "", time.Now().Add(time.Hour).UTC().Format(time.RFC3339)} {
		x := s.note("quand ?")
		x["published"] = date
		s.mustSend(n, s.activity("Create", x))
		settle(n)
		p := n.post(x.id())
		if away := time.Since(time.UnixMilli(p.CreatedAt)); away > time.Minute || away < -time.Minute {
			t.Errorf("%q became %s", date, time.UnixMilli(p.CreatedAt))
		}
	}
	if list := n.home(ana); len(list) != 5 {
		t.Errorf("%d in the timeline", len(list))
	}
}

// TestPV05EditsDoNotWiden: an edit leaves the audience as it was, theirs and ours.
//
// Spec: PV5
func TestPV05EditsDoNotWiden(t *testing.T) {
	ctx := context.Background()
	n := newNode(t)
	ana := n.person("ana")
	s := newStranger(t)
	s.followedBy(n, ana)
	note := s.note("pour mes amis")
	note["to"] = []string{s.actor("hana") + "/followers"}
	s.mustSend(n, s.activity("Create", note))
	note["to"] = []string{"https://www.w3.org/ns/activitystreams#Public"}
	note["content"], note["updated"] = "<p>changé</p>", time.Now().Add(time.Second).UTC().Format(time.RFC3339)
	s.mustSend(n, s.activity("Update", note))
	settle(n)
	if p := n.post(note.id()); p.Audience != post.Followers || p.Content != "<p>changé</p>" {
		t.Errorf("theirs: %s, %s", p.Audience, p.Content)
	}
	p := n.must(n.posts.Create(ctx, ana, post.Draft{Text: "un", Audience: post.Followers}))
	n.must(n.posts.Edit(ctx, ana, p.ID, post.Draft{Text: "deux", Audience: post.Public}))
	if got := n.post(p.URI); got.Audience != post.Followers {
		t.Errorf("ours: %s", got.Audience)
	}
}
