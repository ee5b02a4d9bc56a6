package post

import (
	"context"
	"net/url"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/web"
)

// Part is what a slice above adds to posts: pictures, a poll, a quotation,
// whether the reader keeps them. It is a struct of optional functions; this
// package calls them where a post is asked for, written, received, sent, shown
// and erased, and knows nothing of what they do. Boosts carry no parts.
type Part struct {
	Name string // the key of Draft.Parts and View.Parts

	// Stands says that a post may consist of this part alone, without a text.
	Stands bool

	// Asked reads what an app wants, AskedForm what a page does, of a new post or an
	// edit. nil means nothing: no such part, or in an edit, the part as it is.
	Asked     func(ctx context.Context, v *auth.Viewer, p masto.Params) (any, error)
	AskedForm func(c *httpx.Ctx, form url.Values) (any, error)
	// Unasked is what an app's edit means that says nothing of the part; nil leaves it as it is.
	Unasked any
	// Compose fills its fields of the form; form is what was typed before, old the
	// post being edited, nil for a new one.
	Compose func(c *httpx.Ctx, form url.Values, old *View, composer *web.Composer) error

	// Check judges a draft before any transaction is open, so it may ask the
	// network; old is the post being edited, nil for a new one. It may replace what
	// is in d.Parts, and narrow the audience.
	Check func(ctx context.Context, v *auth.Viewer, d *Draft, old *Post) error
	// Store writes the part of a post of ours before its document is made; asked is never nil.
	Store func(ctx context.Context, tx *db.Tx, p *Post, asked any) error
	// Revise keeps the part as it was before an edit.
	Revise func(ctx context.Context, tx *db.Tx, p *Post, revisionID int64) error
	// Changed reports whether a received document says something else of the part
	// than what is stored: an edit, though no word of the text changed.
	Changed func(ctx context.Context, tx *db.Tx, p *Post, doc *as.Doc) (bool, error)
	// Write adds the part to the document of a post of ours.
	Write func(ctx context.Context, q db.Q, p *Post, n *as.Note) error
	// Take reads the part of a received post from its document and writes it, anew at
	// each edit.
	Take func(ctx context.Context, tx *db.Tx, p *Post, d *as.Doc) error
	// Spare keeps what the author of a post that will be erased may put into a new
	// one, and Spared shows it to apps.
	Spare  func(ctx context.Context, tx *db.Tx, p *Post) error
	Spared func(ctx context.Context, v *auth.Viewer, e *masto.Status) error
	// Holds refuses that an author deletes a post that others count on; moderators
	// may take it down, and it goes with its author.
	Holds func(ctx context.Context, tx *db.Tx, p *Post) error
	// Bury erases the part with its post.
	Bury func(ctx context.Context, tx *db.Tx, p *Post) error

	// Load finds the part for all views of a page, in one query, and puts it into
	// View.Parts. v is nil for a stranger. No view is of a boost.
	Load func(ctx context.Context, q db.Q, v *auth.Viewer, views []*View) error
	// Entity shows the part to apps, Card on pages.
	Entity func(v *auth.Viewer, w *View, e *masto.Status)
	Card   func(c *httpx.Ctx, w *View, card *web.PostCard)
	// Past shows the part to apps in the earlier versions of a post: out[i] is
	// versions[i]. The present version, the last of out, has what Entity shows.
	Past func(ctx context.Context, q db.Q, w *View, versions []Revision, out []masto.StatusEdit) error
}

// PartOf is the part of a view, the zero value when it has none.
func PartOf[T any](w *View, name string) T {
	v, _ := w.Parts[name].(T)
	return v
}

// SetPart puts a part into a view.
func (w *View) SetPart(name string, v any) {
	if w.Parts == nil {
		w.Parts = make(map[string]any, 2)
	}
	w.Parts[name] = v
}

// SetPart puts what somebody asks of a part into a draft.
func (d *Draft) SetPart(name string, asked any) {
	if d.Parts == nil {
		d.Parts = make(map[string]any, 1)
	}
	d.Parts[name] = asked
}

// stands reports whether a draft says something without its text.
func (s *Service) stands(d *Draft) bool {
	for _, part := range s.Parts {
		if part.Stands && d.Parts[part.Name] != nil {
			return true
		}
	}
	return false
}

