package peer

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// This file and strict_*.go imitate the pickier readers among the servers that
// cannot be run beside ours: each rule is one that a server is known to have,
// written anew from what it does. They read bytes with code of their own, so
// that a mistake in how we read is not repeated in how we are read.

// Strict is one such reader. Document judges an activity or object as it was
// received, Request the request that brought it; nil functions accept anything.
type Strict struct {
	Name     string
	Document func(raw []byte) error
	Request  func(Request) error
}

// Readers are all imitations, by the name that NodeInfo gives the server.
func Readers() []Strict {
	return []Strict{
		{"mastodon", MastodonReads, mastodonTakes},
		{"gotosocial", goToSocialReads, goToSocialTakes},
		{"lemmy", LemmyReads, cavageWithin(12 * time.Hour)},
		{"piefed", nil, cavageWithin(12 * time.Hour)},
		{"smithereen", smithereenReads, SmithereenTakes},
		{"friendica", FriendicaReads, FriendicaTakes},
		{"misskey", misskeyReads, draftOnly},
		{"pixelfed", nil, draftOnly},
		{"mobilizon", mobilizonReads, MobilizonTakes},
		{"peertube", peerTubeReads, PeerTubeTakes},
		{"nodebb", NodeBBReads, nodeBBTakes},
	}
}

// object is a JSON object read without any knowledge of ActivityStreams.
type object map[string]any

func parse(raw []byte) (object, error) {
	var o object
	if err := json.Unmarshal(raw, &o); err != nil {
		return nil, fmt.Errorf("not an object: %w", err)
	}
	return o, nil
}

func (o object) text(key string) string { s, _ := o[key].(string); return s }

func (o object) inner(key string) object {
	if m, ok := o[key].(map[string]any); ok {
		return m
	}
	return nil
}

// ids are the strings and the ids of objects in a property.
func (o object) ids(key string) []string {
	var out []string
	list, ok := o[key].([]any)
	if !ok {
		list = []any{o[key]}
	}
	for _, v := range list {
		switch x := v.(type) {
		case string:
			out = append(out, x)
		case map[string]any:
			out = append(out, object(x).text("id"))
		}
	}
	return out
}

