package as

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

var at = time.Date(2026, 11, 22, 12, 30, 15, 999, time.FixedZone("CET", 3600))

func mustBuild(t *testing.T, b Builder) *Doc {
	t.Helper()
	raw, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	d, err := Parse(raw)
	if err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	return d
}

const base = "https://section.example"

func note() Note {
	return Note{
		ID: base + "/objects/a1", URL: base + "/@ana/1", AttributedTo: base + "/users/u1",
		Content: "<p>À demain & <b>merci</b></p>", Language: "fr", Source: "À demain & *merci*", SourceType: "text/markdown",
		To: []string{Public}, Cc: []string{base + "/users/u1/followers"},
		Tags: []Tag{
			{Type: "Mention", Name: "@bob@b.example", Href: "https://b.example/users/bob"},
			{Type: "Hashtag", Name: "#marché", Href: base + "/tags/march%C3%A9"},
		},
		Attachments: []Attachment{{Type: "Image", MediaType: "image/png", URL: base + "/m/1.png", Name: "Le marché", Blurhash: "LKO2?U%2Tw=w", Width: 640, Height: 480, FocalPoint: [2]float64{-0.5, 0.25}}},
		Published:   at, Context: base + "/contexts/1", Replies: base + "/objects/a1/replies",
	}
}

