package group

import (
	"context"
	"strings"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
)

// Thread is one row: what a group says of a thread.
type Thread struct {
	PostID   int64
	GroupID  int64
	TopicID  int64
	PinnedAt int64
	LockedAt int64
	Posts    int64
	LastAt   int64
	Summary
	SummaryBy int64
	SummaryAt int64
}

const threadColumns = `t.post_id, t.group_id, t.topic_id, t.pinned_at, t.locked_at, t.posts, t.last_at, t.agreed, t.debated, t.next_step, t.summary_by, t.summary_at`

func threadOf(ctx context.Context, q db.Q, postID int64) (*Thread, error) {
	t, err := db.Get[Thread](ctx, q, `select `+threadColumns+` from group_thread t where t.post_id = $1`, postID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, nil
	}
	return &t, err
}

// Listed is a thread in the list of its group.
type Listed struct {
	Thread
	View *post.View
}

// Threads lists the threads of a group as far as v may read them: pinned ones
// first, then by their last post, with those that it carries among them. topic 0 means all.
// What is for the section counts for its members alone, in the numbers and in the order.
func (s *Service) Threads(ctx context.Context, v *auth.Viewer, g *Group, topic int64, r page.Range) ([]Listed, error) {
	reader := post.ReaderOf(v)
	args := []any{g.AccountID, topic, r.Limit, r.Upper(), reader.AccountID}
	cond, args := post.Visible(reader, "p", args)
	columns, last := threadColumns, "t.last_at"
	if v == nil || !v.Member {
		last = "t.open_last_at"
		columns = strings.NewReplacer("t.posts", "t.open_posts as posts", "t.last_at", last+" as last_at").Replace(columns)
	}
	threads, err := db.All[Thread](ctx, s.DB.Read(), `select `+columns+` from group_thread t
		join post p on p.id = t.post_id join group_post g on g.post_id = t.post_id and (g.state = 'shown' or g.state = 'waiting' and p.account_id = $5)
		where (t.group_id = $1 or t.post_id in (select c.thread_id from group_carried c where c.group_id = $1 and not c.dropped))
			and (cast($2 as bigint) = 0 or t.topic_id = $2) and `+last+` < $4 and `+cond+`
		order by case when t.group_id = $1 and t.pinned_at <> 0 then 0 else 1 end, `+last+` desc, p.uri limit $3`, args...)
	if err != nil || len(threads) == 0 {
		return nil, err
	}
	postIDs := make([]int64, len(threads))
	for i, t := range threads {
		postIDs[i] = t.PostID
	}
	posts, err := post.ByIDs(ctx, s.DB.Read(), post.ReaderOf(v), postIDs)
	if err != nil {
		return nil, err
	}
	list := make([]*post.Post, 0, len(posts))
	for _, id := range postIDs {
		if posts[id] != nil {
			list = append(list, posts[id])
		}
	}
	views, err := s.Posts.Views(ctx, v, list)
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]*post.View, len(views))
	for _, w := range views {
		byID[w.ID] = w
	}
	var out []Listed
	for _, t := range threads {
		if w := byID[t.PostID]; w != nil {
			out = append(out, Listed{t, w})
		}
	}
	return out, nil
}

// Pin keeps a thread on top of its group, or no longer.
func (s *Service) Pin(ctx context.Context, v *auth.Viewer, threadID int64, yes bool) error {
	if asked, err := s.askPin(ctx, v, threadID, yes); asked || err != nil {
		return err
	}
	return s.onThread(ctx, v, threadID, Animator, func(ctx context.Context, tx *db.Tx, g *Group, me *Membership, t *Thread) error {
		return s.mark(ctx, tx, g, me.AccountID, t, "pinned_at", yes, nil)
	})
}

// Lock ends a thread: only moderators answer in it. Unlocking opens it again.
func (s *Service) Lock(ctx context.Context, v *auth.Viewer, threadID int64, yes bool) error {
	if asked, err := s.askThread(ctx, v, threadID, Moderator, as.Activity{Type: "Lock"}, !yes, map[bool]string{true: "lock", false: "unlock"}[yes]); asked || err != nil {
		return err
	}
	return s.onThread(ctx, v, threadID, Moderator, func(ctx context.Context, tx *db.Tx, g *Group, me *Membership, t *Thread) error {
		return s.mark(ctx, tx, g, me.AccountID, t, "locked_at", yes, nil)
	})
}

// mark pins or closes a thread, or no longer, and tells the group's followers.
// passed is what a moderator of another server sent.
func (s *Service) mark(ctx context.Context, tx *db.Tx, g *Group, byID int64, t *Thread, column string, yes bool, passed []byte) error {
	act, is, at := "pin", t.PinnedAt != 0, int64(0)
	if column == "locked_at" {
		act, is = "lock", t.LockedAt != 0
	}
	if is == yes {
		return nil
	}
	if yes {
		at = now()
	} else {
		act = "un" + act
	}
	if _, err := tx.Exec(ctx, `update group_thread set `+column+` = $1 where post_id = $2`, at, t.PostID); err != nil {
		return err
	}
	if err := s.governThread(ctx, tx, g, byID, t, column, yes, passed); err != nil {
		return err
	}
	return s.journal(ctx, tx, Line{GroupID: g.AccountID, ByID: byID, Act: act, PostID: t.PostID})
}

// governThread tells other servers that a thread is pinned or closed, or no longer.
func (s *Service) governThread(ctx context.Context, tx *db.Tx, g *Group, byID int64, t *Thread, column string, yes bool, passed []byte) error {
	p, err := post.Raw(ctx, tx, t.PostID)
	if err != nil {
		return err
	}
	if column == "locked_at" {
		return s.governOr(ctx, tx, g, byID, as.Activity{Type: "Lock", Object: p.URI}, !yes, passed)
	}
	kind := "Add"
	if !yes {
		kind = "Remove"
	}
	return s.governOr(ctx, tx, g, byID, as.Activity{Type: kind, Object: p.URI, Target: g.Account.Featured}, false, passed)
}

func (s *Service) onThread(ctx context.Context, v *auth.Viewer, threadID int64, role string,
	do func(context.Context, *db.Tx, *Group, *Membership, *Thread) error) error {
	t, err := threadOf(ctx, s.DB.Read(), threadID)
	if err != nil {
		return err
	}
	if t == nil {
		return unknown()
	}
	return s.by(ctx, v, t.GroupID, role, func(ctx context.Context, tx *db.Tx, g *Group, me *Membership) error {
		return do(ctx, tx, g, me, t)
	})
}
