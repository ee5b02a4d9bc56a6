package visitor_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/maillage/maillage/activitypub/discovery"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestActFromOneOwnServer: who has an account elsewhere is led to the page of
// their server where they follow, or answer, what they see here.
//
// Spec: FEP-3b86
func TestActFromOneOwnServer(t *testing.T) {
	c := testkit.NewCluster(t, 2)
	here, there := c[0], c[1]
	ana := here.Person("ana", true)
	there.Person("bob", true)
	open, err := here.Posts.Create(t.Context(), here.Viewer("ana"), post.Draft{Text: "Qui vient ?", Audience: post.Public})
	if err != nil {
		t.Fatal(err)
	}
	inside, err := here.Posts.Create(t.Context(), here.Viewer("ana"), post.Draft{Text: "Entre nous", Audience: post.Section})
	if err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct{ page, uri, finds string }{
		"profile": {"/@ana", ana.URI, "Suivre"}, "post": {strings.TrimPrefix(open.URL, here.URL), open.URI, "Qui vient ?"},
	} {
		b := here.NewBrowser().Open(x.page).Click("depuis mon serveur")
		if b.Status != http.StatusOK {
			t.Fatalf("%s: %d", name, b.Status)
		}
		b.Submit("/visite/agir", map[string]string{"handle": "@bob@" + there.Host})
		want := there.URL + "/authorize_interaction?uri=" + url.QueryEscape(x.uri)
		if !strings.Contains(strings.ReplaceAll(b.Body, "&amp;", "&"), `href="`+want+`"`) || !b.Has("Aller sur "+there.Host) {
			t.Errorf("%s: no way to %s: %s", name, want, b.Text())
		}
		if got := there.SignIn("bob").Open(strings.TrimPrefix(want, there.URL)); !got.Has(x.finds) {
			t.Errorf("%s: there one finds %s", name, got.Text())
		}
	}
	b := here.NewBrowser()
	for what, uri := range map[string]string{"private account": here.Person("cle", false).URI, "post for the section": inside.URI, "of another server": there.URL + "/users/x", "nothing": ""} {
		if b.Open("/visite/agir?objet=" + url.QueryEscape(uri)); b.Status != http.StatusNotFound {
			t.Errorf("%s: %d", what, b.Status)
		}
	}
	for typed, says := range map[string]string{"": "Donnez l’adresse entière", "bob": "Donnez l’adresse entière", "@nobody@" + there.Host: "ne connaît pas ce compte", "@ana@" + here.Host: "sur ce serveur-ci"} {
		b.Open("/visite/agir?objet="+url.QueryEscape(ana.URI)).Submit("/visite/agir", map[string]string{"handle": typed})
		if b.Status != http.StatusUnprocessableEntity || !b.Has(says) {
			t.Errorf("%q: %d %s", typed, b.Status, b.Text())
		}
	}
}

// TestIntentsOfOthers: what another server answers leads only where pages are.
//
// Spec: FEP-3b86
func TestIntentsOfOthers(t *testing.T) {
	n := testkit.New(t)
	ana := n.Person("ana", true)
	answers := map[string][]byte{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", discovery.JRDType)
		w.Write(answers[r.URL.Query().Get("resource")])
	}))
	t.Cleanup(server.Close)
	p := struct{ URL, Host string }{server.URL, strings.TrimPrefix(server.URL, "http://")}
	const rel = "https://w3id.org/fep/3b86/"
	for name, x := range map[string]struct {
		links []discovery.JRDLink
		want  string // {u} is the escaped id; "" when there is no way
	}{
		"intent":       {[]discovery.JRDLink{{Rel: discovery.RelSubscribe, Template: p.URL + "/old?uri={uri}"}, {Rel: rel + "Follow", Template: p.URL + "/new?o={object}&back={on-success}"}}, "/new?o={u}&back="},
		"object":       {[]discovery.JRDLink{{Rel: rel + "Like", Template: p.URL + "/like?o={object}"}, {Rel: rel + "Object", Template: p.URL + "/open?o={object}"}}, "/open?o={u}"},
		"older":        {[]discovery.JRDLink{{Rel: discovery.RelSubscribe, Template: p.URL + "/old?uri={uri}"}}, "/old?uri={u}"},
		"none":         {[]discovery.JRDLink{{Rel: rel + "Like", Template: p.URL + "/like?o={object}"}}, ""},
		"no variable":  {[]discovery.JRDLink{{Rel: rel + "Follow", Template: p.URL + "/x"}}, ""},
		"script":       {[]discovery.JRDLink{{Rel: rel + "Follow", Template: "javascript:alert('{object}')"}}, ""},
		"with a name":  {[]discovery.JRDLink{{Rel: rel + "Follow", Template: "https://bank.example@" + p.Host + "/{object}"}}, ""},
		"left open":    {[]discovery.JRDLink{{Rel: rel + "Follow", Template: p.URL + "/{object}/{x"}}, ""},
		"host by name": {[]discovery.JRDLink{{Rel: rel + "Follow", Template: "https://{object}/"}}, ""},
	} {
		body, err := json.Marshal(discovery.JRD{Subject: "acct:bob@" + p.Host, Links: x.links})
		if err != nil {
			t.Fatal(err)
		}
		answers["acct:bob@"+p.Host] = body
		b := n.NewBrowser().Open("/visite/agir?objet="+url.QueryEscape(ana.URI)).Submit("/visite/agir", map[string]string{"handle": "bob@" + p.Host})
		if x.want == "" {
			if b.Status != http.StatusUnprocessableEntity || !b.Has("ne dit pas sur quelle page") {
				t.Errorf("%s: %d %s", name, b.Status, b.Text())
			}
			continue
		}
		want := p.URL + strings.ReplaceAll(x.want, "{u}", url.QueryEscape(ana.URI))
		if !strings.Contains(strings.ReplaceAll(b.Body, "&amp;", "&"), `href="`+want+`"`) {
			t.Errorf("%s: no way to %s: %d %s", name, want, b.Status, b.Body)
		}
	}
}
