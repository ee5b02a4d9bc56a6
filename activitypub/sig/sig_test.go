package sig

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/superseriousbusiness/httpsig"
)

var testRSA = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := GenerateRSA()
	if err != nil {
		panic(err)
	}
	return k
})

var otherRSA = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := GenerateRSA()
	if err != nil {
		panic(err)
	}
	return k
})

const keyID = "https://peer.example/users/ana#main-key"

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

var body = []byte(`{"type":"Follow"}`)

func options() Options {
	return Options{Scheme: "https", Hosts: []string{"section.example"}, Now: now}
}

func post(t testing.TB) *http.Request {
	req := httptest.NewRequest("POST", "https://section.example/inbox", bytes.NewReader(body))
	req.Header.Set("Content-Type", "application/activity+json")
	return req
}

// custom signs req with draft-cavage over the given headers, by hand, so that
// tests can leave out or twist any part.
func custom(req *http.Request, headers, extra string, sign func(base string) []byte) {
	p := &params{headers: strings.Fields(headers)}
	target := wirePath(req.URL)
	if req.URL.RawQuery != "" {
		target += "?" + req.URL.RawQuery
	}
	for _, kv := range strings.Split(extra, ",") {
		k, v, _ := strings.Cut(kv, "=")
		switch k {
		case "created":
			p.createdText = v
		case "expires":
			p.expiresText = v
		}
	}
	base, err := signingString(req, p, target)
	if err != nil {
		base = "unsignable"
	}
	if extra != "" {
		extra += ","
	}
	req.Header.Set("Signature", fmt.Sprintf(`keyId="%s",%sheaders="%s",signature="%s"`,
		keyID, extra, headers, base64.StdEncoding.EncodeToString(sign(base))))
}

func rsaSign(base string) []byte {
	sum := sha256.Sum256([]byte(base))
	s, _ := rsa.SignPKCS1v15(rand.Reader, testRSA(), crypto.SHA256, sum[:])
	return s
}

func parseAndVerify(req *http.Request, b []byte, o Options, pub crypto.PublicKey) error {
	s, err := ParseRequest(req, b, o)
	if err != nil {
		return err
	}
	return s.Verify(pub)
}

