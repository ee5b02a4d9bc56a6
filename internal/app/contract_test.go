package app_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/i18n"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// This file is the contract that every feature keeps from its first day. A new
// feature is covered by being in the list.

func TestFeaturesHaveNamesAndWords(t *testing.T) {
	n := testkit.New(t)
	seen, kinds := map[string]bool{}, map[string]string{}
	for _, f := range n.Features() {
		if f.Name == "" || seen[f.Name] {
			t.Errorf("feature %q has no name of its own", f.Name)
		}
		seen[f.Name] = true
		if (f.Templates == nil) != (f.Strings == nil) {
			t.Errorf("%s has templates without words, or words without templates", f.Name)
		}
		for _, k := range f.Jobs {
			if other := kinds[k.Name]; other != "" {
				t.Errorf("%s and %s both have jobs of kind %s", other, f.Name, k.Name)
			}
			kinds[k.Name] = f.Name
		}
	}
}

// TestSchemaOnBothEngines brings the whole schema up on each engine, twice.
func TestSchemaOnBothEngines(t *testing.T) {
	for name, e := range engines(t) {
		t.Run(name, func(t *testing.T) {
			n := testkit.NewOn(t, e)
			var all []string
			for _, f := range n.Features() {
				if f.Migrations != nil {
					all = append(all, f.Name)
				}
			}
			v, err := db.SchemaVersion(ctx, n.DB)
			if err != nil || v == 0 || len(all) == 0 {
				t.Errorf("schema version %d, %v", v, err)
			}
			n.Person("ana", true)
			write(n, "ana", post.Draft{Text: "Bonjour", Audience: post.Public})
		})
	}
}

func engines(t *testing.T) map[string]testkit.Engine {
	t.Helper()
	return map[string]testkit.Engine{"sqlite": testkit.SQLite, "postgres": testkit.Postgres}
}

var variable = regexp.MustCompile(`\{([a-z_]+)(?::([^{}]|\{[^{}]*\})*)?\}`)

// example fills the variables of a route with things that exist.
func example(n *testkit.Node, rt httpx.Route, p *post.Post) string {
	return variable.ReplaceAllStringFunc(rt.Path, func(v string) string {
		switch name := variable.FindStringSubmatch(v)[1]; {
		case name == "name" || name == "handle" || name == "acct":
			return "ana"
		case name == "tag" || name == "hashtag":
			return "marche"
		case name == "id" && strings.HasPrefix(rt.Path, "/api/v1/accounts"):
			return ids.String(n.Person("ana", true).ID)
		case name == "id" || name == "post" || strings.Contains(v, ":[0-9]+"):
			return ids.String(p.ID)
		case name == "key":
			return p.URI[strings.LastIndex(p.URI, "/")+1:]
		default:
			return "x"
		}
	})
}

// TestStrangersGetWhatThePolicySays asks for every route without an account.
func TestStrangersGetWhatThePolicySays(t *testing.T) {
	for name, e := range engines(t) {
		t.Run(name, func(t *testing.T) { strangersGetWhatThePolicySays(t, testkit.NewOn(t, e)) })
	}
}

