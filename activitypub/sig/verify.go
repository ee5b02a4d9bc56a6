package sig

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The window in which a signature is accepted.
const (
	MaxAge = 12 * time.Hour
	Skew   = time.Hour
)

// maxHeader bounds a Signature or Signature-Input header.
const maxHeader = 8 << 10

// Options say what a request is checked against.
type Options struct {
	Scheme string   // scheme we are reached by, "https" or "http"
	Hosts  []string // hosts served here, with port if not the default
	Now    time.Time
	MaxAge time.Duration // [MaxAge] if zero
	Skew   time.Duration // [Skew] if zero
	// AllowHTTP accepts http key ids: local-test mode only.
	AllowHTTP bool
}

// Scheme names the two ways to sign.
type Scheme int

// The two ways to sign, and the second with the smaller key.
const (
	Cavage Scheme = iota
	RFC9421
	RFC9421Ed25519 // for sending only
)

var schemeNames = [...]string{"cavage", "rfc9421", "rfc9421-ed25519"}

// String returns "cavage", "rfc9421" or "rfc9421-ed25519".
func (s Scheme) String() string { return schemeNames[s] }

// ParseScheme reads what String wrote; anything else is [Cavage].
func ParseScheme(text string) Scheme {
	for i, name := range schemeNames {
		if name == text {
			return Scheme(i)
		}
	}
	return Cavage
}

// Signature is a request's signature, checked in all that needs no key.
type Signature struct {
	KeyID   string
	Scheme  Scheme
	Created time.Time // when it says it was made
	bases   []string  // signing strings, one of which must be what was signed
	value   []byte
	alg     string // RFC 9421: must fit the key if told
	covered []string
	small   bool // verified with an Ed25519 key
}

// Covers reports whether a header, in lower case, is part of what was signed.
func (s *Signature) Covers(header string) bool { return slices.Contains(s.covered, header) }

// ParseRequest checks all of a request's signature that needs no key. body
// holds the bytes received, nil for a GET or HEAD. Every
// error is an *[Error], to be answered with 401.
//
// Required to be covered: (request-target), host and a date ((created) or
// date); with a body also the digest, which is recomputed.
//
// Spec: draft-cavage-http-signatures-12 2; Spec: RFC 9421 3.2
func ParseRequest(req *http.Request, body []byte, o Options) (*Signature, error) {
	if o.MaxAge == 0 {
		o.MaxAge = MaxAge
	}
	if o.Skew == 0 {
		o.Skew = Skew
	}
	if !served(wireHost(req), o) {
		return nil, refuse(WrongHost)
	}
	if len(req.Header["Signature-Input"]) > 0 {
		return parse9421(req, body, o)
	}
	raw, err := signatureHeader(req.Header)
	if err != nil {
		return nil, err
	}
	p, err := parseParams(raw)
	if err != nil {
		return nil, err
	}
	if !validKeyID(p.keyID, o.AllowHTTP) {
		return nil, refuse(BadKeyID)
	}
	covered := map[string]bool{}
	for _, h := range p.headers {
		if covered[h] {
			return nil, refuse(Malformed)
		}
		covered[h] = true
	}
	if !covered["(request-target)"] || !covered["host"] || !covered["date"] && !covered["(created)"] {
		return nil, refuse(NotCovered)
	}
	if hasBody(req, body) {
		if !covered["digest"] {
			return nil, refuse(NotCovered)
		}
		if err := checkDigest(req.Header, body); err != nil {
			return nil, err
		}
	}
	s := &Signature{KeyID: p.keyID, value: p.signature, covered: p.headers}
	if err := s.checkDates(req, p, covered, o); err != nil {
		return nil, err
	}
	// Some peers sign the path without the query string.
	targets := []string{wirePath(req.URL)}
	if req.URL.RawQuery != "" || req.URL.ForceQuery {
		targets = []string{targets[0] + "?" + req.URL.RawQuery, targets[0]}
	}
	for _, target := range targets {
		base, err := signingString(req, p, target)
		if err != nil {
			return nil, err
		}
		s.bases = append(s.bases, base)
	}
	return s, nil
}

func hasBody(req *http.Request, body []byte) bool {
	return body != nil || req.Method != http.MethodGet && req.Method != http.MethodHead
}

