package peer

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/maillage/maillage/activitypub/sig"
)

// Fault is one way to sign a request wrongly, or merely otherwise. Several
// can be given at once.
type Fault func(*signing)

// signing is how a request is about to be signed; faults change it.
type signing struct {
	none       bool
	twice      bool
	modern     bool
	hmac       bool
	keyID      string
	key        *rsa.PrivateKey
	date       time.Time
	created    bool
	headers    []string
	digestOf   []byte // nil: of the body
	noDigest   bool
	host       string // Host sent
	signedHost string // Host signed
	signature  string // sent in place of the signature header
}

// The faults and variants.
var (
	// NoSignature sends the request unsigned.
	NoSignature Fault = func(s *signing) { s.none = true }
	// Twice sends two signatures.
	Twice Fault = func(s *signing) { s.twice = true }
	// Modern signs by RFC 9421. Not to be combined with others than WrongKey,
	// Date and KeyID.
	Modern Fault = func(s *signing) { s.modern = true }
	// Created signs (created) in place of date, as some peers do. No fault.
	Created Fault = func(s *signing) {
		s.created = true
		s.headers[slices.Index(s.headers, "date")] = "(created)"
	}
	// WrongKey signs with a key that is not the actor's.
	WrongKey Fault = func(s *signing) {
		k, err := sig.GenerateRSA()
		if err != nil {
			panic(err)
		}
		s.key = k
	}
	// HMAC signs with the text of the public key as a secret.
	HMAC Fault = func(s *signing) { s.hmac = true }
	// WrongDigest signs the digest of another body.
	WrongDigest Fault = func(s *signing) { s.digestOf = []byte("something else") }
	// NoDigest sends no digest at all.
	NoDigest Fault = func(s *signing) {
		s.noDigest = true
		s.headers = slices.DeleteFunc(s.headers, func(h string) bool { return h == "digest" })
	}
)

// Date signs as if it were now plus d.
func Date(d time.Duration) Fault { return func(s *signing) { s.date = s.date.Add(d) } }

// Uncovered leaves a header out of what is signed.
func Uncovered(header string) Fault {
	return func(s *signing) {
		s.headers = slices.DeleteFunc(s.headers, func(h string) bool { return h == header })
	}
}

// OtherHost sends and signs another Host.
func OtherHost(host string) Fault { return func(s *signing) { s.host, s.signedHost = host, host } }

// SignedHost signs another Host than is sent.
func SignedHost(host string) Fault { return func(s *signing) { s.signedHost = host } }

// KeyID names another key.
func KeyID(id string) Fault { return func(s *signing) { s.keyID = id } }

// Header sends this text as Signature.
func Header(text string) Fault { return func(s *signing) { s.signature = text } }

// sign signs req as the faults say. The plain case is draft-cavage with
// RSA-SHA256, written here anew and not taken from package sig.
func (a *Actor) sign(req *http.Request, body []byte, faults []Fault) error {
	s := &signing{keyID: a.KeyID, key: a.Key, date: time.Now(), headers: []string{"(request-target)", "host", "date"}, host: req.URL.Host, signedHost: req.URL.Host}
	if body != nil {
		s.headers = append(s.headers, "digest", "content-type")
	}
	for _, f := range faults {
		f(s)
	}
	req.Host = s.host
	if s.none {
		return nil
	}
	if s.modern {
		return sig.Sign9421(req, body, &sig.Key{ID: s.keyID, RSA: s.key}, s.date)
	}
	if !s.created {
		req.Header.Set("Date", s.date.UTC().Format(http.TimeFormat))
	}
	if body != nil && !s.noDigest {
		if s.digestOf == nil {
			s.digestOf = body
		}
		sum := sha256.Sum256(s.digestOf)
		req.Header.Set("Digest", "SHA-256="+base64.StdEncoding.EncodeToString(sum[:]))
	}
	header, err := s.header(req)
	if err != nil {
		return err
	}
	if s.signature != "" {
		header = s.signature
	}
	req.Header.Set("Signature", header)
	if s.twice {
		req.Header.Add("Signature", header)
	}
	return nil
}

func (s *signing) header(req *http.Request) (string, error) {
	created, lines := s.date.Unix(), []string{}
	for _, h := range s.headers {
		v := req.Header.Get(h)
		switch h {
		case "(request-target)":
			v = strings.ToLower(req.Method) + " " + req.URL.RequestURI()
		case "(created)":
			v = fmt.Sprint(created)
		case "host":
			v = s.signedHost
		}
		lines = append(lines, h+": "+v)
	}
	text := []byte(strings.Join(lines, "\n"))
	var value []byte
	var err error
	algorithm := "rsa-sha256"
	if s.hmac {
		algorithm = "hmac-sha256"
		secret, err := sig.EncodePublicPEM(&s.key.PublicKey)
		if err != nil {
			return "", err
		}
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(text)
		value = mac.Sum(nil)
	} else {
		sum := sha256.Sum256(text)
		if value, err = rsa.SignPKCS1v15(rand.Reader, s.key, crypto.SHA256, sum[:]); err != nil {
			return "", err
		}
	}
	extra := ""
	if s.created {
		algorithm = "hs2019"
		extra = fmt.Sprintf("created=%d,", created)
	}
	return fmt.Sprintf(`keyId="%s",algorithm="%s",%sheaders="%s",signature="%s"`,
		s.keyID, algorithm, extra, strings.Join(s.headers, " "), base64.StdEncoding.EncodeToString(value)), nil
}
