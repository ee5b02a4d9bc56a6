package federation_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/post"
)

// These are the rows of the table of threats about signatures, each at the
// inbox as a whole; package sig holds the finer points.

// forgery is a way to sign badly.
type forgery struct {
	name   string
	change func(t *testing.T, s *stranger, r *http.Request)
}

func bodyOf(t *testing.T, r *http.Request) []byte {
	t.Helper()
	var b bytes.Buffer
	rc, err := r.GetBody()
	if err != nil {
		t.Fatal(err)
	}
	b.ReadFrom(rc)
	return b.Bytes()
}

func resign(t *testing.T, r *http.Request, k *sig.Key, at time.Time) {
	t.Helper()
	if err := sig.SignPost(r, bodyOf(t, r), k, at); err != nil {
		t.Fatal(err)
	}
}

// edit changes the signature's header.
func edit(old, with string) func(*testing.T, *stranger, *http.Request) {
	return func(t *testing.T, _ *stranger, r *http.Request) {
		have := r.Header.Get("Signature")
		changed := strings.Replace(have, old, with, 1)
		if changed == have {
			t.Fatalf("%q is not in %s", old, have)
		}
		r.Header.Set("Signature", changed)
	}
}

func set(name, value string) func(*testing.T, *stranger, *http.Request) {
	return func(_ *testing.T, _ *stranger, r *http.Request) { r.Header.Set(name, value) }
}

// refusesForgeries demands 401 for each, from a server whose key is known and
// from one whose key is not, with no row written and nobody asked.
func refusesForgeries(t *testing.T, cases ...forgery) {
	t.Helper()
	n := newNode(t)
	ana := n.person("ana")
	known, unknown := newStranger(t), newStranger(t)
	known.meet(n)
	asked := known.hits.get("GET")
	for _, c := range cases {
		for _, s := range []*stranger{known, unknown} {
			unchanged(t, n, c.name, func() {
				r := s.request(n, s.activity("Create", s.note("forged", n.account(ana.AccountID).URI)))
				c.change(t, s, r)
				if status, _ := do(t, r); status != http.StatusUnauthorized {
					t.Errorf("%s: %d", c.name, status)
				}
			})
		}
	}
	if unknown.hits.get("GET") != 0 || known.hits.get("GET") > asked+1 {
		t.Error("a forged request made us ask")
	}
}

func TestSG01Malformed(t *testing.T) {
	refusesForgeries(t,
		forgery{"unsigned", func(_ *testing.T, _ *stranger, r *http.Request) { r.Header.Del("Signature") }},
		forgery{"empty", set("Signature", "")},
		forgery{"no parameters", set("Signature", "x")},
		forgery{"no signature", edit(`,signature="`, `,signatur="`)},
		forgery{"no key id", edit(`keyId="`, `keyid="`)},
		forgery{"signature no base64", edit(`,signature="`, `,signature="!`)},
		forgery{"quote left open", set("Signature", `keyId="https://x.example/k,headers="date",signature="AAAA"`)},
		forgery{"twice the same parameter", edit(`headers="`, `headers="date",headers="`)},
		forgery{"two signatures", func(_ *testing.T, _ *stranger, r *http.Request) { r.Header.Add("Signature", r.Header.Get("Signature")) }},
		forgery{"header covered twice", edit(` date`, ` date date`)},
		forgery{"covered header absent", edit(` date`, ` date x-absent`)},
		forgery{"9421 malformed", set("Signature-Input", "sig1=(")},
		forgery{"9421 besides", set("Signature-Input", `sig1=("@method");created=1`)})
}

func TestSG02Covered(t *testing.T) {
	refusesForgeries(t,
		forgery{"request target not covered", edit(`(request-target) `, ``)},
		forgery{"host not covered", edit(` host `, ` `)},
		forgery{"digest not covered", edit(` digest`, ``)},
		forgery{"date not covered", edit(` date`, ``)})
}

