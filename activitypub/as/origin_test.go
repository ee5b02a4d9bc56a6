package as

import (
	"fmt"
	"strings"
	"testing"
)

func TestSameOrigin(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"https://a.example/1", "https://a.example/2#x", true},
		{"https://A.example/1", "https://a.EXAMPLE", true},
		{"https://a.example:443/1", "https://a.example/2", true},
		{"http://a.example:80/1", "http://a.example/2", true},
		{"HTTPS://a.example/1", "https://a.example/2", true},
		{"https://[2001:DB8::1]:8443/1", "https://[2001:db8::1]:8443/2", true},
		{"https://münchen.example/1", "https://xn--mnchen-3ya.example/2", true},
		{"https://a.example/1", "http://a.example/1", false},
		{"https://a.example/1", "https://a.example:8443/1", false},
		{"https://a.example/1", "https://b.a.example/1", false},
		{"https://a.example/1", "https://a.example.evil.example/1", false},
		{"https://a.example@evil.example/1", "https://a.example/1", false},
		{"https://a.example\\@evil.example/1", "https://a.example/1", false},
		{"https://a.example%2eevil/1", "https://a.example/1", false},
		{"", "", false},
		{"acct:a@b", "acct:a@b", false},
		{"https:///x", "https:///x", false},
		{"file:///x", "file:///x", false},
		{"did:key:z6", "did:key:z6", false},
		{"https://" + strings.Repeat("a", 3000), "https://" + strings.Repeat("a", 3000), false},
	} {
		if got := SameOrigin(c.a, c.b); got != c.want || SameOrigin(c.b, c.a) != got {
			t.Errorf("%.60s and %.60s: %t", c.a, c.b, got)
		}
	}
	if Host("https://A.example:8443/x") != "a.example:8443" || Host("https://a.example:443/") != "a.example" || Host("x") != "" || Host("https://münchen.example/u") != "xn--mnchen-3ya.example" {
		t.Error("host")
	}
}

func TestValidID(t *testing.T) {
	for uri, ok := range map[string]bool{
		"https://a.example/1": true, "https://a.example/1#x": true, "https://a.example": true, "https://127.0.0.1:8443/x": true, "https://a.example/é": true,
		"http://a.example/1": false, "ftp://a.example/1": false, "//a.example/1": false, "/1": false, "": false, "https://": false, "https:a": false,
		"https://u@a.example/": false, "https://a.example/ x": false, "https://a.example/\n": false, "javascript:x": false,
		"https://a.example/" + strings.Repeat("x", MaxURL): false,
	} {
		if err := ValidID(uri, false); (err == nil) != ok || !ok && ReasonOf(err) != BadID {
			t.Errorf("%.60q: %v", uri, err)
		}
	}
	if ValidID("http://127.0.0.1:9001/x", true) != nil || ValidID("ftp://a.example/", true) == nil {
		t.Error("local mode")
	}
}

