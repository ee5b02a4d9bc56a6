package event

import (
	"cmp"
	"context"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/organe"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/timeline"
	"github.com/maillage/maillage/web"
)

// A meeting of a body is the body's own post: it is the author of the Event, signs
// it, and sends it to its followers, those on Mobilizon and Gancio too, which follow
// all but persons. So no group sends it as its own.

// ofOrgane reports whether the meetings of an account are those of a body.
func ofOrgane(a *account.Account) bool { return a != nil && a.Kind == account.Organization }

// author is with whose rights v acts on a meeting: their own, or those of the
// body in whose name they may act. Error: KindNotFound for who may not.
func (s *Service) author(ctx context.Context, v *auth.Viewer, p *post.Post) (*auth.Viewer, error) {
	if p.AccountID == v.AccountID {
		if out, err := post.Left(ctx, s.DB.Read(), v.AccountID, p); err != nil || out {
			return nil, cmp.Or(err, unknown())
		}
		return v, nil
	}
	return s.Organes.As(ctx, s.DB.Read(), v, p.AccountID)
}

// change edits the post of a meeting that v organises, as its author.
func (s *Service) change(ctx context.Context, v *auth.Viewer, p *post.Post, d post.Draft) error {
	as, err := s.author(ctx, v, p)
	if err != nil {
		return err
	}
	if as != v {
		organe.By(&d, v)
	}
	_, err = s.Posts.Edit(ctx, as, p.ID, d)
	return err
}

// organises reports whether the viewer of a post organises the meeting: not who called it
// in a closed group, and belongs to that no more.
func organises(w *post.View) bool {
	_, yes := organe.Acts(w)
	return w.Local && (w.Mine && !w.Left || yes)
}

// itself is the organiser of a series, for its next date.
func (s *Service) itself(ctx context.Context, accountID int64) (*auth.Viewer, error) {
	v, err := s.Organes.Voice(ctx, s.DB.Read(), accountID)
	if !apperr.Is(err, apperr.KindNotFound) {
		return v, err
	}
	member, err := db.Get[bool](ctx, s.DB.Read(), `select l.member from login l where l.account_id = $1`, accountID)
	return &auth.Viewer{AccountID: accountID, Member: member}, err
}

// inWhoseName offers in whose name a new meeting is called; nil where that is but one's own.
func (s *Service) inWhoseName(c *httpx.Ctx, d Draft) (*web.Field, error) {
	mine, err := s.Organes.Mine(c.Context(), c.Viewer)
	if err != nil || len(mine) == 0 {
		return nil, err
	}
	me, err := account.ByID(c.Context(), s.DB.Read(), c.Viewer.AccountID)
	if err != nil {
		return nil, err
	}
	f := web.Field{Name: "as", Type: "radio", Label: c.T("event.field.as"), Hint: c.T("event.field.as_hint"),
		Choices: []web.Choice{{Value: "0", Label: me.Name(), Icon: "user-round", Checked: d.OrganeID == 0}}}
	for _, a := range mine {
		f.Choices = append(f.Choices, web.Choice{Value: ids.String(a.ID), Label: a.Name(), Icon: "landmark", Checked: d.OrganeID == a.ID})
	}
	return &f, nil
}

// busy reports whether meetings of a body are to come, or a series goes on.
func busy(ctx context.Context, q db.Q, accountID int64) (bool, error) {
	n, err := db.Get[int](ctx, q, `select count(*) from meeting m join post p on p.id = m.post_id
		where p.account_id = $1 and p.deleted_at = 0 and m.ends_at > $2 and m.status <> $3`, accountID, now(), Cancelled)
	return n > 0, err
}

// asideMost is how many meetings stand on the page of a body.
const asideMost = 5

// aside shows the next meetings of a body on its page.
func (s *Service) aside(c *httpx.Ctx, a *account.Account) (*timeline.Aside, error) {
	if !ofOrgane(a) {
		return nil, nil
	}
	posts, err := nextOf(c.Context(), s.DB.Read(), post.ReaderOf(c.Viewer), a.ID)
	if err != nil {
		return nil, err
	}
	views, err := s.Posts.Views(c.Context(), c.Viewer, posts)
	if err != nil {
		return nil, err
	}
	out := &timeline.Aside{Title: c.T("event.next_of"), Empty: c.T("event.next_none"), Cards: post.Cards(c, post.Showable(c, views))}
	for i := range out.Cards {
		out.Cards[i].ID = "next-" + out.Cards[i].ID // the same post stands in the list by itself
	}
	if c.Viewer != nil && a.Local() {
		if _, err := s.Organes.As(c.Context(), s.DB.Read(), c.Viewer, a.ID); err == nil {
			out.Acts = []web.Link{{Name: c.T("event.call_for"), URL: Path + "/nouvelle?organe=" + ids.String(a.ID)}}
		} else if !apperr.Is(err, apperr.KindNotFound) {
			return nil, err
		}
	}
	return out, nil
}

func nextOf(ctx context.Context, q db.Q, r post.Reader, accountID int64) ([]*post.Post, error) {
	cond, args := post.Visible(r, "p", []any{accountID, time.Now().UnixMilli(), asideMost})
	rows, err := db.All[post.Post](ctx, q, `select `+post.Columns+` from meeting m join post p on p.id = m.post_id
		where p.account_id = $1 and m.ends_at > $2 and `+cond+` order by m.starts_at, m.post_id limit $3`, args...)
	out := make([]*post.Post, len(rows))
	for i := range rows {
		out[i] = &rows[i]
	}
	return out, err
}

// bodiesAmong are the accounts among some that are bodies of ours.
func bodiesAmong(ctx context.Context, q db.Q, accounts []int64) (map[int64]*account.Account, error) {
	out, err := account.ByIDs(ctx, q, accounts)
	for id, a := range out {
		if !ofOrgane(a) {
			delete(out, id)
		}
	}
	return out, err
}
