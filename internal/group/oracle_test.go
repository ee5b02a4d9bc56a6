package group_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/host"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestWebFingerTellsNothingOfASecretGroup: whoever asks for the name of a secret group,
// of somebody who is not to be found, or of nobody, gets one answer, and is asked back the
// same; so also while the instance speaks with named servers alone.
//
// Spec: P1, P4, FE12
func TestWebFingerTellsNothingOfASecretGroup(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", false)
	create(t, n, "ana", "cellule", group.Rules{Access: group.Movement, Secret: true})
	names := []string{"personne", "cellule", "ana"}
	compare := func(when string, faults ...peer.Fault) {
		t.Helper()
		var first *peer.Answer
		var back bool
		for i, name := range names {
			p := peer.New(peer.Options{Software: "mastodon"})
			t.Cleanup(p.Close)
			hana := p.Actor("hana")
			r, err := hana.Get(ctx, n.URL+"/.well-known/webfinger?resource="+url.QueryEscape("acct:"+name+"@"+n.Host), faults...)
			if err != nil {
				t.Fatal(err)
			}
			asked := len(p.Received(func(x peer.Request) bool { return strings.HasSuffix(hana.ID, x.Path) })) > 0
			if i == 0 {
				first, back = r, asked
				continue
			}
			if r.Status != first.Status || !bytes.Equal(r.Body, first.Body) || r.Header.Get("Cache-Control") != first.Header.Get("Cache-Control") {
				t.Errorf("%s: of %s %d %q %v, of nobody %d %q %v", when, name, r.Status, r.Body, r.Header, first.Status, first.Body, first.Header)
			}
			if asked != back {
				t.Errorf("%s: asked for %s we ask who asks: %v, for nobody: %v", when, name, asked, back)
			}
		}
		if first.Status < 400 {
			t.Errorf("%s: %d", when, first.Status)
		}
	}
	compare("signed")
	compare("forged", peer.WrongKey)
	compare("unsigned", peer.NoSignature)
	if _, err := n.Hosts.Set(ctx, host.Policy{Host: host.Everyone, Level: host.Suspend}); err != nil {
		t.Fatal(err)
	}
	compare("closed, signed")
	compare("closed, unsigned", peer.NoSignature)
}

