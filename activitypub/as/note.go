package as

import (
	"fmt"
	"time"

	"github.com/go-fed/activity/streams"
	"github.com/go-fed/activity/streams/vocab"
)

// Note is a post to be written. To and Cc are always written, as arrays, and
// AttributedTo as one string: the strictest readers want it so.
type Note struct {
	ID           string
	Type         string // "Note" if empty; also Article, Page, Event, Question, Document…
	URL          string // page for people
	AttributedTo string
	Name         string
	Summary      string // content warning, text
	Lead         string // what stands for a long text where little is shown; see lead
	Content      string // HTML
	Language     string // of Content: makes a contentMap
	ContentMap   map[string]string
	Source       string // what the author typed
	SourceType   string // its media type, "text/plain" if empty
	Sensitive    bool
	InReplyTo    string // absent when empty
	To           []string
	Cc           []string
	Audience     string // the group. Spec: FEP-1b12
	Tags         []Tag
	Attachments  []Attachment
	Icon         *Image
	Image        *Image
	Published    time.Time
	Updated      time.Time
	Context      string // conversation. Spec: FEP-7888
	Replies      string // URI of the collection
	RepliesPage  string // URI of its first page; some peers look for answers only when it is named here
	Likes        string // URI of the collection
	Shares       string // URI of the collection

	// Extra holds further properties, JSON values by term, and ExtraContext
	// the definitions of those terms.
	Extra        map[string]any
	ExtraContext map[string]any
}

// Build implements [Builder].
func (n Note) Build() ([]byte, error) { return build(n) }

func build(b Builder) ([]byte, error) {
	props, extra, err := b.properties()
	if err != nil {
		return nil, err
	}
	return finish(props, extra)
}

// post is a typed value that can be a post.
type post interface {
	object
	SetActivityStreamsInReplyTo(vocab.ActivityStreamsInReplyToProperty)
	SetActivityStreamsContext(vocab.ActivityStreamsContextProperty)
	SetActivityStreamsReplies(vocab.ActivityStreamsRepliesProperty)
}

func newPost(kind string) (post, error) {
	switch kind {
	case "", "Note":
		return streams.NewActivityStreamsNote(), nil
	case "Article":
		return streams.NewActivityStreamsArticle(), nil
	case "Page":
		return streams.NewActivityStreamsPage(), nil
	case "Event":
		return streams.NewActivityStreamsEvent(), nil
	case "Question":
		return streams.NewActivityStreamsQuestion(), nil
	case "Document":
		return streams.NewActivityStreamsDocument(), nil
	}
	return nil, fmt.Errorf("build: no posts of type %q", kind)
}

func (n Note) properties() (map[string]any, map[string]any, error) {
	o, err := newPost(n.Type)
	if err != nil {
		return nil, nil, err
	}
	w := &writer{}
	w.id(o, n.ID)
	w.url(o, n.URL)
	w.attributedTo(o, n.AttributedTo)
	w.audience(o, n.To, n.Cc, n.Audience)
	w.text(o, n.Name, n.Summary, n.Content)
	if n.InReplyTo != "" {
		p := streams.NewActivityStreamsInReplyToProperty()
		p.AppendIRI(w.iri(n.InReplyTo))
		o.SetActivityStreamsInReplyTo(p)
	}
	if n.Context != "" {
		p := streams.NewActivityStreamsContextProperty()
		p.AppendIRI(w.iri(n.Context))
		o.SetActivityStreamsContext(p)
	}
	if n.Replies != "" {
		p := streams.NewActivityStreamsRepliesProperty()
		p.SetIRI(w.iri(n.Replies))
		o.SetActivityStreamsReplies(p)
	}
	if n.Icon != nil {
		p := streams.NewActivityStreamsIconProperty()
		p.AppendActivityStreamsImage(w.image(n.Icon))
		o.SetActivityStreamsIcon(p)
	}
	if n.Image != nil {
		p := streams.NewActivityStreamsImageProperty()
		p.AppendActivityStreamsImage(w.image(n.Image))
		o.SetActivityStreamsImage(p)
	}
	m, err := w.serialize(o)
	if err != nil {
		return nil, nil, err
	}
	alwaysArray(m, "to", "cc")
	dates(m, n.Published, n.Updated)
	if n.RepliesPage != "" {
		m["replies"] = map[string]any{"id": n.Replies, "type": "Collection", "first": map[string]any{
			"type": "CollectionPage", "partOf": n.Replies, "next": n.RepliesPage, "items": []any{}}}
	}
	for key, uri := range map[string]string{"likes": n.Likes, "shares": n.Shares} {
		if uri != "" {
			m[key] = uri
		}
	}
	m["sensitive"] = n.Sensitive
	// go-fed writes content or contentMap, never both.
	if maps := n.contentMap(); len(maps) > 0 {
		m["contentMap"] = maps
	}
	if lead := n.lead(); lead != nil {
		m["summaryMap"] = lead
	}
	if n.Source != "" {
		kind := n.SourceType
		if kind == "" {
			kind = "text/plain"
		}
		m["source"] = map[string]any{"content": n.Source, "mediaType": kind}
	}
	if m["tag"], err = w.tags(n.Tags); err != nil {
		return nil, nil, err
	}
	if m["attachment"], err = w.attachments(n.Attachments); err != nil {
		return nil, nil, err
	}
	merge(m, n.Extra)
	return m, n.ExtraContext, nil
}

