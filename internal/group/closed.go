package group

import (
	"context"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/post"
)

// checkClosed judges a draft for a closed group of another server, of which v must be
// a member; done is false for all other groups. What names one without being for it
// says nothing of it.
func (s *Service) checkClosed(ctx context.Context, q db.Q, v *auth.Viewer, d *post.Draft, w *wanted, in *Post, named bool) (done bool, err error) {
	a, err := account.ByID(ctx, q, w.groupID)
	if err != nil || a.Local() || a.Kind != account.Group || a.Public {
		return false, ignoreMissing(err)
	}
	is, err := granted(ctx, q, a.ID, v.AccountID)
	switch {
	case err != nil:
		return true, err
	case !is && named:
		return true, nil // words
	case !is || a.Gone():
		return true, unknown()
	}
	if yes, err := affiliated(ctx, q, a.Host); err != nil {
		return true, err
	} else if !yes {
		return true, apperr.Forbidden("group.cut_off")
	}
	if in != nil {
		if err := s.unlocked(ctx, q, in.ThreadID, nil); err != nil {
			return true, err
		}
	}
	// It is in the thread when the group's server has said so.
	w.state, w.by = Waiting, v.AccountID
	d.Audience, d.ScopeID, d.Unlisted = post.Group, a.ID, false
	d.Parts = with(d.Parts, w)
	return true, nil
}

// granted reports whether an account reads what is for the members of a group.
func granted(ctx context.Context, q db.Q, groupID, accountID int64) (bool, error) {
	n, err := db.Get[int](ctx, q, `select count(*) from audience_account where scope_id = $1 and account_id = $2`, groupID, accountID)
	return n > 0, err
}

// takeClosed gives a received post to the closed group that it is for; that its author
// belongs to it was looked at before.
func (s *Service) takeClosed(ctx context.Context, tx *db.Tx, p *post.Post) error {
	row := &Post{PostID: p.ID, GroupID: p.ScopeID, ThreadID: p.ThreadID, State: Shown}
	if p.ReplyToID == 0 && p.ReplyToURI != "" {
		return nil // to something that is not here
	}
	g, err := ByID(ctx, tx, row.GroupID)
	if apperr.Is(err, apperr.KindNotFound) {
		if err := settleRemote(ctx, tx, row, p.URI, p.ReplyToURI != "", p.CreatedAt); err != nil {
			return err
		}
		if err := s.put(ctx, tx, nil, row, p); err != nil || p.ReplyToID != 0 || row.State != Shown {
			return err
		}
		return s.relayed(ctx, tx, row.GroupID, p, true)
	} else if err != nil {
		return err
	}
	me, err := membership(ctx, tx, g.AccountID, p.AccountID)
	if err != nil {
		return err
	}
	state, why := g.accepts(me)
	if why == nil && p.ReplyToID != 0 {
		why = s.unlocked(ctx, tx, row.ThreadID, me)
	}
	if why == nil {
		row.State = state
		return s.put(ctx, tx, g, row, p)
	}
	if !apperr.Is(why, apperr.KindForbidden) {
		return why
	}
	// Nobody but its author reads what was refused; its Create is answered so.
	p.Audience, p.ScopeID = post.Direct, 0
	if _, err := tx.Exec(ctx, `update post set audience = 'direct', scope_id = 0 where id = $1`, p.ID); err != nil {
		return err
	}
	e, _ := apperr.As(why)
	row.State, row.Reason = Refused, e.Key
	return db.Insert(ctx, tx, "group_post", row)
}
