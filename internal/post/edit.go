package post

import (
	"context"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/notify"
)

// Edit changes a post of one's own. The audience never changes.
//
// Spec: Mastodon statuses#edit
func (s *Service) Edit(ctx context.Context, v *auth.Viewer, id int64, d Draft) (*Post, error) {
	before, err := s.mine(ctx, s.DB.Read(), v, id)
	if err != nil {
		return nil, err
	}
	d.Audience, d.ReplyTo = before.Audience, before.ReplyToID
	if err := s.check(&d, before.Source == ""); err != nil { // one that never had a text needs none now
		return nil, err
	}
	if err := s.checkParts(ctx, v, &d, before); err != nil {
		return nil, err
	}
	var parent *Post
	if before.ReplyToID != 0 {
		if parent, err = Raw(ctx, s.DB.Read(), before.ReplyToID); err != nil {
			return nil, err
		}
	}
	people, err := s.people(ctx, v, d, parent)
	if err != nil {
		return nil, err
	}
	var out *Post
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		p, err := s.mine(ctx, tx, v, id)
		if err != nil {
			return err
		}
		me, err := account.ByID(ctx, tx, v.AccountID)
		if err != nil {
			return err
		}
		if err := s.revise(ctx, tx, p); err != nil {
			return err
		}
		p.Source, p.Warning, p.Sensitive = d.Text, d.Warning, d.Sensitive
		if p.Title != "" && d.Title != "" { // what has a title keeps one, so that its kind never changes
			p.Title = d.Title
		}
		p.Content = s.render(d.Text, people, goesOut(me, p.Audience, people))
		if d.Lang != "" {
			p.Lang = d.Lang
		}
		p.EditedAt = max(time.Now().UnixMilli(), p.EditedAt+1) // others tell edits apart by it
		out = p
		if err := s.edited(ctx, tx, p, tagsOf(d.Text), accountsOf(people), s.asked(d)); err != nil {
			return err
		}
		if p.Audience.Leaves() {
			return s.sendUpdate(ctx, tx, p, time.UnixMilli(p.EditedAt))
		}
		return nil
	})
	return out, err
}

// revise keeps what a post said before an edit.
func (s *Service) revise(ctx context.Context, tx *db.Tx, p *Post) error {
	id := s.IDs.New()
	if err := keepRevision(ctx, tx, id, p); err != nil {
		return err
	}
	return s.reviseParts(ctx, tx, p, id)
}

// edited writes an edit, ours or received: those mentioned anew are told, and
// those who boosted it that it changed.
func (s *Service) edited(ctx context.Context, tx *db.Tx, p *Post, tags []Tag, mentions []int64, fill filler) error {
	if err := saveEdit(ctx, tx, p); err != nil {
		return err
	}
	if err := setMentions(ctx, tx, p.ID, mentions); err != nil {
		return err
	}
	if err := setTags(ctx, tx, p.ID, tags); err != nil {
		return err
	}
	if err := fill(ctx, tx, p); err != nil {
		return err
	}
	for _, id := range mentions {
		if err := s.Notify.Add(ctx, tx, id, notify.Mention, p.AccountID, p.ID); err != nil {
			return err
		}
	}
	boosters, err := db.All[int64](ctx, tx, `select p.account_id from post p join account a on a.id = p.account_id
		where p.boost_of_id = $1 and p.deleted_at = 0 and a.host = ''`, p.ID)
	if err != nil {
		return err
	}
	for _, id := range boosters {
		if err := s.Notify.Add(ctx, tx, id, notify.Update, p.AccountID, p.ID); err != nil {
			return err
		}
	}
	for _, hook := range s.Edited {
		if err := hook(ctx, tx, p); err != nil {
			return err
		}
	}
	return nil
}
