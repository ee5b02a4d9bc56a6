package app_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"unicode"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// written are activities in which every text that people write, of every kind of
// object, ends in a mark; they are JSON.
func written(a *peer.Actor, ana, mine, mark string) map[string][]byte {
	m := func(s string) string { return s + mark }
	out := map[string][]byte{}
	base := a.ID[:strings.Index(a.ID[8:], "/")+8]
	for _, kind := range []string{"Note", "Article", "Page", "Event", "Video", "Question", "Audio", "Image"} {
		id := base + "/notes/" + kind + ids.Key()
		object := map[string]any{"id": id, "type": kind, "attributedTo": a.ID, "to": []string{as.Public}, "cc": []string{a.ID + "/followers", ana},
			"content": m("<p>Bonjour"), "contentMap": map[string]any{"fr": m("<p>Bonjour")}, "source": map[string]any{"content": m("Bonjour"), "mediaType": m("text/x")},
			"name": m("titre"), "summary": m("chapeau"), "mediaType": "text/html", "url": m(id + "#"), "category": m("MEETING"), "sensitive": true,
			"tag": []any{map[string]any{"type": "Mention", "href": ana, "name": m("@ana")}, map[string]any{"type": "Hashtag", "name": m("#marche"), "href": m(base + "/")},
				map[string]any{"type": "Emoji", "id": id + "#e", "name": m(":x") + ":", "icon": map[string]any{"type": "Image", "mediaType": m("image/png"), "url": m(base + "/x.png")}}},
			"attachment": []any{map[string]any{"type": "Document", "mediaType": "image/png", "url": base + "/x.png", "name": m("alt"), "summary": m("alt"), "blurhash": m("LKO2")},
				map[string]any{"type": "Link", "href": base + "/lien", "name": m("lien")}},
			"image": map[string]any{"type": "Image", "url": base + "/x.png", "name": m("image")}, "preview": map[string]any{"type": "Note", "content": m("<p>note")},
			"language": map[string]any{"identifier": m("fr"), "name": m("Français")}, "startTime": "2027-12-05T18:00:00Z", "endTime": "2027-12-05T20:00:00Z", "timezone": m("Europe/Paris"),
			"location": map[string]any{"type": "Place", "name": m("salle"), "address": map[string]any{"type": "PostalAddress", "streetAddress": m("rue"), "addressLocality": m("Voiron"), "postalCode": m("38500")}},
			"oneOf":    []any{map[string]any{"type": "Note", "name": m("oui")}, map[string]any{"type": "Note", "name": m("non")}}}
		out["Create "+kind] = peer.JSON(map[string]any{"@context": "https://www.w3.org/ns/activitystreams", "id": id + "/create", "type": "Create", "actor": a.ID, "object": object, "to": object["to"], "cc": object["cc"], "summary": m("x")})
	}
	actor := map[string]any{"id": a.ID, "type": "Person", "preferredUsername": a.Name, "inbox": a.ID + "/inbox", "outbox": a.ID + "/outbox", "name": m("Hana"), "summary": m("<p>bio"),
		"attachment":         []any{map[string]any{"type": "PropertyValue", "name": m("site"), "value": m("texte")}},
		"icon":               map[string]any{"type": "Image", "url": base + "/x.png", "name": m("portrait"), "mediaType": m("image/png")},
		"tag":                []any{map[string]any{"type": "Emoji", "name": m(":x") + ":", "icon": map[string]any{"type": "Image", "url": base + "/x.png"}}},
		"attributionDomains": []string{m("site.example")}}
	pem, err := sig.EncodePublicPEM(&a.Key.PublicKey)
	if err != nil {
		panic(err)
	}
	actor["publicKey"] = map[string]any{"id": a.KeyID, "owner": a.ID, "publicKeyPem": pem}
	out["Update Person"] = peer.JSON(map[string]any{"@context": "https://www.w3.org/ns/activitystreams", "id": a.ID + "#update" + ids.Key(), "type": "Update", "actor": a.ID, "object": actor, "to": []string{as.Public}})
	out["Flag"] = peer.JSON(map[string]any{"id": a.ID + "#flag" + ids.Key(), "type": "Flag", "actor": a.ID, "content": m("plainte"), "object": []string{ana, mine}})
	out["EmojiReact"] = peer.JSON(map[string]any{"id": a.ID + "#react" + ids.Key(), "type": "EmojiReact", "actor": a.ID, "content": m("x"), "object": mine})
	return out
}

