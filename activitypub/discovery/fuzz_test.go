package discovery

import (
	"encoding/json"
	"strings"
	"testing"
)

// FuzzAnswers: no bytes of a stranger make a reader of discovery panic, and what
// is read holds what its callers count on.
//
// Spec: TX1; Spec: OR11
func FuzzAnswers(f *testing.F) {
	meta, err := EncodeHostMeta("https://a.example")
	if err != nil {
		f.Fatal(err)
	}
	metaJSON, err := EncodeHostMetaJSON("https://a.example")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(meta)
	f.Add(metaJSON)
	for _, s := range []string{
		`{"subject":"acct:ana@a.example","aliases":["https://a.example/@ana",3],"links":[{"rel":"self","type":"application/activity+json","href":"https://a.example/u/1","properties":{"https://www.w3.org/ns/activitystreams#type":"Group"}},7]}`,
		`{"links":[{"rel":"http://nodeinfo.diaspora.software/ns/schema/2.1","href":"https://a.example/nodeinfo/2.1"},{"rel":"https://www.w3.org/ns/activitystreams#Application","href":"https://a.example/actor"}]}`,
		`{"links":[{"rel":"https://w3id.org/fep/3b86/Follow","template":"https://a.example/f?o={object}&b={on-success}"},{"rel":"http://ostatus.org/schema/1.0/subscribe","template":"https://a.example/{uri}"}]}`,
		`{"version":"2.1","software":{"name":"Lemmy","version":"1"},"protocols":{"inbound":[]},"openRegistrations":"yes","metadata":[]}`,
		`<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0"><Link rel="lrdd" type="application/json" template="https://a.example/w?r={uri}"/></XRD>`,
		`<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><XRD><Link rel="lrdd" template="&a;{uri}"></XRD>`,
		`@Ana@münchen.example:8443`, "@\u00a0@0", `acct:a@[::1]:80`, `https://a.example/@ana`, `application/ld+json; q=1; profile="https://www.w3.org/ns/activitystreams"`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if j, err := ParseJRD(b); err == nil {
			first := j.ActorID()
			if page := j.IntentURL("Follow", "https://a.example/u?x=1&y={z}"); page != "" && strings.ContainsAny(page, "{}") {
				t.Errorf("a page with a variable left: %q", page)
			}
			if _, err := j.Encode(); err != nil && json.Valid(b) {
				t.Errorf("what was read cannot be written: %v", err)
			}
			if first != "" && !strings.Contains(string(b), "self") && !strings.Contains(string(b), `\u`) {
				t.Errorf("an actor %q that nobody named", first)
			}
		}
		if template, err := ParseHostMeta(b); err == nil && !strings.Contains(template, "{uri}") {
			t.Errorf("template %q", template)
		}
		_, _, _ = ParseNodeInfoLinks(b)
		if n, err := ParseNodeInfo(b); err == nil && (n.Software.Name == "" || n.Software.Name != strings.ToLower(n.Software.Name)) {
			t.Errorf("software %q", n.Software.Name)
		}
		s := string(b)
		IsActivityType(s)
		if h, err := ParseHandle(s); err == nil {
			if again, err := ParseHandle(h.String()); err != nil || again != h {
				t.Errorf("%q is %+v, which is %+v, %v", s, h, again, err)
			}
			if strings.ContainsAny(h.String(), "\r\n\x00 /<>\"") {
				t.Errorf("handle %q", h)
			}
		}
		if h, uri, err := ParseResource(s); err == nil && (h.Host == "") == (uri == "") {
			t.Errorf("%q is both or neither: %+v %q", s, h, uri)
		}
	})
}
