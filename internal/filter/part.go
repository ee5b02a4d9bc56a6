package filter

import (
	"context"
	"strings"

	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/web"
)

// partName is the key of the filters that a view meets.
const partName = "filter"

// Part marks posts with the filters of their reader.
func (s *Service) Part() post.Part {
	return post.Part{Name: partName, Load: s.load, Entity: entity, Card: card, Bury: bury}
}

func bury(ctx context.Context, tx *db.Tx, p *post.Post) error {
	_, err := tx.Exec(ctx, `delete from filter_status where post_id = $1`, p.ID)
	return err
}

// Hits are the filters that a view, or what it boosts, meets.
func Hits(w *post.View) []Hit {
	if w.Boost != nil {
		w = w.Boost
	}
	return post.PartOf[[]Hit](w, partName)
}

// Hidden reports whether a post is to be left out in a context.
func Hidden(w *post.View, where string) bool {
	for _, h := range Hits(w) {
		if h.Filter.Action == Hide && h.Filter.In(where) {
			return true
		}
	}
	return false
}

// Showing leaves out what the reader's filters hide in a context.
func Showing(views []*post.View, where string) []*post.View {
	out := make([]*post.View, 0, len(views))
	for _, w := range views {
		if !Hidden(w, where) {
			out = append(out, w)
		}
	}
	return out
}

// entity shows apps which filters a post meets, whatever the context: they know where they show it.
//
// Spec: Mastodon entities/FilterResult
func entity(v *auth.Viewer, w *post.View, e *masto.Status) {
	hits := post.PartOf[[]Hit](w, partName)
	if v == nil || len(hits) == 0 {
		return
	}
	list := make(masto.Array[masto.FilterHit], len(hits))
	for i, h := range hits {
		list[i] = masto.FilterHit{Filter: h.Filter.Entity(), KeywordMatches: h.Keywords}
		for _, id := range h.Posts {
			list[i].StatusMatches = append(list[i].StatusMatches, masto.ID(id))
		}
	}
	e.Filtered = &list
}

// where is the context of one of our pages.
func where(path string) string {
	switch {
	case path == "/notifications":
		return Notifications
	case strings.HasPrefix(path, "/@"):
		if strings.Count(path, "/") > 1 {
			return Thread
		}
		return Profile
	case strings.HasPrefix(path, "/tags/"), path == "/recherche":
		return Public
	}
	return Home
}

// card folds a post behind the title of the filter that it meets where it is
// shown. The lists leave hidden posts out; in a thread a line stands in their place.
func card(c *httpx.Ctx, w *post.View, k *web.PostCard) {
	for _, h := range post.PartOf[[]Hit](w, partName) {
		at := where(c.R.URL.Path)
		if !h.Filter.In(at) {
			continue
		}
		switch h.Filter.Action {
		case Hide:
			k.Removed, k.RemovedWords = true, c.T("filter.hidden", "Title", h.Filter.Title)
			return
		case Warn:
			k.CW = c.T("filter.folded", "Title", h.Filter.Title)
			return
		}
	}
}

// Entity is a filter as client apps know it.
//
// Spec: Mastodon entities/Filter
func (f *Filter) Entity() masto.Filter {
	e := masto.Filter{ID: masto.ID(f.ID), Title: f.Title, Context: strings.Fields(f.Contexts), ExpiresAt: masto.AtOrNil(f.ExpiresAt), FilterAction: f.Action}
	for _, k := range f.Keywords {
		e.Keywords = append(e.Keywords, k.Entity())
	}
	for _, p := range f.Statuses {
		e.Statuses = append(e.Statuses, p.Entity())
	}
	return e
}

// Entity is a word of a filter as client apps know it.
func (k Keyword) Entity() masto.FilterKeyword {
	return masto.FilterKeyword{ID: masto.ID(k.ID), Keyword: k.Keyword, WholeWord: k.WholeWord}
}

// Entity is a post of a filter as client apps know it.
func (p Status) Entity() masto.FilteredStatus {
	return masto.FilteredStatus{ID: masto.ID(p.ID), StatusID: masto.ID(p.PostID)}
}
