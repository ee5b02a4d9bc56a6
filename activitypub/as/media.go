package as

import (
	"encoding/json"
	"slices"
	"strings"
)

// Link is one value of url: a bare string, or a Link object.
type Link struct {
	Href      string // http(s) only; others are left out
	MediaType string
	Rel       string
	Name      string
	Width     int
	Height    int
}

// URLs returns the http(s) links of the object, in order. Links with other
// schemes (magnet:, javascript:) are left out.
func (d *Doc) URLs() []Link { return readLinks(d.Refs("url")) }

func readLinks(refs Refs) []Link {
	var out []Link
	for _, r := range refs {
		l := Link{Href: r.URI}
		if r.Doc != nil {
			l.Href = r.Doc.String("href")
			if l.Href == "" {
				l.Href = r.Doc.String("url")
			}
			l.MediaType, l.Rel, l.Name = r.Doc.MediaType(), r.Doc.String("rel"), r.Doc.Name()
			l.Width, l.Height = r.Doc.size()
		}
		if l.Href = HTTPURL(l.Href); l.Href != "" {
			out = append(out, l)
		}
	}
	return out
}

func (d *Doc) size() (w, h int) {
	x, _ := d.Int("width")
	y, _ := d.Int("height")
	if x < 0 || y < 0 || x > 1<<20 || y > 1<<20 {
		return 0, 0
	}
	return int(x), int(y)
}

// URL returns the page to show people: the text/html link if one is marked
// so, else the first link; "" when there is none.
func (d *Doc) URL() string {
	links := d.URLs()
	for _, l := range links {
		if mediaType(l.MediaType) == "text/html" {
			return l.Href
		}
	}
	if len(links) == 0 {
		return ""
	}
	return links[0].Href
}

func mediaType(s string) string {
	s, _, _ = strings.Cut(s, ";")
	return strings.ToLower(strings.TrimSpace(s))
}

// Tag is one entry of tag.
type Tag struct {
	Type string // Mention, Hashtag, Emoji, Link…
	Name string // "@ana@host", "#marché", ":blob:", "RE: https://…"
	Href string // the mentioned actor's id, the hashtag's page, the linked object's id
	ID   string
	Icon string // image of an Emoji
	Rel  string // what the object of a Link is to this one
	Doc  *Doc
}

// Tags returns the entries of tag that are objects.
func (d *Doc) Tags() []Tag {
	var out []Tag
	for _, t := range d.Refs("tag").Docs() {
		tag := Tag{Type: t.Type(), Name: t.Name(), Href: t.String("href"), ID: t.ID(), Rel: t.String("rel"), Doc: t}
		if icon, ok := t.Icon(); ok {
			tag.Icon = icon.URL
		}
		out = append(out, tag)
	}
	return out
}

// Mentions returns the Mention tags that name somebody.
func (d *Doc) Mentions() []Tag { return d.tagsOf("Mention") }

// Hashtags returns the Hashtag tags, whose Name may or may not begin with #.
func (d *Doc) Hashtags() []Tag { return d.tagsOf("Hashtag") }

func (d *Doc) tagsOf(kind string) []Tag {
	var out []Tag
	for _, t := range d.Tags() {
		if t.Type == kind && (kind != "Mention" || t.Href != "") {
			out = append(out, t)
		}
	}
	return out
}

// Attachment is one entry of attachment that is not a profile field.
type Attachment struct {
	Type       string // Document, Image, Video, Audio, Link, Page…
	MediaType  string
	URL        string // http(s)
	Name       string // the description of the picture, or the link's title
	Role       string // what it is in the object: [Banner], or ""
	Blurhash   string
	FocalPoint [2]float64 // -1…1, 0 0 in the middle
	Width      int
	Height     int
	Icon       string // http(s), the picture that stands for a sound or a video
	Doc        *Doc
}

// Banner is the role of the picture that stands above an event. It is written as
// the name, and the description as the summary, and by isBannerImage.
//
// Spec: Mobilizon; Spec: FEP-8a8e
const Banner = "Banner"

// Attachments returns the media and links of the object: those attached to it, a
// banner first; what it is itself (of a Video, an Audio or an Image one rendition);
// and the cover of an article or event. Entries without an http(s) address are left out.
func (d *Doc) Attachments() []Attachment {
	out := d.attached()
	slices.SortStableFunc(out, func(a, b Attachment) int { return strings.Compare(b.Role, a.Role) })
	if own, ok := d.rendition(); ok {
		out = append([]Attachment{own}, out...)
	}
	if img, ok := d.Image(); ok && d.Is("Article", "Event") {
		for i, a := range out {
			if a.URL == img.URL {
				if ok = false; a.Name == "" {
					out[i].Name = img.Name
				}
			}
		}
		if ok {
			out = append([]Attachment{{Type: "Image", MediaType: img.MediaType, URL: img.URL, Name: img.Name, Doc: d.Refs("image").Doc()}}, out...)
		}
	}
	return out
}

