package post

import (
	"context"
	"errors"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
)

// Activities are what other servers may tell us about posts.
//
// Spec: AP 7
func (s *Service) Activities() []route.Activity {
	var out []route.Activity
	for _, t := range objectTypes {
		out = append(out,
			route.Activity{Type: "Create", Object: t, Prepare: s.prepareCreate, Handle: ignore(s.onCreate)},
			route.Activity{Type: "Update", Object: t, Prepare: s.prepareUpdate, Handle: ignore(s.onUpdate)})
	}
	return append(out,
		// NodeBB tells a deletion so.
		route.Activity{Type: "Update", Object: "Tombstone", Handle: ignore(s.onDelete)},
		route.Activity{Type: "Delete", Object: "*", Handle: ignore(s.onDelete)},
		route.Activity{Type: "Announce", Object: "*", Prepare: s.prepareAnnounce, Handle: ignore(s.onAnnounce)},
		route.Activity{Type: "Like", Object: "*", Handle: ignore(s.onLike)},
		// A reaction with an emoji is a favourite here; so is a Like with one.
		route.Activity{Type: "EmojiReact", Object: "*", Handle: ignore(s.onLike)},
		route.Activity{Type: "Undo", Object: "EmojiReact", Handle: ignore(s.onUndoLike)},
		route.Activity{Type: "Undo", Object: "Like", Handle: ignore(s.onUndoLike)},
		route.Activity{Type: "Undo", Object: "Announce", Handle: ignore(s.onUndoAnnounce)},
		route.Activity{Type: "Undo", Object: "", Handle: ignore(s.onUndoByID)},
	)
}

// ignore turns "concerns nobody here" into success: the sender has done nothing wrong.
func ignore(h func(context.Context, *db.Tx, *route.Inbound) error) func(context.Context, *db.Tx, *route.Inbound) error {
	return func(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
		err := h(ctx, tx, in)
		if errors.Is(err, errIgnored) {
			return nil
		}
		return err
	}
}

// prepareCreate fetches the unknown parents of a post that concerns us, so that its thread is whole.
func (s *Service) prepareCreate(ctx context.Context, f route.Fetcher, in *route.Inbound) error {
	if in.Object == nil {
		return nil
	}
	parent := as.HTTPURL(in.Object.InReplyTo())
	if parent == "" {
		return nil
	}
	c, err := s.read(ctx, s.DB.Read(), in.Object, in.Actor, in.Via)
	if err != nil {
		return nil // onCreate says why
	}
	if yes, err := s.concerned(ctx, s.DB.Read(), c); err != nil || !yes {
		return err
	}
	// A parent that cannot be had leaves the post without one.
	if _, err := s.ensure(ctx, f, parent, in.Via, maxChain); err != nil && ctx.Err() != nil {
		return err
	}
	return nil
}

// prepareUpdate does so for an edit that came before its post: that is then in its
// thread, and what comes of the edit is done, as when it comes in time.
func (s *Service) prepareUpdate(ctx context.Context, f route.Fetcher, in *route.Inbound) error {
	if in.Object == nil || in.Object.InReplyTo() == "" {
		return nil
	}
	if _, err := RawByURI(ctx, s.DB.Read(), in.Object.ID()); !apperr.Is(err, apperr.KindNotFound) {
		return err
	}
	return s.prepareCreate(ctx, f, in)
}

func (s *Service) onCreate(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	if in.Object == nil || IsVote(in.Object) {
		return errIgnored
	}
	c, err := s.read(ctx, tx, in.Object, in.Actor, in.Via)
	if err != nil {
		return err
	}
	if yes, err := s.concerned(ctx, tx, c); err != nil {
		return err
	} else if !yes {
		return errIgnored
	}
	_, err = s.keep(ctx, tx, c)
	return err
}

// IsVote reports whether a note is a vote in a poll: a name that answers, and no text.
//
// Spec: FEP-9967
func IsVote(d *as.Doc) bool {
	return d.Is("Note") && d.Has("name") && d.Has("inReplyTo") && d.Content() == ""
}