func TestSignPost(t *testing.T) {
	req := post(t)
	key := &Key{ID: keyID, RSA: testRSA()}
	if err := SignPost(req, body, key, now); err != nil {
		t.Fatal(err)
	}
	want := `keyId="` + keyID + `",algorithm="rsa-sha256",headers="(request-target) host date digest content-type",signature="`
	if got := req.Header.Get("Signature"); !strings.HasPrefix(got, want) {
		t.Errorf("Signature: %s", got)
	}
	if got := req.Header["Date"]; len(got) != 1 || got[0] != "Sun, 22 Nov 2026 12:00:00 GMT" {
		t.Errorf("Date: %q", got)
	}
	if got := req.Header["Digest"]; len(got) != 1 || got[0] != Digest(body) {
		t.Errorf("Digest: %q", got)
	}
	s, err := ParseRequest(req, body, options())
	if err != nil {
		t.Fatal(err)
	}
	if s.KeyID != keyID || s.Scheme != Cavage || !s.Created.Equal(now) {
		t.Errorf("read %+v", s)
	}
	if err := s.Verify(&testRSA().PublicKey); err != nil {
		t.Error(err)
	}
	if err := s.Verify(&otherRSA().PublicKey); ReasonOf(err) != Invalid {
		t.Errorf("other key: %v", err)
	}
	// Signing again, as a retry does, leaves one of each header.
	if err := SignPost(req, body, key, now.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	for _, h := range []string{"Signature", "Date", "Digest"} {
		if len(req.Header[h]) != 1 {
			t.Errorf("%s occurs %d times", h, len(req.Header[h]))
		}
	}
	// The library that others use reads it too.
	v, err := httpsig.NewVerifier(req.Clone(req.Context()))
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Verify(&testRSA().PublicKey, httpsig.RSA_SHA256); err != nil {
		t.Errorf("httpsig: %v", err)
	}
}

func TestSignGet(t *testing.T) {
	for _, target := range []string{"/users/x", "/users/x?page=1&min_id=0", "/caf%C3%A9/%2F?q=%20é", "/", ""} {
		for _, withoutQuery := range []bool{false, true} {
			req := httptest.NewRequest("GET", "https://section.example"+strings.ReplaceAll(target, " ", ""), nil)
			if err := SignGet(req, &Key{ID: keyID, RSA: testRSA()}, now, withoutQuery); err != nil {
				t.Fatal(err)
			}
			if err := parseAndVerify(req, nil, options(), &testRSA().PublicKey); err != nil {
				t.Errorf("%q, without query %t: %v", target, withoutQuery, err)
			}
			req.URL.Path += "x"
			req.URL.RawPath = ""
			if err := parseAndVerify(req, nil, options(), &testRSA().PublicKey); ReasonOf(err) != Invalid {
				t.Errorf("%q with another path: %v", target, err)
			}
		}
	}
	// What is signed is the path as it goes over the wire.
	req := httptest.NewRequest("GET", "https://section.example/caf%C3%A9?b=1", nil)
	if err := SignGet(req, &Key{ID: keyID, RSA: testRSA()}, now, false); err != nil {
		t.Fatal(err)
	}
	s, err := ParseRequest(req, nil, options())
	if err != nil {
		t.Fatal(err)
	}
	if want := "(request-target): get /caf%C3%A9?b=1\nhost: section.example\ndate: Sun, 22 Nov 2026 12:00:00 GMT"; s.bases[0] != want {
		t.Errorf("signed\n%s\nwant\n%s", s.bases[0], want)
	}
}

// SG1: unsigned and malformed signatures are refused, whatever they look like.
func TestSG01Malformed(t *testing.T) {
	good := post(t)
	if err := SignPost(good, body, &Key{ID: keyID, RSA: testRSA()}, now); err != nil {
		t.Fatal(err)
	}
	value := good.Header.Get("Signature")
	for name, change := range map[string]func(h http.Header){
		"none":              func(h http.Header) { h.Del("Signature") },
		"empty":             func(h http.Header) { h.Set("Signature", "") },
		"word":              func(h http.Header) { h.Set("Signature", "hello") },
		"equals":            func(h http.Header) { h.Set("Signature", "=,=,=") },
		"no keyId":          func(h http.Header) { h.Set("Signature", strings.Replace(value, "keyId", "key", 1)) },
		"no signature":      func(h http.Header) { h.Set("Signature", strings.Replace(value, "signature=", "sig=", 1)) },
		"no headers":        func(h http.Header) { h.Set("Signature", strings.Replace(value, "headers=", "hdrs=", 1)) },
		"open quote":        func(h http.Header) { h.Set("Signature", strings.TrimSuffix(value, `"`)) },
		"not base64":        func(h http.Header) { h.Set("Signature", strings.Replace(value, `signature="`, `signature="!`, 1)) },
		"empty signature":   func(h http.Header) { h.Set("Signature", value[:strings.Index(value, "signature=")]+`signature=""`) },
		"double parameter":  func(h http.Header) { h.Set("Signature", value+`,keyId="https://evil.example/k"`) },
		"two headers":       func(h http.Header) { h.Add("Signature", value) },
		"both places":       func(h http.Header) { h.Set("Authorization", "Signature "+value) },
		"both schemes":      func(h http.Header) { h.Set("Signature-Input", `sig1=("@method");created=1`) },
		"repeated covered":  func(h http.Header) { h.Set("Signature", strings.Replace(value, "host date", "host host date", 1)) },
		"absent covered":    func(h http.Header) { h.Set("Signature", strings.Replace(value, "host date", "host date x-gone", 1)) },
		"huge":              func(h http.Header) { h.Set("Signature", value+strings.Repeat(",", 9000)) },
		"junk after quote":  func(h http.Header) { h.Set("Signature", strings.Replace(value, `",alg`, `"x,alg`, 1)) },
		"created not digit": func(h http.Header) { h.Set("Signature", value+`,created=soon`) },
		"created negative":  func(h http.Header) { h.Set("Signature", value+`,created=-5`) },
	} {
		req := post(t)
		req.Header = good.Header.Clone()
		change(req.Header)
		if err := parseAndVerify(req, body, options(), &testRSA().PublicKey); ReasonOf(err) == "" {
			t.Errorf("%s: got %v, want a refusal", name, err)
		}
	}
	inAuthorization := post(t)
	inAuthorization.Header = good.Header.Clone()
	inAuthorization.Header.Del("Signature")
	inAuthorization.Header.Set("Authorization", "Signature "+value)
	if err := parseAndVerify(inAuthorization, body, options(), &testRSA().PublicKey); err != nil {
		t.Errorf("in Authorization: %v", err)
	}
}

// SG2: what must be covered, each left out in turn.
func TestSG02Covered(t *testing.T) {
	for headers, ok := range map[string]bool{
		"(request-target) host date digest":                     true,
		"(request-target) date content-length digest host":      true, // Friendica
		"date host digest":                                      false,
		"(request-target) date digest":                          false,
		"(request-target) host digest":                          false,
		"(request-target) host date":                            false,
		"date":                                                  false,
		"(request-target) (created) host digest":                true,
		"(request-target) (created) (expires) host digest date": true,
	} {
		req := post(t)
		req.Header.Set("Date", now.Format(http.TimeFormat))
		req.Header.Set("Digest", Digest(body))
		req.Header.Set("Content-Length", fmt.Sprint(len(body)))
		extra := ""
		if strings.Contains(headers, "(created)") {
			extra = fmt.Sprintf("created=%d,expires=%d", now.Unix(), now.Unix()+60)
		}
		custom(req, headers, extra, rsaSign)
		err := parseAndVerify(req, body, options(), &testRSA().PublicKey)
		if ok && err != nil {
			t.Errorf("%s: %v", headers, err)
		}
		if !ok && ReasonOf(err) != NotCovered {
			t.Errorf("%s: got %v, want %q", headers, err, NotCovered)
		}
	}
	twice := post(t)
	twice.Header.Set("Date", now.Format(http.TimeFormat))
	twice.Header.Set("Digest", Digest(body))
	custom(twice, "(request-target) host host date digest", "", rsaSign)
	if _, err := ParseRequest(twice, body, options()); ReasonOf(err) != Malformed {
		t.Errorf("host covered twice: %v", err)
	}
	req := post(t) // a POST without body must cover a digest all the same
	req.Header.Set("Date", now.Format(http.TimeFormat))
	custom(req, "(request-target) host date", "", rsaSign)
	if _, err := ParseRequest(req, nil, options()); ReasonOf(err) != NotCovered {
		t.Errorf("empty POST: %v", err)
	}
	req.Header.Set("Date", now.Format(http.TimeFormat))
	custom(req, "(request-target) (created) host", "", rsaSign)
	req.Method = "GET"
	if _, err := ParseRequest(req, nil, options()); ReasonOf(err) != Malformed {
		t.Errorf("(created) covered but not given: %v", err)
	}
}

// SG3: the digest is that of the bytes received.
func TestSG03Digest(t *testing.T) {
	long := sha512.Sum512(body)
	for name, c := range map[string]struct {
		digest []string
		ok     bool
	}{
		"right":        {[]string{Digest(body)}, true},
		"lower case":   {[]string{strings.Replace(Digest(body), "SHA", "sha", 1)}, true},
		"sha-512":      {[]string{"SHA-512=" + base64.StdEncoding.EncodeToString(long[:])}, true},
		"other body":   {[]string{Digest([]byte("x"))}, false},
		"absent":       {nil, false},
		"empty":        {[]string{""}, false},
		"two headers":  {[]string{Digest(body), Digest(body)}, false},
		"two in one":   {[]string{Digest(body) + "," + Digest([]byte("x"))}, false},
		"md5":          {[]string{"MD5=1B2M2Y8AsgTpgAmY7PhCfg=="}, false},
		"cut":          {[]string{Digest(body)[:20]}, false},
		"hex":          {[]string{"SHA-256=" + strings.Repeat("ab", 32)}, false},
		"no algorithm": {[]string{strings.TrimPrefix(Digest(body), "SHA-256=")}, false},
	} {
		req := post(t)
		req.Header.Set("Date", now.Format(http.TimeFormat))
		req.Header["Digest"] = c.digest
		custom(req, "(request-target) host date digest", "", rsaSign)
		err := parseAndVerify(req, body, options(), &testRSA().PublicKey)
		if c.ok && err != nil || !c.ok && ReasonOf(err) != BadDigest {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// SG4: the window.
func TestSG04DateWindow(t *testing.T) {
	day := 24 * time.Hour
	for _, c := range []struct {
		name    string
		date    time.Duration
		created time.Duration // with -1: only date
		expires time.Duration
		want    Reason
	}{
		{"now", 0, -1, 0, ""},
		{"11 h ago", -11 * time.Hour, -1, 0, ""},
		{"13 h ago", -13 * time.Hour, -1, 0, TooOld},
		{"30 d ago", -30 * day, -1, 0, TooOld},
		{"59 min ahead", 59 * time.Minute, -1, 0, ""},
		{"61 min ahead", 61 * time.Minute, -1, 0, InFuture},
		{"30 d ahead", 30 * day, -1, 0, InFuture},
		{"created now", 0, 0, 0, ""},
		{"created ahead", 0, 30 * time.Minute, 0, ""},
		{"created old", 0, -13 * time.Hour, 0, TooOld},
		{"created far ahead", 0, 2 * time.Hour, 0, InFuture},
		{"expires soon", 0, 0, time.Minute, ""},
		{"expired", 0, 0, -time.Second, TooOld},
	} {
		req := post(t)
		req.Header.Set("Date", now.Add(c.date).Format(http.TimeFormat))
		req.Header.Set("Digest", Digest(body))
		headers, extra := "(request-target) host date digest", ""
		if c.created != -1 {
			headers += " (created)"
			extra = fmt.Sprintf("created=%d", now.Add(c.created).Unix())
		}
		if c.expires != 0 {
			headers += " (expires)"
			extra += fmt.Sprintf(",expires=%d", now.Add(c.expires).Unix())
		}
		custom(req, headers, extra, rsaSign)
		if err := parseAndVerify(req, body, options(), &testRSA().PublicKey); ReasonOf(err) != c.want {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
	for name, dates := range map[string][]string{
		"absent": nil, "empty": {""}, "word": {"today"}, "iso": {"2026-11-22T12:00:00Z"},
		"two": {now.Format(http.TimeFormat), now.Format(http.TimeFormat)},
	} {
		req := post(t)
		req.Header.Set("Digest", Digest(body))
		req.Header["Date"] = dates
		custom(req, "(request-target) host date digest", "", rsaSign)
		if err := parseAndVerify(req, body, options(), &testRSA().PublicKey); ReasonOf(err) != BadDate {
			t.Errorf("date %s: %v", name, err)
		}
	}
}

// SG5: a request signed for somebody else is not taken.
func TestSG05Host(t *testing.T) {
	for host, ok := range map[string]bool{
		"section.example": true, "SECTION.example": true, "section.example:443": true,
		"section.example:80": false, "relay.example": false, "": false, "section.example.evil.example": false,
	} {
		req := post(t)
		req.Host = host
		if host == "" {
			req.URL.Host = ""
		}
		if err := SignPost(req, body, &Key{ID: keyID, RSA: testRSA()}, now); err != nil {
			t.Fatal(err)
		}
		err := parseAndVerify(req, body, options(), &testRSA().PublicKey)
		if ok && err != nil || !ok && ReasonOf(err) != WrongHost {
			t.Errorf("host %q: %v", host, err)
		}
	}
	req := post(t) // signed for a, sent to b
	req.Host = "relay.example"
	if err := SignPost(req, body, &Key{ID: keyID, RSA: testRSA()}, now); err != nil {
		t.Fatal(err)
	}
	req.Host = "section.example"
	if err := parseAndVerify(req, body, options(), &testRSA().PublicKey); ReasonOf(err) != Invalid {
		t.Errorf("relayed: %v", err)
	}
}

// SG6: the key decides the algorithm.
func TestSG06Algorithm(t *testing.T) {
	_, ed, _ := ed25519.GenerateKey(rand.Reader)
	publicPEM, _ := EncodePublicPEM(&testRSA().PublicKey)
	for name, c := range map[string]struct {
		alg  string
		sign func(string) []byte
		pub  crypto.PublicKey
		want Reason
	}{
		"rsa, any label": {"hs2019", rsaSign, &testRSA().PublicKey, ""},
		"rsa, odd label": {"none", rsaSign, &testRSA().PublicKey, ""},
		"rsa-sha512": {"rsa-sha512", func(b string) []byte {
			sum := sha512.Sum512([]byte(b))
			s, _ := rsa.SignPKCS1v15(rand.Reader, testRSA(), crypto.SHA512, sum[:])
			return s
		}, &testRSA().PublicKey, ""},
		"ed25519": {"hs2019", func(b string) []byte { return ed25519.Sign(ed, []byte(b)) }, ed.Public(), ""},
		"hmac over public key": {"hmac-sha256", func(b string) []byte {
			m := hmac.New(sha256.New, []byte(publicPEM))
			m.Write([]byte(b))
			return m.Sum(nil)
		}, &testRSA().PublicKey, Invalid},
		"wrong kind of key": {"hs2019", rsaSign, ed.Public(), Invalid},
		"no key":            {"hs2019", rsaSign, nil, BadKey},
		"secret as key":     {"hmac-sha256", rsaSign, []byte(publicPEM), BadKey},
	} {
		req := post(t)
		req.Header.Set("Date", now.Format(http.TimeFormat))
		req.Header.Set("Digest", Digest(body))
		custom(req, "(request-target) host date digest", `algorithm="`+c.alg+`"`, c.sign)
		if err := parseAndVerify(req, body, options(), c.pub); ReasonOf(err) != c.want {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

// SG10: key ids that must not even be fetched.
func TestSG10KeyID(t *testing.T) {
	for id, ok := range map[string]bool{
		"https://a.example/u#main-key": true, "https://a.example/u/main-key": true, "https://a.example:8443/u": true,
		"http://a.example/u": false, "file:///etc/passwd": false, "gopher://a.example/x": false, "data:,x": false,
		"//a.example/u": false, "https://user:pw@a.example/u": false, "https:///u": false, "acct:a@b.example": false,
		"https:a.example/u": false, "https://a.example/" + strings.Repeat("x", 2048): false, "ana": false,
	} {
		req := post(t)
		req.Header.Set("Date", now.Format(http.TimeFormat))
		req.Header.Set("Digest", Digest(body))
		custom(req, "(request-target) host date digest", "", rsaSign)
		req.Header.Set("Signature", strings.Replace(req.Header.Get("Signature"), keyID, id, 1))
		_, err := ParseRequest(req, body, options())
		if ok && err != nil || !ok && ReasonOf(err) != BadKeyID {
			t.Errorf("%.60s: %v", id, err)
		}
	}
	if !validKeyID("http://127.0.0.1:9000/u#k", true) {
		t.Error("http key id refused in local-test mode")
	}
}

func TestSignFaults(t *testing.T) {
	req := post(t)
	if SignPost(req, body, nil, now) == nil || SignPost(req, body, &Key{ID: keyID}, now) == nil ||
		SignPost(req, body, &Key{ID: `a",b="`, RSA: testRSA()}, now) == nil || Sign9421(req, body, &Key{ID: keyID}, now) == nil {
		t.Error("signed with an unusable key")
	}
	req.Header.Del("Content-Type")
	if SignPost(req, body, &Key{ID: keyID, RSA: testRSA()}, now) == nil {
		t.Error("signed a POST without Content-Type")
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`keyId="https://a.example/k",algorithm="rsa-sha256",headers="(request-target) host date digest",signature="aGk="`,
		`keyId="a",created=1,expires=2.5,headers="",signature=""`, `a=b,,c="`, `=`, "sig1=:aGk=:", "\x00,\xff",
	} {
		f.Add(s, `sig1=("@method" "@target-uri" "content-digest");created=1;keyid="https://a.example/k"`)
		f.Add(s, "")
	}
	f.Fuzz(func(t *testing.T, signature, input string) {
		req := httptest.NewRequest("POST", "https://section.example/inbox?x", nil)
		req.Header.Set("Signature", signature)
		if input != "" {
			req.Header.Set("Signature-Input", input)
		}
		req.Header.Set("Date", now.Format(http.TimeFormat))
		req.Header.Set("Digest", Digest(body))
		req.Header.Set("Content-Digest", `sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:`)
		s, err := ParseRequest(req, body, options())
		if err != nil {
			if ReasonOf(err) == "" {
				t.Fatalf("untyped error %v", err)
			}
			return
		}
		if err := s.Verify(&testRSA().PublicKey); err == nil {
			t.Fatal("verified a made-up signature")
		}
	})
}

func BenchmarkSignPost(b *testing.B) {
	req, key := post(b), &Key{ID: keyID, RSA: testRSA()}
	for b.Loop() {
		if err := SignPost(req, body, key, now); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	req := post(b)
	if err := SignPost(req, body, &Key{ID: keyID, RSA: testRSA()}, now); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := parseAndVerify(req, body, options(), &testRSA().PublicKey); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSign9421Ed25519(b *testing.B) {
	_, ed, _ := ed25519.GenerateKey(rand.Reader)
	req, key := post(b), &Key{ID: keyID, Ed25519: ed}
	for b.Loop() {
		if err := Sign9421(req, body, key, now); err != nil {
			b.Fatal(err)
		}
	}
}