func TestNote(t *testing.T) {
	raw, err := note().Build()
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"@context":["https://www.w3.org/ns/activitystreams",{"Hashtag":"as:Hashtag","blurhash":"toot:blurhash","focalPoint":{"@container":"@list","@id":"toot:focalPoint"},"sensitive":"as:sensitive","toot":"http://joinmastodon.org/ns#"}],` +
		`"id":"https://section.example/objects/a1","type":"Note",` +
		`"attachment":[{"blurhash":"LKO2?U%2Tw=w","focalPoint":[-0.5,0.25],"height":480,"mediaType":"image/png","name":"Le marché","type":"Image","url":"https://section.example/m/1.png","width":640}],` +
		`"attributedTo":"https://section.example/users/u1","cc":["https://section.example/users/u1/followers"],` +
		`"content":"<p>À demain & <b>merci</b></p>","contentMap":{"fr":"<p>À demain & <b>merci</b></p>"},"context":"https://section.example/contexts/1",` +
		`"published":"2026-11-22T11:30:15.000Z","replies":"https://section.example/objects/a1/replies","sensitive":false,` +
		`"source":{"content":"À demain & *merci*","mediaType":"text/markdown"},` +
		`"tag":[{"href":"https://b.example/users/bob","name":"@bob@b.example","type":"Mention"},{"href":"https://section.example/tags/march%C3%A9","name":"#marché","type":"Hashtag"}],` +
		`"to":["https://www.w3.org/ns/activitystreams#Public"],"url":"https://section.example/@ana/1"}`
	if string(raw) != want {
		t.Errorf("got\n%s\nwant\n%s", raw, want)
	}
	d := mustBuild(t, note())
	if d.Language() != "fr" || d.Content() != note().Content || d.URL() != note().URL || d.Context() != base+"/contexts/1" ||
		!d.Published().Equal(at.Truncate(time.Second)) || len(d.Mentions()) != 1 || len(d.Hashtags()) != 1 {
		t.Errorf("read back differently: %s", d.Bytes)
	}
	a := d.Attachments()
	if len(a) != 1 {
		t.Fatalf("attachments %v", a)
	}
	a[0].Doc = nil
	if !reflect.DeepEqual(a, note().Attachments) {
		t.Errorf("attachment %+v", a[0])
	}
	if err := CheckObject(d); err != nil {
		t.Error(err)
	}
}

// What the strictest readers want of a thread's start.
func TestNoteShape(t *testing.T) {
	d := mustBuild(t, Note{ID: base + "/objects/a2", AttributedTo: base + "/users/u1", Content: "x"})
	for key, want := range map[string]string{"to": "[]", "cc": "[]", "tag": "[]", "attachment": "[]", "attributedTo": `"` + base + `/users/u1"`} {
		if got := string(d.Raw(key)); got != want {
			t.Errorf("%s is %s, want %s", key, got, want)
		}
	}
	for _, key := range []string{"inReplyTo", "audience", "summary", "name", "updated", "published", "contentMap", "image", "context"} {
		if d.Has(key) || bytes.Contains(d.Bytes, []byte(`"`+key+`"`)) {
			t.Errorf("%s is present: %s", key, d.Bytes)
		}
	}
	d = mustBuild(t, Note{ID: base + "/a", Type: "Article", AttributedTo: base + "/u", Name: "Titre", Audience: base + "/groups/g", InReplyTo: "https://b.example/1", Updated: at,
		ContentMap: map[string]string{"en": "Hello"}, Language: "fr", Content: "Bonjour", Image: &Image{URL: base + "/i.jpg", MediaType: "image/jpeg", Name: "Banner"}})
	if d.Type() != "Article" || string(d.Raw("audience")) != `"`+base+`/groups/g"` || d.InReplyTo() != "https://b.example/1" || d.Updated().IsZero() ||
		len(d.ContentMap()) != 2 || d.Language() != "fr" {
		t.Errorf("%s", d.Bytes)
	}
	if img, ok := d.Image(); !ok || img.Name != "Banner" {
		t.Errorf("image %v", img)
	}
}

// Ids are sent as they were received: go-fed would rewrite these.
func TestForeignIDsUnchanged(t *testing.T) {
	for _, id := range []string{
		"https://b.example/Ünï/été", "https://b.example/a%2fb/%7Eana", "https://b.example/a?q=é&x=[1]", "https://b.example/a#b c%20d",
		"HTTPS://B.example/X", "https://b.example:443/a", "https://b.example/a|b",
	} {
		d := mustBuild(t, Note{ID: base + "/objects/a", AttributedTo: base + "/u", InReplyTo: id, To: []string{id}, Cc: []string{id, id + "/2"}, Tags: []Tag{{Type: "Mention", Href: id, Name: "@b"}}})
		if d.InReplyTo() != id || d.To()[0] != id || d.Cc()[1] != id+"/2" || d.Mentions()[0].Href != id {
			t.Errorf("%s became %s", id, d.Bytes)
		}
		f := mustBuild(t, Activity{Type: "Follow", ID: base + "/f", Actor: base + "/u", Object: id})
		if f.Object().ID() != id {
			t.Errorf("%s became %s", id, f.Bytes)
		}
	}
}

func TestActivities(t *testing.T) {
	for _, kind := range []string{"Create", "Update", "Delete", "Follow", "Accept", "Reject", "Undo", "Like", "Dislike", "Announce", "Add", "Remove", "Block", "Flag", "Join", "Leave", "Invite", "Offer", "Move", "TentativeAccept", "TentativeReject", "Ignore"} {
		d := mustBuild(t, Activity{Type: kind, ID: base + "/activities/1", Actor: base + "/users/u1", Object: "https://b.example/x", Target: base + "/t", Published: at, Summary: "why"})
		if d.Type() != kind || d.Object().ID() != "https://b.example/x" || d.Target().ID() != base+"/t" || string(d.Raw("to")) != "[]" || string(d.Raw("cc")) != "[]" || d.Summary() != "why" {
			t.Errorf("%s: %s", kind, d.Bytes)
		}
		if err := CheckActivity(d, base+"/users/u1"); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	d := mustBuild(t, Activity{Type: "Flag", ID: base + "/1", Actor: base + "/actor", Object: []string{"https://b.example/u", "https://b.example/p"}})
	if len(d.Object().IDs()) != 2 {
		t.Errorf("%s", d.Bytes)
	}
}

// An Accept embeds the very Follow, byte for byte.
func TestAcceptVerbatim(t *testing.T) {
	follow := `{ "@context":"https://x.example/ctx", "id" : "https://b.example/%c3%a9#f",  "type":"Follow","actor":"https://b.example/u","object":"` + base + `/u","n":1.50,"html":"<\u0026>" }`
	for name, object := range map[string]any{"bytes": []byte(follow), "raw": json.RawMessage(follow)} {
		raw, err := Activity{Type: "Accept", ID: base + "/1", Actor: base + "/u", Object: object, To: []string{"https://b.example/u"}}.Build()
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(raw, []byte(`"object":`+follow)) {
			t.Errorf("%s: %s", name, raw)
		}
	}
	plain := `{ "@context": "https://www.w3.org/ns/activitystreams", "type":"Follow","id":"https://b.example/1" }`
	if raw, _ := (Activity{Type: "Accept", ID: base + "/1", Actor: base + "/u", Object: []byte(plain)}).Build(); !bytes.Contains(raw, []byte(plain)) {
		t.Errorf("%s", raw)
	}
	d, err := Parse([]byte(follow))
	if err != nil {
		t.Fatal(err)
	}
	if raw, _ := (Activity{Type: "Reject", ID: base + "/1", Actor: base + "/u", Object: d}).Build(); !bytes.Contains(raw, []byte(follow)) {
		t.Errorf("%s", raw)
	}
}

// A Create of our own has one @context, whether the note is built with it or
// was stored before.
func TestCreateLiftsContext(t *testing.T) {
	raw, err := note().Build()
	if err != nil {
		t.Fatal(err)
	}
	var made [][]byte
	for _, object := range []any{note(), json.RawMessage(raw), raw} {
		b, err := Activity{Type: "Create", ID: base + "/activities/1", Actor: base + "/users/u1", Object: object, To: []string{Public}, Published: at}.Build()
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, b)
	}
	if !bytes.Equal(made[0], made[1]) || !bytes.Equal(made[1], made[2]) {
		t.Errorf("differ:\n%s\n%s\n%s", made[0], made[1], made[2])
	}
	if n := bytes.Count(made[0], []byte("@context")); n != 1 {
		t.Errorf("%d contexts: %s", n, made[0])
	}
	if !bytes.Contains(made[0], []byte(`"Hashtag":"as:Hashtag"`)) || !bytes.Contains(made[0], []byte(`"toot":`)) {
		t.Errorf("terms lost: %s", made[0])
	}
	for _, foreign := range []string{
		`{"@context":"https://else.example/ctx","id":"` + base + `/x","type":"Note"}`,
		`{"@context":"https://www.w3.org/ns/activitystreams","id":"` + base + `/x","type":"Note","sparkle":1}`,
	} {
		b, err := Activity{Type: "Create", ID: base + "/1", Actor: base + "/u", Object: []byte(foreign)}.Build()
		if err != nil || !bytes.Contains(b, []byte(foreign)) {
			t.Errorf("other context: %s %v", b, err)
		}
	}
}

func actorFixture() Actor {
	id := base + "/users/u1"
	return Actor{
		ID: id, Type: "Person", URL: base + "/@ana", Username: "ana", Name: "Ana", Summary: "<p>Bonjour</p>", Source: "Bonjour",
		Inbox: id + "/inbox", Outbox: id + "/outbox", Followers: id + "/followers", Following: id + "/following", Featured: id + "/featured",
		SharedInbox: base + "/inbox", WebFinger: "ana@section.example",
		Keys:      []PublicKey{{ID: id + "#main-key", Owner: id, PEM: "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n"}},
		Multikeys: []Multikey{{ID: id + "#ed25519-key", Controller: id, Public: "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"}},
		Icon:      &Image{URL: base + "/m/a.png", MediaType: "image/png", Name: "Portrait"}, Image: &Image{URL: base + "/m/h.jpg", MediaType: "image/jpeg"},
		Fields:      []Field{{Name: "Site", Value: `<a href="https://a.example">a</a>`}},
		AlsoKnownAs: []string{"https://old.example/ana"}, MovedTo: "https://new.example/ana",
		Published: at.UTC().Truncate(time.Second), Updated: at.UTC().Truncate(time.Second),
		ManuallyApproves: true, Discoverable: true, Indexable: true, Memorial: true,
	}
}

// An actor that is built reads back the same.
func TestActorRoundTrip(t *testing.T) {
	for _, kind := range []string{"Person", "Group", "Organization", "Service", "Application"} {
		want := actorFixture()
		want.Type = kind
		d := mustBuild(t, want)
		got, err := ReadActor(d)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(*got, want) {
			t.Errorf("%s\ngot  %+v\nwant %+v\nfrom %s", kind, *got, want, d.Bytes)
		}
	}
	d := mustBuild(t, actorFixture())
	for _, part := range []string{
		`"https://w3id.org/security/v1"`, `"discoverable":"toot:discoverable"`, `"indexable":"toot:indexable"`, `"toot":"http://joinmastodon.org/ns#"`,
		`"PropertyValue":"schema:PropertyValue"`, `"schema":"http://schema.org#"`, `"manuallyApprovesFollowers":"as:manuallyApprovesFollowers"`,
		`"featured":{"@id":"toot:featured","@type":"@id"}`, `"sec":"https://w3id.org/security#"`,
		`"endpoints":{"sharedInbox":"https://section.example/inbox"}`, `"webfinger":"ana@section.example"`, `"publicKey":{"id":"https://section.example/users/u1#main-key","owner":"https://section.example/users/u1","publicKeyPem":"-----BEGIN`,
	} {
		if !bytes.Contains(d.Bytes, []byte(part)) {
			t.Errorf("no %s in %s", part, d.Bytes)
		}
	}
	group := Actor{ID: base + "/g", Type: "Group", Username: "g", Inbox: base + "/g/inbox", Outbox: base + "/g/outbox", AttributedTo: base + "/g/moderators",
		Extra:        map[string]any{"moderators": base + "/g/moderators", "postingRestrictedToMods": false, "openMeetings": true},
		ExtraContext: map[string]any{"maillage": "https://w3id.org/maillage#", "openMeetings": "maillage:openMeetings"}}
	d = mustBuild(t, group)
	for _, part := range []string{`"maillage":"https://w3id.org/maillage#"`, `"openMeetings":"maillage:openMeetings"`, `"lemmy":"https://join-lemmy.org/ns#"`} {
		if !bytes.Contains(d.Bytes, []byte(part)) {
			t.Errorf("no %s in %s", part, d.Bytes)
		}
	}
}