// lead is the summaryMap of a text without a content warning. A lead in summary
// would be taken for a warning: GoToSocial and Misskey hide the text behind it,
// and GoToSocial shows the name only where there is no summary. Mastodon reads
// either.
//
// Spec: FEP-b2b8
func (n Note) lead() map[string]any {
	if n.Lead == "" || n.Summary != "" {
		return nil
	}
	lang := n.Language
	if lang == "" {
		lang = "und"
	}
	return map[string]any{lang: n.Lead}
}

func (n Note) contentMap() map[string]any {
	m := map[string]any{}
	for lang, text := range n.ContentMap {
		m[lang] = text
	}
	if n.Language != "" && n.Content != "" {
		m[n.Language] = n.Content
	}
	return m
}

func (w *writer) tags(tags []Tag) ([]any, error) {
	out := []any{}
	for _, t := range tags {
		var m map[string]any
		var err error
		switch t.Type {
		case "Mention":
			o := streams.NewActivityStreamsMention()
			href, name := streams.NewActivityStreamsHrefProperty(), streams.NewActivityStreamsNameProperty()
			href.Set(w.iri(t.Href))
			name.AppendXMLSchemaString(t.Name)
			o.SetActivityStreamsHref(href)
			o.SetActivityStreamsName(name)
			m, err = w.serialize(o)
		case "Emoji":
			o := streams.NewTootEmoji()
			w.id(o, t.ID)
			w.text(o, t.Name, "", "")
			icon := streams.NewActivityStreamsIconProperty()
			icon.AppendActivityStreamsImage(w.image(&Image{URL: t.Icon}))
			o.SetActivityStreamsIcon(icon)
			m, err = w.serialize(o)
		case "Hashtag":
			m = map[string]any{"type": "Hashtag", "name": t.Name, "href": t.Href}
		case "Link":
			m = map[string]any{"type": "Link", "mediaType": linkType, "name": t.Name, "href": t.Href}
			if t.Rel != "" {
				m["rel"] = t.Rel
			}
		default:
			err = fmt.Errorf("build: no tags of type %q", t.Type)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

// attachments writes media. Only Image, Document and Link are accepted there
// by every reader; other types are written as Document.
func (w *writer) attachments(list []Attachment) ([]any, error) {
	out := []any{}
	for _, a := range list {
		if a.Type == "Link" {
			m := map[string]any{"type": "Link", "href": a.URL}
			if a.Name != "" {
				m["name"] = a.Name
			}
			if a.MediaType != "" {
				m["mediaType"] = a.MediaType
			}
			out = append(out, m)
			continue
		}
		var o object = streams.NewActivityStreamsDocument()
		if a.Type == "Image" {
			o = streams.NewActivityStreamsImage()
		}
		w.url(o, a.URL)
		if a.Role != "" {
			w.text(o, a.Role, a.Name, "")
		} else {
			w.text(o, a.Name, "", "")
		}
		m, err := w.serialize(o)
		if err != nil {
			return nil, err
		}
		if a.Role == Banner {
			m["isBannerImage"] = true
		}
		if a.MediaType != "" {
			m["mediaType"] = a.MediaType
		}
		if a.Width > 0 && a.Height > 0 {
			m["width"], m["height"] = a.Width, a.Height
		}
		if a.Icon != "" {
			m["icon"] = map[string]any{"type": "Image", "url": a.Icon}
		}
		if a.Blurhash != "" {
			m["blurhash"] = a.Blurhash
		}
		if a.FocalPoint != [2]float64{} {
			m["focalPoint"] = []any{a.FocalPoint[0], a.FocalPoint[1]}
		}
		out = append(out, m)
	}
	return out, nil
}

// Tombstone stands where a deleted object was.
//
// Spec: AP 6.4; Spec: FEP-4f05
type Tombstone struct {
	ID         string
	FormerType string
	Deleted    time.Time
}

// Build implements [Builder].
func (t Tombstone) Build() ([]byte, error) { return build(t) }

func (t Tombstone) properties() (map[string]any, map[string]any, error) {
	o := streams.NewActivityStreamsTombstone()
	w := &writer{}
	w.id(o, t.ID)
	if t.FormerType != "" {
		p := streams.NewActivityStreamsFormerTypeProperty()
		p.AppendXMLSchemaString(t.FormerType)
		o.SetActivityStreamsFormerType(p)
	}
	if !t.Deleted.IsZero() {
		p := streams.NewActivityStreamsDeletedProperty()
		p.Set(t.Deleted.UTC().Truncate(time.Second))
		o.SetActivityStreamsDeleted(p)
	}
	m, err := w.serialize(o)
	return m, nil, err
}
