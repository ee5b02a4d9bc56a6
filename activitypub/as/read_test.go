package as

import (
	"reflect"
	"testing"
	"time"
)

func parse(t *testing.T, s string) *Doc {
	t.Helper()
	d, err := Parse([]byte(s))
	if err != nil {
		t.Fatalf("%v: %s", err, s)
	}
	return d
}

func TestShapes(t *testing.T) {
	for _, c := range []struct{ name, in string }{
		{"string", `"https://a.example/1"`},
		{"object", `{"id":"https://a.example/1","type":"Person"}`},
		{"array", `["https://a.example/1","https://a.example/2"]`},
		{"mixed", `[{"id":"https://a.example/1"},null,5,["https://evil.example"],"https://a.example/2"]`},
	} {
		d := parse(t, `{"type":"Create","actor":`+c.in+`,"to":`+c.in+`,"object":`+c.in+`}`)
		if d.Actor() != "https://a.example/1" || d.To()[0] != "https://a.example/1" || d.Object().ID() != "https://a.example/1" {
			t.Errorf("%s: %q %q", c.name, d.Actor(), d.To())
		}
		if n := len(d.To()); n > 2 {
			t.Errorf("%s: %d values", c.name, n)
		}
	}
	for _, none := range []string{`null`, `5`, `true`, `""`, `[]`, `{}`, `[[]]`} {
		d := parse(t, `{"type":"Create","actor":`+none+`,"object":`+none+`}`)
		if d.Actor() != "" || d.Object().ID() != "" || len(d.To()) != 0 {
			t.Errorf("%s: %q", none, d.Actor())
		}
	}
}

func TestPublic(t *testing.T) {
	for s, want := range map[string]bool{Public: true, "as:Public": true, "Public": true, "public": false, "": false, Public + "x": false, "https://www.w3.org/ns/activitystreams": false} {
		if IsPublic(s) != want || HasPublic([]string{"x", s}) != want {
			t.Errorf("%q: %t", s, !want)
		}
	}
}

