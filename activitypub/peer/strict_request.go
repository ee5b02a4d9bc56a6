package peer

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/maillage/maillage/activitypub/sig"
)

// params are the parameters of a draft signature, as a regular expression
// finds them; most servers look no closer.
func params(r Request) map[string]string {
	out := map[string]string{}
	for _, m := range param.FindAllStringSubmatch(r.Header.Get("Signature"), -1) {
		out[m[1]] = m[2]
	}
	return out
}

var param = regexp.MustCompile(`([a-zA-Z]+)="([^"]*)"`)

var errDraft = errors.New("no draft signature")

// draft demands a draft signature that verifies and covers these headers.
func draft(r Request, covered ...string) (map[string]string, error) {
	p := params(r)
	if r.Scheme != sig.Cavage || p["keyId"] == "" || p["signature"] == "" {
		return nil, errDraft
	}
	signed := strings.Fields(strings.ToLower(p["headers"]))
	for _, h := range covered {
		if !slices.Contains(signed, h) {
			return nil, fmt.Errorf("%s is not signed", h)
		}
	}
	return p, r.Fault
}

// dated demands a Date no further away than d.
func dated(r Request, d time.Duration) error {
	t, err := http.ParseTime(r.Header.Get("Date"))
	if err != nil {
		return fmt.Errorf("Date: %w", err)
	}
	if away := r.At.Sub(t); away > d || away < -d {
		return fmt.Errorf("signed %s away from now", away)
	}
	return nil
}

// digested demands a SHA-256 digest of a body.
func digested(r Request) error {
	if r.Method == http.MethodPost && !strings.HasPrefix(r.Header.Get("Digest"), "SHA-256=") {
		return errors.New("no SHA-256 digest")
	}
	return nil
}

func covered(r Request) []string {
	list := []string{"(request-target)", "host", "date"}
	if r.Method == http.MethodPost {
		list = append(list, "digest")
	}
	return list
}

func cavageWithin(d time.Duration) func(Request) error {
	return func(r Request) error {
		if _, err := draft(r, covered(r)...); err != nil {
			return err
		}
		return errors.Join(dated(r, d), digested(r))
	}
}

// mastodonTakes: draft or RFC 9421, twelve hours.
func mastodonTakes(r Request) error {
	if r.Scheme == sig.RFC9421 {
		return r.Fault
	}
	return cavageWithin(12 * time.Hour)(r)
}

// goToSocialTakes: every request signed, and no other content types.
func goToSocialTakes(r Request) error {
	if r.Method == http.MethodPost {
		kind, p, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if err != nil || kind != "application/activity+json" && !(kind == "application/ld+json" && p["profile"] == "https://www.w3.org/ns/activitystreams") {
			return fmt.Errorf("406: %q", r.Header.Get("Content-Type"))
		}
	}
	_, err := draft(r, covered(r)...)
	return err
}

// SmithereenTakes: five minutes, and one of two names of the algorithm.
func SmithereenTakes(r Request) error {
	p, err := draft(r, "(request-target)", "host", "date")
	if err != nil {
		return err
	}
	if a := p["algorithm"]; a != "rsa-sha256" && a != "hs2019" {
		return fmt.Errorf("algorithm %q", a)
	}
	return dated(r, 5*time.Minute)
}

// FriendicaTakes: three hundred seconds, and one more minute of skew.
func FriendicaTakes(r Request) error {
	p, err := draft(r, covered(r)...)
	if err != nil {
		return err
	}
	if !slices.Contains([]string{"rsa-sha256", "rsa-sha512", "hs2019"}, p["algorithm"]) {
		return fmt.Errorf("algorithm %q", p["algorithm"])
	}
	return dated(r, 360*time.Second)
}

// MobilizonTakes: the Date to the letter.
func MobilizonTakes(r Request) error {
	if !regexp.MustCompile(`^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$`).MatchString(r.Header.Get("Date")) {
		return fmt.Errorf("Date %q", r.Header.Get("Date"))
	}
	return cavageWithin(12 * time.Hour)(r)
}

// PeerTubeTakes: who signs is who acts.
func PeerTubeTakes(r Request) error {
	p, err := draft(r, covered(r)...)
	if err != nil {
		return err
	}
	if signer, _, _ := strings.Cut(p["keyId"], "#"); r.Doc != nil && signer != r.Doc.Actor() {
		return fmt.Errorf("signed by %s, done by %s", signer, r.Doc.Actor())
	}
	return nil
}

// draftOnly: of servers that know no other signature. Pixelfed answers 200 to
// others and drops them without a word.
func draftOnly(r Request) error {
	_, err := draft(r, covered(r)...)
	return err
}
