package as

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// TestNoteIsReadByStrictReaders checks what Lemmy and others insist on.
func TestNoteIsReadByStrictReaders(t *testing.T) {
	n := Note{ID: "https://a.example/objects/x%C3%A9", URL: "https://a.example/@ana/1", AttributedTo: "https://a.example/users/u",
		Content: "<p>É & <br></p>", Lang: "fr", To: []string{Public}, Published: time.Unix(1e9, 5e8),
		Tags: []Tag{{Type: "Mention", Href: "https://b.example/u?a=b&c", Name: "@b@b.example"}}}
	b, err := n.Build()
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"to", "cc", "tag", "attachment"} {
		if _, ok := m[key].([]any); !ok {
			t.Errorf("%s is %T, want an array", key, m[key])
		}
	}
	for _, key := range []string{"inReplyTo", "updated", "summary", "name"} {
		if _, ok := m[key]; ok {
			t.Errorf("%s is present in %s", key, b)
		}
	}
	if m["id"] != n.ID || m["attributedTo"] != n.AttributedTo || m["type"] != "Note" || m["published"] != "2001-09-09T01:46:40Z" {
		t.Errorf("got %s", b)
	}
	d, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if d.Content() != n.Content || d.Mentions()[0].Href != "https://b.example/u?a=b&c" || d.Language() != "fr" {
		t.Errorf("read back %q %v %q", d.Content(), d.Mentions(), d.Language())
	}
}

func TestAcceptKeepsTheFollowByteForByte(t *testing.T) {
	follow := []byte(`{"id":"https://b.example/%c3%a9#x","type":"Follow","actor":"https://b.example/u","object":"https://a.example/g","zz":1.50}`)
	b, err := Activity{Type: "Accept", ID: "https://a.example/1", Actor: "https://a.example/g", Object: json.RawMessage(follow)}.Build()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(b, follow) {
		t.Errorf("the Follow changed: %s", b)
	}
}

func TestActivityRefusesAnUnknownVerb(t *testing.T) {
	if _, err := (Activity{Type: "Dance", ID: "https://a.example/1", Actor: "https://a.example/u"}).Build(); err == nil {
		t.Error("built")
	}
}

func TestActorRoundTrip(t *testing.T) {
	a := &Actor{ID: "https://a.example/users/u", Type: "Group", Username: "section", Name: "Section", Inbox: "https://a.example/users/u/inbox",
		Outbox: "https://a.example/users/u/outbox", Followers: "https://a.example/users/u/followers", Following: "https://a.example/users/u/following",
		SharedInbox: "https://a.example/inbox", WebFinger: "section@a.example", Keys: []PublicKey{{"https://a.example/users/u#main-key", "https://a.example/users/u", "PEM"}},
		Fields: []Field{{"Site", "<a>x</a>"}}, Icon: &Image{URL: "https://a.example/i.png", MediaType: "image/png"}}
	b, err := a.Build()
	if err != nil {
		t.Fatal(err)
	}
	d, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ReadActor(d)
	if err != nil {
		t.Fatal(err)
	}
	if got.Type != a.Type || got.SharedInbox != a.SharedInbox || got.Key() != a.Key() || len(got.Fields) != 1 || got.Icon == nil || got.WebFinger != a.WebFinger {
		t.Errorf("got %+v from %s", got, b)
	}
	for _, term := range []string{`"toot":`, `"schema":`, `"PropertyValue":`, `"discoverable":"toot:discoverable"`} {
		if !strings.Contains(string(b), term) {
			t.Errorf("the context does not define %s: %s", term, b)
		}
	}
}

func BenchmarkBuildCreate(b *testing.B) {
	n := Note{ID: "https://a.example/objects/x", AttributedTo: "https://a.example/users/u", Content: "<p>Bonjour</p>", To: []string{Public}, Published: time.Now()}
	for b.Loop() {
		note, err := n.Build()
		if err != nil {
			b.Fatal(err)
		}
		if _, err := (Activity{Type: "Create", ID: n.ID + "/activity", Actor: n.AttributedTo, Object: json.RawMessage(note), To: n.To}).Build(); err != nil {
			b.Fatal(err)
		}
	}
}