// onUpdate edits a post that we have. Its audience stays what it was: an edit
// never shows a post to more people.
func (s *Service) onUpdate(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	if in.Object == nil {
		return errIgnored
	}
	c, err := s.read(ctx, tx, in.Object, in.Actor, in.Via)
	if err != nil {
		return err
	}
	p, err := RawByURI(ctx, tx, c.post.URI)
	if apperr.Is(err, apperr.KindNotFound) {
		return s.overtaken(ctx, tx, c)
	} else if err != nil {
		return err
	}
	if p.AccountID != in.Actor.ID || p.Local {
		return apperr.Forbidden("federation.not_owner")
	}
	if p.DeletedAt != 0 {
		return errIgnored
	}
	told, at := in.Object.Updated(), in.ReceivedAt.UnixMilli()
	if !told.IsZero() {
		at = dateOf(told)
	}
	if c.doc.Likes().Doc != nil || c.doc.Shares().Doc != nil {
		if err := saveTotals(ctx, tx, p, c.post.LikesSaid, c.post.BoostsSaid); err != nil {
			return err
		}
	}
	same := p.Content == c.post.Content && p.Warning == c.post.Warning && p.Title == c.post.Title
	if same {
		other, err := s.changedParts(ctx, tx, p, c.doc)
		if err != nil {
			return err
		}
		same = !other
	}
	// Peers tell the second only, in which two edits may fall.
	if at < p.EditedAt {
		return errIgnored
	}
	if same && (told.IsZero() || at == p.EditedAt) {
		// No edit: the numbers of a poll are told so.
		if err := s.taken(c.doc)(ctx, tx, p); err != nil {
			return err
		}
		return SaveDocument(ctx, tx, p.ID, c.doc.Bytes)
	}
	if !same {
		if err := s.revise(ctx, tx, p); err != nil {
			return err
		}
	}
	p.Title, p.Content, p.Warning, p.Sensitive, p.Lang, p.EditedAt = c.post.Title, c.post.Content, c.post.Warning, c.post.Sensitive, c.post.Lang, at
	if err := addressee(ctx, tx, p, c); err != nil {
		return err
	}
	if err := s.edited(ctx, tx, p, c.tags, c.mentions, s.taken(c.doc)); err != nil {
		return err
	}
	return SaveDocument(ctx, tx, p.ID, c.doc.Bytes)
}

// overtaken keeps a post of which an edit came before the post itself: what comes
// later is older.
func (s *Service) overtaken(ctx context.Context, tx *db.Tx, c *incoming) error {
	if yes, err := s.concerned(ctx, tx, c); err != nil {
		return err
	} else if !yes {
		return errIgnored
	}
	_, err := s.keep(ctx, tx, c)
	return err
}

// onDelete erases a post, or remembers that it must not come: a Delete may
// overtake its Create.
//
// Spec: FEP-4f05
func (s *Service) onDelete(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	uri := in.ObjectURI
	if uri == "" || uri == in.Actor.URI {
		return errIgnored // an account, not a post
	}
	p, err := RawByURI(ctx, tx, uri)
	if s.Governs != nil && err == nil && p.AccountID != in.Actor.ID {
		if yes, err := s.Governs(ctx, tx, in); err != nil {
			return err
		} else if yes {
			return errIgnored
		}
	}
	if !as.SameOrigin(uri, in.Actor.URI) {
		return apperr.Forbidden("federation.origin")
	}
	if apperr.Is(err, apperr.KindNotFound) {
		return entomb(ctx, tx, uri, in.Actor.ID)
	} else if err != nil {
		return err
	}
	if p.AccountID != in.Actor.ID {
		return apperr.Forbidden("federation.not_owner")
	}
	if p.DeletedAt != 0 {
		return nil
	}
	if err := entomb(ctx, tx, uri, certain); err != nil {
		return err
	}
	return s.erase(ctx, tx, p)
}