func TestSG03Digest(t *testing.T) {
	refusesForgeries(t,
		forgery{"digest of another body", func(t *testing.T, s *stranger, r *http.Request) {
			if err := sig.SignPost(r, []byte(`{}`), s.key, time.Now()); err != nil {
				t.Fatal(err)
			}
		}},
		forgery{"no digest", func(_ *testing.T, _ *stranger, r *http.Request) { r.Header.Del("Digest") }},
		forgery{"two digests", func(_ *testing.T, _ *stranger, r *http.Request) { r.Header.Add("Digest", r.Header.Get("Digest")) }},
		forgery{"two in one", func(_ *testing.T, _ *stranger, r *http.Request) {
			r.Header.Set("Digest", r.Header.Get("Digest")+",SHA-256=AAAA")
		}},
		forgery{"a weak one", set("Digest", "MD5=1B2M2Y8AsgTpgAmY7PhCfg==")})
}

func TestSG04DateWindow(t *testing.T) {
	at := func(d time.Duration) func(*testing.T, *stranger, *http.Request) {
		return func(t *testing.T, s *stranger, r *http.Request) { resign(t, r, s.key, time.Now().Add(d)) }
	}
	refusesForgeries(t,
		forgery{"thirty days ago", at(-30 * 24 * time.Hour)},
		forgery{"more than twelve hours ago", at(-12*time.Hour - time.Minute)},
		forgery{"more than an hour ahead", at(time.Hour + time.Minute)},
		forgery{"thirty days ahead", at(30 * 24 * time.Hour)},
		forgery{"expired", edit(`headers="`, `expires=1600000000,headers="`)},
		forgery{"no date", func(_ *testing.T, _ *stranger, r *http.Request) { r.Header.Del("Date") }})
}

func TestSG05Host(t *testing.T) {
	refusesForgeries(t, forgery{"signed for this server, sent as for another", func(_ *testing.T, _ *stranger, r *http.Request) { r.Host = "relay.example" }},
		forgery{"signed for another", func(t *testing.T, s *stranger, r *http.Request) {
			r.Host = "relay.example"
			resign(t, r, s.key, time.Now())
		}})
}