// take sends the activities and demands that all are worked off, and that what
// comes behind them is.
func take(t *testing.T, n *testkit.Node, a *peer.Actor, what string, all map[string][]byte, want int, change func([]byte) []byte) {
	t.Helper()
	for name, body := range all {
		answer, err := a.Send(ctx, n.URL+"/inbox", change(body))
		if err != nil || answer.Status != want {
			t.Errorf("%s, %s: %d %v", what, name, answer.Status, err)
		}
	}
	if err := n.Idle(ctx); err != nil {
		t.Fatal(err)
	}
	if k, err := db.Get[int](ctx, n.DB.Read(), `select (select count(*) from inbox_item where state not in (2, 3)) + (select count(*) from job where state = 'parked')`); err != nil || k != 0 {
		t.Errorf("%s: %d are not worked off, %v", what, k, err)
	}
	note, create := a.Note("<p>Et après "+ids.Key()+"</p>", nil)
	if _, err := a.Send(ctx, n.URL+"/inbox", create); err != nil {
		t.Fatal(err)
	}
	if err := n.Idle(ctx); err != nil {
		t.Fatal(err)
	}
	if k, err := db.Get[int](ctx, n.DB.Read(), `select count(*) from post where uri = $1`, note.ID); err != nil || k != 1 {
		t.Errorf("%s: what came behind did not arrive, %v", what, err)
	}
}

// told calls f with every text in what an app is told of the things of somebody.
func told(t *testing.T, n *testkit.Node, acct string, f func(where, key, value string)) {
	t.Helper()
	token, err := n.Auth.NewToken(ctx, n.Person("ana", true).ID, auth.Scopes{"read", "admin:read"})
	if err != nil {
		t.Fatal(err)
	}
	c := &testkit.Client{T: t, Base: n.URL, Token: token}
	var who masto.Account
	c.Get("/api/v1/accounts/lookup?acct="+acct, &who)
	for _, path := range []string{"/api/v1/accounts/" + who.ID, "/api/v1/accounts/" + who.ID + "/statuses?limit=40", "/api/v1/timelines/home?limit=40", "/api/v1/notifications?limit=40", "/api/v1/admin/reports"} {
		var out any
		if c.Get(path, &out); c.Status != 200 {
			t.Fatalf("%s: %d", path, c.Status)
		}
		texts(out, "", func(key, value string) { f(path, key, value) })
	}
}

func texts(v any, key string, f func(key, value string)) {
	switch v := v.(type) {
	case string:
		f(key, v)
	case map[string]any:
		for k, x := range v {
			texts(x, k, f)
		}
	case []any:
		for _, x := range v {
			texts(x, key, f)
		}
	}
}

// stageOf is an instance with ana, who runs it, and hana elsewhere, whom she follows.
func stageOf(t *testing.T, e testkit.Engine) (*testkit.Node, *peer.Actor, *post.Post) {
	t.Helper()
	n := testkit.NewOn(t, e)
	admin(n, "ana")
	a, _ := far(t, n, nil)
	return n, a, write(n, "ana", post.Draft{Text: "Bonjour", Audience: post.Public})
}

