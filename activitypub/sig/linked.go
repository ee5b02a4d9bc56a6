package sig

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/piprate/json-gold/ld"
)

// Linked-data signatures are of another age: who verifies one works on the meaning of
// a document and needs every context that it names. They are made here, for relays
// that pass on nothing without one, and none is believed.

// SecurityContext defines the terms of a linked-data signature.
const SecurityContext = "https://w3id.org/security/v1"

// contexts are the documents at the addresses that our own documents name, as the W3C
// publishes them. No other context is looked up anywhere.
//
//go:embed contexts/*.jsonld
var contexts embed.FS

var contextFiles = map[string]string{
	"https://www.w3.org/ns/activitystreams": "activitystreams",
	SecurityContext:                         "security-v1",
	ProofContext:                            "data-integrity-v2",
}

// Context gives the document at the address of a context, and whether it is at hand.
func Context(uri string) ([]byte, bool) {
	name, ok := contextFiles[uri]
	if !ok {
		return nil, false
	}
	body, err := contexts.ReadFile("contexts/" + name + ".jsonld")
	return body, err == nil
}

// offline loads what is at hand.
type offline struct{}

func (offline) LoadDocument(uri string) (*ld.RemoteDocument, error) {
	body, ok := Context(uri)
	if !ok {
		return nil, fmt.Errorf("context %q is not at hand", uri)
	}
	doc, err := ld.DocumentFromReader(bytes.NewReader(body))
	return &ld.RemoteDocument{DocumentURL: uri, Document: doc}, err
}

// NameSecurity names [SecurityContext] in the @context of a document, before
// definitions written out. What else proves the document is made after that.
func NameSecurity(doc []byte) ([]byte, error) {
	ms := members(doc)
	if ms == nil {
		return nil, refuse(Malformed)
	}
	out := []member{{"@context", withContext(find(ms, "@context"), SecurityContext)}}
	for _, m := range ms {
		if m.name != "@context" {
			out = append(out, m)
		}
	}
	return object(out), nil
}

// SignLinked adds a linked-data signature to a document, a JSON object that names
// [SecurityContext] and no context that is not at hand. key must hold an RSA key. All
// other members stay as they are, so that proofs hold.
//
// Spec: FEP-ae0c; Spec: Mastodon
func SignLinked(doc []byte, key *Key, now time.Time) ([]byte, error) {
	if key == nil || key.RSA == nil {
		return nil, errors.New("sign: no RSA key")
	}
	ms := members(doc)
	if ms == nil || find(ms, "signature") != nil {
		return nil, refuse(Malformed)
	}
	hash, err := linkedHash(doc)
	if err != nil {
		return nil, err
	}
	created := now.UTC().Format("2006-01-02T15:04:05Z")
	sum := sha256.Sum256([]byte(linkedOptions(key.ID, created) + hash))
	value, err := rsa.SignPKCS1v15(rand.Reader, key.RSA, crypto.SHA256, sum[:])
	if err != nil {
		return nil, err
	}
	signature := object([]member{{"type", quote(nil, "RsaSignature2017")}, {"creator", quote(nil, key.ID)}, {"created", quote(nil, created)},
		{"signatureValue", quote(nil, base64.StdEncoding.EncodeToString(value))}})
	return object(append(ms, member{"signature", signature})), nil
}

// linkedOptions is the hash of the signature's own facts. Two facts of one thing have
// but one canonical form, in the vocabulary of https://w3id.org/identity/v1.
func linkedOptions(creator, created string) string {
	const dc = "_:c14n0 <http://purl.org/dc/terms/"
	return hexSum(dc + "created> \"" + created + "\"^^<http://www.w3.org/2001/XMLSchema#dateTime> .\n" + dc + "creator> <" + creator + "> .\n")
}

// linkedHash is the hash of what a document means.
//
// Spec: RDF-CANON
func linkedHash(doc []byte) (string, error) {
	if len(doc) > maxJSON {
		return "", refuse(Malformed)
	}
	var v any
	if err := json.Unmarshal(doc, &v); err != nil {
		return "", err
	}
	o := ld.NewJsonLdOptions("")
	o.ProcessingMode, o.Algorithm, o.Format, o.DocumentLoader = ld.JsonLd_1_1, ld.AlgorithmURDNA2015, "application/n-quads", offline{}
	quads, err := ld.NewJsonLdProcessor().Normalize(v, o)
	if err != nil {
		return "", err
	}
	s, _ := quads.(string)
	if s == "" {
		return "", errors.New("sign: the document says nothing")
	}
	return hexSum(s), nil
}

func hexSum(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