func TestCollections(t *testing.T) {
	n := int64(3)
	d := mustBuild(t, Collection{ID: base + "/f", TotalItems: &n, First: base + "/f?page=1"})
	if total, ok := d.TotalItems(); d.Type() != "OrderedCollection" || total != 3 || !ok || d.Has("orderedItems") {
		t.Errorf("%s", d.Bytes)
	}
	d = mustBuild(t, Collection{ID: base + "/f"})
	if want := `{"@context":"https://www.w3.org/ns/activitystreams","id":"https://section.example/f","type":"OrderedCollection"}`; string(d.Bytes) != want {
		t.Errorf("%s", d.Bytes)
	}
	d = mustBuild(t, CollectionPage{ID: base + "/f?page=1", PartOf: base + "/f", Next: base + "/f?page=2", Items: []any{"https://b.example/u", note()}})
	if d.Type() != "OrderedCollectionPage" || len(d.Items()) != 2 || d.Items().Docs()[0].Type() != "Note" || d.Refs("next").ID() != base+"/f?page=2" || !bytes.Contains(d.Bytes, []byte("as:Hashtag")) {
		t.Errorf("%s", d.Bytes)
	}
	for _, empty := range []Builder{CollectionPage{ID: base + "/p"}, Collection{ID: base + "/p", Items: []any{}}, CollectionPage{ID: base + "/p", Items: []any{"x"}}} {
		if d := mustBuild(t, empty); !bytes.Contains(d.Bytes, []byte(`"orderedItems":[`)) {
			t.Errorf("%s", d.Bytes)
		}
	}
	stone := mustBuild(t, Tombstone{ID: base + "/objects/a1", FormerType: "Note", Deleted: at})
	if stone.Type() != "Tombstone" || stone.String("formerType") != "Note" || !stone.Time("deleted").Equal(at.Truncate(time.Second)) {
		t.Errorf("%s", stone.Bytes)
	}
}

