package servers_test

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/maillage/maillage/activitypub/discovery"
	"github.com/maillage/maillage/internal/testkit"
)

// get asks an instance as a stranger does.
func get(t *testing.T, n *testkit.Node, path, accept string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, n.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", accept)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

func finger(t *testing.T, n *testkit.Node, resource string) (int, *discovery.JRD) {
	t.Helper()
	status, body := get(t, n, "/.well-known/webfinger?resource="+url.QueryEscape(resource), "application/jrd+json")
	j, err := discovery.ParseJRD([]byte(body))
	if err != nil {
		j = &discovery.JRD{}
	}
	return status, j
}

// TestWebFingerForms: every form in which peers ask leads to the actor; what is
// not ours, or is private, is not there.
//
// Spec: RFC 7033
func TestWebFingerForms(t *testing.T) {
	n := testkit.New(t)
	ana := n.Person("ana", true)
	n.Person("secrete", false)
	for _, form := range []string{
		"acct:ana@" + n.Host, "ACCT:ana@" + n.Host, "acct:Ana@" + strings.ToUpper(n.Host), "acct:@ana@" + n.Host, "ana@" + n.Host, "@ana@" + n.Host,
		"acct://ana@" + n.Host, ana.URI, n.URL + "/@ana", n.URL + "/@ana/", n.URL + "/@ANA", n.URL + "/@ana@" + n.Host,
		"https://" + n.Host + "/@ana",
	} {
		status, j := finger(t, n, form)
		if status != http.StatusOK || j.ActorID() != ana.URI || j.Subject != "acct:ana@"+n.Host {
			t.Errorf("%s: %d %+v", form, status, j)
		}
	}
	for _, form := range []string{"acct:secrete@" + n.Host, n.URL + "/@secrete", n.Person("secrete", false).URI, "acct:ana@other.example", "https://other.example/@ana",
		n.URL + "/@ana/1", n.URL + "/@ana@other.example", "acct:", "acct:nobody@" + n.Host, n.URL + ".evil.example/@ana", "acct:" + strings.Repeat("a", 600) + "@" + n.Host} {
		if status, j := finger(t, n, form); status != http.StatusNotFound || len(j.Links) != 0 {
			t.Errorf("%s: %d %+v", form, status, j)
		}
	}
	if status, _ := finger(t, n, ""); status != http.StatusBadRequest {
		t.Errorf("no resource: %d", status)
	}
}

// TestFEPd556: the instance's own actor is found by the names that peers try.
//
// Spec: FEP-d556
func TestFEPd556(t *testing.T) {
	n := testkit.New(t)
	app, err := n.Engine.Application(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{"acct:" + n.Host + "@" + n.Host, n.Host, "acct:" + n.Host, "acct:relay@" + n.Host, "acct:Relay@" + n.Host, n.URL, n.URL + "/", n.URL + "/actor", app.URI} {
		if status, j := finger(t, n, form); status != http.StatusOK || j.ActorID() != app.URI {
			t.Errorf("%s: %d %+v", form, status, j)
		}
	}
	for _, path := range []string{"/", "/actor"} {
		status, body := get(t, n, path, "application/activity+json")
		if status != http.StatusOK || !strings.Contains(body, `"Application"`) {
			t.Errorf("%s: %d %.200s", path, status, body)
		}
	}
	// Somebody of that name comes before the instance.
	relay := n.Person("relay", true)
	if _, j := finger(t, n, "acct:relay@"+n.Host); j.ActorID() != relay.URI {
		t.Errorf("relay is a person: %+v", j)
	}
}

// TestFEP2677: NodeInfo names the instance's own actor.
//
// Spec: FEP-2677
func TestFEP2677(t *testing.T) {
	n := testkit.New(t)
	_, body := get(t, n, "/.well-known/nodeinfo", "application/json")
	info, app, err := discovery.ParseNodeInfoLinks([]byte(body))
	want, aerr := n.Engine.Application(ctx)
	if err != nil || aerr != nil || app != want.URI || info != n.URL+"/nodeinfo/2.1" || !strings.Contains(body, "/nodeinfo/2.0") {
		t.Errorf("%s %s %v %v", info, app, err, aerr)
	}
}

// TestFEP2c59: an actor says its own address.
//
// Spec: FEP-2c59
func TestFEP2c59(t *testing.T) {
	n := testkit.New(t)
	ana := n.Person("ana", true)
	_, body := get(t, n, strings.TrimPrefix(ana.URI, n.URL), "application/activity+json")
	var doc struct {
		WebFinger string `json:"webfinger"`
	}
	if err := json.Unmarshal([]byte(body), &doc); err != nil || doc.WebFinger != "ana@"+n.Host {
		t.Errorf("%q %v", doc.WebFinger, err)
	}
}

// TestHostMeta: both forms lead to WebFinger.
//
// Spec: RFC 6415
func TestHostMeta(t *testing.T) {
	n := testkit.New(t)
	for _, path := range []string{"/.well-known/host-meta", "/.well-known/host-meta.json"} {
		status, body := get(t, n, path, "*/*")
		template, err := discovery.ParseHostMeta([]byte(body))
		if status != http.StatusOK || err != nil || template != n.URL+"/.well-known/webfinger?resource={uri}" {
			t.Errorf("%s: %d %q %v", path, status, template, err)
		}
	}
}

// TestNodeInfoTellsNoNumbers: both versions say what runs here and how it is
// spoken with, and nothing of how many we are.
//
// Spec: FEP-f1d5
func TestNodeInfoTellsNoNumbers(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	for _, version := range []string{"2.0", "2.1"} {
		status, body := get(t, n, "/nodeinfo/"+version, "application/json")
		var doc struct {
			Version  string
			Software struct{ Name string }
			Usage    struct {
				Users      map[string]any
				LocalPosts any
			}
			Protocols []string
		}
		err := json.Unmarshal([]byte(body), &doc)
		if status != http.StatusOK || err != nil || doc.Version != version || doc.Software.Name != "maillage" || len(doc.Protocols) != 1 ||
			len(doc.Usage.Users) != 0 || doc.Usage.LocalPosts != nil {
			t.Errorf("%s: %d %v %s", version, status, err, body)
		}
	}
}

// TestFEP3b86: an account tells on which pages of ours somebody acts who is asked
// to elsewhere; the server's own actor acts nowhere.
func TestFEP3b86(t *testing.T) {
	n := testkit.New(t)
	ana := n.Person("ana", true)
	_, j := finger(t, n, "acct:ana@"+n.Host)
	for _, activity := range []string{"Follow", "Like", "Announce", "Object"} {
		l, ok := j.Link("https://w3id.org/fep/3b86/" + activity)
		if want := n.URL + "/authorize_interaction?uri={object}"; !ok || l.Template != want || l.Href != "" {
			t.Errorf("%s: %+v", activity, l)
		}
	}
	if got, want := j.IntentURL("Like", ana.URI), n.URL+"/authorize_interaction?uri="+url.QueryEscape(ana.URI); got != want {
		t.Errorf("%s, not %s", got, want)
	}
	if _, j := finger(t, n, "acct:"+n.Host+"@"+n.Host); j.IntentURL("Follow", ana.URI) != "" {
		t.Errorf("the server itself: %+v", j)
	}
}

// TestNodeInfoIsPlainJSON: GoToSocial reads no other type.
//
// Spec: FEP-f1d5
func TestNodeInfoIsPlainJSON(t *testing.T) {
	n := testkit.New(t)
	for _, path := range []string{"/.well-known/nodeinfo", "/nodeinfo/2.0", "/nodeinfo/2.1"} {
		resp, err := http.Get(n.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err != nil || kind != "application/json" {
			t.Errorf("%s is %s", path, resp.Header.Get("Content-Type"))
		}
	}
}
