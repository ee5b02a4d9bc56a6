package as

import (
	"errors"
	"strings"
	"testing"
)

func TestOR12ParseRefuses(t *testing.T) {
	deep := func(n int) string {
		return `{"type":"Note","x":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}`
	}
	for _, c := range []struct {
		name, in string
		want     Reason
	}{
		{"empty", "", BadJSON},
		{"blank", "  \n", BadJSON},
		{"bom", "\xef\xbb\xbf{\"type\":\"Note\"}", BadEncoding},
		{"latin1", "{\"type\":\"Note\",\"name\":\"\xe9\"}", BadEncoding},
		{"lone surrogate", `{"type":"Note","name":"\ud800"}`, BadJSON},
		{"array", `[{"type":"Note"}]`, NotObject},
		{"string", `"Note"`, NotObject},
		{"null", `null`, NotObject},
		{"number", `1e9`, NotObject},
		{"half", `{"type":"Note"`, BadJSON},
		{"comma", `{"type":"Note",}`, BadJSON},
		{"single quotes", `{'type':'Note'}`, BadJSON},
		{"comment", `{"type":"Note"/**/}`, BadJSON},
		{"trailing object", `{"type":"Note"}{"type":"Note"}`, TrailingData},
		{"trailing word", `{"type":"Note"} x`, TrailingData},
		{"trailing NUL", "{\"type\":\"Note\"}\x00", TrailingData},
		{"duplicate", `{"type":"Note","actor":"a","actor":"b"}`, DuplicateKey},
		{"duplicate by escape", `{"type":"Note","actor":"a","\u0061ctor":"b"}`, DuplicateKey},
		{"duplicate inside", `{"type":"Note","object":{"id":"a","id":"b"}}`, DuplicateKey},
		{"too deep", deep(64), TooDeep},
		{"50,000 deep", deep(50000), TooDeep},
		{"unclosed 50,000", strings.Repeat(`{"a":`, 50000), TooDeep},
		{"graph", `{"type":"Note","@graph":[]}`, GraphKeyword},
		{"graph by escape", `{"type":"Note","\u0040graph":[]}`, GraphKeyword},
		{"included inside", `{"type":"Create","object":{"@included":[]}}`, GraphKeyword},
		{"reverse after context", `{"type":"Note","@context":[{"@language":"fr"}],"@reverse":{}}`, GraphKeyword},
		{"no type", `{"id":"https://a.example/1"}`, NoType},
		{"null type", `{"type":null}`, NoType},
		{"number type", `{"type":5}`, NoType},
		{"other case", `{"Type":"Note"}`, NoType},
		{"kelvin and long s", `{"tyſe":"Note"}`, NoType},
		{"large", `{"type":"Note","content":"` + strings.Repeat("a", MaxBytes) + `"}`, TooLarge},
	} {
		d, err := Parse([]byte(c.in))
		if d != nil || ReasonOf(err) != c.want || !errors.Is(err, &Error{Reason: c.want}) {
			t.Errorf("%s: got %v, want refusal %q", c.name, err, c.want)
		}
	}
}

func TestParseAccepts(t *testing.T) {
	for name, in := range map[string]string{
		"depth 64":           `{"type":"Note","x":` + strings.Repeat("[", 63) + strings.Repeat("]", 63) + `}`,
		"type array":         `{"type":["Note","Thing"]}`,
		"space around":       " \n{\"type\":\"Note\"}\r\n\t ",
		"reverse in context": `{"@context":["x",{"up":{"@reverse":"as:up"}}],"type":"Note"}`,
		"keyword type":       `{"@type":"Note"}`,
		"emoji escape":       `{"type":"Note","name":"\ud83d\ude00"}`,
		"same key elsewhere": `{"type":"Note","object":{"type":"Note"}}`,
	} {
		d, err := Parse([]byte(in))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if string(d.Bytes) != in {
			t.Errorf("%s: bytes were changed", name)
		} else if !d.Is("Note") {
			t.Errorf("%s: type %v", name, d.Types())
		}
	}
}

func TestOR12KeysAreExact(t *testing.T) {
	d, err := Parse([]byte(`{"type":"Create","Actor":"https://evil.example/a","actor":"https://good.example/a","ACTOR":"https://evil.example/b"}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := d.Actor(); got != "https://good.example/a" {
		t.Errorf("actor = %q", got)
	}
	d, _ = Parse([]byte(`{"type":"Create","Actor":"https://evil.example/a"}`))
	if got := d.Actor(); got != "" {
		t.Errorf("actor taken from another key: %q", got)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`{"type":"Note","id":"https://a.example/1","to":"as:Public","tag":{"type":"Mention","href":"x"}}`,
		`{"@context":["https://www.w3.org/ns/activitystreams",{"@language":"fr"}],"type":["Create"],"object":{"content":null,"contentMap":{"fr":"é"},"url":[{"href":"http://x","mimeType":"text/html"}]}}`,
		`{"type":"Person","inbox":"https://a.example/i","publicKey":[{"id":"k"}],"icon":[{"url":[{"href":"x"}]}],"attachment":[{"type":"PropertyValue"}]}`,
		`{"type":"Note","published":"2020-02-30T25:00:00","width":1e400,"focalPoint":[1,2]}`,
		`{"a":`, `[`, `{"type":"\ud800"}`, "\x00",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := Parse(b)
		if err != nil {
			if ReasonOf(err) == "" {
				t.Fatalf("untyped error %v", err)
			}
			return
		}
		readAll(d, 0)
	})
}

// readAll calls every reader, down to a few levels of embedding.
func readAll(d *Doc, depth int) {
	d.ID()
	d.Actor()
	d.Recipients()
	d.Name()
	d.Content()
	d.Summary()
	d.Language()
	d.Source()
	d.Published()
	d.URL()
	d.Tags()
	d.Attachments()
	d.Icon()
	d.Image()
	d.Context()
	d.Quote()
	d.Items()
	d.TotalItems()
	d.Replies()
	_, _ = ReadActor(d)
	_ = CheckActivity(d, d.Actor())
	_ = CheckObject(d)
	if depth < 4 {
		for _, o := range append(d.Object().Docs(), d.Items().Docs()...) {
			readAll(o, depth+1)
		}
	}
}