// TestTX02: what is no text, in whatever field another server or an app sends it, is
// cleaned or refused, on both databases; and what comes behind it arrives.
//
// Spec: TX2
func TestTX02(t *testing.T) {
	for engine, e := range engines(t) {
		t.Run(engine, func(t *testing.T) {
			n, a, mine := stageOf(t, e)
			ana := n.Person("ana", true).URI
			for what, with := range map[string]string{"NUL": `\u0000`, "C0": `\u0001\u0007\u001b[31m\u007f`, "C1": `\u0080\u0085\u009f`, "not characters": `\uffff\ufffe`} {
				take(t, n, a, what, written(a, ana, mine.URI, "ZMARKZ"), http.StatusAccepted, func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("ZMARKZ"), []byte(with)) })
			}
			for what, with := range map[string]string{"half a pair": `\ud800`, "no UTF-8": "\xff", "overlong": "\xc0\xaf"} {
				take(t, n, a, what, written(a, ana, mine.URI, "ZMARKZ"), http.StatusBadRequest, func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("ZMARKZ"), []byte(with)) })
			}
			seen := 0
			told(t, n, a.Handle(), func(where, key, value string) {
				seen++
				if strings.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
					t.Errorf("%s: %s is %q", where, key, value)
				}
			})
			if seen < 500 {
				t.Errorf("only %d texts", seen)
			}
			c := n.Client("ana")
			for what, body := range map[string]map[string]any{
				"/api/v1/statuses": {"status": "a\x00b", "spoiler_text": "c\x00d", "language": "fr\x00"}, "/api/v1/lists": {"title": "a\x00b"},
				"/api/v2/filters": {"title": "a\x00b", "context": []string{"home"}, "keywords_attributes": []any{map[string]any{"keyword": "a\x00b"}}},
				"/api/v1/reports": {"account_id": "1", "comment": "a\x00b"}, "/api/v1/featured_tags": {"name": "a\x00b"},
				"/api/v1/apps": {"client_name": "a\x00b", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob"},
			} {
				if c.Post(what, body, nil); c.Status >= 500 {
					t.Errorf("%s: %d", what, c.Status)
				}
			}
		})
	}
}

// TestTX03: whatever its length, what another server or an app says takes bounded
// room: it is cut, or refused.
//
// Spec: TX3
func TestTX03(t *testing.T) {
	for engine, e := range engines(t) {
		t.Run(engine, func(t *testing.T) {
			n, a, mine := stageOf(t, e)
			long := strings.Repeat("é", 12_000)
			take(t, n, a, "long", written(a, n.Person("ana", true).URI, mine.URI, long), http.StatusAccepted, func(b []byte) []byte { return b })
			bounds := map[string]int{"content": 500_000, "note": 50_000, "value": 20_000, "spoiler_text": 20_000, "description": 10_000, "comment": 5_000}
			told(t, n, a.Handle(), func(where, key, value string) {
				most := bounds[key]
				if most == 0 {
					most = 2_048
				}
				if got := len([]rune(value)); got > most {
					t.Errorf("%s: %s has %d characters", where, key, got)
				}
			})
			huge := strings.Repeat("é ", 500_000)
			c := n.Client("ana")
			for what, body := range map[string]map[string]any{
				"/api/v1/statuses": {"status": huge}, "/api/v1/statuses ": {"status": "x", "spoiler_text": huge}, "/api/v1/lists": {"title": huge},
				"/api/v2/filters":    {"title": huge, "context": []string{"home"}},
				"/api/v2/filters ":   {"title": "x", "context": []string{"home"}, "keywords_attributes": []any{map[string]any{"keyword": huge}}},
				"/api/v1/statuses  ": {"status": "x", "poll": map[string]any{"options": []string{huge, "b"}, "expires_in": 3600}},
				"/api/v1/reports":    {"account_id": ids.String(n.Person("bob", true).ID), "comment": huge}, "/api/v1/featured_tags": {"name": huge},
				"/api/v1/accounts/" + ids.String(n.Person("bob", true).ID) + "/note": {"comment": huge},
				"/api/v1/apps": {"client_name": huge, "redirect_uris": "urn:ietf:wg:oauth:2.0:oob"}, "/api/v1/domain_blocks": {"domain": huge},
			} {
				if c.Post(strings.TrimSpace(what), body, nil); c.Status < 400 || c.Status >= 500 {
					t.Errorf("%s: %d", what, c.Status)
				}
			}
			if c.Do("PATCH", "/api/v1/accounts/update_credentials", map[string]any{"display_name": huge, "note": huge}, nil); c.Status < 400 || c.Status >= 500 {
				t.Errorf("a profile: %d", c.Status)
			}
		})
	}
}

