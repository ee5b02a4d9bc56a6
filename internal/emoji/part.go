package emoji

import (
	"context"
	"html"
	"html/template"
	"strings"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/web"
)

// Part is what this slice adds to posts.
func (s *Service) Part() post.Part {
	return post.Part{Name: "emoji", Write: s.write, Take: s.take, Entity: s.show, Card: s.card}
}

// write names the emoji of a post of ours in its document.
func (s *Service) write(_ context.Context, _ db.Q, p *post.Post, n *as.Note) error {
	for _, e := range s.In("", p.Title, p.Warning, p.Content) {
		n.Tags = append(n.Tags, as.Tag{Type: "Emoji", ID: e.URI, Name: ":" + e.Shortcode + ":", Icon: s.address(e)})
	}
	return nil
}

func (s *Service) take(ctx context.Context, tx *db.Tx, p *post.Post, d *as.Doc) error {
	a, err := account.ByID(ctx, tx, p.AccountID)
	if err != nil {
		return err
	}
	return s.Take(ctx, tx, a.Host, d)
}

func (s *Service) show(_ *auth.Viewer, w *post.View, e *masto.Status) {
	e.Emojis = append(e.Emojis, s.entities(s.In(w.Author.Host, w.Title, w.Warning, w.Content))...)
}

// card puts the pictures into a post and its author's name on pages.
func (s *Service) card(_ *httpx.Ctx, w *post.View, card *web.PostCard) {
	card.HTML = template.HTML(s.HTML(w.Author.Host, string(card.HTML)))
	for _, e := range s.In(w.Author.Host, w.Author.DisplayName) {
		if card.Author.Emoji == nil {
			card.Author.Emoji = map[string]string{}
		}
		card.Author.Emoji[e.Shortcode] = s.local(e)
	}
}

// local is the path of a picture for our pages.
func (s *Service) local(e *Emoji) string { return strings.TrimPrefix(s.address(e), s.Base) }

// HTML puts pictures in the place of their words in sanitised HTML, outside of
// its tags and of code.
func (s *Service) HTML(host, source string) string {
	list := s.In(host, source)
	if len(list) == 0 {
		return source
	}
	by := make(map[string]string, len(list))
	for _, e := range list {
		word := ":" + e.Shortcode + ":"
		by[e.Shortcode] = `<img class="emoji" src="` + html.EscapeString(s.local(e)) + `" alt="` + word + `" title="` + word + `" width="20" height="20" loading="lazy" decoding="async">`
	}
	var b strings.Builder
	code := 0
	for source != "" {
		tag := strings.IndexByte(source, '<')
		if tag < 0 {
			tag = len(source)
		}
		words := source[:tag]
		if code == 0 {
			words = put(words, by)
		}
		b.WriteString(words)
		source = source[tag:]
		end := strings.IndexByte(source, '>')
		if end < 0 {
			b.WriteString(source)
			break
		}
		switch t := source[:end+1]; {
		case strings.HasPrefix(t, "<code"), strings.HasPrefix(t, "<pre"):
			code++
		case strings.HasPrefix(t, "</code"), strings.HasPrefix(t, "</pre"):
			code = max(0, code-1)
		}
		b.WriteString(source[:end+1])
		source = source[end+1:]
	}
	return b.String()
}

// put replaces the words of by in a text.
func put(s string, by map[string]string) string {
	var b strings.Builder
	for {
		at := strings.IndexByte(s, ':')
		if at < 0 {
			break
		}
		end := strings.IndexByte(s[at+1:], ':')
		if end < 0 {
			break
		}
		if img, ok := by[s[at+1:at+1+end]]; ok {
			b.WriteString(s[:at])
			b.WriteString(img)
			s = s[at+end+2:]
			continue
		}
		b.WriteString(s[:at+1+end])
		s = s[at+1+end:]
	}
	b.WriteString(s)
	return b.String()
}
