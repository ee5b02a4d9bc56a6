package group

import (
	"context"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/web"
)

// movedLine says where a thread went that was in a group.
type movedLine struct {
	Title, URL string
	To         web.Link
}

// movedShown is how many threads a group says to have gone elsewhere.
const movedShown = 5

// movedFrom lists the threads that left a group lately, as far as the viewer may read them where they are.
func (s *Service) movedFrom(c *httpx.Ctx, g *Group) ([]movedLine, error) {
	q := s.DB.Read()
	rows, err := db.All[struct{ ThreadID, ToID int64 }](c.Context(), q, `select m.thread_id, m.to_id from group_moved m join group_post p on p.post_id = m.thread_id and p.group_id = m.to_id and p.state = 'shown'
		where m.group_id = $1 and m.at > $2 order by m.at desc, m.thread_id desc limit $3`, g.AccountID, now()-moveKept.Milliseconds(), movedShown)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	var postIDs []int64
	for _, r := range rows {
		postIDs = append(postIDs, r.ThreadID)
	}
	posts, err := post.ByIDs(c.Context(), q, post.ReaderOf(c.Viewer), postIDs)
	if err != nil {
		return nil, err
	}
	list := make([]*post.Post, 0, len(posts))
	for _, r := range rows {
		if p := posts[r.ThreadID]; p != nil {
			list = append(list, p)
		}
	}
	views, err := s.Posts.Views(c.Context(), c.Viewer, list)
	if err != nil {
		return nil, err
	}
	titles := make(map[int64]string, len(views))
	for _, w := range views {
		titles[w.ID] = titleOf(w)
	}
	into := map[int64]*movedLine{} // by group: threads go together
	var out []movedLine
	for _, r := range rows {
		title, ok := titles[r.ThreadID]
		if !ok {
			continue
		}
		to, known := into[r.ToID]
		if !known {
			if to, err = s.movedInto(c, r.ToID); err != nil {
				return nil, err
			}
			into[r.ToID] = to
		}
		if to == nil {
			continue
		}
		l := movedLine{title, to.URL, to.To}
		if l.URL == "" {
			l.URL = posts[r.ThreadID].URL // strangers read it at its own server
		} else {
			l.URL += "/" + ids.String(r.ThreadID)
		}
		out = append(out, l)
	}
	return out, nil
}

// movedInto is the group to which threads went, as the viewer may know of it, with our page of it; nil when
// they may not.
func (s *Service) movedInto(c *httpx.Ctx, groupID int64) (*movedLine, error) {
	q := s.DB.Read()
	to, _, err := s.seen(c.Context(), q, c.Viewer, groupID)
	if err == nil {
		return &movedLine{URL: Path(to.Account), To: web.Link{Name: to.Account.Name(), URL: Path(to.Account)}}, nil
	} else if ignoreMissing(err) != nil {
		return nil, err
	}
	a, err := account.ByID(c.Context(), q, groupID)
	if err != nil || a.Local() || !a.Public || a.Gone() {
		return nil, ignoreMissing(err)
	}
	return &movedLine{To: web.Link{Name: a.Name(), URL: a.URL}}, nil
}

// movedTo is our page of a thread that left a group, "" when it did not or the viewer may not follow it there.
func (s *Service) movedTo(c *httpx.Ctx, groupID, threadID int64) (string, error) {
	to, err := db.Get[int64](c.Context(), s.DB.Read(), `select to_id from group_moved where group_id = $1 and thread_id = $2`, groupID, threadID)
	if err != nil {
		return "", ignoreMissing(err)
	}
	g, _, err := s.seen(c.Context(), s.DB.Read(), c.Viewer, to)
	if err != nil {
		return "", ignoreMissing(err)
	}
	return Path(g.Account) + "/" + ids.String(threadID), nil
}

// offeredTo says that a thread is offered to another group, and lets moderators take that back.
func (s *Service) offeredTo(c *httpx.Ctx, g *Group, me *Membership, t *Thread, v *threadView) error {
	if !g.Ours() || !me.May(Moderator) {
		return nil
	}
	x, err := transferOf(c.Context(), s.DB.Read(), `thread_id = $1 and from_id = $2`, t.PostID, g.AccountID)
	if err != nil {
		return err
	}
	if x == nil {
		v.Offered, err = s.offerEnded(c, g, t)
		return err
	}
	to, err := account.ByID(c.Context(), s.DB.Read(), x.ToID)
	if err != nil {
		return ignoreMissing(err)
	}
	v.Offered = c.T("group.offered_to", "Name", to.Name(), "Host", to.Host)
	v.Keep = &web.Act{URL: v.URL + "/garder-ici", Label: c.T("group.act.withdraw"), Icon: "x"}
	return nil
}

// Withdraw takes back that a thread of ours was offered to a group of another server.
func (s *Service) Withdraw(ctx context.Context, v *auth.Viewer, threadID int64) error {
	return s.onThread(ctx, v, threadID, Moderator, func(ctx context.Context, tx *db.Tx, _ *Group, _ *Membership, t *Thread) error {
		return s.withdrawOffer(ctx, tx, t.PostID)
	})
}

func (s *Service) postWithdraw(c *httpx.Ctx) error {
	g, _, t, err := s.thread(c)
	if apperr.Is(err, apperr.KindNotFound) {
		return s.moved(c, err)
	} else if err != nil {
		return err
	}
	if err := s.Withdraw(c.Context(), c.Viewer, t.PostID); err != nil {
		return err
	}
	c.Flash("success", "group.done.withdraw")
	return c.Redirect(Path(g.Account) + "/" + ids.String(t.PostID))
}