// TestTX05: what would run in a browser runs nowhere: in no field of another server,
// and in none of ours, on no page and in no answer to an app.
//
// Spec: TX5
func TestTX05(t *testing.T) {
	n, a, mine := stageOf(t, testkit.SQLite)
	const bad = `<script>alert(1)</script><img src=x onerror=alert(1)><svg onload=alert(1)>`
	take(t, n, a, "script", written(a, n.Person("ana", true).URI, mine.URI, bad), http.StatusAccepted, func(b []byte) []byte { return b })
	c := n.Client("ana")
	var list struct{ ID string }
	c.Do("PATCH", "/api/v1/accounts/update_credentials", map[string]any{"display_name": "Ana" + bad, "note": bad, "fields_attributes": map[string]any{"0": map[string]any{"name": bad, "value": bad}}}, nil)
	c.Post("/api/v1/lists", map[string]any{"title": "L" + bad}, &list)
	c.Post("/api/v2/filters", map[string]any{"title": "F" + bad, "context": []string{"home"}, "filter_action": "warn", "keywords_attributes": []any{map[string]any{"keyword": "zzz" + bad}}}, nil)
	var s masto.Status
	c.Post("/api/v1/statuses", map[string]any{"status": bad, "spoiler_text": "S" + bad, "visibility": "public", "poll": map[string]any{"options": []string{"o" + bad, "p" + bad}, "expires_in": 3600}}, &s)
	c.Post("/api/v1/reports", map[string]any{"account_id": ids.String(n.Person("bob", true).ID), "comment": "R" + bad}, nil)
	g, err := n.Groups.Create(ctx, n.Viewer("ana"), group.New{Username: "velo", Rules: group.Rules{Name: "G" + bad, Access: group.Section, Joining: group.Free, Posting: group.Members}})
	if err != nil {
		t.Fatal(err)
	}
	titled := write(n, "ana", post.Draft{Audience: post.Group, Title: "T" + bad, Text: bad, Parts: group.Into(g.AccountID)})
	var home []masto.Status
	c.Get("/api/v1/timelines/home?limit=40", &home)
	pages := []string{"/", "/?onglet=fediverse", "/notifications", "/@ana", "/@" + a.Handle(), "/recherche?q=titre", "/recherche?q=hana&type=personnes", "/groupes", "/groupes/velo", "/groupes/velo/" + ids.String(titled.ID), "/listes", "/listes/" + list.ID,
		"/reglages", "/reglages/filtres", "/agenda", "/administration", "/administration/signalements", "/@ana/" + s.ID}
	for _, x := range home {
		pages = append(pages, "/@"+x.Account.Acct+"/"+x.ID)
	}
	b, shown := n.SignIn("ana"), 0
	for _, path := range pages {
		b.Open(path)
		for _, run := range []string{"<script>alert", "<img src=x", "<svg onload", "onerror=alert(1)>"} {
			if strings.Contains(b.Body, run) {
				t.Errorf("%s holds %s: …%s…", path, run, around(b.Body, run))
			}
		}
		if b.Status == 200 {
			shown++
		}
	}
	if shown < 20 {
		t.Errorf("only %d pages were shown", shown)
	}
	// Apps show some fields as HTML, and these hold none of it.
	told(t, n, a.Handle(), func(where, key, value string) {
		if (key == "content" || key == "note" || key == "value") && (strings.Contains(value, "<script") || strings.Contains(value, "<img") || strings.Contains(value, "<svg")) {
			t.Errorf("%s: %s is %s", where, key, value)
		}
	})
}