func strangersGetWhatThePolicySays(t *testing.T, n *testkit.Node) {
	n.Person("ana", true)
	secret := write(n, "ana", post.Draft{Text: "motsecret de la section #marche", Audience: post.Section})
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, rt := range n.Routes() {
		req, err := http.NewRequest(rt.Method, n.URL+example(n, rt, secret), nil)
		if err != nil {
			t.Fatal(err)
		}
		if rt.Class == httpx.ClassActivityPub {
			req.Header.Set("Accept", "application/activity+json")
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body := bodyOf(t, res)
		res.Body.Close()
		what := fmt.Sprintf("%s %s (%s, %s)", rt.Method, rt.Path, rt.Policy, rt.Class)
		if strings.Contains(body, "motsecret") {
			t.Errorf("%s shows a stranger what is for the section", what)
		}
		if res.StatusCode >= 500 {
			t.Errorf("%s answers %d", what, res.StatusCode)
		}
		closed := rt.Policy == httpx.SignedIn || rt.Policy == httpx.Moderator || rt.Policy == httpx.Admin
		switch {
		case !closed:
		case rt.Class == httpx.ClassAPI && res.StatusCode != 401 && res.StatusCode != 403:
			t.Errorf("%s answers a stranger %d", what, res.StatusCode)
		case rt.Class == httpx.ClassWeb && rt.Method == "GET" && !(res.StatusCode == 303 && strings.HasPrefix(res.Header.Get("Location"), "/connexion")):
			t.Errorf("%s answers a stranger %d, to %q", what, res.StatusCode, res.Header.Get("Location"))
		case rt.Class == httpx.ClassWeb && rt.Method != "GET" && res.StatusCode < 300:
			t.Errorf("%s answers a stranger %d", what, res.StatusCode)
		}
	}
}

// TestPagesRenderInEveryLanguage opens every page as an admin, in French and English.
func TestPagesRenderInEveryLanguage(t *testing.T) {
	for name, e := range engines(t) {
		t.Run(name, func(t *testing.T) { pagesRenderInEveryLanguage(t, testkit.NewOn(t, e)) })
	}
}

func pagesRenderInEveryLanguage(t *testing.T, n *testkit.Node) {
	admin(n, "ana")
	p := write(n, "ana", post.Draft{Text: "Bonjour #marche", Audience: post.Public})
	for _, lang := range []string{"fr", "en"} {
		b := n.SignIn("ana")
		if err := setLang(n, "ana", lang); err != nil {
			t.Fatal(err)
		}
		for _, rt := range n.Routes() {
			if rt.Method != "GET" || rt.Class != httpx.ClassWeb {
				continue
			}
			b.Open(example(n, rt, p))
			if b.Status >= 500 {
				t.Errorf("%s in %s: %d", rt.Path, lang, b.Status)
			}
			if strings.Contains(b.Body, "⟦") {
				t.Errorf("%s in %s lacks a word: …%s…", rt.Path, lang, around(b.Body, "⟦"))
			}
			if strings.Contains(b.Body, "<html") && !strings.Contains(b.Body, `lang="`+lang+`"`) {
				t.Errorf("%s is not in %s", rt.Path, lang)
			}
		}
	}
	if missing := n.Shared().MissingWords(); len(missing) > 0 {
		t.Errorf("words that no file has: %v", missing)
	}
}

// TestAppsGetAnAnswer asks for everything that an app may read, with a token.
func TestAppsGetAnAnswer(t *testing.T) {
	for name, e := range engines(t) {
		t.Run(name, func(t *testing.T) {
			n := testkit.NewOn(t, e)
			admin(n, "ana")
			p := write(n, "ana", post.Draft{Text: "@ana Bonjour #marche", Audience: post.Public})
			c := n.Client("ana")
			for _, rt := range n.Routes() {
				if rt.Method != "GET" || rt.Class != httpx.ClassAPI || endless(rt.Path) {
					continue
				}
				if c.Get(example(n, rt, p), nil); c.Status >= 500 {
					t.Errorf("GET %s answers %d", rt.Path, c.Status)
				}
			}
		})
	}
}

// endless reports whether an answer has no end: that of a stream.
func endless(path string) bool {
	return strings.HasPrefix(path, "/api/v1/streaming") && path != "/api/v1/streaming/health"
}

func around(s, what string) string {
	i := strings.Index(s, what)
	return s[max(0, i-40):min(len(s), i+60)]
}

// samples are one activity for each that a feature declares, by "Type Object".
// A slice of the trunk that declares another adds it here; a civic leaf has them
// in its own folder, see leafSamples.
func samples(a *peer.Actor, n *testkit.Node, mine *post.Post) map[string]func() as.Activity {
	act := func(kind string, object any) func() as.Activity {
		return func() as.Activity {
			return as.Activity{Type: kind, ID: a.ID + "#" + kind + ids.Key(), Actor: a.ID, Object: object, To: []string{as.Public}}
		}
	}
	request := func(kind, instrument string) func() as.Activity {
		return func() as.Activity {
			return as.Activity{Type: kind, ID: a.ID + "#" + kind + ids.Key(), Actor: a.ID, Object: mine.URI, To: []string{as.Public},
				Extra: map[string]any{"instrument": instrument}}
		}
	}
	note, create := a.Note("Bonjour @ana", func(x *as.Note) {
		x.Tags = []as.Tag{{Type: "Mention", Href: n.Person("ana", true).URI, Name: n.Handle("ana")}}
	})
	other, _ := a.Note("Autre", nil)
	edited := note
	edited.Content, edited.Updated = "<p>Bonsoir</p>", note.Published.Add(60e9)
	self, err := a.Fetch(ctx, a.ID)
	if err != nil {
		n.T.Fatal(err)
	}
	ana := n.Person("ana", true).URI
	follow := as.Activity{Type: "Follow", ID: a.ID + "#follow", Actor: a.ID, Object: ana}
	flag := as.Activity{Type: "Flag", ID: a.ID + "#flag", Actor: a.ID, Object: []string{ana, mine.URI}, Content: "Lisez"}
	block := as.Activity{Type: "Block", ID: a.ID + "#block", Actor: a.ID, Object: ana}
	like := as.Activity{Type: "Like", ID: a.ID + "#like", Actor: a.ID, Object: mine.URI}
	react := as.Activity{Type: "EmojiReact", ID: a.ID + "#react", Actor: a.ID, Object: mine.URI, Content: "\U0001f525"}
	move := as.Activity{Type: "Move", ID: a.ID + "#move", Actor: a.ID, Object: a.ID, Target: ana}
	announce := as.Activity{Type: "Announce", ID: a.ID + "#boost", Actor: a.ID, Object: mine.URI, To: []string{as.Public}}
	pin := func(kind string) func() as.Activity {
		return func() as.Activity {
			return as.Activity{Type: kind, ID: a.ID + "#" + kind + ids.Key(), Actor: a.ID, Object: note.ID, Target: a.ID + "/featured", To: []string{as.Public}}
		}
	}
	app, err := n.Engine.Application(ctx)
	if err != nil {
		n.T.Fatal(err)
	}
	tie := map[string]any{"id": a.ID + "#tie", "type": "Relationship", "subject": a.ID, "relationship": "maillage:affiliatedWith", "object": app.URI}
	offer := as.Activity{Type: "Offer", ID: a.ID + "#offer", Actor: a.ID, Object: doc(n, tie)}
	ours := as.Activity{Type: "Offer", ID: n.URL + "/movement/offers/x", Actor: app.URI, Object: a.ID}
	list := map[string]any{"id": a.ID + "#revocations", "type": "RevocationList", "attributedTo": a.ID, "revoked": []string{a.ID + "#tie"}}
	return map[string]func() as.Activity{
		"Offer Relationship":    func() as.Activity { return offer },
		"Offer Thread":          act("Offer", doc(n, map[string]any{"type": "Thread", "thread": mine.URI, "agreed": "Oui"})),
		"Offer Move":            act("Offer", doc(n, map[string]any{"type": "Move", "object": mine.URI, "origin": a.ID, "target": mine.URI})),
		"Accept Offer":          act("Accept", ours),
		"Reject Offer":          act("Reject", ours),
		"Undo Offer":            act("Undo", offer),
		"Update Relationship":   act("Update", doc(n, tie)),
		"Update RevocationList": act("Update", doc(n, list)),
		"Create Note":           func() as.Activity { return create },
		"Update Note":           act("Update", edited),
		"Create *":              func() as.Activity { return create },
		"Update *":              act("Update", edited),
		"Add *":                 pin("Add"),
		"Remove *":              pin("Remove"),
		"Delete *":              act("Delete", note.ID),
		"Follow *":              func() as.Activity { return follow },
		"Accept Follow":         act("Accept", as.Activity{Type: "Follow", ID: n.URL + "/activities/x", Actor: ana, Object: a.ID}),
		"Reject Follow":         act("Reject", as.Activity{Type: "Follow", ID: n.URL + "/activities/x", Actor: ana, Object: a.ID}),
		"Accept QuoteRequest":   act("Accept", as.Activity{Type: "QuoteRequest", ID: n.URL + "/objects/x#quote", Actor: ana, Object: a.ID + "/x"}),
		"Reject QuoteRequest":   act("Reject", as.Activity{Type: "QuoteRequest", ID: n.URL + "/objects/x#quote", Actor: ana, Object: a.ID + "/x"}),
		"QuoteRequest *":        request("QuoteRequest", note.ID),
		"ReplyRequest *":        request("ReplyRequest", note.ID),
		"LikeRequest *":         request("LikeRequest", a.ID+"#like"),
		"AnnounceRequest *":     request("AnnounceRequest", a.ID+"#boost"),
		"Reject Create":         act("Reject", as.Activity{Type: "Create", ID: mine.URI + "/activity", Actor: ana, Object: mine.URI}),
		"Invite *":              act("Invite", mine.URI),
		"Accept Invite":         act("Accept", as.Activity{Type: "Invite", ID: n.URL + "/activities/x", Actor: ana, Object: mine.URI, Target: a.ID}),
		"Reject *":              act("Reject", as.Activity{Type: "Lock", ID: n.URL + "/activities/x", Actor: ana, Object: mine.URI}),
		"Reject Invite":         act("Reject", as.Activity{Type: "Invite", ID: n.URL + "/activities/x", Actor: ana, Object: mine.URI, Target: a.ID}),
		"Undo Accept":           act("Undo", as.Activity{Type: "Accept", ID: a.ID + "#accept", Actor: a.ID, Object: mine.URI}),
		"Accept ":               act("Accept", n.URL+"/activities/x"),
		"Reject ":               act("Reject", n.URL+"/activities/x"),
		"Lock *":                act("Lock", mine.URI),
		"Undo Lock":             act("Undo", as.Activity{Type: "Lock", ID: a.ID + "#lock", Actor: a.ID, Object: mine.URI}),
		"Undo Delete":           act("Undo", as.Activity{Type: "Delete", ID: a.ID + "#delete", Actor: a.ID, Object: mine.URI}),
		"Undo Add":              act("Undo", as.Activity{Type: "Add", ID: a.ID + "#add", Actor: a.ID, Object: mine.URI, Target: ana + "/featured"}),
		"Undo Remove":           act("Undo", as.Activity{Type: "Remove", ID: a.ID + "#remove", Actor: a.ID, Object: mine.URI, Target: ana + "/featured"}),
		"Like *":                func() as.Activity { return like },
		"EmojiReact *":          func() as.Activity { return react },
		"Undo EmojiReact":       act("Undo", react),
		"Move *":                func() as.Activity { return move },
		"Announce *":            func() as.Activity { return announce },
		"Undo Like":             act("Undo", like),
		"Undo Announce":         act("Undo", announce),
		"Undo Follow":           act("Undo", follow),
		"Block *":               func() as.Activity { return block },
		"Undo Block":            act("Undo", block),
		"Flag *":                func() as.Activity { return flag },
		"Undo ":                 act("Undo", like.ID),
		"Update Person":         act("Update", self),
		"Update Tombstone":      act("Update", as.Tombstone{ID: other.ID}),
	}
}

// leafSamples are the samples of the civic leaves, in the order of their files:
// testdata/activities.json of each. {actor} stands for who sends, {ana} for
// somebody here, {post} for a public post of hers and {here} for the instance.
func leafSamples(a *peer.Actor, n *testkit.Node, mine *post.Post) (order []string, all map[string]func() as.Activity) {
	n.T.Helper()
	files, err := filepath.Glob(filepath.Join("..", "civic", "*", "testdata", "activities.json"))
	if err != nil || len(files) == 0 {
		n.T.Fatalf("samples of the leaves: %v %v", files, err)
	}
	all = map[string]func() as.Activity{}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			n.T.Fatal(err)
		}
		body = []byte(strings.NewReplacer("{actor}", a.ID, "{ana}", n.Person("ana", true).URI, "{post}", mine.URI, "{here}", n.URL).Replace(string(body)))
		var rows []struct {
			Of, Type string
			Object   json.RawMessage
		}
		if err := json.Unmarshal(body, &rows); err != nil {
			n.T.Fatalf("%s: %v", file, err)
		}
		for _, r := range rows {
			order = append(order, r.Of)
			all[r.Of] = func() as.Activity {
				return as.Activity{Type: r.Type, ID: a.ID + "#" + r.Type + ids.Key(), Actor: a.ID, Object: r.Object, To: []string{as.Public}}
			}
		}
	}
	return order, all
}

