package sig

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
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
func TestSG13RFC9421Refuses(t *testing.T) {
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

// The request of RFC 9421, B.2.
func appendixRequest() *http.Request {
	req := httptest.NewRequest("POST", "https://example.com/foo?param=Value&Pet=dog", strings.NewReader(`{"hello": "world"}`))
	req.Header.Set("Date", "Tue, 20 Apr 2021 02:07:55 GMT")
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Content-Digest", "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:")
	req.Header.Set("Content-Length", "18")
	return req
}

func appendixBase(t *testing.T, req *http.Request, input string) (string, error) {
	t.Helper()
	dict, err := httpsfv.UnmarshalDictionary([]string{"x=" + input})
	if err != nil {
		t.Fatal(err)
	}
	member, _ := dict.Get("x")
	return base9421(req, member.(httpsfv.InnerList), "https")
}

// Test9421Appendix holds the examples of RFC 9421, appendix B: what is signed,
// byte for byte, in all of them that are about requests; and the value where
// the algorithm is one of ours. Their key ids are no URLs and their cover leaves
// out the digest, so they are checked below ParseRequest.
func Test9421Appendix(t *testing.T) {
	const date, lines = "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n", "\"@signature-params\": "
	bases := map[string]string{
		// B.2.1, B.2.3, B.2.5, B.2.6
		`();created=1618884473;keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd"`: "",
		`("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-rsa-pss"`: date +
			"\"@method\": POST\n\"@path\": /foo\n\"@query\": ?param=Value&Pet=dog\n\"@authority\": example.com\n\"content-type\": application/json\n" +
			"\"content-digest\": sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:\n\"content-length\": 18\n",
		`("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"`: date +
			"\"@authority\": example.com\n\"content-type\": application/json\n",
		appendixB26: date + "\"@method\": POST\n\"@path\": /foo\n\"@authority\": example.com\n\"content-type\": application/json\n\"content-length\": 18\n",
	}
	for input, want := range bases {
		got, err := appendixBase(t, appendixRequest(), input)
		if want += lines + input; err != nil || got != want {
			t.Errorf("%s\n got %q %v\nwant %q", input, got, err, want)
		}
	}
	if err := checkContentDigest(appendixRequest().Header, []byte(`{"hello": "world"}`)); err != nil {
		t.Errorf("its digest: %v", err)
	}
	// B.2.5: the shared secret proves the base, though no such signature is taken.
	secret, err := base64.StdEncoding.DecodeString("uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==")
	if err != nil {
		t.Fatal(err)
	}
	base, err := appendixBase(t, appendixRequest(), `("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"`)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(base))
	if got := base64.StdEncoding.EncodeToString(mac.Sum(nil)); got != "pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=" {
		t.Errorf("B.2.5: %s", got)
	}

	// B.2.6, verified and made: Ed25519 always gives the same.
	const value = "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
	base, err = appendixBase(t, appendixRequest(), appendixB26)
	if err != nil {
		t.Fatal(err)
	}
	pub := verifiesAppendix(t, "B.2.6", base, value)
	private, err := ParsePrivatePEM("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n-----END PRIVATE KEY-----\n")
	if err != nil {
		t.Fatal(err)
	}
	key, ok := private.(ed25519.PrivateKey)
	if !ok || !key.Public().(ed25519.PublicKey).Equal(pub) {
		t.Fatal("the keys do not belong together")
	}
	if got := base64.StdEncoding.EncodeToString(ed25519.Sign(key, []byte(base))); got != value {
		t.Errorf("B.2.6 signed: %s", got)
	}

	// B.4: a request that was changed on its way in what is not covered still
	// verifies, and one that was changed in what is does not.
	const covered = `("@method" "@path" "@authority" "accept");created=1618884473;keyid="test-key-ed25519"`
	const transform = "ZT1kooQsEHpZ0I1IjCqtQppOmIqlJPeo7DHR3SoMn0s5JZ1eRGS0A+vyYP9t/LXlh5QMFFQ6cpLt2m0pmj3NDA=="
	for _, c := range []struct {
		name, method, uri string
		accept            []string
		more              string
		holds             bool
	}{
		{"as it was", "GET", "https://example.org/demo?name1=Value1&Name2=value2", []string{"application/json", "*/*"}, "", true},
		{"another query and header", "GET", "https://example.org/demo?name1=Value1&Name2=value2&param=added", []string{"application/json", "*/*"}, "en-US,en;q=0.5", true},
		{"without query, accept joined", "GET", "https://example.org/demo", []string{"application/json, */*"}, "", true},
		{"host of another case", "GET", "https://EXAMPLE.org:443/demo", []string{"application/json", "*/*"}, "", true},
		{"another method and host", "POST", "https://example.com/demo?name1=Value1&Name2=value2", []string{"application/json", "*/*"}, "", false},
		{"accept in another order", "GET", "https://example.org/demo?name1=Value1&Name2=value2", []string{"*/*", "application/json"}, "", false},
	} {
		req := httptest.NewRequest(c.method, c.uri, nil)
		req.Header["Accept"] = c.accept
		if c.more != "" {
			req.Header.Set("Accept-Language", c.more)
		}
		base, err := appendixBase(t, req, covered)
		if err != nil {
			t.Fatal(err)
		}
		v, err := base64.StdEncoding.DecodeString(transform)
		if err != nil {
			t.Fatal(err)
		}
		s := &Signature{Scheme: RFC9421, bases: []string{base}, value: v}
		if got := s.Verify(pub) == nil; got != c.holds {
			t.Errorf("B.4 %s: %v\n%s", c.name, got, base)
		}
	}

	// What the others want is refused: parameters of components (B.2.2), and a
	// shared secret or RSA-PSS by its name.
	for name, input := range map[string]string{
		"B.2.2":   `("@authority" "content-digest" "@query-param";name="Pet");created=%d;keyid="https://a.example/#k";tag="header-example"`,
		"B.2.3":   `("@method" "@target-uri" "content-digest");created=%d;keyid="https://a.example/#k";alg="rsa-pss-sha512"`,
		"B.2.5":   `("@method" "@target-uri" "content-digest");created=%d;keyid="https://a.example/#k";alg="hmac-sha256"`,
		"ECDSA":   `("@method" "@target-uri" "content-digest");created=%d;keyid="https://a.example/#k";alg="ecdsa-p256-sha256"`,
		"no path": `("@method" "@authority" "content-digest");created=%d;keyid="https://a.example/#k"`,
	} {
		req := appendixRequest()
		now := time.Now()
		req.Header.Set("Signature-Input", "x="+fmt.Sprintf(input, now.Unix()))
		req.Header.Set("Signature", "x=:AAAA:")
		if _, err := ParseRequest(req, []byte(`{"hello": "world"}`), Options{Scheme: "https", Hosts: []string{"example.com"}, Now: now}); ReasonOf(err) == "" {
			t.Errorf("%s: taken", name)
		}
	}
}

