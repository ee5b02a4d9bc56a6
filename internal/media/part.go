package media

import (
	"context"
	"slices"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
)

// PartName is the key of this slice's part of posts, a []*Media.
const PartName = "media"

// Part is what this slice adds to posts.
func (s *Service) Part() post.Part {
	return post.Part{
		Name: PartName, Stands: true, Unasked: wanted{},
		Asked: asked, AskedForm: s.askedForm, Compose: s.compose,
		Check: s.checkDraft, Store: s.store, Revise: revise, Write: s.write, Take: s.take, Spare: s.spare, Spared: s.spared, Bury: s.bury,
		Load: load, Entity: s.entities, Past: s.past, Card: s.card,
	}
}

// wanted is what a draft asks for: these media, in this order, with these words.
type wanted struct {
	IDs   []int64
	Words map[int64]words
	mixed bool // pictures beside a sound or a video
}

type words struct{ Description, Focus *string }

// asked reads what an app wants of the media of a post. An edit that names none
// takes all away (Part.Unasked), as clients that send forms can say it in no other
// way; one that only changes words leaves them as they are.
//
// Spec: Mastodon statuses#create; Spec: Mastodon statuses#edit
func asked(_ context.Context, _ *auth.Viewer, p masto.Params) (any, error) {
	if !p.Has("media_ids") && !p.Has("media_attributes") {
		return nil, nil
	}
	w := wanted{Words: map[int64]words{}}
	for _, v := range p.Strings("media_ids") {
		if v == "" {
			continue
		}
		id, ok := ids.Parse(v)
		if !ok {
			return nil, apperr.Invalid("media.not_yours").Field("media_ids", "media.not_yours")
		}
		if !slices.Contains(w.IDs, id) {
			w.IDs = append(w.IDs, id)
		}
	}
	for _, a := range p.Hashes("media_attributes") {
		if id, ok := a.IDParam("id"); ok {
			w.Words[id] = words{a.Opt("description"), a.Opt("focus")}
		}
	}
	if !p.Has("media_ids") {
		for id := range w.Words {
			w.IDs = append(w.IDs, id)
		}
		return partial{w}, nil
	}
	return w, nil
}

// Piece is one medium that another slice puts into a post, with its description.
type Piece struct {
	ID          int64
	Description string
}

// Want is what a draft asks for whose media another slice chose: these, in this
// order, pictures and a sound or a video together if it wants so.
func Want(list ...Piece) any {
	w := wanted{Words: map[int64]words{}, mixed: true}
	for _, p := range list {
		w.IDs, w.Words[p.ID] = append(w.IDs, p.ID), words{Description: &p.Description}
	}
	return w
}

// partial is wanted by an edit that changes words and leaves the media as they are.
type partial struct{ wanted }

// checkDraft judges the media of a draft: at most four pictures, or one sound or
// video, each one's own, ready, and in no other post. What a slice put together
// beside each other may stay so.
func (s *Service) checkDraft(ctx context.Context, v *auth.Viewer, d *post.Draft, old *post.Post) error {
	a, ok := d.Parts[PartName]
	if !ok {
		return nil
	}
	w, ok := a.(wanted)
	if pt, is := a.(partial); is {
		if old == nil {
			delete(d.Parts, PartName)
			return noWords(d)
		}
		w = pt.wanted
		have, err := byPosts(ctx, s.DB.Read(), []int64{old.ID})
		if err != nil {
			return err
		}
		w.IDs = nil
		for _, m := range have[old.ID] {
			w.IDs = append(w.IDs, m.ID)
		}
	} else if !ok {
		return apperr.BadRequest("httpx.bad_request")
	}
	if len(w.IDs) == 0 {
		if err := noWords(d); err != nil {
			return err
		}
		if old == nil {
			delete(d.Parts, PartName)
			return nil
		}
	}
	if len(w.IDs) > MaxPerPost {
		return apperr.Invalid("media.too_many_in_post", MaxPerPost).Field("media_ids", "media.too_many_in_post", MaxPerPost)
	}
	in := int64(0)
	if old != nil {
		in = old.ID
	}
	list, err := s.usable(ctx, s.DB.Read(), v.AccountID, in, w.IDs)
	if err != nil {
		return err
	}
	fresh := slices.ContainsFunc(list, func(m *Media) bool { return m.PostID == 0 })
	for _, m := range list {
		switch {
		case m.Kind != Image && len(list) > 1 && fresh && !w.mixed:
			return apperr.Invalid("media.one_film").Field("media_ids", "media.one_film")
		case m.State == Working:
			return apperr.Invalid("media.working").Field("media_ids", "media.working")
		case m.State == Failed:
			return apperr.Invalid("media.broken").Field("media_ids", "media.broken")
		}
		if x, ok := w.Words[m.ID]; ok {
			if err := m.describe(x.Description, x.Focus); err != nil {
				return err
			}
		}
	}
	d.Parts[PartName] = w
	return nil
}

// noWords refuses a post that has neither a text nor anything else.
func noWords(d *post.Draft) error {
	if d.Text != "" || len(d.Parts) > 1 {
		return nil
	}
	return apperr.Invalid("post.empty").Field("text", "post.empty")
}

// usable finds media of accountID that are in no post, or in this one.
func (s *Service) usable(ctx context.Context, q db.Q, accountID, postID int64, wantedIDs []int64) ([]*Media, error) {
	out := make([]*Media, 0, len(wantedIDs))
	for _, id := range wantedIDs {
		m, err := byID(ctx, q, id)
		if apperr.Is(err, apperr.KindNotFound) || err == nil && (m.AccountID != accountID || m.Use != ForPost || !m.own() || m.PostID != 0 && m.PostID != postID) {
			return nil, apperr.Invalid("media.not_yours").Field("media_ids", "media.not_yours")
		} else if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

// store puts media into their post, and deletes those that an edit leaves out.
func (s *Service) store(ctx context.Context, tx *db.Tx, p *post.Post, a any) error {
	w := a.(wanted) // checkDraft made it
	list, err := s.usable(ctx, tx, p.AccountID, p.ID, w.IDs)
	if err != nil {
		return err
	}
	have, err := byPosts(ctx, tx, []int64{p.ID})
	if err != nil {
		return err
	}
	var gone []*Media
	for _, m := range have[p.ID] {
		if !slices.Contains(w.IDs, m.ID) {
			gone = append(gone, m)
		}
	}
	if err := drop(ctx, tx, gone); err != nil {
		return err
	}
	for i, m := range list {
		if x, ok := w.Words[m.ID]; ok {
			if err := m.describe(x.Description, x.Focus); err != nil {
				return err
			}
		}
		if err := saveWords(ctx, tx, m); err != nil {
			return err
		}
		if err := exec(ctx, tx, `update media set post_id = $1, place = $2 where id = $3`, p.ID, i, m.ID); err != nil {
			return err
		}
	}
	return nil
}

// bury deletes the media of a post with it.
//
// Spec: ME6
func (s *Service) bury(ctx context.Context, tx *db.Tx, p *post.Post) error {
	list, err := byPosts(ctx, tx, []int64{p.ID})
	if err != nil {
		return err
	}
	return drop(ctx, tx, list[p.ID])
}

func load(ctx context.Context, q db.Q, _ *auth.Viewer, views []*post.View) error {
	posts := make([]int64, len(views))
	for i, w := range views {
		posts[i] = w.ID
	}
	list, err := byPosts(ctx, q, posts)
	if err != nil || len(list) == 0 {
		return err
	}
	for _, w := range views {
		if m := list[w.ID]; m != nil {
			w.SetPart(PartName, m)
		}
	}
	return nil
}
