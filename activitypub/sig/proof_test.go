package sig

import (
	"bytes"
	"crypto/ed25519"
	"strings"
	"testing"
	"time"
)

// The key and document of the FEP's own example.
const (
	fepSecret = "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq"
	fepPublic = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
	fepKeyID  = "https://server.example/users/alice#ed25519-key"
	fepDoc    = `{"@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/data-integrity/v2"],
		"id": "https://server.example/activities/1", "type": "Create", "actor": "https://server.example/users/alice",
		"object": {"id": "https://server.example/objects/1", "type": "Note", "attributedTo": "https://server.example/users/alice",
			"content": "Hello world", "location": {"type": "Place", "longitude": -71.184902, "latitude": 25.273962}}}`
	fepValue = "z42ffGu6AUKPCFcFPiabmUvnGLPJzC7e4DGWC52NUasSSH37UMa9c58tdgVszUcZfytxa4fQ5TYHaJENCxUDe9SdL"
)

func fepKey(t testing.TB) *Key {
	t.Helper()
	seed, err := multibase(fepSecret, 34)
	if err != nil {
		t.Fatal(err)
	}
	return &Key{ID: fepKeyID, Ed25519: ed25519.NewKeyFromSeed(seed[2:])}
}

func atFEP() Options { return Options{Now: time.Date(2023, 2, 24, 23, 36, 38, 0, time.UTC)} }

func verifyProof(doc []byte, o Options, pub any) error {
	p, err := ParseProof(doc, o)
	if err != nil {
		return err
	}
	return p.Verify(pub)
}

// TestProofVectors makes and verifies the example of the FEP, bit for bit, and
// the one with the older context.
//
// Spec: FEP-8b32
func TestProofVectors(t *testing.T) {
	key := fepKey(t)
	got, err := Prove([]byte(fepDoc), key, atFEP().Now)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(got, []byte(fepValue)) {
		t.Errorf("the proof is %s", got)
	}
	pub, err := ParseMultikey(fepPublic)
	if err != nil {
		t.Fatal(err)
	}
	if err := verifyProof(got, atFEP(), pub); err != nil {
		t.Errorf("our own: %v", err)
	}
	v1 := `{"@context":["https://www.w3.org/ns/activitystreams","https://w3id.org/security/data-integrity/v1"],"id":"https://server.example/activities/1","type":"Create","actor":"https://server.example/users/alice","object":{"id":"https://server.example/objects/1","type":"Note","attributedTo":"https://server.example/users/alice","content":"Hello world","location":{"type":"Place","longitude":-71.184902,"latitude":25.273962}},"proof":{"@context":["https://www.w3.org/ns/activitystreams","https://w3id.org/security/data-integrity/v1"],"type":"DataIntegrityProof","cryptosuite":"eddsa-jcs-2022","verificationMethod":"https://server.example/users/alice#ed25519-key","proofPurpose":"assertionMethod","proofValue":"zLaewdp4H9kqtwyrLatK4cjY5oRHwVcw4gibPSUDYDMhi4M49v8pcYk3ZB6D69dNpAPbUmY8ocuJ3m9KhKJEEg7z","created":"2023-02-24T23:36:38Z"}}`
	if err := verifyProof([]byte(v1), atFEP(), pub); err != nil {
		t.Errorf("the older example: %v", err)
	}
}