const appendixB26 = `("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"`

func verifiesAppendix(t *testing.T, name, base, value string) ed25519.PublicKey {
	t.Helper()
	pub, err := ParsePublicPEM("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n-----END PUBLIC KEY-----\n")
	if err != nil {
		t.Fatal(err)
	}
	v, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		t.Fatal(err)
	}
	s := &Signature{Scheme: RFC9421, bases: []string{base}, value: v}
	if err := s.Verify(pub); err != nil {
		t.Errorf("%s: %v\n%s", name, err, base)
	}
	return pub.(ed25519.PublicKey)
}

// FuzzRFC9421: no header makes the reader panic, and none that the key did not
// make verifies.
func FuzzRFC9421(f *testing.F) {
	key := &Key{ID: "https://a.example/#k", Ed25519: ed25519.NewKeyFromSeed(make([]byte, 32))}
	body := []byte(`{"a":1}`)
	now := time.Now()
	good := httptest.NewRequest("POST", "https://b.example/inbox?x=1", bytes.NewReader(body))
	if err := Sign9421(good, body, key, now); err != nil {
		f.Fatal(err)
	}
	f.Add(good.Header.Get("Signature-Input"), good.Header.Get("Signature"), good.Header.Get("Content-Digest"))
	f.Add(`sig1=("@method" "@target-uri" "content-digest";req);created=1;keyid="x"`, `sig1=:AA==:`, `sha-256=:AA==:, sha-512=:AA==:`)
	f.Add(`a=1, b=();created=-1`, `a=?1`, `md5=x`)
	f.Fuzz(func(t *testing.T, input, signature, digest string) {
		req := httptest.NewRequest("POST", "https://b.example/inbox?x=1", bytes.NewReader(body))
		req.Header = http.Header{"Signature-Input": {input}, "Signature": {signature}, "Content-Digest": {digest}, "Date": good.Header["Date"]}
		s, err := ParseRequest(req, body, Options{Scheme: "https", Hosts: []string{"b.example"}, Now: now})
		if err != nil {
			if ReasonOf(err) == "" {
				t.Errorf("no refusal: %v", err)
			}
			return
		}
		if s.Verify(key.Ed25519.Public()) == nil && !strings.Contains(s.bases[0], "\"@target-uri\": https://b.example/inbox?x=1\n") {
			t.Errorf("verified: %q %q", input, signature)
		}
	})
}

// FuzzParams: the parameters of headers, as of the one that compares followers.
func FuzzParams(f *testing.F) {
	f.Add(`collectionId="https://a.example/f", url="https://a.example/s", digest="00"`)
	f.Add(`a=1,b="x,y"`)
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParseParams(s)
		if err != nil && ReasonOf(err) != Malformed || err == nil && p == nil {
			t.Errorf("%q: %v %v", s, p, err)
		}
	})
}