// reactable finds the post that a reaction is about, if its sender may read it.
// The answer is the same for what is hidden and for what does not exist.
func (s *Service) reactable(ctx context.Context, tx *db.Tx, by *route.Actor, uri string) (*Post, error) {
	cond, args := Visible(askedBy(by), "p", []any{uri})
	p, err := one(ctx, tx, `p.uri = $1 and p.boost_of_id = 0 and `+cond, args...)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, errIgnored
	}
	return p, err
}

func (s *Service) onLike(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	p, err := s.reactable(ctx, tx, in.Actor, in.ObjectURI)
	if err != nil {
		return err
	}
	if p.Audience == Group {
		return errIgnored // that stays on everybody's own server
	}
	if gone, err := Entombed(ctx, tx, in.Doc.ID(), in.Actor.ID); err != nil || gone {
		return err
	}
	_, err = s.addLike(ctx, tx, &Like{in.Actor.ID, p.ID, s.IDs.New(), in.Doc.ID(), time.Now().UnixMilli()}, p)
	return err
}

func (s *Service) onUndoLike(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	inner := in.Doc.Object().Doc()
	if inner == nil {
		return errIgnored
	}
	if !route.Own(inner, in.Actor) {
		return apperr.Forbidden("federation.not_owner")
	}
	if id := inner.ID(); id != "" {
		if err := s.entombOwn(ctx, tx, in, id); err != nil {
			return err
		}
	}
	p, err := RawByURI(ctx, tx, inner.Object().ID())
	if apperr.Is(err, apperr.KindNotFound) {
		return errIgnored
	} else if err != nil {
		return err
	}
	_, err = s.dropLike(ctx, tx, in.Actor.ID, p)
	return err
}

func (s *Service) onUndoAnnounce(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	inner := in.Doc.Object().Doc()
	if inner == nil {
		return errIgnored
	}
	if !route.Own(inner, in.Actor) {
		return apperr.Forbidden("federation.not_owner")
	}
	if id := inner.ID(); id != "" {
		if err := s.entombOwn(ctx, tx, in, id); err != nil {
			return err
		}
	}
	b, err := one(ctx, tx, `p.account_id = $1 and p.deleted_at = 0 and p.boost_of_id <> 0 and
		(p.uri = $2 or p.boost_of_id = (select o.id from post o where o.uri = $3))`, in.Actor.ID, inner.ID(), inner.Object().ID())
	if apperr.Is(err, apperr.KindNotFound) {
		return errIgnored
	} else if err != nil {
		return err
	}
	return s.unboost(ctx, tx, b)
}

// onUndoByID undoes what is only named: one of the sender's boosts or likes.
func (s *Service) onUndoByID(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	if err := s.entombOwn(ctx, tx, in, in.ObjectURI); err != nil {
		return err
	}
	b, err := one(ctx, tx, `p.uri = $1 and p.account_id = $2 and p.boost_of_id <> 0 and p.deleted_at = 0`, in.ObjectURI, in.Actor.ID)
	if err == nil {
		return s.unboost(ctx, tx, b)
	} else if !apperr.Is(err, apperr.KindNotFound) {
		return err
	}
	id, err := db.Get[int64](ctx, tx, `select post_id from post_like where uri = $1 and account_id = $2`, in.ObjectURI, in.Actor.ID)
	if apperr.Is(err, apperr.KindNotFound) {
		return errIgnored
	} else if err != nil {
		return err
	}
	p, err := Raw(ctx, tx, id)
	if err != nil {
		return err
	}
	_, err = s.dropLike(ctx, tx, in.Actor.ID, p)
	return err
}

// entombOwn remembers that one of the sender's own activities was undone.
func (s *Service) entombOwn(ctx context.Context, tx *db.Tx, in *route.Inbound, uri string) error {
	if !as.SameOrigin(uri, in.Actor.URI) {
		return apperr.Forbidden("federation.origin")
	}
	return entomb(ctx, tx, uri, in.Actor.ID)
}
