package post

import (
	"context"
	"html"
	"strings"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/text"
)

// preferred are the languages that are taken of a text that is there in several.
var preferred = []string{"fr", "en"}

// incoming is a post of another server, read and cleaned, with its author.
type incoming struct {
	author   *route.Actor
	post     *Post
	tags     []Tag
	mentions []int64
	doc      *as.Doc
}

// read cleans a document into a post. Its author is the actor it is attributed
// to, of its own origin; via is the group that announced it to its members alone.
//
// Spec: AP 6.2; Spec: FEP-fe34; Spec: FEP-b2b8
func (s *Service) read(ctx context.Context, q db.Q, d *as.Doc, author, via *route.Actor) (*incoming, error) {
	m := as.Read(d, preferred...)
	if m == nil || IsVote(d) { // a vote answers a poll, to its author alone
		return nil, apperr.BadRequest("federation.not_a_post")
	}
	if err := as.CheckObject(d); err != nil {
		return nil, apperr.Forbidden("federation.origin").Wrap(err)
	}
	if m.Author != author.URI {
		return nil, apperr.Forbidden("federation.origin")
	}
	p := &Post{
		URI: d.ID(), URL: pageOf(d, m), AccountID: author.ID, Kind: KindNote, Title: text.PlainName(text.Plain(m.Title), account.MaxName),
		Content: contentOf(m), Warning: text.Clean(text.Plain(m.Warning), MaxWarning), Sensitive: m.Sensitive, Lang: langOf(m),
		ReplyToURI: as.HTTPURL(d.InReplyTo()), CreatedAt: dateOf(d.Published()),
	}
	if p.ReplyToURI == p.URI {
		p.ReplyToURI = ""
	}
	for _, real := range s.Aliases {
		var err error
		if p.ReplyToURI, err = real(ctx, q, p.ReplyToURI); err != nil {
			return nil, err
		}
	}
	if p.Title != "" {
		p.Kind = KindArticle
	}
	p.Audience, p.Listed = audienceOf(d, author)
	if p.Audience == Direct {
		if yes, err := ofMovement(ctx, q, d, author); err != nil {
			return nil, err
		} else if yes {
			p.Audience = Movement
		}
	}
	if err := s.scoped(ctx, q, p, d, author, via); err != nil {
		return nil, err
	}
	if !d.Updated().IsZero() && d.Updated().After(d.Published()) {
		p.EditedAt = dateOf(d.Updated())
	}
	if p.Audience == Public {
		p.LikesSaid, p.BoostsSaid = totals(d)
	}
	in := &incoming{author: author, post: p, doc: d}
	for _, t := range d.Hashtags() {
		shown := strings.TrimPrefix(text.PlainName(t.Name, 100), "#")
		if found := text.Hashtags("#" + shown); len(found) != 1 || found[0] != shown {
			continue // no word: it would make an address that leads elsewhere
		}
		in.tags = append(in.tags, Tag{text.Fold(shown), shown})
	}
	var err error
	in.mentions, err = knownMentions(ctx, q, d, p.Audience == Movement || p.Audience == Group)
	if err == nil && p.Audience == Group {
		in.mentions, err = withinGroup(ctx, q, p.ScopeID, in.mentions)
	}
	return in, err
}

// audienceOf reads who may see a document, from its own addressing and nothing else.
func audienceOf(d *as.Doc, author *route.Actor) (Audience, bool) {
	to, cc := d.To(), d.Cc()
	switch {
	case as.HasPublic(to):
		return Public, true
	case as.HasPublic(cc):
		return Public, false
	}
	for _, uri := range append(to, cc...) {
		if uri == author.Followers && uri != "" {
			return Followers, true
		}
	}
	return Direct, true
}

// contentOf makes the text that is shown: the lead of an article, the text itself, and
// the links that are the point of a page.
func contentOf(m *as.Meaning) string {
	body := htmlOf(m.Content, m.ContentType)
	var b strings.Builder
	if lead := text.Sanitize(cutBytes(m.Lead)); lead != "" && !opens(lead, body) {
		b.WriteString("<p><em>" + html.EscapeString(text.Clean(text.Plain(lead), MaxWarning)) + "</em></p>")
	}
	b.WriteString(body)
	if m.Type == "Page" {
		for _, l := range m.Links[:min(len(m.Links), 4)] {
			if !strings.Contains(body, html.EscapeString(l.URL)) {
				b.WriteString("<p>" + linkTo(l.URL, text.PlainName(l.Name, account.MaxName)) + "</p>")
			}
		}
	}
	return text.Sanitize(b.String())
}

func cutBytes(s string) string { return s[:min(len(s), MaxStored*4)] }

func htmlOf(raw, kind string) string {
	raw = cutBytes(raw)
	switch kind {
	case "text/markdown":
		return text.Markdown(raw)
	case "text/plain":
		return text.Render(text.Clean(raw, MaxStored), func(text.Handle) (text.Resolved, bool) { return text.Resolved{}, false }, func(string) string { return "" })
	}
	return text.Sanitize(raw)
}

// opens reports whether a lead only repeats the beginning of the text.
func opens(lead, body string) bool {
	return strings.HasPrefix(text.Words(body), text.Words(strings.TrimRight(text.Plain(lead), " .…[]")))
}

func linkTo(url, words string) string {
	if words == "" {
		words = url
	}
	return `<a href="` + html.EscapeString(url) + `">` + html.EscapeString(words) + `</a>`
}

func langOf(m *as.Meaning) string {
	if len(m.Language) > 12 {
		return ""
	}
	return m.Language
}

// pageOf is the page of a post. What an older Lemmy calls so is the link that
// the post is about.
func pageOf(d *as.Doc, m *as.Meaning) string {
	if u := d.URL(); u != "" && (m.Type != "Page" || as.SameOrigin(u, d.ID())) {
		return u
	}
	return d.ID()
}

// dateOf bounds a date that another server gives: 1990 to ten minutes from now.
func dateOf(t time.Time) int64 {
	now := time.Now()
	if t.Year() < 1990 || t.After(now.Add(10*time.Minute)) {
		return now.UnixMilli()
	}
	return t.UnixMilli()
}
