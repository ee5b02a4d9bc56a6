package group

import (
	"context"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/post"
)

// Whoever is put out of a group, or left a closed one, says nothing there any more: neither by
// changing what they wrote before, nor from the account to which they moved.

// mayEdit refuses to change what stands in a group to who is put out of it, or reads it no more; they may delete it.
func (s *Service) mayEdit(ctx context.Context, v *auth.Viewer, p *post.Post) error {
	row, err := placed(ctx, s.DB.Read(), p.ID)
	if err != nil || row == nil || row.State != Shown {
		return err
	}
	m, err := membership(ctx, s.DB.Read(), row.GroupID, v.AccountID)
	if err == nil && m != nil && m.State == Banned {
		return apperr.Forbidden("group.banned_edit")
	}
	if err != nil || p.Audience != post.Group {
		return err
	}
	if out, err := post.Left(ctx, s.DB.Read(), v.AccountID, p); err != nil || !out {
		return err
	}
	return apperr.Forbidden("group.left_edit")
}

// rewritten takes out of a group of ours what somebody of another server changes who was put out of it, and
// passes nothing on of who belongs to a closed one no more. The numbers of a poll are no change.
func (s *Service) rewritten(ctx context.Context, tx *db.Tx, p *post.Post, row *Post, in *route.Inbound) (out bool, err error) {
	if row.State != Shown {
		return false, nil
	}
	g, err := ByID(ctx, tx, row.GroupID)
	if err != nil {
		return false, ignoreMissing(err)
	}
	m, err := membership(ctx, tx, g.AccountID, p.AccountID)
	if err == nil && g.Closed() && !m.In() && (m == nil || m.State != Banned) {
		return true, nil
	}
	if err != nil || m == nil || m.State != Banned || in.Object != nil && in.Object.Is("Question") && p.EditedAt <= m.Since {
		return false, err
	}
	return true, s.judge(ctx, tx, g, g.AccountID, p, Removed, "", nil)
}

// standing is how somebody stands to a group of ours: as the account does from which
// they moved, when that was put out of it. Only moves that both accounts confirmed count, or
// anybody could have others put out.
func standing(ctx context.Context, q db.Q, groupID int64, who *account.Account) (*Membership, error) {
	m, err := membership(ctx, q, groupID, who.ID)
	if err != nil || m != nil {
		return m, err
	}
	n, err := db.Get[int](ctx, q, `select count(*) from account_move v join group_member b on b.account_id = v.account_id and b.group_id = $1 and b.state = 'banned'
		where v.target_uri = $2`, groupID, who.URI)
	if err != nil || n == 0 {
		return nil, err
	}
	return &Membership{GroupID: groupID, AccountID: who.ID, Role: Member, State: Banned}, nil
}