func TestBuildFaults(t *testing.T) {
	for name, b := range map[string]Builder{
		"no id":           Note{AttributedTo: base + "/u"},
		"bad id":          Note{ID: "https://[::1"},
		"post type":       Note{ID: base + "/1", Type: "Person"},
		"activity type":   Activity{Type: "Wave", ID: base + "/1", Actor: base + "/u", Object: "x"},
		"no actor":        Activity{Type: "Like", ID: base + "/1", Object: "x"},
		"no object":       Activity{Type: "Like", ID: base + "/1", Actor: base + "/u"},
		"odd object":      Activity{Type: "Like", ID: base + "/1", Actor: base + "/u", Object: 5},
		"broken object":   Activity{Type: "Like", ID: base + "/1", Actor: base + "/u", Object: []byte(`{"a":`)},
		"actor type":      Actor{ID: base + "/1", Type: "Robot", Inbox: base, Outbox: base},
		"no inbox":        Actor{ID: base + "/1", Type: "Person"},
		"tag type":        Note{ID: base + "/1", Tags: []Tag{{Type: "Cat"}}},
		"undefined term":  Note{ID: base + "/1", Extra: map[string]any{"sparkle": true}},
		"undefined type":  Note{ID: base + "/1", Extra: map[string]any{"generator": map[string]any{"type": "Sparkle"}}},
		"too large":       Note{ID: base + "/1", Content: strings.Repeat("x", MaxBytes)},
		"inner broken":    Activity{Type: "Create", ID: base + "/1", Actor: base + "/u", Object: Note{}},
		"item broken":     CollectionPage{ID: base + "/1", Items: []any{5}},
		"collection bare": Collection{},
	} {
		if raw, err := b.Build(); err == nil {
			t.Errorf("%s: built %s", name, raw)
		}
	}
}

