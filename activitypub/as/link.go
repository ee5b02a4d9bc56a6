package as

import "strings"

// An object link is a tag that names the object behind an address in the text.
// Servers write quotations so; which of the links is one is told by its rel, or
// by a name that begins with RE: as in the text.
//
// Spec: FEP-e232

// linkType is the media type of what an object link leads to.
const linkType = `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`

// RelQuote is the rel of an object link to a quoted post.
const RelQuote = "https://misskey-hub.net/ns#_misskey_quote"

// ObjectLinks returns the Link tags that lead to ActivityPub objects.
func (d *Doc) ObjectLinks() []Tag {
	var out []Tag
	for _, t := range d.tagsOf("Link") {
		kind, params, _ := strings.Cut(t.Doc.MediaType(), ";")
		switch strings.ToLower(strings.TrimSpace(kind)) {
		case "application/activity+json":
		case "application/ld+json":
			if !strings.Contains(params, contextAS) {
				continue
			}
		default:
			continue
		}
		if t.Href = HTTPURL(t.Href); t.Href != "" {
			out = append(out, t)
		}
	}
	return out
}

func (d *Doc) linkedQuote() string {
	for _, t := range d.ObjectLinks() {
		if t.Rel == RelQuote || strings.HasPrefix(strings.ToUpper(strings.TrimSpace(t.Name)), "RE:") {
			return t.Href
		}
	}
	return ""
}