func TestTimes(t *testing.T) {
	want := time.Date(2026, 11, 22, 12, 30, 15, 0, time.UTC)
	for in, want := range map[string]time.Time{
		"2026-11-22T12:30:15Z":             want,
		"2026-11-22T13:30:15+01:00":        want,
		"2026-11-22T13:30:15+0100":         want,
		"2026-11-22T12:30:15":              want,
		"2026-11-22T12:30:15.123456Z":      want.Add(123456 * time.Microsecond),
		"2026-11-22T12:30:15.123456+00:00": want.Add(123456 * time.Microsecond),
		"2026-11-22 12:30:15":              want,
		"2026-11-22T12:30Z":                want.Add(-15 * time.Second),
		"2026-11-22":                       time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC),
		"9999-01-01T00:00:00Z":             time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC),
		"":                                 {}, "yesterday": {}, "2026-02-30T00:00:00Z": {}, "123456-01-01T00:00:00Z": {},
	} {
		if got := parse(t, `{"type":"Note","published":"`+in+`"}`).Published(); !got.Equal(want) {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

func TestContentAndLanguage(t *testing.T) {
	for _, c := range []struct{ in, content, lang string }{
		{`"content":"a"`, "a", ""},
		{`"content":null,"contentMap":{"fr":"é"}`, "é", "fr"},
		{`"contentMap":{"fr":"é","en":"e"}`, "e", "en"},
		{`"contentMap":{"fr":"é","en":"e"},"@context":["x",{"@language":"fr"}]`, "é", "fr"},
		{`"content":"é","contentMap":{"en":"e","fr":"é"}`, "é", "fr"},
		{`"content":"a","language":{"identifier":"de","name":"Deutsch"}`, "a", "de"},
		{`"content":"a","language":"de"`, "a", "de"},
		{`"content":"a","inLanguage":"br"`, "a", "br"},
		{`"content":"a","@context":{"@language":"und"}`, "a", ""},
		{`"content":"a","contentMap":{"und":"a"}`, "a", ""},
		{`"content":["a","b"]`, "a", ""},
		{`"content":{"x":1},"contentMap":[1]`, "", ""},
	} {
		d := parse(t, `{"type":"Note",`+c.in+`}`)
		if d.Content() != c.content || d.Language() != c.lang {
			t.Errorf("%s: %q %q", c.in, d.Content(), d.Language())
		}
	}
	if text, kind := parse(t, `{"type":"Note","source":{"content":"*a*","mediaType":"text/markdown"}}`).Source(); text != "*a*" || kind != "text/markdown" {
		t.Errorf("source %q %q", text, kind)
	}
	if text, _ := parse(t, `{"type":"Note","source":"https://a.example"}`).Source(); text != "" {
		t.Errorf("a link is no source: %q", text)
	}
}

// TX6: only http(s) leads anywhere.
func TestURLs(t *testing.T) {
	for in, want := range map[string]string{
		`"https://a.example/1"`:               "https://a.example/1",
		`["magnet:?x","https://a.example/1"]`: "https://a.example/1",
		`[{"type":"Link","href":"https://a.example/v.mp4","mimeType":"video/mp4"},{"type":"Link","href":"https://a.example/w","mimeType":"text/html"}]`: "https://a.example/w",
		`{"type":"Link","href":"http://a.example/"}`: "http://a.example/",
		`"javascript:alert(1)"`:                      "",
		`"JaVaScRiPt:alert(1)"`:                      "",
		`"data:text/html,x"`:                         "",
		`"//a.example/x"`:                            "",
		`"https://"`:                                 "",
		`"https://u:p@a.example/"`:                   "",
		`"https://a.example/\" onclick=\"x"`:         "",
		`{"href":{}}`:                                "",
		`5`:                                          "",
	} {
		if got := parse(t, `{"type":"Note","url":`+in+`}`).URL(); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

func TestMedia(t *testing.T) {
	d := parse(t, `{"type":"Note","tag":{"type":"Mention","href":"https://a.example/u","name":"@u"},
		"icon":[{"type":"Image","url":"https://a.example/s.png"},{"type":"Image","url":[{"type":"Link","href":"https://a.example/l.png","mediaType":"image/png"}]}],
		"image":"https://a.example/i.png",
		"attachment":[{"type":"Document","url":[{"type":"Link","href":"https://a.example/x.jpg","mediaType":"image/jpeg","width":3,"height":2}],"summary":"alt","focalPoint":[0.5,-1]},
			{"type":"PropertyValue","name":"a","value":"b"},{"type":"Image","url":"javascript:x"},"https://a.example/page",{"type":"Link","href":"https://a.example/l","name":"L"},
			{"type":"Document","url":"https://a.example/y","focalPoint":[5,5],"width":-1,"height":99999999999}]}`)
	if m := d.Mentions(); len(m) != 1 || m[0].Href != "https://a.example/u" {
		t.Errorf("mentions %v", m)
	}
	if img, ok := d.Icon(); !ok || img.URL != "https://a.example/l.png" || img.MediaType != "image/png" {
		t.Errorf("icon %v", img)
	}
	if img, ok := d.Image(); !ok || img.URL != "https://a.example/i.png" {
		t.Errorf("image %v", img)
	}
	a := d.Attachments()
	for i := range a {
		a[i].Doc = nil
	}
	want := []Attachment{
		{Type: "Document", MediaType: "image/jpeg", URL: "https://a.example/x.jpg", Name: "alt", Width: 3, Height: 2, FocalPoint: [2]float64{0.5, -1}},
		{Type: "Link", URL: "https://a.example/page"},
		{Type: "Link", URL: "https://a.example/l", Name: "L"},
		{Type: "Document", URL: "https://a.example/y"},
	}
	if !reflect.DeepEqual(a, want) {
		t.Errorf("attachments\n%+v\nwant\n%+v", a, want)
	}
}

func TestAliases(t *testing.T) {
	d := parse(t, `{"@id":"https://a.example/1","@type":"Note","as:sensitive":true,"toot:blurhash":"x"}`)
	if d.ID() != "https://a.example/1" || d.Type() != "Note" || !d.Sensitive() || d.String("blurhash") != "x" {
		t.Errorf("%q %q", d.ID(), d.Type())
	}
	d = parse(t, `{"id":"https://a.example/1","@id":"https://evil.example/1","type":"Note"}`)
	if d.ID() != "https://a.example/1" {
		t.Errorf("id %q", d.ID())
	}
}

// Spec: FEP-e232
func TestObjectLinks(t *testing.T) {
	const as2 = `"mediaType":"application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\""`
	for in, want := range map[string]string{
		`{"type":"Link",` + as2 + `,"href":"https://a.example/1","name":"RE: https://a.example/@ana/1"}`:                                                  "https://a.example/1",
		`{"type":"Link",` + as2 + `,"href":"https://a.example/1","rel":"https://misskey-hub.net/ns#_misskey_quote"}`:                                      "https://a.example/1",
		`{"type":"Link","mediaType":"application/activity+json","href":"https://a.example/1","name":"re: it"}`:                                            "https://a.example/1",
		`[{"type":"Link",` + as2 + `,"href":"https://a.example/0","name":"#12"},{"type":"Link",` + as2 + `,"href":"https://a.example/1","name":"RE: x"}]`: "https://a.example/1",
		`{"type":"Link",` + as2 + `,"href":"https://a.example/1","name":"#1374"}`:                                                                         "", // an object, not quoted
		`{"type":"Link","mediaType":"text/html","href":"https://a.example/1","name":"RE: x"}`:                                                             "", // a page
		`{"type":"Link","mediaType":"application/ld+json","href":"https://a.example/1","name":"RE: x"}`:                                                   "",
		`{"type":"Link","href":"https://a.example/1","name":"RE: x"}`:                                                                                     "",
		`{"type":"Link",` + as2 + `,"href":"javascript:x","name":"RE: x"}`:                                                                                "",
		`{"type":"Mention",` + as2 + `,"href":"https://a.example/1","name":"RE: x"}`:                                                                      "",
	} {
		if got := parse(t, `{"type":"Note","tag":`+in+`}`).Quote(); got != want {
			t.Errorf("%s: %q", in, got)
		}
	}
	// The properties come first.
	if got := parse(t, `{"type":"Note","quoteUri":"https://a.example/2","tag":{"type":"Link",`+as2+`,"href":"https://a.example/1","name":"RE: x"}}`).Quote(); got != "https://a.example/2" {
		t.Error(got)
	}
	// What we write we read.
	b, err := Note{ID: "https://a.example/3", AttributedTo: "https://a.example/ana", Tags: []Tag{{Type: "Link", Href: "https://a.example/1", Name: "RE: https://a.example/@ana/1", Rel: RelQuote}}}.Build()
	if err != nil {
		t.Fatal(err)
	}
	if got := parse(t, string(b)).Quote(); got != "https://a.example/1" {
		t.Errorf("%q from %s", got, b)
	}
}
