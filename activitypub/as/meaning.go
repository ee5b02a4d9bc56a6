package as

import "strings"

// PostTypes are the types of objects that can be read as posts.
var PostTypes = []string{"Note", "Article", "Page", "Question", "Event", "Video", "Audio", "Image", "Album"}

// Meaning is what an object says to people, whatever its type and the habits
// of the server that made it. Title, Lead, Warning and Content are unsafe as
// received.
type Meaning struct {
	Type        string // the first of its types that is in PostTypes
	Author      string // one actor: of several the person, not the channel
	Title       string // "" for what has none; may hold HTML
	Lead        string // what stands above the text of something titled
	Warning     string // what hides the text until the reader wants it
	Content     string
	ContentType string // "text/html", "text/markdown" or "text/plain"
	Language    string // of Content, "" when not told
	Sensitive   bool
	Group       string // the group it belongs to, "" when it names none
	Everybody   bool   // addressed to the public collection…
	Listed      bool   // …in first place
	Media       []Attachment
	Links       []Attachment
	Event       *Event
	Poll        *Poll
}

// Read gives the meaning of an object, nil for one that is not among
// [PostTypes]. Where a text is there in several languages, the first of prefer
// that is among them is taken.
//
// Spec: FEP-b2b8; Spec: FEP-1b12; Spec: FEP-8a8e
func Read(d *Doc, prefer ...string) *Meaning {
	m := &Meaning{Type: d.postType(), Author: d.AttributedTo(), Sensitive: d.Sensitive()}
	if m.Type == "" {
		return nil
	}
	m.Content, m.Language = d.said("content", prefer)
	m.Title, _ = d.said("name", prefer)
	summary, _ := d.said("summary", prefer)
	m.ContentType = contentType(d.MediaType())
	m.Group = d.group()
	m.Listed = HasPublic(d.To()) || HasPublic(d.Audience()) && !HasPublic(d.Cc())
	m.Everybody = m.Listed || HasPublic(d.Cc())
	for _, a := range d.Attachments() {
		if a.Type == "Link" || a.Type == "Page" {
			m.Links = append(m.Links, a)
		} else {
			m.Media = append(m.Media, a)
		}
	}
	if m.Type == "Note" && d.InReplyTo() != "" {
		m.Title = "" // the repeated title of a thread, or a vote
	}
	m.summarise(strings.TrimSpace(summary))
	switch m.Type {
	case "Event":
		m.Event = ReadEvent(d)
	case "Question":
		m.Poll = ReadPoll(d)
	case "Page":
		m.pageLink(d)
	}
	return m
}

// summarise finds out what a summary is: a warning before a text, the lead of
// an article, or the whole text where there is no other.
func (m *Meaning) summarise(summary string) {
	same := strings.EqualFold(summary, strings.TrimSpace(m.Title))
	switch {
	case summary == "" || same:
	case m.Type == "Note" || m.Type == "Question" || m.Sensitive:
		m.Warning = summary
	case m.Content == "" && m.Title == "" && m.Type == "Page":
		m.Title = summary // as Lemmy once wrote it
	case m.Content == "":
		m.Content, m.ContentType = summary, "text/html"
	case m.Type == "Article" || m.Type == "Page":
		m.Lead = summary
	}
}

// pageLink reads the older way of posting a link: as the page's own address.
func (m *Meaning) pageLink(d *Doc) {
	if u := d.URL(); u != "" && !SameOrigin(u, d.ID()) && len(m.Links) == 0 {
		m.Links = append(m.Links, Attachment{Type: "Link", URL: u})
	}
}

// Reaction is what a Like or EmojiReact says besides that somebody likes
// something: an emoji, or the name of one between colons; "" for a plain one.
//
// Spec: FEP-c0e0
func (d *Doc) Reaction() string {
	if s := strings.TrimSpace(d.Content()); s != "" {
		return s
	}
	return strings.TrimSpace(d.String("_misskey_reaction"))
}

// postType is the first type that is read as a post.
func (d *Doc) postType() string {
	for _, t := range d.Types() {
		for _, known := range PostTypes {
			if t == known {
				return t
			}
		}
	}
	return ""
}

func contentType(s string) string {
	switch s = mediaType(s); s {
	case "":
		return "text/html"
	case "text/html", "text/markdown":
		return s
	}
	return "text/plain"
}

// group is the group that an object belongs to. Some servers name the public
// collection in audience, which is no group.
//
// Spec: FEP-1b12; Spec: FEP-400e
func (d *Doc) group() string {
	for _, id := range d.Audience() {
		if !IsPublic(id) {
			return id
		}
	}
	if t := d.Target().Doc(); t != nil {
		return t.AttributedTo()
	}
	return ""
}

// said reads a natural-language value with its language: the wanted one if it
// is there in several.
func (d *Doc) said(key string, prefer []string) (value, lang string) {
	m := d.Map(key + "Map")
	for _, p := range prefer {
		for _, k := range sortedKeys(m) {
			if base, _, _ := strings.Cut(k, "-"); strings.EqualFold(base, p) {
				return m[k], k
			}
		}
	}
	value = d.natural(key)
	for _, k := range sortedKeys(m) {
		if m[k] == value && k != "und" {
			return value, k
		}
	}
	return value, d.Language()
}