// TestProofRefuses alters a proven document in every part that matters.
func TestProofRefuses(t *testing.T) {
	key := fepKey(t)
	good, err := Prove([]byte(fepDoc), key, atFEP().Now)
	if err != nil {
		t.Fatal(err)
	}
	pub := key.Ed25519.Public()
	other, err := GenerateEd25519()
	if err != nil {
		t.Fatal(err)
	}
	if err := verifyProof(good, atFEP(), other.Public()); ReasonOf(err) != Invalid {
		t.Errorf("another key: %v", err)
	}
	if err := verifyProof(good, atFEP(), &testRSA().PublicKey); ReasonOf(err) != BadKey {
		t.Errorf("an RSA key: %v", err)
	}
	for name, c := range map[string]struct {
		old, with string
		want      Reason
	}{
		"text":             {"Hello world", "Hello World", Invalid},
		"number":           {"25.273962", "25.273963", Invalid},
		"actor":            {`"actor":"https://server.example/users/alice"`, `"actor":"https://server.example/users/eve"`, Invalid},
		"context":          {`"https://www.w3.org/ns/activitystreams"`, `"https://evil.example/ns"`, NotCovered},
		"more":             {`"type":"Create"`, `"type":"Create","cc":["https://evil.example/"]`, Invalid},
		"created":          {"2023-02-24T23:36:38Z", "2023-02-24T23:36:37Z", Invalid},
		"created later":    {"2023-02-24T23:36:38Z", "2023-02-25T23:36:38Z", InFuture},
		"created what":     {"2023-02-24T23:36:38Z", "yesterday", BadDate},
		"purpose":          {`"assertionMethod"`, `"authentication"`, NotCovered},
		"suite":            {"eddsa-jcs-2022", "eddsa-rdfc-2022", BadAlgorithm},
		"type":             {"DataIntegrityProof", "Ed25519Signature2020", BadAlgorithm},
		"key of nobody":    {fepKeyID, "did:key:z6Mk", BadKeyID},
		"key over http":    {fepKeyID, "http://server.example/users/alice#ed25519-key", BadKeyID},
		"another key id":   {fepKeyID, "https://server.example/users/alice#other", Invalid},
		"value cut":        {fepValue, fepValue[:40], Malformed},
		"value not base58": {fepValue, "z0" + fepValue[2:], Malformed},
		"expired":          {`"proofPurpose"`, `"expires":"2023-02-24T23:00:00Z","proofPurpose"`, TooOld},
		"doubled member":   {`"type":"Create"`, `"type":"Create","type":"Create"`, Malformed},
		"no proof":         {`"proof":`, `"poof":`, Missing},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.NewReplacer(`": `, `":`).Replace(string(good))
			bad := strings.Replace(text, c.old, c.with, 1)
			if c.old == "2023-02-24T23:36:38Z" || c.old == "eddsa-jcs-2022" {
				bad = strings.ReplaceAll(text, c.old, c.with)
			}
			if bad == text {
				t.Fatal("nothing was altered")
			}
			if err := verifyProof([]byte(bad), atFEP(), pub); ReasonOf(err) != c.want {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	two := strings.Replace(string(good), `"proof":{`, `"proof":[{},{`, 1)
	two = two[:len(two)-1] + "]}"
	if _, err := ParseProof([]byte(two), atFEP()); ReasonOf(err) != Several {
		t.Errorf("two proofs: %v", err)
	}
}

// TestProofDialects: who writes the @context into the proof, who leaves it out
// but signs it, and who signs without are all understood; and a proof goes
// with its document wherever that is embedded or re-ordered.
func TestProofDialects(t *testing.T) {
	key := fepKey(t)
	pub := key.Ed25519.Public()
	sign := func(config, doc string) []byte {
		h, err := proofHash(members([]byte(config)), members([]byte(doc)))
		if err != nil {
			t.Fatal(err)
		}
		return ed25519.Sign(key.Ed25519, h)
	}
	plain := `{"type":"DataIntegrityProof","cryptosuite":"eddsa-jcs-2022","verificationMethod":"` + fepKeyID +
		`","proofPurpose":"assertionMethod","created":"2023-02-24T23:36:38Z"}`
	with := `{"@context":["https://www.w3.org/ns/activitystreams","https://w3id.org/security/data-integrity/v2"],` + plain[1:]
	for name, config := range map[string]string{"signed without": plain, "left out but signed": with} {
		value := sign(config, fepDoc)
		doc := strings.TrimSuffix(fepDoc, "}") + `,"proof":` + plain[:len(plain)-1] + `,"proofValue":"z` + base58Encode(value) + `"}}`
		if err := verifyProof([]byte(doc), atFEP(), pub); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	small, err := Prove([]byte(`{"id":"https://a.example/1","type":"Note","content":"é\u2028 \"q\" <b>"}`), key, atFEP().Now)
	if err != nil {
		t.Fatal(err)
	}
	if err := verifyProof(small, atFEP(), pub); err != nil {
		t.Errorf("without a context of its own: %v", err)
	}
	defined, err := Prove([]byte(`{"@context":["https://a.example/{x}",{"b":"c:d"}],"type":"Note"}`), key, atFEP().Now)
	if err != nil || !bytes.HasPrefix(defined, []byte(`{"@context":["https://a.example/{x}","`+ProofContext+`",{"b":"c:d"}],`)) {
		t.Errorf("with definitions: %s %v", defined, err)
	}
	again, err := Prove(small, key, atFEP().Now.Add(time.Second))
	if err != nil || bytes.Count(again, []byte(`"proofValue"`)) != 1 || bytes.Count(again, []byte(ProofContext)) != 2 {
		t.Errorf("proven twice: %s %v", again, err)
	}
	// A signature of the older kind beside it changes nothing.
	legacy := append(append([]byte{}, small[:len(small)-1]...), `,"signature":{"type":"RsaSignature2017","signatureValue":"x"}}`...)
	if err := verifyProof(legacy, atFEP(), pub); err != nil {
		t.Errorf("with a signature of the older kind: %v", err)
	}
}

// TestCanonical holds the examples of RFC 8785 3.2.2 to 3.2.4 and appendix B.
//
// Spec: RFC 8785
func TestCanonical(t *testing.T) {
	for in, want := range map[string]string{
		"{\"numbers\": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],\n \"string\": \"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\",\n \"literals\": [null, true, false]}":                                               `{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
		`{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}`:                                          "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\",\"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\",\"😀\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}",
		`[0, -0, 5e-324, -5e-324, 1.7976931348623157e308, 9007199254740992, -9007199254740992, 295147905179352830000, 9.999999999999997e22, 1e23, 1.0000000000000001e23, 999999999999999700000, 999999999999999900000, 1e21, 9.999999999999997e-7, 0.000001]`: `[0,0,5e-324,-5e-324,1.7976931348623157e+308,9007199254740992,-9007199254740992,295147905179352830000,9.999999999999997e+22,1e+23,1.0000000000000001e+23,999999999999999700000,999999999999999900000,1e+21,9.999999999999997e-7,0.000001]`,
		`[333333333.3333332, 333333333.33333325, 333333333.3333333, 333333333.3333334, 333333333.33333343, -0.0000033333333333333333, 1424953923781206.2]`:                                                                                                    `[333333333.3333332,333333333.33333325,333333333.3333333,333333333.3333334,333333333.33333343,-0.0000033333333333333333,1424953923781206.2]`,
	} {
		got, err := Canonical([]byte(in))
		if err != nil || string(got) != want {
			t.Errorf("%s\n got %s %v\nwant %s", in, got, err, want)
		}
	}
	for _, bad := range []string{``, `{`, `{"a":1,"a":2}`, `{"a":"\ud800"}`, "\"\xff\"", `1 2`} {
		if got, err := Canonical([]byte(bad)); err == nil {
			t.Errorf("%q is %s", bad, got)
		}
	}
}

// FuzzProof: nothing makes the reader of proofs panic, and what it accepts with
// our key was made with it.
func FuzzProof(f *testing.F) {
	key := fepKey(f)
	good, err := Prove([]byte(fepDoc), key, atFEP().Now)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"proof":[{}]}`))
	f.Add([]byte(`{"@context":"x","proof":{"@context":["x"],"type":"DataIntegrityProof","cryptosuite":"eddsa-jcs-2022"}}`))
	want, err := Canonical(object(members(good), "proof", "signature"))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		p, err := ParseProof(doc, atFEP())
		if err != nil {
			if ReasonOf(err) == "" {
				t.Errorf("no refusal: %v", err)
			}
			return
		}
		if p.Verify(key.Ed25519.Public()) != nil {
			return
		}
		got, err := Canonical(object(members(doc), "proof", "signature"))
		if err != nil {
			t.Fatal(err)
		}
		// A context may be longer than what was signed; it is never interpreted.
		if a, b := cutContext(t, got), cutContext(t, want); !bytes.Equal(a, b) {
			t.Errorf("verified: %s", doc)
		}
	})
}

func cutContext(t *testing.T, doc []byte) []byte {
	b, err := Canonical(object(members(doc), "@context"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// FuzzCanonical: the canonical form of a canonical form is itself.
func FuzzCanonical(f *testing.F) {
	f.Add([]byte(fepDoc))
	f.Add([]byte(`[1e30,-0,"\u20ac",{"b":1,"a":[]}]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		once, err := Canonical(b)
		if err != nil {
			return
		}
		twice, err := Canonical(once)
		if err != nil || !bytes.Equal(once, twice) {
			t.Errorf("%s\n%s\n%v", once, twice, err)
		}
	})
}

// FuzzMultikey: what is read is written back the same.
func FuzzMultikey(f *testing.F) {
	f.Add(fepPublic)
	f.Add("z")
	f.Add("z6Mk111111111111111111111111111111111111111111111")
	f.Fuzz(func(t *testing.T, s string) {
		k, err := ParseMultikey(s)
		if err == nil && EncodeMultikey(k) != s {
			t.Errorf("%q is read as %q", s, EncodeMultikey(k))
		}
	})
}

func BenchmarkProve(b *testing.B) {
	key := fepKey(b)
	b.SetBytes(int64(len(fepDoc)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Prove([]byte(fepDoc), key, atFEP().Now); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerifyProof(b *testing.B) {
	key := fepKey(b)
	doc, err := Prove([]byte(fepDoc), key, atFEP().Now)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := verifyProof(doc, atFEP(), key.Ed25519.Public()); err != nil {
			b.Fatal(err)
		}
	}
}
