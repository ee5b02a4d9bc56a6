package group

import (
	"context"
	"net/http"
	"strings"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/web"
)

// Threads are put together and moved from group to group. Other servers are told
// by a Move of the first post: its origin is the group, its target the other
// group, or the first post of the thread that it becomes part of.

// Merge makes a thread part of another one of the same group.
// Errors: KindInvalid "group.merge_other" when the other is none of the group.
func (s *Service) Merge(ctx context.Context, v *auth.Viewer, threadID, intoID int64) error {
	return s.onThread(ctx, v, threadID, Animator, func(ctx context.Context, tx *db.Tx, g *Group, me *Membership, t *Thread) error {
		into, err := threadOf(ctx, tx, intoID)
		if err != nil {
			return err
		}
		if into == nil || into.GroupID != g.AccountID || intoID == threadID {
			return apperr.Invalid("group.merge_other").Field("into", "group.merge_other")
		}
		if err := s.merge(ctx, tx, t.PostID, into.PostID); err != nil {
			return err
		}
		if err := s.tellMove(ctx, tx, g, me.AccountID, t.PostID, into.PostID, ""); err != nil {
			return err
		}
		return s.journal(ctx, tx, Line{GroupID: g.AccountID, ByID: me.AccountID, Act: "merge", PostID: intoID})
	})
}

// merge moves the posts of a thread into another.
func (s *Service) merge(ctx context.Context, tx *db.Tx, threadID, intoID int64) error {
	if err := s.uncarry(ctx, tx, threadID); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `update group_post set thread_id = $1 where thread_id = $2`, intoID, threadID); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `delete from group_thread where post_id = $1`, threadID); err != nil {
		return err
	}
	return recount(ctx, tx, intoID)
}

// tellMove tells the followers of a group that a thread became part of another, or of another group.
func (s *Service) tellMove(ctx context.Context, tx *db.Tx, g *Group, byID, threadID, intoID int64, target string) error {
	p, err := post.Raw(ctx, tx, threadID)
	if err != nil || p.Audience != post.Public {
		return err
	}
	if intoID != 0 {
		into, err := post.Raw(ctx, tx, intoID)
		if err != nil {
			return err
		}
		target = into.URI
	}
	return s.govern(ctx, tx, g, byID, as.Activity{Type: "Move", Object: p.URI, Target: target, Extra: map[string]any{"origin": g.Account.URI}}, false)
}

// MoveTo gives a thread to another group. Who does it moderates both, and what is
// for members never goes to another group.
// Errors: KindForbidden, KindInvalid "group.move_open".
func (s *Service) MoveTo(ctx context.Context, v *auth.Viewer, threadID, toID int64) error {
	return s.onThread(ctx, v, threadID, Moderator, func(ctx context.Context, tx *db.Tx, g *Group, me *Membership, t *Thread) error {
		to, there, err := s.seen(ctx, tx, v, toID)
		if err != nil {
			return err
		}
		switch {
		case !to.Ours() || to.AccountID == g.AccountID:
			return apperr.Invalid("group.move_where").Field("into", "group.move_where")
		case !there.May(Moderator):
			return needs(Moderator)
		case g.Closed() || to.Closed():
			return apperr.Invalid("group.move_open").Field("into", "group.move_open")
		}
		return s.move(ctx, tx, g, to, me.AccountID, t)
	})
}

func (s *Service) move(ctx context.Context, tx *db.Tx, g, to *Group, byID int64, t *Thread) error {
	p, err := post.Raw(ctx, tx, t.PostID)
	if err != nil {
		return err
	}
	if err := s.unrelay(ctx, tx, g, p); err != nil {
		return err
	}
	if err := s.moveRows(ctx, tx, t.PostID, to.AccountID); err != nil {
		return err
	}
	for _, from := range []*Group{g, to} {
		if err := s.tellMove(ctx, tx, from, byID, t.PostID, 0, to.Account.URI); err != nil {
			return err
		}
	}
	if err := s.relay(ctx, tx, to, p); err != nil {
		return err
	}
	// It names its new group from now on.
	if err := s.Posts.Refresh(ctx, tx, p); err != nil {
		return err
	}
	if err := s.journal(ctx, tx, Line{GroupID: g.AccountID, ByID: byID, Act: "moved_out", AccountID: to.AccountID, PostID: t.PostID}); err != nil {
		return err
	}
	return s.journal(ctx, tx, Line{GroupID: to.AccountID, ByID: byID, Act: "moved_in", AccountID: g.AccountID, PostID: t.PostID})
}