func (s *Signature) checkDates(req *http.Request, p *params, covered map[string]bool, o Options) error {
	if covered["date"] {
		values := req.Header["Date"]
		if len(values) != 1 {
			return refuse(BadDate)
		}
		t, err := http.ParseTime(values[0])
		if err != nil {
			return refuse(BadDate)
		}
		if err := inWindow(t, o); err != nil {
			return err
		}
		s.Created = t
	}
	if p.created != nil {
		t := time.Unix(*p.created, 0)
		if err := inWindow(t, o); err != nil {
			return err
		}
		s.Created = t
	} else if covered["(created)"] {
		return refuse(Malformed)
	}
	if p.expires != nil {
		if time.Unix(*p.expires, 0).Before(o.Now) {
			return refuse(TooOld)
		}
	} else if covered["(expires)"] {
		return refuse(Malformed)
	}
	return nil
}

func inWindow(t time.Time, o Options) error {
	if t.Before(o.Now.Add(-o.MaxAge)) {
		return refuse(TooOld)
	}
	if t.After(o.Now.Add(o.Skew)) {
		return refuse(InFuture)
	}
	return nil
}

// signingString builds what was signed, line by line.
//
// Spec: draft-cavage-http-signatures-12 2.3
func signingString(req *http.Request, p *params, target string) (string, error) {
	lines := make([]string, 0, len(p.headers))
	for _, h := range p.headers {
		var v string
		switch h {
		case "(request-target)":
			v = strings.ToLower(req.Method) + " " + target
		case "(created)":
			v = p.createdText
		case "(expires)":
			v = p.expiresText
		case "host":
			v = wireHost(req)
		default:
			values := req.Header[textproto.CanonicalMIMEHeaderKey(h)]
			if len(values) == 0 {
				return "", refuse(NoHeader)
			}
			trimmed := make([]string, len(values))
			for i, x := range values {
				trimmed[i] = strings.TrimSpace(x)
			}
			v = strings.Join(trimmed, ", ")
		}
		lines = append(lines, h+": "+v)
	}
	return strings.Join(lines, "\n"), nil
}

// Verify checks the signature against the public key that KeyID names. The
// key decides the algorithm: RSA means PKCS #1 v1.5 with SHA-256 or SHA-512,
// Ed25519 means Ed25519; no other key is accepted.
func (s *Signature) Verify(pub crypto.PublicKey) error {
	switch k := pub.(type) {
	case *rsa.PublicKey:
		if s.alg != "" && s.alg != algRSA {
			return refuse(BadAlgorithm)
		}
		for _, base := range s.bases {
			sum := sha256.Sum256([]byte(base))
			if rsa.VerifyPKCS1v15(k, crypto.SHA256, sum[:], s.value) == nil {
				return nil
			}
			if s.Scheme == RFC9421 {
				continue
			}
			long := sha512.Sum512([]byte(base))
			if rsa.VerifyPKCS1v15(k, crypto.SHA512, long[:], s.value) == nil {
				return nil
			}
		}
	case ed25519.PublicKey:
		if s.alg != "" && s.alg != algEd25519 {
			return refuse(BadAlgorithm)
		}
		if len(k) != ed25519.PublicKeySize {
			return refuse(BadKey)
		}
		for _, base := range s.bases {
			if ed25519.Verify(k, []byte(base), s.value) {
				s.small = true
				return nil
			}
		}
	default:
		return refuse(BadKey)
	}
	return refuse(Invalid)
}

// Taken is the best scheme that whoever made this signature can be sent, once
// Verify has succeeded.
func (s *Signature) Taken() Scheme {
	if s.Scheme == RFC9421 && s.small {
		return RFC9421Ed25519
	}
	return s.Scheme
}

// served reports whether host, as sent, is one of ours.
func served(host string, o Options) bool {
	host = trimPort(strings.ToLower(host), o.Scheme)
	for _, h := range o.Hosts {
		if host == trimPort(strings.ToLower(h), o.Scheme) {
			return host != ""
		}
	}
	return false
}

func trimPort(host, scheme string) string {
	if scheme == "http" {
		return strings.TrimSuffix(host, ":80")
	}
	return strings.TrimSuffix(host, ":443")
}

// validKeyID accepts https URLs (and http if allowed) with a host, without
// user info, of at most 2 KB.
func validKeyID(id string, allowHTTP bool) bool {
	if id == "" || len(id) > 2048 || strings.ContainsAny(id, " \t\r\n\"\\<>") {
		return false
	}
	u, err := url.Parse(id)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Opaque != "" {
		return false
	}
	return u.Scheme == "https" || allowHTTP && u.Scheme == "http"
}
