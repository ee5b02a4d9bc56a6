package as

import (
	"testing"
)

// FuzzMeaning: no bytes make a reader panic or loop, and what is read once reads
// the same again.
//
// Spec: TX1
func FuzzMeaning(f *testing.F) {
	for _, s := range []string{
		`{"type":"Note","id":"https://a.example/1","attributedTo":["https://a.example/u",{"type":"Person","id":"https://a.example/v"}],"content":"x","contentMap":{"fr":"y","en":"x"}}`,
		`{"type":["Event","x"],"name":"n","startTime":"2026-12-05T18:00:00+01:00","timezone":"Europe/Paris","location":[{"type":"Place","name":"p","address":{"streetAddress":"s"}},"https://v.example"],"status":"CANCELLED"}`,
		`{"type":"Question","anyOf":[{"name":"a","replies":{"totalItems":1e99}}],"closed":true,"endTime":"x"}`,
		`{"type":"Video","url":[{"type":"Link","mediaType":"application/x-mpegURL","href":"https://a.example/m","tag":[{"mediaType":"video/mp4","href":"https://a.example/v","height":-1}]}]}`,
		`{"type":"Announce","object":[{"type":"Create","object":{"type":"Announce","object":[[]]}},3,null]}`,
		`{"type":"Person","id":"https://a.example/u","preferredUsername":"u","inbox":"https://a.example/i","publicKey":[{"id":"https://a.example/u#k","publicKeyPem":"x"}],"attachment":{"type":"PropertyValue"}}`,
		`{"type":"Page","attachment":"https://a.example/l","summary":"s","audience":{"id":"Public"}}`,
		`{"type":"Note","tag":[{"type":"Link","mediaType":"application/activity+json","href":"https://a.example/2","name":"RE: x"}],"searchableBy":["as:Public"],"target":{"id":"https://a.example/w","attributedTo":"https://a.example/g"}}`,
		"{", "\xef\xbb\xbf{}", `{"type":"a","type":"b"}`, `{"@graph":[]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := Parse(b)
		if err != nil {
			if ReasonOf(err) == "" {
				t.Fatalf("an error without a reason: %v", err)
			}
			return
		}
		readAll(d, 0)
		m, again := Read(d, "fr"), Read(d, "fr")
		if (m == nil) != (again == nil) || m != nil && (m.Content != again.Content || m.Language != again.Language || len(m.Media) != len(again.Media)) {
			t.Error("read twice, it says two things")
		}
		for _, a := range d.Attachments() {
			if HTTPURL(a.URL) == "" {
				t.Errorf("attachment at %q", a.URL)
			}
		}
		if a, err := ReadActor(d); err == nil && (a.Inbox == "" || !SameOrigin(a.ID, a.Inbox)) {
			t.Errorf("actor %+v", a)
		}
		for _, l := range d.ObjectLinks() {
			if HTTPURL(l.Href) == "" {
				t.Errorf("a link to %q", l.Href)
			}
		}
		_, _ = d.Quote(), d.SearchableBy()
		_ = CheckObject(d)
		_ = CheckActivity(d, d.Actor())
		_ = KeyOwner(d, d.ID())
		_ = Trusted(d, d.ID())
	})
}

// FuzzOrigin: an origin has one spelling, and a URL with user info has none.
func FuzzOrigin(f *testing.F) {
	for _, s := range []string{"https://A.example:443/x", "http://[::1]:80", "https://münchen.example", "https://a@b.example", "https:///", "https://a.example\\@b.example"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o := Origin(s)
		if o != "" && Origin(o) != o {
			t.Errorf("%q has origin %q, which has %q", s, o, Origin(o))
		}
		if (ValidID(s, true) == nil) && o == "" {
			t.Errorf("%q may be an id and has no origin", s)
		}
	})
}