func (o object) list(key string) []object {
	list, ok := o[key].([]any)
	if !ok {
		list = []any{o[key]}
	}
	var out []object
	for _, v := range list {
		if m, ok := v.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

const public = "https://www.w3.org/ns/activitystreams#Public"

func (o object) public() bool {
	return slices.Contains(o.ids("to"), public) || slices.Contains(o.ids("cc"), public)
}

func hostOf(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return ""
	}
	return u.Host
}

// posts are the types that most servers read as posts.
var posts = []string{"Note", "Article", "Page", "Question", "Event", "Video", "Audio", "Image"}

// post is the object that is a post, itself or inside a Create or Update; nil
// when there is none.
func (o object) post() object {
	if in := o.inner("object"); in != nil && slices.Contains([]string{"Create", "Update"}, o.text("type")) {
		o = in
	}
	if slices.Contains(posts, o.text("type")) {
		return o
	}
	return nil
}

var element = regexp.MustCompile(`</?([a-zA-Z0-9]+)([^>]*)>`)

// mastodonElements are what Mastodon leaves of HTML.
var mastodonElements = strings.Fields("p span br a del s pre blockquote code b strong u i em ul ol li ruby rt rp h1 h2 h3 h4 h5 h6")

// MastodonReads tells why Mastodon would drop or maim an activity or object.
func MastodonReads(raw []byte) error {
	o, err := parse(raw)
	if err != nil {
		return err
	}
	if o["@context"] == nil || o.text("id") == "" || o.text("type") == "" {
		return fmt.Errorf("without @context, id or type")
	}
	if actor := o.text("actor"); o["actor"] != nil && (actor == "" || hostOf(actor) != hostOf(o.text("id"))) {
		return fmt.Errorf("actor %q and id %q are of two hosts", actor, o.text("id"))
	}
	if o.text("type") == "Announce" {
		// What is embedded is not read, and what is not public not shown.
		if o.text("object") == "" {
			return fmt.Errorf("announces no address")
		}
		if !o.public() {
			return fmt.Errorf("announces in private")
		}
	}
	p := o.post()
	if p == nil {
		return nil
	}
	switch {
	case p.text("attributedTo") == "" || hostOf(p.text("attributedTo")) != hostOf(p.text("id")):
		return fmt.Errorf("attributed to %v, which is not of the host of its id", p["attributedTo"])
	case o["actor"] != nil && o.text("actor") != p.text("attributedTo"):
		return fmt.Errorf("written by somebody else than it is sent by")
	case len(p.ids("to"))+len(p.ids("cc")) == 0:
		return fmt.Errorf("addressed to nobody")
	case p.text("content") == "" && p["contentMap"] == nil && p.text("name") == "" && len(p.list("attachment")) == 0:
		return fmt.Errorf("says nothing")
	}
	if _, err := time.Parse(time.RFC3339, p.text("published")); err != nil {
		return fmt.Errorf("published: %w", err)
	}
	if p.text("type") != "Note" && p.text("type") != "Question" && (p.text("name") == "" || p.text("url") == "") {
		return fmt.Errorf("is shown as title and link, of which one is missing")
	}
	for _, m := range element.FindAllStringSubmatch(p.text("content"), -1) {
		if !slices.Contains(mastodonElements, strings.ToLower(m[1])) {
			return fmt.Errorf("loses its <%s>", m[1])
		}
	}
	for _, t := range p.list("tag") {
		if kind := t.text("type"); (kind == "Mention" || kind == "Hashtag") && (t.text("href") == "" || t.text("name") == "") {
			return fmt.Errorf("%s without href or name", kind)
		}
		if t.text("type") == "Mention" && strings.Count(t.text("name"), "@") != 2 {
			return fmt.Errorf("mention %q is no address", t.text("name"))
		}
	}
	return nil
}

// goToSocialReads: a status needs its author as one address, and answers are
// looked for only where a collection is embedded with its first page.
func goToSocialReads(raw []byte) error {
	o, err := parse(raw)
	if err != nil {
		return err
	}
	if o.text("type") == "Announce" && o.text("object") == "" {
		return fmt.Errorf("announces no address")
	}
	p := o.post()
	if p == nil {
		return nil
	}
	r := p.inner("replies")
	if r == nil || r.text("type") != "Collection" || r.inner("first").text("type") != "CollectionPage" {
		return fmt.Errorf("replies of %s are not a Collection with its first page", p.text("id"))
	}
	if len(p.ids("attributedTo")) != 1 {
		return fmt.Errorf("has %d authors", len(p.ids("attributedTo")))
	}
	return nil
}

// smithereenReads: an author's Create tells of a post on the author's own wall, or
// on one of the server that it is sent to; of any other wall only its owner tells, with Add.
func smithereenReads(raw []byte) error {
	o, err := parse(raw)
	if err != nil {
		return err
	}
	p := o.post()
	if p != nil && hostOf(p.text("id")) != hostOf(p.text("attributedTo")) {
		return fmt.Errorf("id and author are of two hosts")
	}
	if p == nil {
		return nil
	}
	if p["target"] != nil {
		wall := p.inner("target")
		owner := wall.text("attributedTo")
		switch {
		case !strings.HasSuffix(wall.text("type"), "Collection") || wall.text("id") == "" || owner == "":
			return fmt.Errorf("target is no wall")
		case o.text("type") == "Create" && owner != p.text("attributedTo") && hostOf(owner) == hostOf(p.text("id")):
			return fmt.Errorf("a Create of a post on the wall of another server")
		}
	}
	return nil
}

// misskeyReads: what is announced is one post by its address.
func misskeyReads(raw []byte) error {
	o, err := parse(raw)
	if err != nil {
		return err
	}
	if o.text("type") == "Announce" && len(o.ids("object")) != 1 {
		return fmt.Errorf("announces %d things", len(o.ids("object")))
	}
	if p := o.post(); p != nil && hostOf(p.text("id")) != hostOf(p.text("attributedTo")) {
		return fmt.Errorf("id and author are of two hosts")
	}
	return nil
}

// mobilizonReads: people there follow groups and instances only.
func mobilizonReads(raw []byte) error {
	o, err := parse(raw)
	if err != nil {
		return err
	}
	if p := o.post(); p != nil && p.text("type") == "Event" && (p.text("name") == "" || p.text("startTime") == "" || p.text("attributedTo") == "") {
		return fmt.Errorf("an event without name, startTime or owner")
	}
	return nil
}

// peerTubeReads: comments are Notes whose inReplyTo is one address.
func peerTubeReads(raw []byte) error {
	o, err := parse(raw)
	if err != nil {
		return err
	}
	if p := o.post(); p != nil && p["inReplyTo"] != nil && p.text("inReplyTo") == "" {
		return fmt.Errorf("answers no address")
	}
	return nil
}