// TestTX08: somebody of another server whose name is taken for that of somebody here,
// or mixes alphabets, is marked so wherever they are shown; but nobody is by the name
// of a member whom not everybody may know of, nor by that of another address of ours.
//
// Spec: TX8; Spec: P2
func TestTX08(t *testing.T) {
	for engine, e := range engines(t) {
		t.Run(engine, func(t *testing.T) {
			n := testkit.NewOn(t, e)
			named := func(who, name string, public bool) int64 {
				t.Helper()
				id := n.Person(who, public).ID
				if _, err := n.Accounts.Update(ctx, id, account.Profile{Name: &name}); err != nil {
					t.Fatal(err)
				}
				return id
			}
			nadia := named("nadia", "Nadia Benali", true)
			named("cachee", "Zoé Secrète", false)
			named("ana", "Ana", true)
			p := peer.New(peer.Options{AutoAccept: true})
			t.Cleanup(p.Close)
			b := n.SignIn("ana")
			if err := n.Accounts.AddAlias(ctx, nadia, p.URL+"/users/alias"); err != nil {
				t.Fatal(err)
			}
			for who, x := range map[string]struct{ name, want string }{
				"plain": {"nadia  BENALI", "Même nom qu"}, "cyrillic": {"N\u0430dia Ben\u0430li", "Même nom qu"}, "accent": {"Nàdia Benali", "Même nom qu"},
				"mixed": {"M\u0430rie Dupont", "Alphabets mêlés"}, "hidden": {"Zoé Secrète", ""}, "other": {"Luc Martin", ""}, "near": {"Nadia Benal", ""}, "alias": {"Nadia Benali", ""},
				"russian": {"Надежда Иванова", ""}, "hebrew": {"עידו", ""},
			} {
				a := p.ActorOf("Person", who, func(d *as.Actor) { d.Name = x.name })
				id, err := n.Engine.Account(ctx, who, p.Host)
				if err != nil {
					t.Fatal(err)
				}
				ana := n.Person("ana", true).URI
				_, create := a.Note("<p>mot de "+who+"</p>", func(x *as.Note) {
					x.Cc, x.Tags = append(x.Cc, ana), []as.Tag{{Type: "Mention", Href: ana, Name: "@ana"}}
				})
				if _, err := a.Send(ctx, n.URL+"/inbox", create); err != nil {
					t.Fatal(err)
				}
				testkit.Cluster{n}.Settle()
				post, err := db.Get[int64](ctx, n.DB.Read(), `select id from post where account_id = $1`, id)
				if err != nil {
					t.Fatal(who, err)
				}
				for _, path := range []string{"/@" + a.Handle(), "/@" + a.Handle() + "/" + ids.String(post)} {
					b.Open(path)
					for _, mark := range []string{"Même nom qu", "Alphabets mêlés"} {
						if got := strings.Contains(b.Body, mark); got != (mark == x.want) {
							t.Errorf("%s: %s: %v", path, mark, got)
						}
					}
				}
			}
		})
	}
}

// TestOR04Pins: what somebody pins is pinned and unpinned by them alone.
//
// Spec: OR4
func TestOR04Pins(t *testing.T) {
	n := testkit.New(t)
	ana := n.Person("ana", true)
	p, q := peer.New(peer.Options{AutoAccept: true}), peer.New(peer.Options{AutoAccept: true})
	t.Cleanup(p.Close)
	t.Cleanup(q.Close)
	pinning := func(x *as.Actor) { x.Featured = x.ID + "/featured" }
	hana, neighbour, evil := p.ActorOf("Person", "hana", pinning), p.ActorOf("Person", "mallory", pinning), q.ActorOf("Person", "eve", pinning)
	id, err := n.Engine.Account(ctx, "hana", p.Host)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Follows.Follow(ctx, ana.ID, id, nil); err != nil {
		t.Fatal(err)
	}
	c := testkit.Cluster{n}
	c.Settle()
	send := func(by, of *peer.Actor, kind, object string) {
		t.Helper()
		a := as.Activity{Type: kind, ID: by.ID + "#" + ids.Key(), Actor: by.ID, Object: object, Target: of.ID + "/featured", To: []string{as.Public}}
		if answer, err := by.Send(ctx, n.URL+"/inbox", a); err != nil || answer.Status != http.StatusAccepted {
			t.Fatal(answer, err)
		}
		c.Settle()
	}
	pins := func() string {
		t.Helper()
		uris, err := db.All[string](ctx, n.DB.Read(), `select p.uri from pin i join post p on p.id = i.post_id order by p.uri`)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(uris)
	}
	one, create := hana.Note("<p>un</p>", nil)
	two, second := hana.Note("<p>deux</p>", nil)
	for _, a := range []as.Activity{create, second} {
		if _, err := hana.Send(ctx, n.URL+"/inbox", a); err != nil {
			t.Fatal(err)
		}
	}
	c.Settle()
	send(hana, hana, "Add", one.ID)
	want := fmt.Sprint([]string{one.ID})
	if got := pins(); got != want {
		t.Fatalf("pinned %s", got)
	}
	for _, by := range []*peer.Actor{neighbour, evil} {
		for _, of := range []*peer.Actor{hana, by} { // in her collection, and hers in their own
			send(by, of, "Remove", one.ID)
			send(by, of, "Add", two.ID)
		}
		if got := pins(); got != want {
			t.Errorf("after %s: pinned %s", by.Name, got)
		}
	}
	theirs, _ := neighbour.Note("<p>à moi</p>", nil)
	send(hana, hana, "Add", theirs.ID) // what is another's is not hers to pin
	if got := pins(); got != want {
		t.Errorf("pinned %s", got)
	}
	send(hana, hana, "Remove", one.ID)
	if got := pins(); got != "[]" {
		t.Errorf("unpinned: %s", got)
	}
}