func (s *Service) askedParts(ctx context.Context, v *auth.Viewer, params masto.Params, d *Draft) error {
	return s.gather(d, func(p Part) (any, error) {
		if p.Asked == nil {
			return nil, nil
		}
		return p.Asked(ctx, v, params)
	})
}

func (s *Service) askedByForm(c *httpx.Ctx, form url.Values, d *Draft) error {
	return s.gather(d, func(p Part) (any, error) {
		if p.AskedForm == nil {
			return nil, nil
		}
		return p.AskedForm(c, form)
	})
}

func (s *Service) gather(d *Draft, ask func(Part) (any, error)) error {
	for _, part := range s.Parts {
		asked, err := ask(part)
		if err != nil {
			return err
		}
		if asked != nil {
			d.SetPart(part.Name, asked)
		}
	}
	return nil
}

func (s *Service) composeParts(c *httpx.Ctx, form url.Values, old *View, composer *web.Composer) error {
	for _, part := range s.Parts {
		if part.Compose == nil {
			continue
		}
		if err := part.Compose(c, form, old, composer); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) checkParts(ctx context.Context, v *auth.Viewer, d *Draft, old *Post) error {
	for _, part := range s.Parts {
		if part.Check == nil {
			continue
		}
		if err := part.Check(ctx, v, d, old); err != nil {
			return err
		}
	}
	return nil
}

// filler writes the parts of a post that is being stored.
type filler func(ctx context.Context, tx *db.Tx, p *Post) error

// asked fills a post of ours with what its draft asks for.
func (s *Service) asked(d Draft) filler {
	return func(ctx context.Context, tx *db.Tx, p *Post) error {
		for _, part := range s.Parts {
			if part.Store == nil || d.Parts[part.Name] == nil {
				continue
			}
			if err := part.Store(ctx, tx, p, d.Parts[part.Name]); err != nil {
				return err
			}
		}
		return nil
	}
}

// taken fills a received post from its document.
func (s *Service) taken(doc *as.Doc) filler {
	return func(ctx context.Context, tx *db.Tx, p *Post) error {
		for _, part := range s.Parts {
			if part.Take == nil {
				continue
			}
			if err := part.Take(ctx, tx, p, doc); err != nil {
				return err
			}
		}
		return nil
	}
}

// empty fills nothing: boosts have no parts.
func empty(context.Context, *db.Tx, *Post) error { return nil }

func (s *Service) reviseParts(ctx context.Context, tx *db.Tx, p *Post, revisionID int64) error {
	for _, part := range s.Parts {
		if part.Revise == nil {
			continue
		}
		if err := part.Revise(ctx, tx, p, revisionID); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) changedParts(ctx context.Context, tx *db.Tx, p *Post, doc *as.Doc) (bool, error) {
	for _, part := range s.Parts {
		if part.Changed == nil {
			continue
		}
		if yes, err := part.Changed(ctx, tx, p, doc); yes || err != nil {
			return yes, err
		}
	}
	return false, nil
}

func (s *Service) writeParts(ctx context.Context, q db.Q, p *Post, n *as.Note) error {
	for _, part := range s.Parts {
		if part.Write == nil {
			continue
		}
		if err := part.Write(ctx, q, p, n); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) buryParts(ctx context.Context, tx *db.Tx, p *Post) error {
	for _, part := range s.Parts {
		if part.Bury == nil {
			continue
		}
		if err := part.Bury(ctx, tx, p); err != nil {
			return err
		}
	}
	return nil
}

// loadParts loads the parts of views and of what the boosts among them show.
func (s *Service) loadParts(ctx context.Context, q db.Q, v *auth.Viewer, views []*View) error {
	if len(s.Parts) == 0 || len(views) == 0 {
		return nil
	}
	flat := make([]*View, len(views))
	for i, w := range views {
		if flat[i] = w; w.Boost != nil {
			flat[i] = w.Boost
		}
	}
	for _, part := range s.Parts {
		if part.Load == nil {
			continue
		}
		if err := part.Load(ctx, q, v, flat); err != nil {
			return err
		}
	}
	return nil
}
