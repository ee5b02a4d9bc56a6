package group

import (
	"context"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/post"
)

// Link has a group of ours follow another open group, here or on another server
// of the movement, whose threads it carries from then on.
// Errors: KindForbidden for who does not animate the group, KindNotFound, KindInvalid with the field "address".
//
// Spec: FEP-d36d
func (s *Service) Link(ctx context.Context, v *auth.Viewer, groupID, targetID int64) error {
	target, _, err := s.seen(ctx, s.DB.Read(), v, targetID)
	if err != nil {
		return err
	}
	err = s.by(ctx, v, groupID, Animator, func(ctx context.Context, tx *db.Tx, g *Group, me *Membership) error {
		no := func(key string, args ...any) error {
			return apperr.Invalid(key, args...).Field("address", key, args...)
		}
		switch {
		case target.AccountID == g.AccountID:
			return no("group.link_self")
		case g.Closed():
			return no("group.link_closed")
		case target.Closed():
			return no("group.link_closed_there")
		}
		if yes, err := affiliated(ctx, tx, target.Account.Host); err != nil {
			return err
		} else if !yes && !target.Ours() {
			return no("group.link_outside", target.Account.Host)
		}
		n, err := db.Get[int](ctx, tx, `select count(*) from follow where account_id = $1`, g.AccountID)
		if err == nil && n >= maxLinks {
			err = no("group.links_many", maxLinks)
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := s.Follows.Follow(ctx, groupID, targetID, nil); err != nil {
		return err
	}
	return s.noteLink(ctx, v, groupID, targetID, "link")
}

// maxLinks is how many groups one may follow.
const maxLinks = 200

// Unlink has a group of ours follow another one no longer, and let go of its threads.
func (s *Service) Unlink(ctx context.Context, v *auth.Viewer, groupID, targetID int64) error {
	if err := s.by(ctx, v, groupID, Animator, func(context.Context, *db.Tx, *Group, *Membership) error { return nil }); err != nil {
		return err
	}
	if err := s.Follows.Unfollow(ctx, groupID, targetID); err != nil {
		return err
	}
	return s.noteLink(ctx, v, groupID, targetID, "unlink")
}

// CutLink ends that another group follows one of ours.
func (s *Service) CutLink(ctx context.Context, v *auth.Viewer, groupID, followerID int64) error {
	if err := s.by(ctx, v, groupID, Moderator, func(ctx context.Context, tx *db.Tx, _ *Group, _ *Membership) error {
		a, err := account.ByID(ctx, tx, followerID)
		if err != nil || a.Kind != account.Group {
			return unknown()
		}
		return nil
	}); err != nil {
		return err
	}
	if err := s.Follows.RemoveFollower(ctx, groupID, followerID); err != nil {
		return err
	}
	return s.noteLink(ctx, v, groupID, followerID, "cut_link")
}

func (s *Service) noteLink(ctx context.Context, v *auth.Viewer, groupID, otherID int64, act string) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return s.journal(ctx, tx, Line{GroupID: groupID, ByID: v.AccountID, Act: act, AccountID: otherID})
	})
}

// admitsGroup is Admits for another group, which only carries what everybody reads.
// It is no member: that a group is entered on request or by invitation means that it is asked.
func (g *Group) admitsGroup(ctx context.Context, q db.Q, who *account.Account, m *Membership) (now bool, err error) {
	if g.Closed() {
		if yes, err := affiliated(ctx, q, who.Host); err != nil {
			return false, err
		} else if g.Secret || !who.Local() && (!yes || g.Access != Movement) {
			return false, unknown()
		}
		return false, apperr.Forbidden("group.link_closed_there")
	}
	if m != nil && m.State == Banned {
		return false, apperr.Forbidden("group.banned")
	}
	return g.Joining == Free, nil
}

// linked notes that a group follows another one.
func (s *Service) linked(ctx context.Context, tx *db.Tx, g *Group, who *account.Account) error {
	if !g.Ours() {
		return s.wantLook(ctx, tx, g.AccountID)
	}
	return s.journal(ctx, tx, Line{GroupID: g.AccountID, Act: "linked", AccountID: who.ID})
}

const kindUnlink = "group.unlink"

type unlinkJob struct{ Group, From int64 }

// unlinked has a group of ours let go of what it carried of a group that it follows no more.
func (s *Service) unlinked(ctx context.Context, tx *db.Tx, groupID, fromID int64) error {
	return jobs.Enqueue(ctx, tx, kindUnlink, unlinkJob{groupID, fromID})
}

const unlinkBatch = 50

func (s *Service) letGo(ctx context.Context, j unlinkJob) error {
	for {
		n := 0
		err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			again, err := db.Get[int](ctx, tx, `select count(*) from follow where account_id = $1 and target_id = $2 and accepted`, j.Group, j.From)
			if err != nil || again > 0 {
				return err // it follows it again meanwhile
			}
			list, err := db.All[int64](ctx, tx, `select c.thread_id from group_carried c join group_thread t on t.post_id = c.thread_id
				where c.group_id = $1 and t.group_id = $2 order by c.thread_id limit $3`, j.Group, j.From, unlinkBatch)
			if err != nil {
				return err
			}
			n = len(list)
			for _, id := range list {
				p, err := post.Raw(ctx, tx, id)
				if err != nil {
					return err
				}
				if err := s.uncarryIn(ctx, tx, j.Group, p); err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, `delete from group_carried where group_id = $1 and thread_id = $2`, j.Group, id); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || n < unlinkBatch {
			return err
		}
	}
}

// Linked is a group at the other end of a follow between groups.
type Linked struct {
	*account.Account
	Waits bool // its yes is waited for
}

// Links lists the groups that a group follows and those that follow it, by address.
func (s *Service) Links(ctx context.Context, groupID int64) (follows, followers []Linked, err error) {
	q := s.DB.Read()
	rows, err := db.All[struct {
		AccountID, TargetID int64
		Accepted            bool
	}](ctx, q, `select f.account_id, f.target_id, f.accepted from follow f join account a on a.id = f.account_id join account t on t.id = f.target_id
		where (f.account_id = $1 or f.target_id = $1) and a.kind = 'Group' and t.kind = 'Group' and a.deleted_at = 0 and t.deleted_at = 0
			and a.suspended_at = 0 and t.suspended_at = 0 order by a.handle, t.handle limit $2`, groupID, 2*maxLinks)
	if err != nil {
		return nil, nil, err
	}
	var others []int64
	for _, r := range rows {
		others = append(others, r.AccountID+r.TargetID-groupID)
	}
	accounts, err := account.ByIDs(ctx, q, others)
	if err != nil {
		return nil, nil, err
	}
	for i, r := range rows {
		x := Linked{accounts[others[i]], !r.Accepted}
		switch {
		case x.Account == nil:
		case r.AccountID == groupID:
			follows = append(follows, x)
		case r.Accepted:
			followers = append(followers, x)
		}
	}
	return follows, followers, nil
}
