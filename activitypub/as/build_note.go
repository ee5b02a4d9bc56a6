package as

import (
	"time"

	"github.com/go-fed/activity/streams"
)

// Note is a short post to send, or an Article when it has a Name.
type Note struct {
	ID           string
	URL          string
	AttributedTo string
	Name         string // title; makes it an Article
	Content      string // HTML
	Lang         string // language of Content, "" when not known
	Source       string // plain text that Content was made from
	Summary      string // content warning, or lead of an article
	Sensitive    bool
	InReplyTo    string // left out on the start of a thread: strict readers ask for that
	Context      string
	Replies      string // URI of the collection
	To, Cc       []string
	Audience     string // the group; one string
	Tags         []Tag  // Mention and Hashtag
	Attachments  []Attachment
	Published    time.Time
	Updated      time.Time
}

// Build writes the document.
//
// Spec: AP 6.2; Spec: FEP-b2b8
func (n Note) Build() ([]byte, error) {
	b, err := n.typed()
	if err != nil {
		return nil, err
	}
	b.set("attributedTo", n.AttributedTo)
	b.set("url", n.URL)
	b.set("name", n.Name)
	b["content"] = n.Content
	if n.Lang != "" {
		b["contentMap"] = map[string]string{n.Lang: n.Content}
	}
	b.set("summary", n.Summary)
	b["sensitive"] = n.Sensitive
	if n.Source != "" {
		b["source"] = map[string]string{"content": n.Source, "mediaType": "text/plain"}
	}
	b.set("inReplyTo", n.InReplyTo)
	b.set("context", n.Context)
	b.set("replies", n.Replies)
	b.set("audience", n.Audience)
	b["to"], b["cc"] = list(n.To), list(n.Cc)
	tags := []any{}
	for _, t := range n.Tags {
		tags = append(tags, map[string]string{"type": t.Type, "href": t.Href, "name": t.Name})
	}
	b["tag"] = tags
	files := []any{}
	for _, a := range n.Attachments {
		files = append(files, a.document())
	}
	b["attachment"] = files
	used := []string{"Hashtag", "sensitive"}
	if len(files) > 0 {
		used = append(used, "blurhash")
	}
	return b.encode(false, used...)
}

func (n Note) typed() (body, error) {
	published := streams.NewActivityStreamsPublishedProperty()
	published.Set(n.Published.UTC().Truncate(time.Second))
	updated := streams.NewActivityStreamsUpdatedProperty()
	updated.Set(n.Updated.UTC().Truncate(time.Second))
	if n.Name != "" {
		t := streams.NewActivityStreamsArticle()
		t.SetActivityStreamsPublished(published)
		if !n.Updated.IsZero() {
			t.SetActivityStreamsUpdated(updated)
		}
		if err := setID(t, n.ID); err != nil {
			return nil, err
		}
		return typed(t)
	}
	t := streams.NewActivityStreamsNote()
	t.SetActivityStreamsPublished(published)
	if !n.Updated.IsZero() {
		t.SetActivityStreamsUpdated(updated)
	}
	if err := setID(t, n.ID); err != nil {
		return nil, err
	}
	return typed(t)
}

func (a Attachment) document() map[string]any {
	b := body{"type": "Document"}
	b.set("mediaType", a.MediaType)
	b.set("url", a.URL)
	b.set("name", a.Name)
	b.set("blurhash", a.Blurhash)
	if a.Width > 0 && a.Height > 0 {
		b["width"], b["height"] = a.Width, a.Height
	}
	return b
}

// Tombstone stands where a deleted object was.
//
// Spec: AP 6.4; Spec: FEP-4f05
type Tombstone struct {
	ID      string
	Deleted time.Time // left out when zero
}

// Build writes the document.
func (t Tombstone) Build() ([]byte, error) {
	v := streams.NewActivityStreamsTombstone()
	if err := setID(v, t.ID); err != nil {
		return nil, err
	}
	if !t.Deleted.IsZero() {
		d := streams.NewActivityStreamsDeletedProperty()
		d.Set(t.Deleted.UTC().Truncate(time.Second))
		v.SetActivityStreamsDeleted(d)
	}
	b, err := typed(v)
	if err != nil {
		return nil, err
	}
	return b.encode(false)
}