func (s *Service) moveRows(ctx context.Context, tx *db.Tx, threadID, groupID int64) error {
	if err := s.uncarry(ctx, tx, threadID); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `update group_post set group_id = $1 where thread_id = $2`, groupID, threadID); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `update group_thread set group_id = $1, topic_id = 0, pinned_at = 0 where post_id = $2`, groupID, threadID); err != nil {
		return err
	}
	p, err := post.Raw(ctx, tx, threadID)
	if err != nil {
		return err
	}
	return s.carry(ctx, tx, groupID, p)
}

// governedMove follows what a group of another server says it gave away or put
// together. The thread is named by its first post or, as NodeBB does, by its conversation.
func (s *Service) governedMove(ctx context.Context, tx *db.Tx, in *route.Inbound, d, by *as.Doc) error {
	uri, target := strings.TrimSuffix(as.HTTPURL(d.Object().ID()), "/context"), strings.TrimSuffix(as.HTTPURL(d.Target().ID()), "/context")
	p, err := post.RawByURI(ctx, tx, uri)
	if err != nil {
		return ignoreMissing(err)
	}
	t, err := threadOf(ctx, tx, p.ID)
	if err != nil || t == nil || t.GroupID != in.Actor.ID || target == "" {
		return err // only a group itself gives away what is in it
	}
	into, err := post.RawByURI(ctx, tx, target)
	if err == nil {
		other, err := threadOf(ctx, tx, into.ID)
		if err != nil || other == nil || other.GroupID != in.Actor.ID || other.PostID == t.PostID {
			return err
		}
		if err := s.merge(ctx, tx, t.PostID, other.PostID); err != nil {
			return err
		}
		return s.journal(ctx, tx, Line{GroupID: in.Actor.ID, ByID: actorOf(ctx, tx, by), Act: "merge", PostID: other.PostID})
	} else if !apperr.Is(err, apperr.KindNotFound) {
		return err
	}
	to, err := account.ByURI(ctx, tx, target)
	if apperr.Is(err, apperr.KindNotFound) {
		// To a group that nobody here knows: it is not in this one any more.
		if err := s.uncarry(ctx, tx, t.PostID); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `update group_post set state = 'removed', reason = '', decided_at = $1 where thread_id = $2`, now(), t.PostID)
		return err
	} else if err != nil || to.Kind != account.Group || to.Local() {
		return err // a group of ours takes nothing that it did not ask for
	}
	if err := s.moveRows(ctx, tx, t.PostID, to.ID); err != nil {
		return err
	}
	return s.journal(ctx, tx, Line{GroupID: in.Actor.ID, ByID: actorOf(ctx, tx, by), Act: "moved_out", AccountID: to.ID, PostID: t.PostID})
}

// moderatorMoves is what somebody sent who moderates two groups of ours from another server.
func (s *Service) moderatorMoves(ctx context.Context, tx *db.Tx, in *route.Inbound, d *as.Doc) error {
	p, err := post.RawByURI(ctx, tx, strings.TrimSuffix(as.HTTPURL(d.Object().ID()), "/context"))
	if err != nil {
		return ignoreMissing(err)
	}
	t, err := threadOf(ctx, tx, p.ID)
	if err != nil || t == nil {
		return err
	}
	g, me, err := moderated(ctx, tx, t.GroupID, in.Actor.ID)
	if err != nil || g == nil || !me.May(Moderator) {
		return err
	}
	a, err := account.ByURI(ctx, tx, as.HTTPURL(d.Target().ID()))
	if err != nil || !a.Local() {
		return ignoreMissing(err)
	}
	to, there, err := moderated(ctx, tx, a.ID, in.Actor.ID)
	if err != nil || to == nil || !there.May(Moderator) || to.AccountID == g.AccountID || g.Closed() || to.Closed() {
		return err
	}
	return s.move(ctx, tx, g, to, me.AccountID, t)
}

