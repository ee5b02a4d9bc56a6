package post

import (
	"html"
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
)

// oembedWidth is the width in pixels of an embedded post for which the asker has none.
const oembedWidth = 400

// apiEmbed says how another site shows a post of ours that everybody may read:
// as a quotation with a link, without a script or a frame of ours, which takes
// the place that it is given. The asker is a stranger, whoever they are.
//
// Spec: Mastodon oembed; Spec: oEmbed 2.2
func (s *Service) apiEmbed(r *masto.Req) error {
	width, err := pixels(r, "maxwidth")
	if err != nil {
		return err
	}
	height, err := pixels(r, "maxheight")
	if err != nil {
		return err
	}
	if width == nil {
		width = masto.Ptr(oembedWidth)
	}
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
		ProviderName: s.Accounts.Host, ProviderURL: s.Accounts.Base + "/", CacheAge: 86400, HTML: quote, Width: *width, Height: height})
}

// pixels reads a size, nil when it is not given.
func pixels(r *masto.Req, name string) (*int, error) {
	text := r.String(name)
	if text == "" {
		return nil, nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n <= 0 {
		return nil, apperr.Invalid("masto.bad_value", name).Field(name, "masto.bad_value", name)
	}
	return masto.Ptr(int(n)), nil
}