// TestSG06Algorithm: a public key used as a shared secret, and no algorithm at all.
func TestSG06Algorithm(t *testing.T) {
	n, s := newNode(t), newStranger(t)
	s.meet(n)
	pem, err := sig.EncodePublicPEM(&keys()[1].PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	for _, alg := range []string{"hmac-sha256", "none", "hs2019"} {
		unchanged(t, n, alg, func() {
			r := s.request(n, s.activity("Create", s.note("forged")))
			base := "(request-target): post /inbox\nhost: " + n.host + "\ndate: " + r.Header.Get("Date") + "\ndigest: " + r.Header.Get("Digest") +
				"\ncontent-type: application/activity+json"
			mac := hmac.New(sha256.New, []byte(pem))
			mac.Write([]byte(base))
			r.Header.Set("Signature", `keyId="`+s.key.ID+`",algorithm="`+alg+`",headers="(request-target) host date digest content-type",signature="`+
				base64.StdEncoding.EncodeToString(mac.Sum(nil))+`"`)
			if status, _ := do(t, r); status != http.StatusUnauthorized {
				t.Errorf("%s: %d", alg, status)
			}
		})
	}
}

func TestSG10KeyID(t *testing.T) {
	refusesForgeries(t,
		forgery{"a file", edit(`keyId="http://`, `keyId="file:///`)},
		forgery{"without scheme", edit(`keyId="http:`, `keyId="`)},
		forgery{"with user info", edit(`keyId="http://`, `keyId="http://u:p@`)},
		forgery{"gopher", edit(`keyId="http:`, `keyId="gopher:`)},
		forgery{"data", edit(`keyId="http:`, `keyId="data:`)},
		forgery{"too long", edit(`#main-key`, `#`+strings.Repeat("k", 3000))})
}

// TestSG11SignedUpdate: an Update signed with the old key brings the new one,
// at once and without a question; the old one is worth nothing from then on.
func TestSG11SignedUpdate(t *testing.T) {
	n, s := newNode(t), newStranger(t)
	s.meet(n)
	asked := s.hits.get("GET")
	pem, err := sig.EncodePublicPEM(&keys()[2].PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"#main-key", "#key-2"} {
		old := s.key
		d := s.actorDoc("hana")
		d["publicKey"] = doc{"id": s.actor("hana") + id, "owner": s.actor("hana"), "publicKeyPem": pem}
		if got := s.send(n, s.activity("Update", d)); got != 202 {
			t.Fatalf("%s: %d", id, got)
		}
		s.put("/users/hana", d) // whoever asks is told the same
		settle(n)
		s.key = &sig.Key{ID: s.actor("hana") + id, RSA: keys()[2]}
		if got := s.send(n, s.activity("Create", s.note("new key"))); got != 202 {
			t.Errorf("new key %s: %d", id, got)
		}
		if id == "#main-key" { // the same id: what it was before does not verify
			now := s.key
			s.key = old
			if got := s.send(n, s.activity("Create", s.note("old key"))); got != 401 {
				t.Errorf("old key: %d", got)
			}
			s.key = now
			continue
		}
		// Another id: the old one is listed by nobody any more.
		settle(n) // what came with the new key is done with
		s.key = old
		unchanged(t, n, "old key", func() {
			if got := s.send(n, s.activity("Create", s.note("old key"))); got != 202 && got != 401 {
				t.Errorf("old key %s: %d", old.ID, got)
			}
		})
	}
	if got := s.hits.get("GET") - asked; got > 3 {
		t.Errorf("%d questions", got)
	}
}

// TestSG11ManyKeys: each key that an actor lists is tried, and by its own id.
//
// Spec: FEP-521a
func TestSG11ManyKeys(t *testing.T) {
	n, s := newNode(t), newStranger(t)
	var list []doc
	for i := range 3 {
		pem, err := sig.EncodePublicPEM(&keys()[i].PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, doc{"id": s.actor("hana") + "#key-" + string(rune('a'+i)), "owner": s.actor("hana"), "publicKeyPem": pem})
	}
	d := s.actorDoc("hana")
	d["publicKey"] = list
	s.put("/users/hana", d)
	s.meet(n)
	for i := range 3 {
		s.key = &sig.Key{ID: s.actor("hana") + "#key-" + string(rune('a'+i)), RSA: keys()[i]}
		if got := s.send(n, s.activity("Create", s.note("x"))); got != 202 {
			t.Errorf("key %d: %d", i, got)
		}
		s.key.RSA = keys()[(i+1)%3]
		if got := s.send(n, s.activity("Create", s.note("x"))); got != 401 {
			t.Errorf("key %d with the id of another: %d", i, got)
		}
	}
	r := s.request(n, s.activity("Create", s.note("by Ed25519")))
	if err := sig.Sign9421(r, bodyOf(t, r), s.ed, time.Now()); err != nil {
		t.Fatal(err)
	}
	if got, body := do(t, r); got != 202 {
		t.Errorf("Ed25519: %d %s", got, body)
	}
	if scheme := n.scheme(s); scheme != "rfc9421-ed25519" {
		t.Errorf("remembered: %s", scheme)
	}
	// Who takes the small key gets it, and a step back when it does not help.
	ana := n.person("ana")
	s.key = &sig.Key{ID: s.actor("hana") + "#key-b", RSA: keys()[1]}
	if got := s.send(n, s.activity("Follow", n.account(ana.AccountID).URI)); got != 202 {
		t.Fatal(got)
	}
	settle(n)
	if h := s.lastHeader(); !strings.Contains(h.Get("Signature-Input"), `alg="ed25519"`) || !strings.Contains(h.Get("Signature-Input"), "#ed25519-key") {
		t.Errorf("the Accept is signed %s", h.Get("Signature-Input"))
	}
	s.answer("/users/hana/inbox", http.StatusUnauthorized)
	n.must(n.posts.Create(t.Context(), ana, post.Draft{Text: "x", Audience: post.Public}))
	settle(n)
	if h := s.lastHeader(); h.Get("Signature-Input") != "" || h.Get("Signature") == "" {
		t.Errorf("after a refusal: %v", h)
	}
}

// TestSG12RotateKeys: after new keys are made, who follows knows them at once,
// and what carries a proof carries the new one.
func TestSG12RotateKeys(t *testing.T) {
	a, b := newNode(t), newNode(t)
	ana, bob := a.person("ana"), b.person("bob")
	b.follow(bob, a, ana)
	p := a.must(a.posts.Create(t.Context(), ana, post.Draft{Text: "Avant", Audience: post.Public}))
	settle(a, b)
	before := a.account(ana.AccountID)
	old, err := a.accounts.Key(t.Context(), a.db.Read(), ana.AccountID)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.accounts.RotateKeys(t.Context(), ana.AccountID, keys()[2]); err != nil {
		t.Fatal(err)
	}
	settle(a, b)
	now := b.byURI(before.URI)
	if now.KeyID == before.KeyID || now.KeyID != a.account(ana.AccountID).KeyID || now.PublicKey == before.PublicKey {
		t.Errorf("who follows has %s, was %s, is %s", now.KeyID, before.KeyID, a.account(ana.AccountID).KeyID)
	}
	a.must(a.posts.Create(t.Context(), ana, post.Draft{Text: "Après", Audience: post.Public}))
	settle(a, b)
	if got := len(b.home(bob)); got != 2 {
		t.Errorf("%d posts arrived", got)
	}
	fresh, err := a.accounts.Key(t.Context(), a.db.Read(), ana.AccountID)
	if err != nil || fresh.Ed25519ID == old.Ed25519ID || fresh.Ed25519.Equal(old.Ed25519) || fresh.RSA.Equal(old.RSA) {
		t.Fatalf("the keys are the old ones: %v", err)
	}
	proof, err := sig.ParseProof(document(t, p.URI).Bytes, sig.Options{Now: time.Now(), AllowHTTP: true})
	if err != nil || proof.KeyID != fresh.Ed25519ID || proof.Verify(fresh.Ed25519.Public()) != nil {
		t.Errorf("the post from before: %+v %v", proof, err)
	}
	// The old key is refused, under its id and under that of the new one.
	for _, id := range []string{before.KeyID, now.KeyID} {
		body := []byte(`{"id":"` + a.base + `/activities/forged` + id[len(id)-3:] + `","type":"Like","actor":"` + before.URI + `","object":"` + p.URI + `"}`)
		req, err := http.NewRequest(http.MethodPost, b.base+"/inbox", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/activity+json")
		if err := sig.SignPost(req, body, &sig.Key{ID: id, RSA: old.RSA}, time.Now()); err != nil {
			t.Fatal(err)
		}
		unchanged(t, b, "old key", func() {
			if got, _ := do(t, req); got != 401 && (got != 202 || id == now.KeyID) {
				t.Errorf("signed with the old key as %s: %d", id, got)
			}
		})
	}
}

// TestSG13RFC9421: the newer scheme is held to the same rules.
func TestSG13RFC9421(t *testing.T) {
	modern := func(change func(r *http.Request)) func(*testing.T, *stranger, *http.Request) {
		return func(t *testing.T, s *stranger, r *http.Request) {
			if err := sig.Sign9421(r, bodyOf(t, r), s.key, time.Now()); err != nil {
				t.Fatal(err)
			}
			change(r)
		}
	}
	swap := func(name, old, with string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, strings.Replace(r.Header.Get(name), old, with, 1)) }
	}
	refusesForgeries(t,
		forgery{"no content-digest", modern(func(r *http.Request) { r.Header.Del("Content-Digest") })},
		forgery{"content-digest not covered", modern(swap("Signature-Input", ` "content-digest"`, ``))},
		forgery{"content-digest of another body", modern(func(r *http.Request) {
			r.Header.Set("Content-Digest", "sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:")
		})},
		forgery{"method not covered", modern(swap("Signature-Input", `"@method" `, ``))},
		forgery{"target not covered", modern(swap("Signature-Input", ` "@target-uri"`, ``))},
		forgery{"no created", modern(swap("Signature-Input", `;created=`, `;creatd=`))},
		forgery{"created long ago", modern(func(r *http.Request) {
			in := r.Header.Get("Signature-Input")
			at := strings.Index(in, "created=")
			r.Header.Set("Signature-Input", in[:at]+"created=1600000000"+in[at+len("created=1600000000"):])
		})},
		forgery{"a shared secret", modern(swap("Signature-Input", `alg="rsa-v1_5-sha256"`, `alg="hmac-sha256"`))},
		forgery{"signed twice", modern(func(r *http.Request) {
			r.Header.Set("Signature-Input", r.Header.Get("Signature-Input")+", sig2=()")
		})},
		forgery{"sent elsewhere", modern(func(r *http.Request) { r.Host = "relay.example" })})
}
