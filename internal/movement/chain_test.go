package movement

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/sig"
)

// authority is an instance that issues certificates.
type authority struct {
	uri string
	key *sig.Key
	pub string
}

func newAuthority(t *testing.T, host string) *authority {
	t.Helper()
	k, err := sig.GenerateEd25519()
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{uri: "https://" + host + "/users/app"}
	a.key = &sig.Key{ID: a.uri + "#main-key", Ed25519: k, Ed25519ID: a.uri + "#ed25519-key"}
	a.pub = sig.EncodeMultikey(k.Public().(ed25519.PublicKey))
	return a
}

var (
	today     = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	all       = Grant{Level: "federation", Territory: "Isère", Organes: []string{"bureau", "conseil"}}
	ofSection = Grant{Level: "section", Territory: "Isère/Grenoble", Organes: []string{"bureau"}}
)

func (a *authority) grants(t *testing.T, child *authority, g Grant, id string, start time.Time) *Certificate {
	t.Helper()
	return a.certifies(t, child.uri, child.pub, child.asks(t, a, start), g, id, start)
}

// asks is the word with which a child asks a parent.
func (a *authority) asks(t *testing.T, parent *authority, at time.Time) []byte {
	t.Helper()
	word, err := consent(a.uri+"/ask", "Enfant", "section", a.uri, a.pub, parent.uri, a.key, at)
	if err != nil {
		t.Fatal(err)
	}
	return word
}

