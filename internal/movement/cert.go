package movement

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/text"
)

// Lifetimes of certificates.
const (
	lifetime = 90 * 24 * time.Hour
	renewal  = 30 * 24 * time.Hour // before its end, a certificate is renewed
	longest  = 100 * 24 * time.Hour
	skew     = 5 * time.Minute
)

// Bounds of a certificate and of a chain.
const (
	maxDepth   = 8
	maxOrganes = 30
	maxLine    = 120 // characters of a name
	maxCert    = 16 << 10
)

// AnyOrgane stands for all bodies.
const AnyOrgane = "*"

// affiliatedWith is the relationship that certificates state.
const affiliatedWith = "maillage:affiliatedWith"

// terms defines what ActivityStreams does not.
func terms() map[string]any {
	return map[string]any{
		"maillage": "https://w3id.org/maillage#", "level": "maillage:level", "territory": "maillage:territory",
		"organes":    map[string]any{"@id": "maillage:organes", "@container": "@list"},
		"subjectKey": "maillage:subjectKey", "consent": map[string]any{"@id": "maillage:consent", "@type": "@json"}, "RevocationList": "maillage:RevocationList",
		"revoked": map[string]any{"@id": "maillage:revoked", "@type": "@id"},
		"chain":   map[string]any{"@id": "maillage:chain", "@container": "@list"},
		"root":    map[string]any{"@id": "maillage:root", "@type": "@id"}, "rootKey": "maillage:rootKey",
		"movement": map[string]any{"@id": "maillage:movement", "@type": "@id"},
	}
}

func contextOf() []any { return []any{"https://www.w3.org/ns/activitystreams", terms()} }

// Why a certificate or a chain does not hold.
var (
	ErrForm    = errors.New("movement: not a certificate")
	ErrKey     = errors.New("movement: signed with another key")
	ErrExpired = errors.New("movement: out of its dates")
	ErrRevoked = errors.New("movement: revoked")
	ErrLoop    = errors.New("movement: a circle of certificates")
	ErrWidened = errors.New("movement: grants more than its issuer has")
	ErrNoRoot  = errors.New("movement: does not lead to the root")
	ErrConsent = errors.New("movement: its subject did not ask for it")
)

// Grant is what a certificate allows.
type Grant struct {
	Level     string
	Territory string   // "Isère/Grenoble"; "" is everywhere
	Organes   []string // bodies that may speak there and below; AnyOrgane is all
}

// Certificate says that a parent affiliates a child.
type Certificate struct {
	ID      string
	Issuer  string // Application actor of the parent
	Subject string // Application actor of the child
	Key     string // of the child, a Multikey of Ed25519
	Name    string // of the child
	Grant
	Start, End time.Time
	Consent    []byte // the Relationship with which the child asked, proven by it
	Body       []byte // as signed

	SignedBy string // the key with which the signature was verified, "" before
}

// wire is the document of a certificate.
type wire struct {
	Context      []any    `json:"@context"`
	ID           string   `json:"id"`
	Type         string   `json:"type"`
	AttributedTo string   `json:"attributedTo"`
	Name         string   `json:"name,omitempty"`
	Subject      string   `json:"subject"`
	Relationship string   `json:"relationship"`
	Object       string   `json:"object"`
	Level        string   `json:"level"`
	Territory    string   `json:"territory"`
	Organes      []string `json:"organes"`
	SubjectKey   string   `json:"subjectKey"`
	StartTime    string   `json:"startTime"`
	EndTime      string   `json:"endTime"`

	Consent json.RawMessage `json:"consent,omitempty"`
}

// sign makes the document of a certificate, proven by its issuer.
func (c *Certificate) sign(key *sig.Key, now time.Time) error {
	body, err := json.Marshal(wire{
		Context: contextOf(), ID: c.ID, Type: "Relationship", AttributedTo: c.Issuer, Name: c.Name, Subject: c.Subject, Relationship: affiliatedWith,
		Object: c.Issuer, Level: c.Level, Territory: c.Territory, Organes: append([]string{}, c.Organes...), SubjectKey: c.Key,
		StartTime: c.Start.UTC().Format(time.RFC3339), EndTime: c.End.UTC().Format(time.RFC3339), Consent: c.Consent,
	})
	if err != nil {
		return err
	}
	c.Body, err = sig.Prove(body, key, now)
	return err
}

