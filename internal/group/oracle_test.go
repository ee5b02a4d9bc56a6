package group_test

import (
	"bytes"
	"net/url"
	"testing"

	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/host"
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
		var back int
		for i, name := range names {
			p := peer.New(peer.Options{Software: "mastodon"})
			t.Cleanup(p.Close)
			r, err := p.Actor("hana").Get(ctx, n.URL+"/.well-known/webfinger?resource="+url.QueryEscape("acct:"+name+"@"+n.Host), faults...)
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				first, back = r, len(p.Requests())
				continue
			}
			if r.Status != first.Status || !bytes.Equal(r.Body, first.Body) || r.Header.Get("Cache-Control") != first.Header.Get("Cache-Control") {
				t.Errorf("%s: of %s %d %q %v, of nobody %d %q %v", when, name, r.Status, r.Body, r.Header, first.Status, first.Body, first.Header)
			}
			if got := len(p.Requests()); got != back {
				t.Errorf("%s: asked for %s we ask back %d times, for nobody %d times", when, name, got, back)
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
