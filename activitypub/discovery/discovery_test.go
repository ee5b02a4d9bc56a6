package discovery

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestJRD(t *testing.T) {
	b, err := NewJRD(Account{
		Name: "vie-du-groupe", Host: "section.example:8443", ActorID: "https://section.example:8443/users/x", ActorType: "Group",
		PageURL: "https://section.example:8443/@vie-du-groupe", Subscribe: "https://section.example:8443/follow?uri={uri}",
	}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"subject":"acct:vie-du-groupe@section.example:8443","aliases":["https://section.example:8443/users/x","https://section.example:8443/@vie-du-groupe"],"links":[` +
		`{"rel":"http://webfinger.net/rel/profile-page","type":"text/html","href":"https://section.example:8443/@vie-du-groupe"},` +
		`{"rel":"self","type":"application/activity+json","href":"https://section.example:8443/users/x","properties":{"https://www.w3.org/ns/activitystreams#type":"Group"}},` +
		`{"rel":"http://ostatus.org/schema/1.0/subscribe","template":"https://section.example:8443/follow?uri={uri}"}]}`
	if string(b) != want {
		t.Errorf("got\n%s\nwant\n%s", b, want)
	}
	j, err := ParseJRD(b)
	if err != nil || j.ActorID() != "https://section.example:8443/users/x" {
		t.Errorf("read back %+v %v", j, err)
	}
	j, err = ParseJRD([]byte(`{"subject":"acct:a@b","aliases":[1,"x"],"links":["no",{"rel":1},{"rel":"self","type":"application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"","href":"https://b/a"}]}`))
	if err != nil || j.ActorID() != "https://b/a" || len(j.Aliases) != 1 {
		t.Errorf("lenient: %+v %v", j, err)
	}
	for _, bad := range []string{"", "[]", "<html>", `"x"`, `{"links":{}}`} {
		if _, err := ParseJRD([]byte(bad)); err == nil {
			t.Errorf("%q read", bad)
		}
	}
}

func TestHandles(t *testing.T) {
	for in, want := range map[string]string{
		"ana@section.example": "ana@section.example", "@ana@Section.Example": "ana@section.example", "acct:ana@h:8080": "ana@h:8080",
		"ACCT:Été@h.example": "Été@h.example", " @a@127.0.0.1:9000 ": "a@127.0.0.1:9000",
	} {
		if h, err := ParseHandle(in); err != nil || h.String() != want {
			t.Errorf("%q: %s %v", in, h, err)
		}
	}
	for _, in := range []string{"", "@", "@@", "ana", "ana@", "@ana", "a@b@c", "a/b@c.example", "a@c.example/x", "a@c.example?x", "a b@c.example", "a@c d", "a@c:x", "a@u:p@h", "https://a.example/@b", strings.Repeat("a", 600) + "@b.example"} {
		if h, err := ParseHandle(in); err == nil {
			t.Errorf("%q read as %s", in, h)
		}
	}
	if _, uri, err := ParseResource("https://a.example/users/x"); err != nil || uri != "https://a.example/users/x" {
		t.Errorf("URL resource: %s %v", uri, err)
	}
	if h, uri, err := ParseResource("acct:a@b.example"); err != nil || uri != "" || h.Name != "a" {
		t.Errorf("acct resource: %v %v", h, err)
	}
	for _, in := range []string{"", "https://", "mailto:a", "https://a.example/" + strings.Repeat("x", 3000)} {
		if _, _, err := ParseResource(in); err == nil {
			t.Errorf("resource %.20q read", in)
		}
	}
}

func TestHostMeta(t *testing.T) {
	const want = "https://section.example/.well-known/webfinger?resource={uri}"
	x, err := EncodeHostMeta("https://section.example/")
	if err != nil || !strings.Contains(string(x), `xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0"`) {
		t.Fatalf("%s %v", x, err)
	}
	j, err := EncodeHostMetaJSON("https://section.example")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range [][]byte{x, j} {
		if got, err := ParseHostMeta(b); err != nil || got != want {
			t.Errorf("%s: %q %v", b, got, err)
		}
	}
	for _, bad := range []string{"", "{}", "<XRD/>", "<html>", `<XRD><Link rel="lrdd" template="https://x/"/></XRD>`} {
		if got, err := ParseHostMeta([]byte(bad)); err == nil {
			t.Errorf("%q gave %q", bad, got)
		}
	}
}

func TestNodeInfo(t *testing.T) {
	links, err := EncodeNodeInfoLinks("https://section.example", "https://section.example/actor")
	if err != nil {
		t.Fatal(err)
	}
	uri, app, err := ParseNodeInfoLinks(links)
	if err != nil || uri != "https://section.example/nodeinfo/2.1" || app != "https://section.example/actor" {
		t.Errorf("%s %s %v", uri, app, err)
	}
	for version, repository := range map[string]bool{"2.0": false, "2.1": true} {
		b, err := NodeInfo{Software: Software{Name: "maillage", Version: "1.2", Repository: "https://r.example"}}.Encode(version)
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		if json.Unmarshal(b, &m) != nil || m["version"] != version || strings.Contains(string(b), "repository") != repository ||
			strings.Contains(string(b), "total") || strings.Contains(string(b), "localPosts") {
			t.Errorf("%s: %s", version, b)
		}
		for _, required := range []string{"software", "protocols", "services", "openRegistrations", "usage", "metadata"} {
			if m[required] == nil {
				t.Errorf("%s lacks %s", version, required)
			}
		}
		n, err := ParseNodeInfo(b)
		if err != nil || n.Software.Name != "maillage" {
			t.Errorf("%s: %v %v", version, n, err)
		}
	}
	if _, err := (NodeInfo{}).Encode("3.0"); err == nil {
		t.Error("version 3.0 written")
	}
	n, err := ParseNodeInfo([]byte(`{"software":{"name":"Friendica","version":"x"},"protocols":{"inbound":["a"]},"metadata":[],"openRegistrations":"yes"}`))
	if err != nil || n.Software.Name != "friendica" {
		t.Errorf("lenient: %v %v", n, err)
	}
	for _, bad := range []string{"", "[]", "{}", `{"software":"x"}`} {
		if _, err := ParseNodeInfo([]byte(bad)); err == nil {
			t.Errorf("%q read", bad)
		}
	}
}

// Real WebFinger and host-meta answers, from the folder MAILLAGE_CORPUS.
func TestCorpus(t *testing.T) {
	root := os.Getenv("MAILLAGE_CORPUS")
	if root == "" {
		t.Skip("MAILLAGE_CORPUS does not name a folder of sample documents")
	}
	files, err := filepath.Glob(filepath.Join(root, "*", "*webfinger*.json"))
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if j, err := ParseJRD(b); err == nil && j.Subject != "" {
			read++
			if j.ActorID() == "" {
				t.Logf("%s: no actor", filepath.Base(f))
			}
		}
	}
	if read < 5 {
		t.Errorf("%d of %d WebFinger answers read", read, len(files))
	}
}