// doc is a document as it goes on the wire.
func doc(n *testkit.Node, v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		n.T.Fatal(err)
	}
	return b
}

// TestActivitiesAreIdempotent sends each declared activity twice, under ids of
// their own where the activity has one, and compares the database after each.
func TestActivitiesAreIdempotent(t *testing.T) {
	n := testkit.New(t)
	p := peer.New(peer.Options{AutoAccept: true})
	defer p.Close()
	n.Person("ana", true)
	mine := write(n, "ana", post.Draft{Text: "Bonjour", Audience: post.Public})
	a := p.Actor("bob")
	all := samples(a, n, mine)
	order := []string{"Offer Relationship", "Accept Offer", "Reject Offer", "Update Relationship", "Update RevocationList", "Undo Offer", "Follow *", "Create Note", "Create *", "Add *", "Remove *", "Lock *", "Undo Lock", "Undo Delete", "Undo Add", "Undo Remove", "Like *", "EmojiReact *", "Announce *", "Update Note", "Update *", "Update Person", "QuoteRequest *", "ReplyRequest *", "LikeRequest *", "AnnounceRequest *", "Accept QuoteRequest",
		"Reject Create", "Reject *", "Offer Thread", "Offer Move",
		"Accept Invite", "Reject Invite", "Undo Accept",
		"Reject QuoteRequest", "Accept Follow", "Accept ", "Reject Follow",
		"Reject ", "Undo Like", "Undo EmojiReact", "Undo Announce", "Undo Follow", "Undo ", "Move *", "Block *", "Undo Block", "Flag *", "Delete *", "Update Tombstone"}
	leaves, more := leafSamples(a, n, mine)
	maps.Copy(all, more)
	at := slices.Index(order, "Undo Like") // before what ends it all
	order = slices.Insert(order, at, leaves...)
	for _, f := range n.Features() {
		for _, x := range f.Activities {
			key := x.Type + " " + x.Object
			if all[key] != nil {
				// it has one of its own
			} else if sameAsNote[x.Object] {
				key = x.Type + " Note"
			} else if sameAsPerson[x.Object] {
				key = x.Type + " Person"
			}
			if all[key] == nil || !slices.Contains(order, key) {
				t.Errorf("%s declares %q: add a sample of it", f.Name, key)
			}
		}
	}
	for _, key := range order {
		var first string
		for range 2 {
			answer, err := a.Send(ctx, n.Person("ana", true).Inbox, all[key]())
			if err != nil || answer.Status != http.StatusAccepted {
				t.Fatalf("%s: %+v %v", key, answer, err)
			}
			settle(t, n)
			now := state(t, n)
			if first == "" {
				first = now
			} else if now != first {
				t.Errorf("%s changes something the second time:\n%s\n%s", key, first, now)
			}
		}
	}
}