// TestInboxTellsNothingOfAClosedGroup: whoever still knows the address of a closed group, as
// a server whose last member left, hears of its inbox what is heard of one that never was,
// in whichever name they ask: so nobody finds out whether it is still there, nor which
// servers have members.
//
// Spec: P1
func TestInboxTellsNothingOfAClosedGroup(t *testing.T) {
	x := newCircle(t, group.Rules{})
	home, b, g := x.home, x.b, x.g
	home.Person("pia", true)
	p := peer.New(peer.Options{Software: "mastodon"})
	t.Cleanup(p.Close)
	hana := p.Actor("hana")
	if _, _, err := hana.Follow(ctx, home.Person("pia", true).URI); err != nil { // her key is known
		t.Fatal(err)
	}
	x.Settle()
	key := &sig.Key{ID: hana.KeyID, RSA: hana.Key}
	member := b.URL + "/users/" + ids.Key() + "#main-key"
	ask := func(inbox, body string, change func(*http.Request)) string {
		t.Helper()
		r, err := http.NewRequest("POST", inbox, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/activity+json")
		if err := sig.SignPost(r, []byte(body), key, time.Now()); err != nil {
			t.Fatal(err)
		}
		change(r)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var body2 bytes.Buffer
		body2.ReadFrom(res.Body)
		return fmt.Sprint(res.StatusCode, " ", body2.String(), res.Header.Get("Retry-After"))
	}
	in := func(r *http.Request, old, with string) {
		r.Header.Set("Signature", strings.Replace(r.Header.Get("Signature"), old, with, 1))
	}
	none := home.URL + "/users/" + ids.Key() + "/inbox"
	for name, change := range map[string]func(*http.Request){
		"as herself":                      func(*http.Request) {},
		"with a key of a member's server": func(r *http.Request) { in(r, hana.KeyID, member) },
		"as both":                         func(r *http.Request) { in(r, `keyId="`, `xkeyId="`+member+`",keyId="`) },
		"as both, anew": func(r *http.Request) {
			r.Header.Set("Signature-Input", `sig1=("@method");created=1;keyid="`+hana.KeyID+`";x="keyid="`)
		},
		"unsigned": func(r *http.Request) { r.Header.Del("Signature") },
	} {
		actor := hana.ID
		if strings.Contains(name, "member") {
			actor, _, _ = strings.Cut(member, "#")
		}
		for what, body := range map[string]string{
			"a follow":   `{"@context":"https://www.w3.org/ns/activitystreams","id":"` + actor + `/1","type":"Follow","actor":"` + actor + `","object":"` + g.Account.URI + `"}`,
			"a deletion": `{"@context":"https://www.w3.org/ns/activitystreams","id":"` + actor + `/2","type":"Delete","actor":"` + actor + `","object":"` + actor + `"}`,
			"no object":  `{"@context":"https://www.w3.org/ns/activitystreams","id":"` + actor + `/3","type":"Like","actor":"` + actor + `"}`,
			"nonsense":   `{`,
			"no actor":   `{"type":"Like"}`,
		} {
			here, nowhere := ask(g.Account.Inbox, body, change), ask(none, body, change)
			if here != nowhere {
				t.Errorf("%s of %s: the group's inbox says %s, that of nobody %s", what, name, here, nowhere)
			}
		}
	}
}

// TestNamingASecretGroupTellsNothing: whoever names a secret group before another one, here or
// on another server, is told of the other one as if the first were nothing.
//
// Spec: P1
func TestNamingASecretGroupTellsNothing(t *testing.T) {
	c := testkit.NewCluster(t, 2)
	affiliate(t, c)
	far, n := c[0], c[1]
	n.Person("ana", true)
	n.Person("eve", true)
	far.Person("bob", true)
	create(t, n, "ana", "velo", group.Rules{Access: group.Open})
	create(t, n, "ana", "cellule", group.Rules{Access: group.Movement, Secret: true})
	there := create(t, far, "bob", "ombre", group.Rules{Access: group.Movement, Secret: true, Joining: group.Invite})
	if err := far.Groups.Invite(ctx, far.Viewer("bob"), there.AccountID, found(far, "ana", n.Host).ID); err != nil {
		t.Fatal(err)
	}
	c.Settle()
	list, err := n.Groups.Invitations(ctx, n.Person("ana", true).ID)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	if err := n.Groups.AnswerInvitation(ctx, n.Viewer("ana"), list[0].ID, true); err != nil {
		t.Fatal(err)
	}
	c.Settle()
	eve := n.Client("eve")
	for _, visibility := range []string{"public", "private", "direct"} {
		said := func(name string) string {
			t.Helper()
			var e struct{ Error string }
			eve.Post("/api/v1/statuses", map[string]any{"status": name + " @velo Qui vient ?", "visibility": visibility}, &e)
			return fmt.Sprint(eve.Status, " ", e.Error)
		}
		for _, name := range []string{"@cellule", "@ombre@" + far.Host} {
			nobody := strings.NewReplacer("cellule", "personne", "ombre", "personne").Replace(name)
			if here, nowhere := said(name), said(nobody); here != nowhere || strings.HasPrefix(here, "200") {
				t.Errorf("%s, naming %s: %s; naming nobody: %s", visibility, name, here, nowhere)
			}
		}
	}
	// Who is in it writes there by its name.
	for _, name := range []string{"@cellule", "@ombre@" + far.Host} {
		if _, p := status(t, n, "ana", map[string]any{"status": name + " @velo Entre nous", "visibility": "public"}); p.Audience != post.Group {
			t.Errorf("%s: for %s", name, p.Audience)
		}
	}
}
