package as

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// corpus returns the documents of the folder named by MAILLAGE_CORPUS: real
// ones from many servers, by path inside the folder.
func corpus(t testing.TB) map[string][]byte {
	root := os.Getenv("MAILLAGE_CORPUS")
	if root == "" {
		t.Skip("MAILLAGE_CORPUS does not name a folder of sample documents")
	}
	docs := map[string][]byte{}
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".json") {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		docs[filepath.ToSlash(rel)] = b
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(docs) == 0 {
		t.Fatalf("no document below %s", root)
	}
	return docs
}

func TestCorpus(t *testing.T) {
	parsed := 0
	refused := map[Reason]int{}
	for path, b := range corpus(t) {
		d, err := Parse(b)
		if err != nil {
			r := ReasonOf(err)
			if r == "" {
				t.Errorf("%s: untyped error %v", path, err)
			}
			refused[r]++
			// Whatever a real server sent is refused for one reason only:
			// that it is no ActivityStreams object at all.
			var m map[string]any
			if r != NoType && (json.Unmarshal(b, &m) == nil && m["type"] != nil) {
				t.Errorf("%s: refused: %s", path, r)
			}
			continue
		}
		parsed++
		readAll(d, 0)
		if IsActor(d) && d.ID() != "" {
			if a, err := ReadActor(d); err != nil {
				t.Logf("%s: actor refused: %v", path, err)
			} else if a.Username == "" || a.Inbox == "" {
				t.Errorf("%s: incomplete actor %+v", path, a)
			}
		}
		if d.Has("contentMap") && d.Content() == "" {
			t.Errorf("%s: no content from contentMap", path)
		}
		if d.Has("published") && d.Published().IsZero() && d.String("published") != "SCRUBBED_DATE" {
			t.Errorf("%s: published %s not read", path, d.Raw("published"))
		}
	}
	t.Logf("%d parsed, refused: %v", parsed, refused)
	if parsed < 250 {
		t.Errorf("only %d documents parsed", parsed)
	}
}

// A document in hostile/ must not be believable where an attacker would put
// it: as no ActivityStreams object, or as served or signed from elsewhere.
func TestCorpusHostile(t *testing.T) {
	n := 0
	for path, b := range corpus(t) {
		if !strings.HasPrefix(path, "hostile/") {
			continue
		}
		n++
		d, err := Parse(b)
		if err != nil {
			continue
		}
		if Trusted(d, "https://attacker.example/actor") || CheckActivity(d, "https://attacker.example/actor") == nil {
			t.Errorf("%s: believed from another origin", path)
		}
	}
	if n == 0 {
		t.Error("no hostile document found")
	}
}

func BenchmarkParse(b *testing.B) {
	doc := []byte(`{"@context":["https://www.w3.org/ns/activitystreams",{"ostatus":"http://ostatus.org#","atomUri":"ostatus:atomUri","sensitive":"as:sensitive","toot":"http://joinmastodon.org/ns#","votersCount":"toot:votersCount"}],"id":"https://mastodon.example/users/ana/statuses/1/activity","type":"Create","actor":"https://mastodon.example/users/ana","published":"2026-11-20T10:00:00Z","to":["https://www.w3.org/ns/activitystreams#Public"],"cc":["https://mastodon.example/users/ana/followers"],"object":{"id":"https://mastodon.example/users/ana/statuses/1","type":"Note","attributedTo":"https://mastodon.example/users/ana","content":"<p>Bonjour</p>","contentMap":{"fr":"<p>Bonjour</p>"},"to":["https://www.w3.org/ns/activitystreams#Public"],"tag":[],"attachment":[]}}`)
	b.SetBytes(int64(len(doc)))
	for b.Loop() {
		d, err := Parse(doc)
		if err != nil || d.Object().Doc().Content() == "" {
			b.Fatal("not read")
		}
	}
}
