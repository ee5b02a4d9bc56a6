package as

import (
	"errors"
	"net/url"
	"strings"

	"golang.org/x/net/idna"
)

// MaxURL is the longest id or link accepted, in bytes.
const MaxURL = 2048

// Origin returns scheme, host and port of an http(s) URL in one spelling:
// lower case, international names in their ASCII form, default ports left
// out. It returns "" for anything else.
//
// Spec: FEP-fe34
func Origin(uri string) string {
	if !hasHTTPScheme(uri) || len(uri) > MaxURL {
		return ""
	}
	u, err := url.Parse(uri)
	if err != nil || u.Hostname() == "" || u.User != nil {
		return ""
	}
	scheme, host, port := strings.ToLower(u.Scheme), NormalHost(u.Hostname()), u.Port()
	if host == "" {
		return ""
	}
	if port == "" || scheme == "https" && port == "443" || scheme == "http" && port == "80" {
		return scheme + "://" + host
	}
	return scheme + "://" + host + ":" + port
}

// Host returns host and port of an http(s) URL as [Origin] spells them, the
// part after the second @ of a handle. It returns "" for anything else.
func Host(uri string) string {
	_, host, _ := strings.Cut(Origin(uri), "://")
	return host
}

// NormalHost puts a host name, without port, in one spelling: lower case and
// ASCII. It returns "" when that cannot be done. IPv6 addresses get their
// brackets back.
func NormalHost(host string) string {
	host = strings.ToLower(host)
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	for i := 0; i < len(host); i++ {
		if c := host[i]; c >= 0x80 {
			ascii, err := idna.Lookup.ToASCII(host)
			if err != nil {
				return ""
			}
			return ascii
		} else if c <= ' ' || c == 0x7f || c == '%' {
			return ""
		}
	}
	return host
}

// SameOrigin reports whether two http(s) URLs share scheme, host and port.
// Anything that is not such a URL has no origin and shares none.
//
// Spec: FEP-fe34
func SameOrigin(a, b string) bool {
	o := Origin(a)
	return o != "" && o == Origin(b)
}

// ValidID checks that uri can be an id or key id: an absolute https URL (or
// http if allowed) with a host, without user info or blanks, of at most
// [MaxURL] bytes. A fragment is allowed. The error's reason is [BadID].
func ValidID(uri string, allowHTTP bool) error {
	bad := refuse(BadID)
	if len(uri) == 0 || len(uri) > MaxURL {
		return bad
	}
	for i := 0; i < len(uri); i++ {
		if uri[i] <= ' ' || uri[i] == 0x7f || uri[i] == '\\' || uri[i] == '"' || uri[i] == '<' || uri[i] == '>' {
			return bad
		}
	}
	u, err := url.Parse(uri)
	if err != nil || u.User != nil || u.Opaque != "" || Origin(uri) == "" {
		return bad
	}
	if u.Scheme != "https" && !(allowHTTP && u.Scheme == "http") {
		return bad
	}
	return nil
}

// CheckActivity applies the origin rules to a received activity that the key
// of signer has signed: id, actor and signer share one origin. Whether actor
// and signer must even be the same is for the caller to say: only an
// instance's own actor may sign for others of its origin.
//
// Spec: FEP-fe34
func CheckActivity(d *Doc, signer string) error {
	switch {
	case d.ID() == "":
		return refuse(NoID)
	case Origin(d.ID()) == "":
		return refuse(BadID)
	case d.Actor() == "" || len(d.Refs("actor")) != 1:
		return refuse(NoActor)
	case !SameOrigin(d.ID(), d.Actor()) || !SameOrigin(d.Actor(), signer):
		return refuse(ForeignActor)
	case len(d.Refs("tag")) > MaxTags:
		return refuse(TooManyTags)
	}
	return nil
}

// CheckObject applies the origin rules to an object before it is stored: it
// has an id, and every author it names is on the id's origin. Objects without
// author pass, and so do actors, whose attributedTo names moderators.
//
// An object taken from inside an activity must in addition share the origin
// of the activity's signer, or come from its own server: see [Trusted].
//
// Spec: FEP-fe34
func CheckObject(obj *Doc) error {
	id := obj.ID()
	if id == "" {
		return refuse(NoID)
	}
	if Origin(id) == "" {
		return refuse(BadID)
	}
	if len(obj.Refs("tag")) > MaxTags {
		return refuse(TooManyTags)
	}
	if IsActor(obj) {
		return nil
	}
	owners := obj.Refs("attributedTo")
	if len(owners) == 0 {
		owners = obj.Refs("actor")
	}
	for _, o := range owners {
		if !SameOrigin(id, o.ID()) {
			return refuse(ForeignOwner)
		}
	}
	return nil
}

// Trusted reports whether an object embedded in something signed by signer,
// or served by the URL signer, may be believed as it stands: it has an id on
// that origin and its own authors too. Otherwise it must be fetched.
//
// Spec: FEP-fe34
func Trusted(obj *Doc, signer string) bool {
	return obj != nil && SameOrigin(obj.ID(), signer) && CheckObject(obj) == nil
}

// ownKey reports whether a key found in an actor document says it is the
// actor's, and is named on the actor's origin. The other direction, that the
// actor lists the key, holds by its being there.
func ownKey(actor, key, owner string) bool {
	return (owner == "" || owner == actor) && SameOrigin(key, actor)
}

// KeyOwner returns the id of the actor that a document fetched by keyID says
// the key belongs to, or "". The document may be the actor itself, a stub of
// it, or a key of its own. The owner shares the key's origin. It is a claim
// until the owner's own document lists the key: see [Actor.FindKey].
func KeyOwner(d *Doc, keyID string) string {
	owner := d.ID()
	if d.Has("publicKeyPem") || d.Has("owner") {
		owner = d.Refs("owner").ID()
	} else if k := d.Refs("publicKey").Doc(); k != nil && k.Has("owner") {
		owner = k.Refs("owner").ID()
	}
	if !SameOrigin(owner, keyID) {
		return ""
	}
	return owner
}

// IsRefusal reports whether err comes from a rule of this package.
func IsRefusal(err error) bool {
	var e *Error
	return errors.As(err, &e)
}
