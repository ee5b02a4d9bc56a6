package discovery

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Media types of the documents here.
const (
	JRDType      = "application/jrd+json"
	XRDType      = "application/xrd+xml"
	ActivityType = "application/activity+json"
	ProfileType  = `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`
)

// Link relations used.
const (
	RelSelf      = "self"
	RelProfile   = "http://webfinger.net/rel/profile-page"
	RelSubscribe = "http://ostatus.org/schema/1.0/subscribe"
	RelLRDD      = "lrdd"
	RelAppActor  = "https://www.w3.org/ns/activitystreams#Application"
	PropertyType = "https://www.w3.org/ns/activitystreams#type"
)

// JRD is a WebFinger answer.
//
// Spec: RFC 7033 4.4
type JRD struct {
	Subject string    `json:"subject,omitempty"` // "acct:name@host"
	Aliases []string  `json:"aliases,omitempty"`
	Links   []JRDLink `json:"links,omitempty"`
}

// JRDLink is one link of a JRD.
type JRDLink struct {
	Rel        string             `json:"rel"`
	Type       string             `json:"type,omitempty"`
	Href       string             `json:"href,omitempty"`
	Template   string             `json:"template,omitempty"`
	Properties map[string]*string `json:"properties,omitempty"`
}

// Account describes an actor for [NewJRD].
type Account struct {
	Name      string // "ana"
	Host      string // "section.example", with port if not the default
	ActorID   string
	ActorType string // "Group" adds the property by which Lemmy tells groups
	PageURL   string // profile page, may be empty
	Subscribe string // template with {uri}, may be empty
	Intents   []Intent
}

// NewJRD makes the WebFinger answer for an actor.
//
// Spec: RFC 7033 4.4
func NewJRD(a Account) *JRD {
	j := &JRD{Subject: "acct:" + a.Name + "@" + a.Host, Aliases: []string{a.ActorID}}
	self := JRDLink{Rel: RelSelf, Type: ActivityType, Href: a.ActorID}
	if a.ActorType == "Group" {
		self.Properties = map[string]*string{PropertyType: &a.ActorType}
	}
	if a.PageURL != "" {
		if a.PageURL != a.ActorID {
			j.Aliases = append(j.Aliases, a.PageURL)
		}
		j.Links = append(j.Links, JRDLink{Rel: RelProfile, Type: "text/html", Href: a.PageURL})
	}
	j.Links = append(j.Links, self)
	if a.Subscribe != "" {
		j.Links = append(j.Links, JRDLink{Rel: RelSubscribe, Template: a.Subscribe})
	}
	for _, i := range a.Intents {
		j.Links = append(j.Links, JRDLink{Rel: relIntent + i.Activity, Template: i.Template})
	}
	return j
}

// Encode writes the document as JSON.
func (j *JRD) Encode() ([]byte, error) { return encode(j) }

// ParseJRD reads a WebFinger answer. Links of unexpected shape are left out.
func ParseJRD(b []byte) (*JRD, error) {
	var raw struct {
		Subject string            `json:"subject"`
		Aliases []any             `json:"aliases"`
		Links   []json.RawMessage `json:"links"`
	}
	if err := json.Unmarshal(b, &raw); err != nil {
		return nil, errors.New("not a WebFinger document")
	}
	j := &JRD{Subject: raw.Subject}
	for _, a := range raw.Aliases {
		if s, ok := a.(string); ok {
			j.Aliases = append(j.Aliases, s)
		}
	}
	for _, l := range raw.Links {
		var link JRDLink
		if json.Unmarshal(l, &link) == nil {
			j.Links = append(j.Links, link)
		}
	}
	return j, nil
}

// ActorID returns where the actor document is: the href of the first self
// link with an ActivityPub type, "" if there is none.
func (j *JRD) ActorID() string {
	for _, l := range j.Links {
		if l.Rel == RelSelf && IsActivityType(l.Type) && l.Href != "" {
			return l.Href
		}
	}
	return ""
}

// Link returns the first link of a relation.
func (j *JRD) Link(rel string) (JRDLink, bool) {
	for _, l := range j.Links {
		if l.Rel == rel {
			return l, true
		}
	}
	return JRDLink{}, false
}

// IsActivityType reports whether a Content-Type is that of an ActivityPub
// document: application/activity+json, or application/ld+json with the
// ActivityStreams profile in whatever quoting and order. JSON-LD without any
// profile is let through, since peers send that too; a different profile is
// not.
//
// Spec: AP 3.2
func IsActivityType(contentType string) bool {
	base, params, _ := strings.Cut(contentType, ";")
	switch strings.ToLower(strings.TrimSpace(base)) {
	case "application/activity+json":
		return true
	case "application/ld+json":
		return !strings.Contains(strings.ToLower(params), "profile") ||
			strings.Contains(params, "https://www.w3.org/ns/activitystreams")
	}
	return false
}

// IsDocumentType is IsActivityType for what is fetched: there JSON-LD must say its
// profile, for bare JSON-LD is what a server calls files that anybody may put there.
//
// Spec: AP 3.2; Spec: OR14
func IsDocumentType(contentType string) bool {
	return IsActivityType(contentType) && (!strings.Contains(strings.ToLower(contentType), "ld+json") || strings.Contains(contentType, "https://www.w3.org/ns/activitystreams"))
}

// Handle is the name of an actor for people: name@host.
type Handle struct {
	Name string
	Host string // lower case, with port if given
}

// String returns "name@host".
func (h Handle) String() string { return h.Name + "@" + h.Host }

// ErrHandle is returned for text that is no handle.
var ErrHandle = errors.New("not a handle of the form name@host")

// ParseHandle reads "name@host", "@name@host" or "acct:name@host", where the
// host may carry a port.
func ParseHandle(s string) (Handle, error) {
	s = strings.TrimSpace(s)
	if len(s) > 512 || !utf8.ValidString(s) || strings.ContainsFunc(s, unseen) {
		return Handle{}, ErrHandle
	}
	if len(s) > 5 && strings.EqualFold(s[:5], "acct:") {
		s = s[5:]
	}
	s = strings.TrimPrefix(s, "@")
	name, host, ok := strings.Cut(s, "@")
	host = strings.ToLower(host)
	if !ok || name == "" || !validHost(host) || strings.ContainsAny(name, "/:?#@&%\"<>\\ \t\r\n") {
		return Handle{}, ErrHandle
	}
	return Handle{Name: name, Host: host}, nil
}

// unseen are the characters that no handle has: spaces of any width, and what controls.
func unseen(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }

func validHost(host string) bool {
	if host == "" || strings.ContainsAny(host, "/?#@&%\"<>\\ \t\r\n") {
		return false
	}
	u, err := url.Parse("https://" + host)
	return err == nil && u.Host == host && u.Hostname() != ""
}

// ParseResource reads the resource of a WebFinger request: a handle with
// acct:, or the URL of an actor or page. One of the two is set.
//
// Spec: RFC 7033 4.1
func ParseResource(s string) (h Handle, uri string, err error) {
	if strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://") {
		if u, err := url.Parse(s); err != nil || u.Host == "" || len(s) > 2048 {
			return Handle{}, "", ErrHandle
		}
		return Handle{}, s, nil
	}
	h, err = ParseHandle(s)
	return h, "", err
}
