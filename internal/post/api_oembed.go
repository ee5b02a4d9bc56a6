package post

import (
	"html"
	"net/url"
	"path"
	"strings"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
)

// oembedWidth is the width in pixels of an embedded post.
const oembedWidth = 400

// apiEmbed says how another site shows a post of ours that everybody may read:
// as a quotation with a link, without a script or a frame of ours. The asker is
// a stranger, whoever they are.
//
// Spec: Mastodon oembed
func (s *Service) apiEmbed(r *masto.Req) error {
	u, err := url.Parse(r.String("url"))
	if err != nil || !strings.HasPrefix(u.String(), s.Accounts.Base+"/") {
		return apperr.NotFound("post.not_found")
	}
	id, ok := ids.Parse(path.Base(u.Path))
	if !ok {
		return apperr.NotFound("post.not_found")
	}
	p, err := s.Get(r.Context(), nil, id)
	if err != nil {
		return apperr.NotFound("post.not_found").Wrap(err)
	}
	w, err := s.View(r.Context(), nil, p)
	if err != nil || w.Boost != nil {
		return apperr.NotFound("post.not_found").Wrap(err)
	}
	quote := `<blockquote cite="` + html.EscapeString(w.URL) + `"><p>` + html.EscapeString(w.Excerpt(500)) + `</p><p><a href="` +
		html.EscapeString(w.URL) + `">` + html.EscapeString(w.Author.Name()) + `</a></p></blockquote>`
	return r.OK(masto.OEmbed{Type: "rich", Version: "1.0", Title: w.Author.Name(), AuthorName: w.Author.Name(), AuthorURL: w.Author.URL,
		ProviderName: s.Accounts.Host, ProviderURL: s.Accounts.Base + "/", CacheAge: 86400, HTML: quote, Width: oembedWidth})
}