// TestPV05: to pin, quote or boost what is not for everybody tells nobody else of it,
// not even where it is.
//
// Spec: PV5
func TestPV05(t *testing.T) {
	n := testkit.New(t)
	ana, bob := n.Person("ana", true), n.Person("bob", true)
	if err := n.Follows.Follow(ctx, bob.ID, ana.ID, nil); err != nil {
		t.Fatal(err)
	}
	p := peer.New(peer.Options{AutoAccept: true})
	t.Cleanup(p.Close)
	spy := p.Actor("spy") // follows bob, and not ana
	if _, _, err := spy.Follow(ctx, bob.URI); err != nil {
		t.Fatal(err)
	}
	var hidden []*post.Post
	var words []string
	for i, audience := range []post.Audience{post.Followers, post.Section, post.Direct} {
		words = append(words, fmt.Sprintf("zcache%dz", i))
		text := words[i]
		if audience == post.Direct {
			text += " @bob"
		}
		hidden = append(hidden, write(n, "ana", post.Draft{Text: text, Audience: audience}))
	}
	idleAll := func() {
		t.Helper()
		if err := n.Idle(ctx); err != nil {
			t.Fatal(err)
		}
	}
	idleAll()
	for i, h := range hidden {
		for _, who := range []string{"ana", "bob"} {
			c := n.Client(who)
			id := ids.String(h.ID)
			for _, act := range []string{"pin", "reblog"} {
				c.Post("/api/v1/statuses/"+id+"/"+act, nil, nil)
			}
			c.Post("/api/v1/statuses/"+id+"/reblog", map[string]any{"visibility": "public"}, nil)
			c.Post("/api/v1/statuses", map[string]any{"status": fmt.Sprint("Voyez ", i), "visibility": "public", "quoted_status_id": id}, nil)
			c.Do("PUT", "/api/v1/statuses/"+id, map[string]any{"status": words[i], "visibility": "public"}, nil)
		}
	}
	idleAll()
	seen := map[string]string{"what the spy was sent": ""}
	for _, r := range p.Requests() {
		seen["what the spy was sent"] += string(r.Body)
	}
	for _, who := range []*struct{ URI, Name string }{{ana.URI, "ana"}, {bob.URI, "bob"}} {
		for _, end := range []string{"", "/outbox", "/outbox?page=true", "/featured", "/followers"} {
			a, err := spy.Get(ctx, who.URI+end)
			if err != nil {
				t.Fatal(err)
			}
			seen[who.Name+end] = string(a.Body)
		}
		_, seen["page of "+who.Name] = ask(t, noRedirect, "GET", n.URL+"/@"+who.Name, "Accept", "text/html")
		id := ids.String(n.Person(who.Name, true).ID)
		for _, q := range []string{"?pinned=true", "", "?limit=40"} {
			_, seen["statuses of "+who.Name+q] = ask(t, noRedirect, "GET", n.URL+"/api/v1/accounts/"+id+"/statuses"+q)
		}
	}
	for where, body := range seen {
		for i, h := range hidden {
			if strings.Contains(body, words[i]) || strings.Contains(body, key(h.URI)) || strings.Contains(body, ids.String(h.ID)) {
				t.Errorf("%s tells of what is for %s: …%s…", where, h.Audience, around(body, key(h.URI)))
			}
		}
	}
	if !strings.Contains(seen["what the spy was sent"], `"Accept"`) {
		t.Error("the spy heard nothing at all")
	}
}
