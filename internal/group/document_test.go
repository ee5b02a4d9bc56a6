package group_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

func document(t *testing.T, url string) (map[string]any, int) {
	t.Helper()
	req, err := http.NewRequest("GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/activity+json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var d map[string]any
	if res.StatusCode == http.StatusOK {
		if err := json.NewDecoder(res.Body).Decode(&d); err != nil {
			t.Fatal(err)
		}
	}
	return d, res.StatusCode
}

// TestTheDocumentOfAGroup reads what other programs look for in the actor of a
// group, and the collections it names.
func TestTheDocumentOfAGroup(t *testing.T) {
	n := testkit.New(t)
	ana := n.Person("ana", true)
	n.Person("bob", false)
	g := create(t, n, "ana", "velo", group.Rules{Access: group.Open, Note: "Le vélo", Joining: group.Request})
	d, _ := document(t, g.Account.URI)
	uri := g.Account.URI
	for key, want := range map[string]any{
		"type": "Group", "attributedTo": uri + "/moderators", "moderators": uri + "/moderators", "featured": uri + "/featured", "wall": uri + "/wall",
		"postingRestrictedToMods": false, "manuallyApprovesFollowers": true, "accessType": "open", "openness": "moderated", "discoverable": true,
		"indexable": false, "preferredUsername": "velo", "webfinger": "velo@" + n.Host,
	} {
		if d[key] != want {
			t.Errorf("%s is %v, not %v", key, d[key], want)
		}
	}
	if c, _ := d["capabilities"].(map[string]any); c["acceptsJoins"] != true {
		t.Error(d["capabilities"])
	}
	if src, _ := d["source"].(map[string]any); src["content"] != "Le vélo" || src["mediaType"] != "text/markdown" {
		t.Error(d["source"])
	}
	if !strings.Contains(d["summary"].(string), "Le vélo") {
		t.Error(d["summary"])
	}
	p := write(t, n, "ana", post.Draft{Title: "Pistes", Text: "Où ?", Audience: post.Public, Parts: group.Into(g.AccountID)})
	q := write(t, n, "ana", post.Draft{Title: "Arceaux", Text: "Où ?", Audience: post.Public, Parts: group.Into(g.AccountID)})
	if err := n.Groups.Pin(ctx, n.Viewer("ana"), p.ID, true); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ name, items string }{
		{"moderators", sprint([]any{ana.URI})}, {"featured", sprint([]any{p.URI})}, {"wall", sprint([]any{q.URI, p.URI})},
	} {
		c, status := document(t, uri+"/"+x.name)
		if status != 200 || sprint(c["orderedItems"]) != x.items {
			t.Errorf("%s: %d %v", x.name, status, c)
		}
	}
	if c, _ := document(t, uri+"/followers"); c["orderedItems"] != nil || c["items"] != nil || c["totalItems"] != nil {
		t.Errorf("the followers of a group are told: %v", c)
	}
	if c, _ := document(t, uri+"/outbox?page=true"); !strings.Contains(sprint(c), p.URI) {
		t.Errorf("%v", c)
	}
	s := create(t, n, "ana", "ferme", group.Rules{Name: "Fermé", Access: group.Section})
	for _, path := range []string{"", "/moderators", "/wall", "/featured", "/outbox", "/followers"} {
		if _, status := document(t, s.Account.URI+path); status != http.StatusNotFound {
			t.Errorf("a closed group answers %d at %q", status, path)
		}
	}
}