// getMerge asks with which thread to put one together, getMove to which group to give it.
func (s *Service) getMerge(c *httpx.Ctx) error {
	return s.rearrangeForm(c, "merge", http.StatusOK, nil)
}
func (s *Service) getMove(c *httpx.Ctx) error { return s.rearrangeForm(c, "move", http.StatusOK, nil) }

func (s *Service) rearrangeForm(c *httpx.Ctx, what string, status int, errs []web.FieldError) error {
	g, me, t, err := s.thread(c)
	if err != nil {
		return err
	}
	role := map[string]string{"merge": Animator, "move": Moderator}[what]
	if !g.Ours() || !me.May(role) {
		return needs(role)
	}
	h, err := s.head(c, g, me, "")
	if err != nil {
		return err
	}
	f := web.Field{Name: "into", Label: c.T("group." + what + "_into"), Type: "radio", Required: true}
	if what == "merge" {
		threads, err := s.Threads(c.Context(), c.Viewer, g, 0, page.Range{Limit: 40})
		if err != nil {
			return err
		}
		for _, x := range threads {
			if x.PostID != t.PostID {
				f.Choices = append(f.Choices, web.Choice{Value: ids.String(x.PostID), Label: titleOf(x.View), Hint: c.Loc.N("group.messages", int(x.Posts))})
			}
		}
	} else {
		theirs, err := s.moderatedBy(c.Context(), c.Viewer.AccountID)
		if err != nil {
			return err
		}
		for _, a := range theirs {
			if a.ID != g.AccountID {
				f.Choices = append(f.Choices, web.Choice{Value: ids.String(a.ID), Label: a.Name()})
			}
		}
	}
	fill(&f, errs)
	path := Path(g.Account) + "/" + ids.String(t.PostID)
	v := formView{Head: h, Title: c.T("group." + what), Text: c.T("group." + what + "_text"), Action: path + "/" + map[string]string{"merge": "reunir", "move": "deplacer"}[what],
		Button: c.T("group." + what), Back: path, Summary: web.ErrorSummary{Errors: errs}, Fields: []web.Field{f}}
	if len(f.Choices) == 0 {
		v.Fields, v.Button, v.Text = nil, "", c.T("group."+what+"_none")
	}
	return s.showForm(c, status, v)
}

// moderatedBy lists the open groups of ours that somebody moderates.
func (s *Service) moderatedBy(ctx context.Context, accountID int64) ([]*account.Account, error) {
	groupIDs, err := db.All[int64](ctx, s.DB.Read(), `select g.account_id from group_member m join group_info g on g.account_id = m.group_id join account a on a.id = g.account_id
		where m.account_id = $1 and m.state = 'in' and m.role in ('moderator', 'owner') and g.access = 'open' and a.deleted_at = 0 order by a.handle limit 100`, accountID)
	if err != nil {
		return nil, err
	}
	accounts, err := account.ByIDs(ctx, s.DB.Read(), groupIDs)
	var out []*account.Account
	for _, id := range groupIDs {
		if accounts[id] != nil {
			out = append(out, accounts[id])
		}
	}
	return out, err
}

func (s *Service) postMerge(c *httpx.Ctx) error { return s.rearrange(c, "merge", s.Merge) }
func (s *Service) postMove(c *httpx.Ctx) error  { return s.rearrange(c, "move", s.MoveTo) }

func (s *Service) rearrange(c *httpx.Ctx, what string, do func(context.Context, *auth.Viewer, int64, int64) error) error {
	g, _, t, err := s.thread(c)
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	into, _ := ids.Parse(form.Get("into"))
	err = do(c.Context(), c.Viewer, t.PostID, into)
	if errs := c.FieldErrors(err); len(errs) > 0 {
		return s.rearrangeForm(c, what, http.StatusUnprocessableEntity, errs)
	} else if err != nil {
		return err
	}
	c.Flash("success", "group.done."+what)
	if what == "merge" {
		return c.Redirect(Path(g.Account) + "/" + ids.String(into) + "?message=" + ids.String(t.PostID))
	}
	to, err := ByID(c.Context(), s.DB.Read(), into)
	if err != nil {
		return err
	}
	return c.Redirect(Path(to.Account) + "/" + ids.String(t.PostID))
}