var (
	sameAsNote   = map[string]bool{"Article": true, "Page": true, "Question": true, "Video": true, "Audio": true, "Album": true, "Image": true, "Event": true}
	sameAsPerson = map[string]bool{"Group": true, "Organization": true, "Service": true, "Application": true}
)

// state is what the social core holds, in counts.
func state(t *testing.T, n *testkit.Node) string {
	t.Helper()
	var b strings.Builder
	for _, q := range []string{
		`select count(*) from account where deleted_at = 0`, `select count(*) from follow`, `select count(*) from post`,
		`select count(*) from post where deleted_at = 0`, `select count(*) from post_like`, `select count(*) from notification`,
		`select coalesce(sum(likes_count * 100 + boosts_count * 10 + replies_count), 0) from post`,
		`select coalesce(sum(followers_count * 100 + following_count * 10 + posts_count), 0) from account`, `select count(*) from post_revision`,
		`select count(*) from block`, `select count(*) from report`,
	} {
		v, err := db.Get[int64](ctx, n.DB.Read(), q)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(&b, v, " ")
	}
	return b.String()
}

// TestDeletedAccountLeavesNoRow looks into every column of every table for the
// id of a deleted account.
func TestDeletedAccountLeavesNoRow(t *testing.T) {
	c := testkit.NewCluster(t, 2)
	n := c[0]
	ana := n.Person("ana", true)
	n.Person("bob", true)
	c.Follow(n, "ana", c[1], "zoe")
	c.Follow(c[1], "zoe", n, "ana")
	c.Follow(n, "bob", n, "ana")
	p := write(n, "ana", post.Draft{Text: "@bob motsecret", Audience: post.Public, IdempotencyKey: "k"})
	q := write(n, "bob", post.Draft{Text: "@ana oui", ReplyTo: p.ID})
	if _, err := n.Posts.Like(ctx, n.Viewer("ana"), q.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Posts.Boost(ctx, n.Viewer("ana"), q.ID); err != nil {
		t.Fatal(err)
	}
	n.SignIn("ana").Open("/notifications")
	n.Client("ana").Get("/api/v1/notifications", nil)
	c.Settle()
	if err := n.Accounts.Delete(ctx, ana.ID); err != nil {
		t.Fatal(err)
	}
	c.Settle()
	for _, col := range columnsOf(t, n) {
		count, err := db.Get[int](ctx, n.DB.Read(), `select count(*) from "`+col.Table+`" where `+col.Text+` = $1 or `+col.Text+` like '%motsecret%'`, ids.String(ana.ID))
		if err != nil {
			t.Fatal(err)
		}
		if count > 0 && !kept[col.Table+"."+col.Name] {
			t.Errorf("%s.%s still holds %d rows of a deleted account", col.Table, col.Name, count)
		}
	}
	if there := at(c[1], p); there == nil || there.DeletedAt == 0 {
		t.Errorf("the other instance still has the post: %+v", there)
	}
	gone, err := db.Get[int64](ctx, c[1].DB.Read(), `select deleted_at from account where uri = $1`, ana.URI)
	if err != nil || gone == 0 {
		t.Errorf("the other instance still has the account: %v", err)
	}
}

// kept are the tombstones: an account's row keeps its address from being given
// again, its key signs the last Delete, and an empty post never comes back.
var kept = map[string]bool{"account.id": true, "account_key.account_id": true, "account_proof_key.account_id": true, "post.account_id": true, "post.reply_to_account": true, "dest.actor_id": true}

// errorKey finds the keys of the sentences that errors say.
var errorKey = regexp.MustCompile(`(?:apperr\.[A-Z][A-Za-z]+\(|\.Field\("[^"]+", *)"([a-z_]+\.[a-z_.]+)"`)

// TestErrorsHaveWords reads every error that the code can return to a person.
func TestErrorsHaveWords(t *testing.T) {
	bundle := testkit.New(t).Shared().Words()
	known := map[string]map[string]bool{}
	for _, lang := range i18n.Languages() {
		known[lang] = map[string]bool{}
		for _, k := range bundle.Keys(lang) {
			known[lang][k] = true
		}
	}
	found := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range errorKey.FindAllStringSubmatch(string(src), -1) {
			found++
			for lang, keys := range known {
				if !keys[m[1]] {
					t.Errorf("%s says %q, which has no words in %s", path, m[1], lang)
				}
			}
		}
		return nil
	})
	if err != nil || found < 50 {
		t.Fatalf("found %d errors, %v", found, err)
	}
}
