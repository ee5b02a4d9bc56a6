package peer

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// nodeBBPosts are the types that NodeBB makes topics and posts of: a meeting is
// none of them.
var nodeBBPosts = []string{"Note", "Page", "Article", "Question", "Video"}

// NodeBBReads tells why NodeBB would drop an activity or object, or take it for
// something else.
func NodeBBReads(raw []byte) error {
	o, err := parse(raw)
	if err != nil {
		return err
	}
	if kind := o.text("type"); o["actor"] != nil && kind != "Event" && !slices.Contains(nodeBBPosts, kind) { // objects name an actor too
		for _, key := range []string{"id", "type", "object"} {
			if o[key] == nil {
				return fmt.Errorf("400: an activity without %s", key)
			}
		}
	}
	in, announced := o, o.text("type") == "Announce"
	if announced {
		// A category's word: whatever is no post itself is an activity about one,
		// and one without an actor or an id of its own fails while it is read.
		if in = o.inner("object"); in == nil {
			return nil
		}
		if !slices.Contains(nodeBBPosts, in.text("type")) && (in.text("actor") == "" || in.text("id") == "") {
			return fmt.Errorf("announces an activity without actor or id")
		}
	}
	p := in.post()
	if p == nil {
		return nil
	}
	if authors := p.ids("attributedTo"); len(authors) != 1 || p["attributedTo"] == nil || hostOf(authors[0]) != hostOf(p.text("id")) {
		return fmt.Errorf("attributed to %v: not one author of the host of its id", p["attributedTo"])
	}
	if _, list := p["attributedTo"].([]any); list {
		return fmt.Errorf("authors in a list are refused")
	}
	for _, key := range []string{"to", "cc"} {
		if _, text := p[key].(string); text && announced {
			return fmt.Errorf("%s of a post inside an Announce is no list: each letter is taken for an address", key)
		}
	}
	if p.text("type") != "Event" && !slices.Contains(nodeBBPosts, p.text("type")) {
		return fmt.Errorf("%s is no post", p.text("type"))
	}
	return nil
}

// nodeBBTakes: two content types letter by letter, and a Digest of one SHA-256.
func nodeBBTakes(r Request) error {
	if r.Method == http.MethodPost {
		kind := strings.ReplaceAll(strings.ReplaceAll(r.Header.Get("Content-Type"), "; ", ";"), " ;", ";")
		if kind != "application/activity+json" && kind != `application/ld+json;profile="https://www.w3.org/ns/activitystreams"` {
			return fmt.Errorf("404: %q", r.Header.Get("Content-Type"))
		}
		if d := r.Header.Get("Digest"); d != "" && (!strings.HasPrefix(d, "SHA-256=") || strings.Contains(d, ",")) {
			return fmt.Errorf("digest %q", d)
		}
		if r.Header.Get("Signature") == "" {
			return fmt.Errorf("401: not signed")
		}
	}
	return nil
}
