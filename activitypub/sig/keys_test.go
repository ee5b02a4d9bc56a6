package sig

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
)

func TestPEM(t *testing.T) {
	text, err := EncodePublicPEM(&testRSA().PublicKey)
	if err != nil || !strings.HasPrefix(text, "-----BEGIN PUBLIC KEY-----\n") {
		t.Fatal(text, err)
	}
	pub, err := ParsePublicPEM("\n" + text + "  ")
	if err != nil || !testRSA().PublicKey.Equal(pub) {
		t.Errorf("PKIX: %v", err)
	}
	old := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&testRSA().PublicKey)}))
	if pub, err := ParsePublicPEM(old); err != nil || !testRSA().PublicKey.Equal(pub) {
		t.Errorf("PKCS #1: %v", err)
	}
	ed, _ := GenerateEd25519()
	text, _ = EncodePublicPEM(ed.Public())
	if pub, err := ParsePublicPEM(text); err != nil || !ed.Public().(ed25519.PublicKey).Equal(pub) {
		t.Errorf("Ed25519: %v", err)
	}
	private, err := EncodePrivatePEM(testRSA())
	if err != nil {
		t.Fatal(err)
	}
	if k, err := ParsePrivatePEM(private); err != nil || !testRSA().Equal(k.(*rsa.PrivateKey)) {
		t.Errorf("private: %v", err)
	}

	p256, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ecText, _ := EncodePublicPEM(&p256.PublicKey)
	for name, bad := range map[string]string{
		"empty": "", "junk": "hello", "elliptic curve": ecText, "private as public": private, "cut": text[:40],
		"not DER": "-----BEGIN PUBLIC KEY-----\naGVsbG8=\n-----END PUBLIC KEY-----\n", "long": strings.Repeat(text, 200),
	} {
		if _, err := ParsePublicPEM(bad); ReasonOf(err) != BadKey {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ParsePrivatePEM(text); ReasonOf(err) != BadKey {
		t.Errorf("public as private: %v", err)
	}
}

func TestMultikey(t *testing.T) {
	// The example of FEP-521a.
	const example = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
	pub, err := ParseMultikey(example)
	if err != nil {
		t.Fatal(err)
	}
	if got := EncodeMultikey(pub); got != example {
		t.Errorf("encoded as %s", got)
	}
	for _, bad := range []string{"", "z", example[1:], example[:20], example + "1", "z0OIl", "m" + example[1:], strings.Repeat("z", 1000)} {
		if _, err := ParseMultikey(bad); ReasonOf(err) != BadKey {
			t.Errorf("%.20q: %v", bad, err)
		}
	}
	for range 50 {
		k, _ := GenerateEd25519()
		pub := k.Public().(ed25519.PublicKey)
		if back, err := ParseMultikey(EncodeMultikey(pub)); err != nil || !pub.Equal(back) {
			t.Fatalf("%x: %v", pub, err)
		}
	}
}