// goodHeight is the height in pixels of the rendition that is taken of a video.
const goodHeight = 720

// rendition is the file of an object that is a medium itself: PeerTube and
// Funkwhale list their files as links in url, among pages and torrents.
func (d *Doc) rendition() (Attachment, bool) {
	kind := ""
	for _, t := range []string{"Video", "Audio", "Image"} {
		if d.Is(t) {
			kind = t
		}
	}
	if kind == "" {
		return Attachment{}, false
	}
	want := strings.ToLower(kind) + "/"
	links := d.URLs()
	for _, r := range d.Refs("url").Docs() { // the files of a stream hang from its playlist
		if strings.Contains(strings.ToLower(r.MediaType()), "mpegurl") {
			links = append(links, readLinks(r.Refs("tag"))...)
		}
	}
	best, distance := Link{}, 0
	for _, l := range links {
		if !strings.HasPrefix(mediaType(l.MediaType), want) {
			continue
		}
		size := l.Height
		if size == 0 {
			size = l.Width
		}
		if away := max(size-goodHeight, goodHeight-size); best.Href == "" || away < distance {
			best, distance = l, away
		}
	}
	if best.Href == "" && kind == "Image" && len(links) > 0 {
		best = links[0]
	}
	if best.Href == "" {
		return Attachment{}, false
	}
	icon, _ := d.Icon()
	return Attachment{Type: kind, MediaType: mediaType(best.MediaType), URL: best.Href, Name: d.Name(), Width: best.Width, Height: best.Height, Icon: icon.URL, Doc: d}, true
}

func (d *Doc) attached() []Attachment {
	var out []Attachment
	for _, r := range d.Refs("attachment") {
		if r.Doc == nil {
			if u := HTTPURL(r.URI); u != "" {
				out = append(out, Attachment{Type: "Link", URL: u})
			}
			continue
		}
		a := r.Doc
		if a.Is("PropertyValue") {
			continue
		}
		links := readLinks(a.Refs("url"))
		if len(links) == 0 {
			links = readLinks(a.Refs("href"))
		}
		if len(links) == 0 {
			continue
		}
		att := Attachment{
			Type: a.Type(), MediaType: a.MediaType(), URL: links[0].Href,
			Name: a.Name(), Blurhash: a.String("blurhash"), Doc: a,
		}
		if att.MediaType == "" {
			att.MediaType = links[0].MediaType
		}
		if d.Is("Event") && att.Type != "Link" && (att.Name == Banner || a.Bool("isBannerImage")) {
			if att.Role = Banner; att.Name == Banner {
				att.Name = ""
			}
		}
		if att.Name == "" {
			att.Name = a.Summary() // GoToSocial describes pictures here
		}
		if att.Width, att.Height = a.size(); att.Width == 0 {
			att.Width, att.Height = links[0].Width, links[0].Height
		}
		if icon, ok := a.Icon(); ok {
			att.Icon = icon.URL
		}
		var focus []float64
		if json.Unmarshal(a.Raw("focalPoint"), &focus) == nil && len(focus) == 2 &&
			focus[0] >= -1 && focus[0] <= 1 && focus[1] >= -1 && focus[1] <= 1 {
			att.FocalPoint = [2]float64{focus[0], focus[1]}
		}
		out = append(out, att)
	}
	return out
}

// Image is a picture beside an object: an avatar, a header, an emoji.
type Image struct {
	URL       string // http(s)
	MediaType string
	Name      string // its description
}

// Icon returns the avatar or symbol. Of several the last one is taken: lists
// run from small to large.
func (d *Doc) Icon() (Image, bool) { return d.image("icon") }

// Image returns the header or cover picture.
func (d *Doc) Image() (Image, bool) { return d.image("image") }

func (d *Doc) image(key string) (Image, bool) {
	var img Image
	for _, r := range d.Refs(key) {
		if r.Doc == nil {
			if u := HTTPURL(r.URI); u != "" {
				img = Image{URL: u}
			}
			continue
		}
		links := readLinks(r.Doc.Refs("url"))
		if len(links) == 0 {
			links = readLinks(r.Doc.Refs("href"))
		}
		if len(links) == 0 {
			continue
		}
		img = Image{URL: links[0].Href, MediaType: r.Doc.MediaType(), Name: r.Doc.Name()}
		if img.MediaType == "" {
			img.MediaType = links[0].MediaType
		}
		if img.Name == "" {
			img.Name = r.Doc.Summary()
		}
	}
	return img, img.URL != ""
}