func BenchmarkBuildCreate(b *testing.B) {
	for b.Loop() {
		if _, err := (Activity{Type: "Create", ID: base + "/1", Actor: base + "/users/u1", Object: note(), To: []string{Public}}).Build(); err != nil {
			b.Fatal(err)
		}
	}
}

// TestLockBuilds builds the activity that closes a thread, which go-fed has no type for.
//
// Spec: FEP-1b12
func TestLockBuilds(t *testing.T) {
	body, err := Activity{Type: "Lock", ID: "https://h/activities/1", Actor: "https://h/users/ana", Object: "https://h/objects/1", Audience: "https://h/users/velo"}.Build()
	if err != nil {
		t.Fatal(err)
	}
	d, err := Parse(body)
	if err != nil || !d.Is("Lock") || d.Object().ID() != "https://h/objects/1" || !strings.Contains(string(body), `"Lock":"lemmy:Lock"`) {
		t.Errorf("%v %s", err, body)
	}
}

// TestDocumentInsideAnItem: a document with a context of its own, as a proof
// brings, stays one however deep it is.
func TestDocumentInsideAnItem(t *testing.T) {
	note := `{"@context":["https://www.w3.org/ns/activitystreams","https://w3id.org/security/data-integrity/v2"],"id":"https://a.example/1","content":"<p>&</p>"}`
	a := Activity{Type: "Create", ID: "https://a.example/1/activity", Actor: "https://a.example/u", Object: json.RawMessage(note)}
	body, err := CollectionPage{ID: "https://a.example/outbox?page=true", PartOf: "https://a.example/outbox", Items: []any{a}}.Build()
	if err != nil || !strings.Contains(string(body), `"object":`+note) {
		t.Errorf("%s %v", body, err)
	}
}
