package peer

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"slices"

	"github.com/piprate/json-gold/ld"

	"github.com/maillage/maillage/activitypub/sig"
)

//go:embed contexts/identity-v1.jsonld
var identityContext []byte

// relayContexts are those that a relay has at hand.
type relayContexts struct{}

func (relayContexts) LoadDocument(uri string) (*ld.RemoteDocument, error) {
	body, ok := sig.Context(uri)
	if uri == "https://w3id.org/identity/v1" {
		body, ok = identityContext, true
	}
	if !ok {
		return nil, fmt.Errorf("context %s cannot be had", uri)
	}
	doc, err := ld.DocumentFromReader(bytes.NewReader(body))
	return &ld.RemoteDocument{DocumentURL: uri, Document: doc}, err
}

// RelayPasses tells why a relay would drop an activity, as servers would to which it
// passes it on: it is of a kind that relays carry, for everybody, and its actor's key
// verifies the linked-data signature.
//
// Spec: FEP-ae0c; Spec: Mastodon
func RelayPasses(raw []byte, keyPEM string) error {
	o, err := parse(raw)
	if err != nil {
		return err
	}
	if !slices.Contains([]string{"Create", "Update", "Delete", "Move"}, o.text("type")) {
		return fmt.Errorf("no relay carries a %s", o.text("type"))
	}
	if !o.public() {
		return fmt.Errorf("not for everybody")
	}
	if _, isList := o["to"].([]any); !isList {
		return fmt.Errorf("to must be a list")
	}
	signature := o.inner("signature")
	if signature.text("type") != "RsaSignature2017" {
		return fmt.Errorf("no linked-data signature, but %v", o["signature"])
	}
	if hostOf(signature.text("creator")) != hostOf(o.text("actor")) {
		return fmt.Errorf("signed by %s", signature.text("creator"))
	}
	value, err := base64.StdEncoding.DecodeString(signature.text("signatureValue"))
	if err != nil {
		return err
	}
	options := maps.Clone(signature)
	for _, key := range []string{"type", "id", "signatureValue"} {
		delete(options, key)
	}
	options["@context"] = "https://w3id.org/identity/v1"
	first, err := meaning(options)
	if err != nil {
		return err
	}
	// As on Mastodon, all that the context does not define is gone before.
	if !slices.Contains(asStrings(o["@context"]), sig.SecurityContext) {
		return fmt.Errorf("signature is not defined")
	}
	document := maps.Clone(o)
	delete(document, "signature")
	second, err := meaning(document)
	if err != nil {
		return err
	}
	block, _ := pem.Decode([]byte(keyPEM))
	if block == nil {
		return fmt.Errorf("no key")
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return err
	}
	public, ok := key.(*rsa.PublicKey)
	if !ok {
		return fmt.Errorf("no RSA key")
	}
	sum := sha256.Sum256([]byte(first + second))
	return rsa.VerifyPKCS1v15(public, crypto.SHA256, sum[:], value)
}

func asStrings(v any) (out []string) {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for _, x := range list {
		if s, ok := x.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// meaning is the hash of the canonical form of a document.
func meaning(o object) (string, error) {
	body, err := json.Marshal(o)
	if err != nil {
		return "", err
	}
	v, err := ld.DocumentFromReader(bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	opts := ld.NewJsonLdOptions("")
	opts.Algorithm, opts.Format, opts.DocumentLoader = ld.AlgorithmURDNA2015, "application/n-quads", relayContexts{}
	quads, err := ld.NewJsonLdProcessor().Normalize(v, opts)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(fmt.Sprint(quads)))
	return hex.EncodeToString(sum[:]), nil
}