func (a *authority) certifies(t *testing.T, subject, key string, word []byte, g Grant, id string, start time.Time) *Certificate {
	t.Helper()
	c := &Certificate{ID: a.uri + "/" + id, Issuer: a.uri, Subject: subject, Key: key, Name: "Enfant", Grant: g, Start: start, End: start.Add(lifetime), Consent: word}
	if err := c.sign(a.key, start); err != nil {
		t.Fatal(err)
	}
	out, err := ParseCertificate(c.Body)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

type tree struct {
	root, fed, section *authority
	federation, local  *Certificate
}

func newTree(t *testing.T) *tree {
	x := &tree{root: newAuthority(t, "national.example"), fed: newAuthority(t, "isere.example"), section: newAuthority(t, "grenoble.example")}
	x.federation = x.root.grants(t, x.fed, all, "1", today)
	x.local = x.fed.grants(t, x.section, ofSection, "2", today)
	return x
}

func (x *tree) book(revoked ...*Certificate) *book {
	gone := map[[2]string]bool{}
	for _, c := range revoked {
		gone[[2]string{c.Issuer, c.ID}] = true
	}
	return newBook(Root{x.root.uri, x.root.pub}, nil, gone)
}

// TestChainHolds verifies a chain of two up to the pinned root, in any order of
// arrival, with nothing but the root's key.
//
// Spec: FEP-8b32
func TestChainHolds(t *testing.T) {
	x := newTree(t)
	b := x.book()
	fresh, err := b.learn([]*Certificate{x.local, x.federation}, today, false)
	if err != nil || len(fresh) != 2 {
		t.Fatalf("%d learnt, %v", len(fresh), err)
	}
	chain, err := b.chain(x.section.uri, today)
	if err != nil || len(chain) != 2 || chain[0].Level != "section" || chain[1].Level != "federation" {
		t.Errorf("%+v %v", chain, err)
	}
	if end := until(chain); !end.Equal(today.Add(lifetime)) {
		t.Errorf("it ends %v", end)
	}
}

func wantRefused(t *testing.T, b *book, want error, at time.Time, list ...*Certificate) {
	t.Helper()
	fresh, err := b.learn(list, at, false)
	if !errors.Is(err, want) || len(fresh) == len(list) {
		t.Errorf("%d of %d learnt: %v, want %v", len(fresh), len(list), err, want)
	}
}

func TestForgeryWrongKey(t *testing.T) {
	x := newTree(t)
	stranger := newAuthority(t, "isere.example") // says that it is the federation
	forged := stranger.grants(t, x.section, ofSection, "2", today)
	wantRefused(t, x.book(), ErrKey, today, x.federation, forged)
	// Signed by the child itself, in the parent's name.
	self := &authority{uri: x.fed.uri, key: &sig.Key{ID: x.fed.uri + "#main-key", Ed25519: x.section.key.Ed25519, Ed25519ID: x.fed.uri + "#ed25519-key"}, pub: x.fed.pub}
	wantRefused(t, x.book(), ErrKey, today, x.federation, self.grants(t, x.section, ofSection, "3", today))
	// Altered after it was signed.
	altered, err := ParseCertificate(bytes.Replace(x.local.Body, []byte("Grenoble"), []byte("Voiron00"), 1))
	if err != nil {
		t.Fatal(err)
	}
	wantRefused(t, x.book(), ErrKey, today, x.federation, altered)
}

func TestForgeryOtherRoot(t *testing.T) {
	x, other := newTree(t), newTree(t)
	other.root.uri = "https://autre.example/users/app"
	wantRefused(t, other.book(), ErrNoRoot, today, x.federation, x.local)
}

func TestForgeryExpired(t *testing.T) {
	x := newTree(t)
	late := today.Add(lifetime)
	wantRefused(t, x.book(), ErrExpired, late, x.federation)
	wantRefused(t, x.book(), ErrExpired, today.Add(-time.Hour), x.federation)
	// A certificate in force below one that ended does not hold.
	young := x.fed.grants(t, x.section, ofSection, "4", late.Add(-time.Hour))
	b := x.book()
	if _, err := b.learn([]*Certificate{x.federation, young}, late.Add(-time.Minute), false); err != nil {
		t.Fatal(err)
	}
	if _, err := b.chain(x.section.uri, late); !errors.Is(err, ErrExpired) {
		t.Errorf("below one that ended: %v", err)
	}
	// Longer than any may be.
	long := &Certificate{ID: x.root.uri + "/9", Issuer: x.root.uri, Subject: x.fed.uri, Key: x.fed.pub, Grant: all, Start: today, End: today.Add(longest + time.Hour)}
	if err := long.sign(x.root.key, today); err != nil {
		t.Fatal(err)
	}
	if _, err := ParseCertificate(long.Body); !errors.Is(err, ErrForm) {
		t.Errorf("of a hundred days and more: %v", err)
	}
}

func TestForgeryLoop(t *testing.T) {
	x := newTree(t)
	b := x.book()
	if _, err := b.learn([]*Certificate{x.federation, x.local}, today, false); err != nil {
		t.Fatal(err)
	}
	up := x.section.grants(t, x.fed, Grant{Level: "bureau", Territory: "Isère/Grenoble"}, "5", today)
	wantRefused(t, b, ErrLoop, today, up)
	wantRefused(t, b, ErrLoop, today, x.section.grants(t, x.root, Grant{Level: "bureau", Territory: "Isère/Grenoble"}, "6", today))
	// A circle that never touches the root ends.
	round := newBook(Root{x.root.uri, x.root.pub}, []*Certificate{x.local, up}, nil)
	if _, err := round.chain(x.section.uri, today); !errors.Is(err, ErrLoop) {
		t.Errorf("a circle: %v", err)
	}
}

func TestForgeryWidened(t *testing.T) {
	x := newTree(t)
	for name, g := range map[string]Grant{
		"level":             {Level: "national", Territory: "Isère"},
		"same level":        {Level: "federation", Territory: "Isère"},
		"territory":         {Level: "section", Territory: "Savoie"},
		"territory beside":  {Level: "section", Territory: "Isère-et-Savoie"},
		"no territory":      {Level: "section"},
		"body":              {Level: "section", Territory: "Isère", Organes: []string{"bureau", "comité"}},
		"all bodies":        {Level: "section", Territory: "Isère", Organes: []string{AnyOrgane}},
		"body, other words": {Level: "section", Territory: "Isère", Organes: []string{"Bureau national"}},
	} {
		t.Run(name, func(t *testing.T) {
			wantRefused(t, x.book(), ErrWidened, today, x.federation, x.fed.grants(t, x.section, g, "7", today))
		})
	}
	b := x.book()
	if _, err := b.learn([]*Certificate{x.federation, x.fed.grants(t, x.section, Grant{Level: "canton", Territory: "isere / Vizille"}, "8", today)}, today, false); err == nil {
		t.Error("a territory with spaces around the slash is another name")
	}
}

// TestForgeryReplay shows again what was revoked: the certificate of a child, and
// that of its parent.
func TestForgeryReplay(t *testing.T) {
	x := newTree(t)
	wantRefused(t, x.book(x.local), ErrRevoked, today, x.federation, x.local)
	b := x.book(x.federation)
	wantRefused(t, b, ErrRevoked, today, x.federation)
	if _, err := b.chain(x.section.uri, today); err == nil {
		t.Error("a section below a revoked federation holds")
	}
	// An older certificate does not take the place of a newer one.
	b = x.book()
	newer := x.root.grants(t, x.fed, Grant{Level: "federation", Territory: "Isère", Organes: []string{"bureau"}}, "10", today.Add(time.Hour))
	if _, err := b.learn([]*Certificate{newer, x.federation}, today.Add(2*time.Hour), false); err != nil {
		t.Fatal(err)
	}
	if c, err := b.chain(x.fed.uri, today.Add(2*time.Hour)); err != nil || len(c[0].Organes) != 1 {
		t.Errorf("%+v %v", c, err)
	}
}

// TestForgeryWithoutConsent: a parent certifies nobody who did not ask it, with that key.
func TestForgeryWithoutConsent(t *testing.T) {
	x := newTree(t)
	other := newAuthority(t, "savoie.example")
	for name, word := range map[string][]byte{
		"none":                     nil,
		"of another child":         other.asks(t, x.fed, today),
		"to another parent":        x.section.asks(t, x.root, today),
		"signed by the parent":     (&authority{uri: x.section.uri, pub: x.section.pub, key: &sig.Key{ID: x.section.key.ID, Ed25519: x.fed.key.Ed25519, Ed25519ID: x.section.key.Ed25519ID}}).asks(t, x.fed, today),
		"altered":                  bytes.Replace(x.section.asks(t, x.fed, today), []byte("Enfant"), []byte("Autre0"), 1),
		"of an earlier, other key": (&authority{uri: x.section.uri, pub: other.pub, key: &sig.Key{ID: x.section.key.ID, Ed25519: other.key.Ed25519, Ed25519ID: x.section.key.Ed25519ID}}).asks(t, x.fed, today),
	} {
		t.Run(name, func(t *testing.T) {
			wantRefused(t, x.book(), ErrConsent, today, x.federation, x.fed.certifies(t, x.section.uri, x.section.pub, word, ofSection, "11", today))
		})
	}
}

// TestForgerySwappedChild puts another child, or another key, into a certificate that was
// asked for and signed.
func TestForgerySwappedChild(t *testing.T) {
	x := newTree(t)
	thief := newAuthority(t, "voleur.example")
	for _, swap := range [][2]string{{x.section.uri, thief.uri}, {x.section.pub, thief.pub}} {
		swapped, err := ParseCertificate(bytes.ReplaceAll(x.local.Body, []byte(swap[0]), []byte(swap[1])))
		if err != nil {
			t.Fatal(err)
		}
		wantRefused(t, x.book(), ErrKey, today, x.federation, swapped)
	}
	// By the parent itself: it signs anew, and keeps the word of the child.
	word := x.section.asks(t, x.fed, today)
	wantRefused(t, x.book(), ErrConsent, today, x.federation, x.fed.certifies(t, thief.uri, thief.pub, word, ofSection, "12", today))
	wantRefused(t, x.book(), ErrConsent, today, x.federation, x.fed.certifies(t, x.section.uri, thief.pub, word, ofSection, "13", today))
}

// TestForgeryRootChange shows a whole chain below another root: it never replaces the pinned one.
func TestForgeryRootChange(t *testing.T) {
	x := newTree(t)
	usurper := newAuthority(t, "national.example") // the same name, another key
	fed := usurper.grants(t, x.fed, all, "14", today)
	wantRefused(t, x.book(), ErrKey, today, fed)
	b := x.book()
	if _, err := b.learn([]*Certificate{x.federation, x.local}, today, false); err != nil {
		t.Fatal(err)
	}
	wantRefused(t, b, ErrKey, today, fed)
	if _, err := b.chain(x.section.uri, today); err != nil {
		t.Errorf("the true chain is lost: %v", err)
	}
}

func TestFingerprint(t *testing.T) {
	a, b := newAuthority(t, "a.example"), newAuthority(t, "b.example")
	if f := Fingerprint(a.pub); len(f) != 39 || f == Fingerprint(b.pub) || f != Fingerprint(a.pub) {
		t.Errorf("%q", f)
	}
}

// FuzzCertificate: whatever is read as a certificate, only what the root signed holds.
func FuzzCertificate(f *testing.F) {
	t := &testing.T{}
	x := newTree(t)
	f.Add(x.federation.Body)
	f.Add([]byte(`{"type":"Relationship"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		c, err := ParseCertificate(body)
		if err != nil {
			return
		}
		if _, err := x.book().learn([]*Certificate{c}, today, false); err == nil && (c.Subject != x.fed.uri || c.Key != x.fed.pub || c.Level != "federation") {
			t.Errorf("holds: %s", body)
		}
	})
}
