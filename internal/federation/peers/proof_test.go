package peers_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// proves holds our integrity proofs against fedify's, in both directions.
//
// Spec: FEP-8b32; Spec: OR9
func (f *fedify) proves(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	p := write(n, "ana", post.Draft{Text: "Avec une preuve @x <b>&</b> é\u2028 #Été 😀", Audience: post.Public, Lang: "fr", Warning: "Chaud"})
	settle(n)
	hana := f.actor(t, "prouveuse", "rfc9421")

	for _, uri := range []string{p.URI, p.URI + "/activity"} {
		body := raw(t, uri)
		if !f.holds(t, hana, body) {
			t.Errorf("fedify does not believe the proof of %s: %s", uri, body)
		}
		if f.holds(t, hana, strings.Replace(body, "Avec une preuve", "Sans preuve", 1)) {
			t.Errorf("fedify believes an altered %s: this test sees nothing", uri)
		}
	}

	var theirs struct{ ID, Object, Document string }
	f.tell(t, hana.order("prove", order{"html": "<p>Jamais envoyé é</p>"}), &theirs)
	d, err := as.Parse([]byte(theirs.Document))
	if err != nil {
		t.Fatal(err)
	}
	by, err := n.Engine.Proven(ctx, d, true)
	if err != nil || by.URI != hana.id {
		t.Fatalf("we do not believe fedify's proof: %v\n%s", err, theirs.Document)
	}
	altered := strings.Replace(theirs.Document, "Jamais", "Toujours", 1)
	if d, err = as.Parse([]byte(altered)); err != nil || altered == theirs.Document {
		t.Fatal(err)
	}
	if _, err := n.Engine.Proven(ctx, d, true); sig.ReasonOf(err) != sig.Invalid {
		t.Errorf("an altered one: %v", err)
	}
}

func (f *fedify) holds(t *testing.T, a *actor, doc string) bool {
	t.Helper()
	var answer struct{ Holds bool }
	f.tell(t, a.order("verify", order{"what": doc}), &answer)
	return answer.Holds
}

// raw is a document as it is served.
func raw(t *testing.T, uri string) string {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, uri, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/activity+json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %v", uri, res.StatusCode, err)
	}
	return string(body)
}
