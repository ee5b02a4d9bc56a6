package sig

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// The one kind of proof that is made and verified.
const (
	proofType   = "DataIntegrityProof"
	cryptosuite = "eddsa-jcs-2022"
	purpose     = "assertionMethod"
)

// ProofContext defines the terms of a proof; it is named in the @context of
// what is proven. Nobody here fetches it.
const ProofContext = "https://w3id.org/security/data-integrity/v2"

// Proof is an integrity proof found in a document, checked in all that needs
// no key. It says that whoever holds KeyID wrote the document as it stands;
// whether the document is theirs to write is for the caller to judge.
type Proof struct {
	KeyID   string    // verificationMethod
	Created time.Time // when it says it was made
	value   []byte
	hashes  [][]byte // what may have been signed
}

// Prove adds an integrity proof to a document, a JSON object, and names
// [ProofContext] in its @context. An earlier proof is replaced. key must hold
// an Ed25519 key. The bytes of all other members stay as they are.
//
// Spec: FEP-8b32; Spec: vc-di-eddsa 3.3.1
func Prove(doc []byte, key *Key, now time.Time) ([]byte, error) {
	k := key.Small()
	if k == nil {
		return nil, errors.New("prove: no Ed25519 key")
	}
	ms := members(doc)
	if ms == nil {
		return nil, refuse(Malformed)
	}
	context := withContext(find(ms, "@context"), ProofContext)
	out := []member{{"@context", context}}
	for _, m := range ms {
		if m.name != "@context" && m.name != "proof" {
			out = append(out, m)
		}
	}
	config := []member{
		{"@context", context}, {"type", quote(nil, proofType)}, {"cryptosuite", quote(nil, cryptosuite)},
		{"verificationMethod", quote(nil, k.ID)}, {"proofPurpose", quote(nil, purpose)},
		{"created", quote(nil, now.UTC().Format("2006-01-02T15:04:05Z"))},
	}
	hash, err := proofHash(config, out)
	if err != nil {
		return nil, err
	}
	value := quote(nil, "z"+base58Encode(ed25519.Sign(k.Ed25519, hash)))
	return object(append(out, member{"proof", object(append(config, member{"proofValue", value}))})), nil
}

// withContext names a further context in the one of a document.
func withContext(context jsontext.Value, further string) jsontext.Value {
	name := quote(nil, further)
	if len(context) == 0 {
		return name
	}
	if bytes.Contains(context, name) {
		return context
	}
	out, done := []byte{'['}, false
	add := func(v []byte) {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(out, v...)
	}
	for _, e := range elements(context) {
		if !done && e.Kind() == '{' { // definitions written out come last everywhere
			add(name)
			done = true
		}
		add(e)
	}
	if !done {
		add(name)
	}
	return append(out, ']')
}

// proofHash is what is signed: the hash of the proof's own options, then that
// of the document.
//
// Spec: vc-di-eddsa 3.3.4
func proofHash(config, doc []member) ([]byte, error) {
	c, err := Canonical(object(config, "proofValue"))
	if err != nil {
		return nil, err
	}
	// A signature of the older kind never covers a proof and is not covered by one.
	d, err := Canonical(object(doc, "proof", "signature"))
	if err != nil {
		return nil, err
	}
	first, second := sha256.Sum256(c), sha256.Sum256(d)
	return append(first[:], second[:]...), nil
}