// ParseCertificate reads a certificate, whoever signed it.
func ParseCertificate(body []byte) (*Certificate, error) {
	if len(body) > maxCert {
		return nil, ErrForm
	}
	d, err := as.Parse(body)
	if err != nil {
		return nil, errors.Join(ErrForm, err)
	}
	c := &Certificate{
		ID: d.ID(), Issuer: d.AttributedTo(), Subject: d.Refs("subject").ID(), Key: d.String("subjectKey"), Name: text.PlainName(d.Name(), maxLine),
		Grant: Grant{Level: text.PlainName(d.String("level"), maxLine), Territory: text.PlainName(d.String("territory"), maxLine)},
		Start: d.Time("startTime"), End: d.Time("endTime"), Consent: slices.Clone(d.Raw("consent")), Body: slices.Clone(body),
	}
	if raw := d.Raw("organes"); raw != nil {
		if err := json.Unmarshal(raw, &c.Organes); err != nil || len(c.Organes) > maxOrganes {
			return nil, ErrForm
		}
	}
	ok := d.Is("Relationship") && d.String("relationship") == affiliatedWith && d.Object().ID() == c.Issuer &&
		c.ID != "" && as.SameOrigin(c.ID, c.Issuer) && as.Host(c.Subject) != "" && !as.SameOrigin(c.Subject, c.Issuer) && c.Level != ""
	if _, err := sig.ParseMultikey(c.Key); !ok || err != nil || c.Start.IsZero() || !c.End.After(c.Start) || c.End.Sub(c.Start) > longest {
		return nil, ErrForm
	}
	return c, nil
}

// Verify checks the signature of a certificate against a key of its issuer, a
// Multikey, that its subject asked for it, and its dates.
// Errors: ErrKey, ErrConsent, ErrExpired.
//
// Spec: FEP-8b32
func (c *Certificate) Verify(key string, now time.Time, allowHTTP bool) error {
	if err := proven(c.Body, c.Issuer, key, now, allowHTTP); err != nil {
		return err
	}
	if err := c.consented(now, allowHTTP); err != nil {
		return err
	}
	c.SignedBy = key
	return c.inForce(now)
}

// consented checks that the subject asked this issuer, with the very key that is
// certified: nobody is of a movement who did not ask.
func (c *Certificate) consented(now time.Time, allowHTTP bool) error {
	d, err := as.Parse(c.Consent)
	if err != nil {
		return errors.Join(ErrConsent, err)
	}
	if !d.Is("Relationship") || d.String("relationship") != affiliatedWith || d.Refs("subject").ID() != c.Subject || d.Object().ID() != c.Issuer || d.String("subjectKey") != c.Key {
		return ErrConsent
	}
	if err := proven(c.Consent, c.Subject, c.Key, now, allowHTTP); err != nil {
		return errors.Join(ErrConsent, err)
	}
	return nil
}

// consent makes the document with which a child asks, proven by it.
func consent(id, name, level, child, childKey, parent string, key *sig.Key, now time.Time) ([]byte, error) {
	body, err := json.Marshal(map[string]any{"@context": contextOf(), "id": id, "type": "Relationship", "name": name, "subject": child,
		"relationship": affiliatedWith, "object": parent, "level": level, "subjectKey": childKey})
	if err != nil {
		return nil, err
	}
	return sig.Prove(body, key, now)
}

// proven checks that a document carries a proof of an actor with a key.
func proven(body []byte, by, key string, now time.Time, allowHTTP bool) error {
	p, err := sig.ParseProof(body, sig.Options{Now: now, AllowHTTP: allowHTTP})
	if err != nil || !strings.HasPrefix(p.KeyID, by+"#") {
		return errors.Join(ErrKey, err)
	}
	pub, err := sig.ParseMultikey(key)
	if err != nil {
		return errors.Join(ErrKey, err)
	}
	if err := p.Verify(pub); err != nil {
		return errors.Join(ErrKey, err)
	}
	return nil
}

func (c *Certificate) inForce(now time.Time) error {
	if now.Before(c.Start.Add(-skew)) || !now.Before(c.End) {
		return ErrExpired
	}
	return nil
}

// ranks orders the levels that have names of their own, from the top.
var ranks = map[string]int{"national": 1, "region": 2, "federation": 3, "circonscription": 4, "canton": 5, "section": 6}

// below reports whether a level stands below another. A level that an
// administrator named stands below all that it is put under.
func below(level, parent string) bool {
	a, b := ranks[text.Fold(level)], ranks[text.Fold(parent)]
	return a == 0 || b == 0 || a > b
}

// Within reports whether g grants no more than what its issuer was granted.
func (g Grant) Within(issuer Grant) bool {
	if !below(g.Level, issuer.Level) {
		return false
	}
	mine, its := text.Fold(g.Territory), text.Fold(issuer.Territory)
	if its != "" && mine != its && !strings.HasPrefix(mine, its+"/") {
		return false
	}
	if slices.Contains(issuer.Organes, AnyOrgane) {
		return true
	}
	for _, o := range g.Organes {
		if !slices.Contains(issuer.Organes, o) {
			return false
		}
	}
	return true
}