// OR3, SG8: id, actor and signer are of one origin.
func TestOR03CheckActivity(t *testing.T) {
	const ana, evil = "https://a.example/ana", "https://evil.example/eve"
	for _, c := range []struct {
		name, doc, signer string
		want              Reason
	}{
		{"own", `"id":"https://a.example/1","actor":"` + ana + `"`, ana, ""},
		{"instance actor", `"id":"https://a.example/1","actor":"` + ana + `"`, "https://a.example/actor", ""},
		{"actor embedded", `"id":"https://a.example/1","actor":{"id":"` + ana + `","type":"Person"}`, ana, ""},
		{"signed by another", `"id":"https://a.example/1","actor":"` + ana + `"`, evil, ForeignActor},
		{"id elsewhere", `"id":"https://a.example/1","actor":"` + evil + `"`, evil, ForeignActor},
		{"actor elsewhere", `"id":"https://evil.example/1","actor":"` + ana + `"`, evil, ForeignActor},
		{"no id", `"actor":"` + ana + `"`, ana, NoID},
		{"odd id", `"id":"urn:uuid:1","actor":"` + ana + `"`, ana, BadID},
		{"no actor", `"id":"https://a.example/1"`, ana, NoActor},
		{"two actors", `"id":"https://a.example/1","actor":["` + ana + `","` + evil + `"]`, ana, NoActor},
		{"no signer", `"id":"https://a.example/1","actor":"` + ana + `"`, "", ForeignActor},
	} {
		if err := CheckActivity(parse(t, `{"type":"Like",`+c.doc+`}`), c.signer); ReasonOf(err) != c.want {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// OR1: who an object may name as its author.
func TestOR01CheckObject(t *testing.T) {
	tags := func(n int) string {
		return `"id":"https://a.example/1","tag":[` + strings.TrimSuffix(strings.Repeat(`{"type":"Mention"},`, n), ",") + `]`
	}
	for _, c := range []struct {
		name, doc string
		want      Reason
	}{
		{"own", `"id":"https://a.example/1","attributedTo":"https://a.example/ana"`, ""},
		{"PeerTube", `"id":"https://a.example/1","attributedTo":[{"type":"Person","id":"https://a.example/u"},{"type":"Group","id":"https://a.example/c"}]`, ""},
		{"nobody's", `"id":"https://a.example/1"`, ""},
		{"elsewhere", `"id":"https://a.example/1","attributedTo":"https://b.example/ana"`, ForeignOwner},
		{"one elsewhere", `"id":"https://a.example/1","attributedTo":["https://a.example/u","https://b.example/ana"]`, ForeignOwner},
		{"author without id", `"id":"https://a.example/1","attributedTo":{"type":"Person"}`, ForeignOwner},
		{"actor elsewhere", `"id":"https://a.example/1","actor":"https://b.example/ana"`, ForeignOwner},
		{"other port", `"id":"https://a.example/1","attributedTo":"https://a.example:8443/ana"`, ForeignOwner},
		{"no id", `"attributedTo":"https://a.example/ana"`, NoID},
		{"odd id", `"id":"at://x","attributedTo":"https://a.example/ana"`, BadID},
		{"500 tags", tags(500), ""},
		{"501 tags", tags(501), TooManyTags},
	} {
		if err := CheckObject(parse(t, `{"type":"Note",`+c.doc+`}`)); ReasonOf(err) != c.want {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	d := parse(t, `{"type":"Note","id":"https://a.example/1","attributedTo":"https://a.example/ana"}`)
	if !Trusted(d, "https://a.example/ana") || Trusted(d, "https://b.example/ana") || Trusted(nil, "https://a.example/") {
		t.Error("trusted")
	}
}

// SG7: keys and endpoints that are not the actor's own are not taken.
func TestReadActor(t *testing.T) {
	const me = "https://a.example/ana"
	doc := func(extra string) *Doc {
		return parse(t, fmt.Sprintf(`{"type":"Person","id":%q,"inbox":"%s/inbox","preferredUsername":"ana"%s}`, me, me, extra))
	}
	for name, c := range map[string]struct {
		key string
		ok  bool
	}{
		"own":             {`{"id":"` + me + `#k","owner":"` + me + `","publicKeyPem":"P"}`, true},
		"own document":    {`{"id":"` + me + `/main-key","owner":"` + me + `","publicKeyPem":"P"}`, true},
		"owner not told":  {`{"id":"` + me + `#k","publicKeyPem":"P"}`, true},
		"in a list":       {`["x",{"id":"` + me + `#k","owner":"` + me + `","publicKeyPem":"P"}]`, true},
		"victim's":        {`{"id":"` + me + `#k","owner":"https://v.example/u","publicKeyPem":"P"}`, false},
		"neighbour's":     {`{"id":"` + me + `#k","owner":"https://a.example/bob","publicKeyPem":"P"}`, false},
		"named elsewhere": {`{"id":"https://v.example/u#k","owner":"` + me + `","publicKeyPem":"P"}`, false},
		"no id":           {`{"owner":"` + me + `","publicKeyPem":"P"}`, false},
		"text":            {`"` + me + `#k"`, false},
	} {
		a, err := ReadActor(doc(`,"publicKey":` + c.key))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if got := a.Key().PEM != ""; got != c.ok {
			t.Errorf("%s: key taken %t", name, got)
		}
	}
	a, err := ReadActor(doc(`,"endpoints":{"sharedInbox":"https://v.example/inbox"},"outbox":"https://v.example/o","followers":"` + me + `/f"`))
	if err != nil || a.SharedInbox != "" || a.Outbox != "" || a.Followers == "" || a.DeliverTo() != me+"/inbox" {
		t.Errorf("endpoints elsewhere: %+v %v", a, err)
	}
	for name, in := range map[string]string{
		"a note":          `{"type":"Note","id":"` + me + `","inbox":"` + me + `/i","preferredUsername":"a"}`,
		"no inbox":        `{"type":"Person","id":"` + me + `","preferredUsername":"a"}`,
		"inbox elsewhere": `{"type":"Person","id":"` + me + `","inbox":"https://v.example/i","preferredUsername":"a"}`,
		"no name":         `{"type":"Person","id":"` + me + `","inbox":"` + me + `/i"}`,
		"no id":           `{"type":"Person","inbox":"` + me + `/i","preferredUsername":"a"}`,
	} {
		if a, err := ReadActor(parse(t, in)); !IsRefusal(err) {
			t.Errorf("%s: %+v %v", name, a, err)
		}
	}
	for in, want := range map[string]string{
		`{"type":"Person","id":"https://a.example/u"}`:                                                                                 "https://a.example/u",
		`{"type":"Key","id":"https://a.example/u/main-key","owner":"https://a.example/u","publicKeyPem":"P"}`:                          "https://a.example/u",
		`{"type":"Person","id":"https://a.example/u","publicKey":{"id":"https://a.example/u/main-key","owner":"https://a.example/u"}}`: "https://a.example/u",
		`{"type":"Key","id":"https://a.example/u/main-key","owner":"https://v.example/u","publicKeyPem":"P"}`:                          "",
		`{"type":"Person","id":"https://v.example/u"}`:                                                                                 "",
	} {
		if got := KeyOwner(parse(t, in), "https://a.example/u/main-key"); got != want {
			t.Errorf("owner %q of %s", got, in)
		}
	}
}

// TestSG07KeyOwner: a key belongs to nobody of another origin, however its
// document is written.
//
// Spec: SG7
func TestSG07KeyOwner(t *testing.T) {
	const key, ana, victim = "https://a.example/u#k", "https://a.example/u", "https://b.example/v"
	for _, c := range []struct{ doc, want string }{
		{`{"type":"Person","id":"` + ana + `"}`, ana},
		{`{"type":"Person","id":"` + ana + `","publicKey":{"id":"` + key + `","owner":"` + ana + `"}}`, ana},
		{`{"type":"Key","id":"` + key + `","owner":"` + ana + `","publicKeyPem":"x"}`, ana},
		{`{"type":"Key","id":"` + key + `","owner":"` + victim + `","publicKeyPem":"x"}`, ""},
		{`{"type":"Person","id":"` + ana + `","publicKey":{"id":"` + key + `","owner":"` + victim + `"}}`, ""},
		{`{"type":"Person","id":"` + victim + `"}`, ""},
		{`{"type":"Key","id":"` + key + `","publicKeyPem":"x"}`, ""},
	} {
		if got := KeyOwner(parse(t, c.doc), key); got != c.want {
			t.Errorf("%s belongs to %q, not %q", c.doc, got, c.want)
		}
	}
}

// TestFE06Tags: what names more than 500 is refused, as an activity and as an object.
//
// Spec: FE6
func TestFE06Tags(t *testing.T) {
	for n, refused := range map[int]bool{MaxTags: false, MaxTags + 1: true} {
		tags := "[" + strings.TrimSuffix(strings.Repeat(`{"type":"Mention","href":"https://a.example/x"},`, n), ",") + "]"
		d := parse(t, `{"type":"Create","id":"https://a.example/1","actor":"https://a.example/u","attributedTo":"https://a.example/u","tag":`+tags+`}`)
		for what, err := range map[string]error{"activity": CheckActivity(d, "https://a.example/u#k"), "object": CheckObject(d)} {
			if (ReasonOf(err) == TooManyTags) != refused {
				t.Errorf("%s of %d tags: %v", what, n, err)
			}
		}
	}
}
