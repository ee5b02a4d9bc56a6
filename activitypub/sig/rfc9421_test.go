package sig

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/dunglas/httpsfv"
	"github.com/yaronf/httpsign"
)

// What we sign, another implementation verifies.
func Test9421ToOther(t *testing.T) {
	_, ed, _ := ed25519.GenerateKey(rand.Reader)
	for _, target := range []string{"/inbox", "/inbox?a=b&c=%C3%A9"} {
		for name, key := range map[string]*Key{"rsa": {ID: keyID, RSA: testRSA()}, "ed25519": {ID: keyID, Ed25519: ed}} {
			req := httptest.NewRequest("POST", "https://section.example"+target, strings.NewReader(string(body)))
			if err := Sign9421(req, body, key, time.Now()); err != nil {
				t.Fatal(err)
			}
			fields := httpsign.Headers("@method", "@target-uri", "content-digest")
			config := httpsign.NewVerifyConfig().SetKeyID(keyID).
				SetSchemeFromRequest(func(*http.Request) string { return "https" })
			v, err := httpsign.NewRSAVerifier(testRSA().PublicKey, config, fields)
			if name == "ed25519" {
				v, err = httpsign.NewEd25519Verifier(ed.Public().(ed25519.PublicKey), config, fields)
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := httpsign.VerifyRequest(label, *v, req); err != nil {
				t.Errorf("%s %s: %v", name, target, err)
			}
		}
	}
}

// What another implementation signs, we verify, and nothing that was changed.
func Test9421FromOther(t *testing.T) {
	_, ed, _ := ed25519.GenerateKey(rand.Reader)
	for name, fields := range map[string]httpsign.Fields{
		"target uri":     httpsign.Headers("@method", "@target-uri", "content-digest"),
		"parts":          httpsign.Headers("@method", "@authority", "@path", "@query", "content-digest", "content-type"),
		"request target": httpsign.Headers("@method", "@authority", "@request-target", "content-digest", "@scheme"),
	} {
		config := httpsign.NewSignConfig().SetKeyID(keyID).SignAlg(true).
			SetSchemeFromRequest(func(*http.Request) string { return "https" })
		rsaSigner, err := httpsign.NewRSASigner(*testRSA(), config, fields)
		if err != nil {
			t.Fatal(err)
		}
		edSigner, err := httpsign.NewEd25519Signer(ed, config, fields)
		if err != nil {
			t.Fatal(err)
		}
		for pub, signer := range map[crypto.PublicKey]*httpsign.Signer{&testRSA().PublicKey: rsaSigner, &ed: edSigner} {
			if pub == &ed {
				pub = ed.Public()
			}
			req := httptest.NewRequest("POST", "https://section.example/inbox?x=1", strings.NewReader(string(body)))
			req.Header.Set("Content-Type", "application/activity+json")
			if err := Sign9421(req, body, &Key{ID: keyID, RSA: testRSA()}, now); err != nil { // for Content-Digest
				t.Fatal(err)
			}
			input, signature, err := httpsign.SignRequest("s", *signer, req)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Signature-Input", input)
			req.Header.Set("Signature", signature)
			o := options()
			o.Now = time.Now()
			s, err := ParseRequest(req, body, o)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if s.Scheme != RFC9421 || s.KeyID != keyID {
				t.Errorf("%s: read %+v", name, s)
			}
			if err := s.Verify(pub); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			req.URL.RawQuery = "x=2"
			if err := parseAndVerify(req, body, o, pub); ReasonOf(err) != Invalid {
				t.Errorf("%s, other query: %v", name, err)
			}
			req.URL.RawQuery = "x=1"
			req.Method = "PUT"
			if err := parseAndVerify(req, body, o, pub); ReasonOf(err) != Invalid {
				t.Errorf("%s, other method: %v", name, err)
			}
		}
	}
}

// SG13: the same rules as for the older scheme.
func Test9421Refuses(t *testing.T) {
	_, ed, _ := ed25519.GenerateKey(rand.Reader)
	for _, c := range []struct {
		name   string
		change func(r *http.Request)
		want   Reason
	}{
		{"nothing", func(r *http.Request) {}, ""},
		{"no created", swap("Signature-Input", ";created=1795348800", ""), BadDate},
		{"old", swap("Signature-Input", "created=1795348800", "created=1790000000"), TooOld},
		{"future", swap("Signature-Input", "created=1795348800", "created=1799999999"), InFuture},
		{"expired", swap("Signature-Input", ";alg", ";expires=1795348799;alg"), TooOld},
		{"hmac", swap("Signature-Input", algRSA, "hmac-sha256"), BadAlgorithm},
		{"other alg", swap("Signature-Input", algRSA, algEd25519), BadAlgorithm},
		{"no keyid", swap("Signature-Input", "keyid", "kid"), BadKeyID},
		{"key file", swap("Signature-Input", keyID, "file:///etc/passwd"), BadKeyID},
		{"no method", swap("Signature-Input", `"@method" `, ""), NotCovered},
		{"no target", swap("Signature-Input", `"@target-uri" `, ""), NotCovered},
		{"no digest covered", swap("Signature-Input", ` "content-digest"`, ""), NotCovered},
		{"twice", swap("Signature-Input", `"@method"`, `"@method" "@method"`), Malformed},
		{"parameter", swap("Signature-Input", `"@method"`, `"@method";req`), Malformed},
		{"unknown part", swap("Signature-Input", `"@method"`, `"@method" "@status"`), Malformed},
		{"absent header", swap("Signature-Input", `"@method"`, `"@method" "x-gone"`), NoHeader},
		{"digest gone", func(r *http.Request) { r.Header.Del("Content-Digest") }, BadDigest},
		{"digest other", swap("Content-Digest", "sha-256", "md5"), BadDigest},
		{"digest twice", func(r *http.Request) { r.Header.Add("Content-Digest", r.Header.Get("Content-Digest")) }, BadDigest},
		{"no signature", func(r *http.Request) { r.Header.Del("Signature") }, Malformed},
		{"other label", swap("Signature", "sig1", "sig2"), Malformed},
		{"two signatures", func(r *http.Request) {
			r.Header.Set("Signature-Input", r.Header.Get("Signature-Input")+", s2=(\"@method\")")
		}, Several},
		{"older scheme beside", func(r *http.Request) {
			r.Header.Add("Signature", `keyId="https://a.example/k",headers="host",signature="aGk="`)
		}, Malformed},
		{"host", func(r *http.Request) { r.Host = "relay.example" }, WrongHost},
		{"path", func(r *http.Request) { r.URL.Path = "/outbox" }, Invalid},
		{"keyid changed", swap("Signature-Input", "ana", "eve"), Invalid},
	} {
		req := post(t)
		if err := Sign9421(req, body, &Key{ID: keyID, RSA: testRSA()}, now); err != nil {
			t.Fatal(err)
		}
		c.change(req)
		if err := parseAndVerify(req, body, options(), &testRSA().PublicKey); ReasonOf(err) != c.want {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
	hmac := post(t)
	if err := Sign9421(hmac, body, &Key{ID: keyID, RSA: testRSA()}, now); err != nil {
		t.Fatal(err)
	}
	swap("Signature-Input", algRSA, "hmac-sha256")(hmac)
	if _, err := ParseRequest(hmac, body, options()); ReasonOf(err) != BadAlgorithm {
		t.Errorf("hmac, before any key is fetched: %v", err)
	}
	req := post(t)
	if err := Sign9421(req, body, &Key{ID: keyID, Ed25519: ed}, now); err != nil {
		t.Fatal(err)
	}
	if err := parseAndVerify(req, []byte("other"), options(), ed.Public()); ReasonOf(err) != BadDigest {
		t.Errorf("other body: %v", err)
	}
	if err := parseAndVerify(req, body, options(), &testRSA().PublicKey); ReasonOf(err) != BadAlgorithm {
		t.Errorf("RSA key for an ed25519 signature: %v", err)
	}
}

func swap(header, old, with string) func(*http.Request) {
	return func(r *http.Request) {
		v := r.Header.Get(header)
		if !strings.Contains(v, old) {
			panic(header + " has no " + old + ": " + v)
		}
		r.Header.Set(header, strings.Replace(v, old, with, 1))
	}
}

// The Ed25519 example of RFC 9421, B.2.6. Its key id is no URL and its cover
// does not include the digest, so it is checked below ParseRequest.
func Test9421Appendix(t *testing.T) {
	pub, err := ParsePublicPEM("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n-----END PUBLIC KEY-----\n")
	if err != nil {
		t.Fatal(err)
	}
	req := httptest.NewRequest("POST", "https://example.com/foo?param=Value&Pet=dog", nil)
	req.Header.Set("Date", "Tue, 20 Apr 2021 02:07:55 GMT")
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Content-Length", "18")
	dict, err := httpsfv.UnmarshalDictionary([]string{`sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"`})
	if err != nil {
		t.Fatal(err)
	}
	member, _ := dict.Get("sig-b26")
	base, err := base9421(req, member.(httpsfv.InnerList), "https")
	if err != nil {
		t.Fatal(err)
	}
	value, err := base64.StdEncoding.DecodeString("wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==")
	if err != nil {
		t.Fatal(err)
	}
	s := &Signature{Scheme: RFC9421, bases: []string{base}, value: value}
	if err := s.Verify(pub); err != nil {
		t.Errorf("%v\n%s", err, base)
	}
}