// ParseProof finds the proof of a document and checks all of it that needs no
// key. Errors are *[Error]: [Missing] when there is no proof, [Several],
// [BadAlgorithm] for a kind that is not spoken here, [TooOld], [InFuture],
// [BadKeyID], [Malformed].
//
// Spec: FEP-8b32; Spec: vc-di-eddsa 3.3.2
func ParseProof(doc []byte, o Options) (*Proof, error) {
	ms := members(doc)
	if ms == nil {
		return nil, refuse(Malformed)
	}
	raw := find(ms, "proof")
	switch {
	case len(raw) == 0 || raw.Kind() == 'n':
		return nil, refuse(Missing)
	case raw.Kind() == '[':
		if raw = only(raw); raw == nil {
			return nil, refuse(Several)
		}
	}
	config := members(raw)
	if config == nil {
		return nil, refuse(Malformed)
	}
	if text(find(config, "type")) != proofType || text(find(config, "cryptosuite")) != cryptosuite {
		return nil, refuse(BadAlgorithm)
	}
	if text(find(config, "proofPurpose")) != purpose {
		return nil, refuse(NotCovered)
	}
	p := &Proof{KeyID: text(find(config, "verificationMethod"))}
	if !validKeyID(p.KeyID, o.AllowHTTP) {
		return nil, refuse(BadKeyID)
	}
	var err error
	if p.Created, err = time.Parse(time.RFC3339, text(find(config, "created"))); err != nil {
		return nil, refuse(BadDate)
	}
	if o.Skew == 0 {
		o.Skew = Skew
	}
	if p.Created.After(o.Now.Add(o.Skew)) {
		return nil, refuse(InFuture)
	}
	if v := find(config, "expires"); v != nil {
		end, err := time.Parse(time.RFC3339, text(v))
		if err != nil {
			return nil, refuse(BadDate)
		}
		if end.Before(o.Now) {
			return nil, refuse(TooOld)
		}
	}
	if p.value, err = multibase(text(find(config, "proofValue")), ed25519.SignatureSize); err != nil {
		return nil, refuse(Malformed)
	}
	if err := p.hash(config, ms); err != nil {
		return nil, err
	}
	return p, nil
}

// hash computes what may have been signed. The options of a proof are signed
// with the document's @context, which most repeat in the proof, fedify leaves
// out of it, and Mitra signs without.
func (p *Proof) hash(config, doc []member) error {
	own, told := find(doc, "@context"), find(config, "@context")
	add := func(config, doc []member) error {
		h, err := proofHash(config, doc)
		if err == nil {
			p.hashes = append(p.hashes, h)
		}
		return err
	}
	if told != nil {
		if own != nil && !startsWith(own, told) {
			return refuse(NotCovered)
		}
		rest := []member{{"@context", told}}
		for _, m := range doc {
			if m.name != "@context" {
				rest = append(rest, m)
			}
		}
		return add(config, rest)
	}
	if own != nil {
		if err := add(append([]member{{"@context", own}}, config...), doc); err != nil {
			return err
		}
	}
	return add(config, doc)
}

// Verify checks the proof against the public key that KeyID names, which must
// be an Ed25519 key.
func (p *Proof) Verify(pub crypto.PublicKey) error {
	k, ok := pub.(ed25519.PublicKey)
	if !ok || len(k) != ed25519.PublicKeySize {
		return refuse(BadKey)
	}
	for _, h := range p.hashes {
		if ed25519.Verify(k, h, p.value) {
			return nil
		}
	}
	return refuse(Invalid)
}

// HasProof reports whether a document seems to carry a proof, cheaply: it is
// enough not to look further.
func HasProof(doc []byte) bool { return bytes.Contains(doc, []byte(`"`+cryptosuite+`"`)) }

// elements reads an array one level deep.
func elements(v jsontext.Value) []jsontext.Value {
	if v.Kind() != '[' {
		return []jsontext.Value{v}
	}
	dec := jsontext.NewDecoder(bytes.NewReader(v))
	if _, err := dec.ReadToken(); err != nil {
		return nil
	}
	var out []jsontext.Value
	for dec.PeekKind() != ']' {
		e, err := dec.ReadValue()
		if err != nil {
			return nil
		}
		out = append(out, e.Clone())
	}
	return out
}

func only(v jsontext.Value) jsontext.Value {
	if e := elements(v); len(e) == 1 {
		return e[0]
	}
	return nil
}

// startsWith reports whether a context begins with all of another.
func startsWith(context, with jsontext.Value) bool {
	have, want := elements(context), elements(with)
	if len(want) > len(have) {
		return false
	}
	for i := range want {
		a, err := Canonical(have[i])
		if err != nil {
			return false
		}
		b, err := Canonical(want[i])
		if err != nil || !bytes.Equal(a, b) {
			return false
		}
	}
	return true
}

// multibase reads base58btc text of exactly n bytes.
func multibase(s string, n int) ([]byte, error) {
	if len(s) < 2 || len(s) > 2*n || s[0] != 'z' {
		return nil, errors.New("not base58btc")
	}
	b, err := base58Decode(s[1:])
	if err != nil {
		return nil, err
	}
	if len(b) != n {
		return nil, errors.New("wrong length")
	}
	return b, nil
}
