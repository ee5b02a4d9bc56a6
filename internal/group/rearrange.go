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
		if err := s.tellMerge(ctx, tx, g, me.AccountID, t.PostID, into.PostID); err != nil {
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

// tellMerge tells the followers of a group that a thread became part of another.
func (s *Service) tellMerge(ctx context.Context, tx *db.Tx, g *Group, byID, threadID, intoID int64) error {
	p, err := post.Raw(ctx, tx, threadID)
	if err != nil || p.Audience != post.Public {
		return err
	}
	into, err := post.Raw(ctx, tx, intoID)
	if err != nil {
		return err
	}
	return s.govern(ctx, tx, g, byID, as.Activity{Type: "Move", Object: p.URI, Target: into.URI, Extra: map[string]any{"origin": g.Account.URI}}, false)
}

// MoveTo gives a thread to another group. Who does it moderates both, but that a
// group of another server is asked whether it takes it, and that the server of a group that is
// not ours is asked to give it; what is for members never goes to another group.
// Errors: KindForbidden, KindInvalid of the field "into".
func (s *Service) MoveTo(ctx context.Context, v *auth.Viewer, threadID, toID int64) error {
	if asked, err := s.askMove(ctx, v, threadID, toID); asked || err != nil {
		return err
	}
	return s.onThread(ctx, v, threadID, Moderator, func(ctx context.Context, tx *db.Tx, g *Group, me *Membership, t *Thread) error {
		to, there, err := s.seen(ctx, tx, v, toID)
		if err != nil {
			return err
		}
		switch {
		case to.AccountID == g.AccountID:
			return apperr.Invalid("group.move_where").Field("into", "group.move_where")
		case to.Ours() && !there.May(Moderator):
			return needs(Moderator)
		case g.Closed() || to.Closed():
			return apperr.Invalid("group.move_open").Field("into", "group.move_open")
		case !to.Ours():
			return s.offerMove(ctx, tx, g, to, me.AccountID, t, "")
		}
		if err := s.withdrawOffer(ctx, tx, t.PostID); err != nil {
			return err
		}
		return s.move(ctx, tx, g, to, me.AccountID, t)
	})
}

func (s *Service) move(ctx context.Context, tx *db.Tx, g, to *Group, byID int64, t *Thread) error {
	p, err := post.Raw(ctx, tx, t.PostID)
	if err != nil {
		return err
	}
	sender, err := s.mover(ctx, tx, g, byID)
	if err != nil {
		return err
	}
	body, err := s.moveDocument(ctx, tx, g, to, sender, p, t)
	if err != nil {
		return err
	}
	if err := s.unrelay(ctx, tx, g, p); err != nil {
		return err
	}
	if err := s.moveRows(ctx, tx, t.PostID, g.AccountID, to.AccountID); err != nil {
		return err
	}
	b, err := bringOf(ctx, tx, t)
	if err != nil {
		return err
	}
	for _, x := range []*Group{g, to} {
		if err := s.tellMove(ctx, tx, x, body); err != nil {
			return err
		}
	}
	if err := s.relay(ctx, tx, to, p); err != nil {
		return err
	}
	b.Summary = Summary{} // it stays
	if err := s.bring(ctx, tx, to, t.PostID, b); err != nil {
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

func (s *Service) moveRows(ctx context.Context, tx *db.Tx, threadID, fromID, groupID int64) error {
	if err := s.uncarry(ctx, tx, threadID); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `update group_post set group_id = $1 where thread_id = $2`, groupID, threadID); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `update group_thread set group_id = $1, topic_id = 0, pinned_at = 0 where post_id = $2`, groupID, threadID); err != nil {
		return err
	}
	if err := noteMoved(ctx, tx, fromID, threadID, groupID); err != nil {
		return err
	}
	p, err := post.Raw(ctx, tx, threadID)
	if err != nil {
		return err
	}
	return s.carry(ctx, tx, groupID, p)
}

// governedMove follows what a group of another server says it gave away, took or put together.
func (s *Service) governedMove(ctx context.Context, tx *db.Tx, in *route.Inbound, d, by *as.Doc) error {
	uri, target := firstOf(d.Object().ID()), firstOf(d.Target().ID())
	if target == in.Actor.URI {
		return s.takes(ctx, tx, in, d)
	}
	kin, err := ofOurKind(ctx, tx, as.Host(in.Actor.URI))
	if err != nil || target == "" {
		return err
	}
	p, err := post.RawByURI(ctx, tx, uri)
	var t *Thread
	if err == nil {
		t, err = threadOf(ctx, tx, p.ID)
	}
	if ignoreMissing(err) != nil {
		return err
	}
	if t == nil || t.GroupID != in.Actor.ID {
		t = nil // only a group itself gives away what is in it
	}
	into, err := post.RawByURI(ctx, tx, target)
	if err == nil {
		if t == nil {
			return nil
		}
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
	if kin {
		return s.gives(ctx, tx, in, d)
	}
	if t == nil {
		return nil
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
	if err := s.moveRows(ctx, tx, t.PostID, in.Actor.ID, to.ID); err != nil {
		return err
	}
	return s.journal(ctx, tx, Line{GroupID: in.Actor.ID, ByID: actorOf(ctx, tx, by), Act: "moved_out", AccountID: to.ID, PostID: t.PostID})
}

// moderatorMoves is what somebody sent who moderates two groups of ours from another
// server, or one, and wants to give another server's group a thread.
func (s *Service) moderatorMoves(ctx context.Context, tx *db.Tx, in *route.Inbound, d *as.Doc) error {
	if as.SameOrigin(movingIn(d).From, in.Actor.URI) {
		return s.gives(ctx, tx, in, d)
	}
	p, err := post.RawByURI(ctx, tx, firstOf(d.Object().ID()))
	if apperr.Is(err, apperr.KindNotFound) {
		return s.missing(ctx, tx, in)
	} else if err != nil {
		return err
	}
	t, err := threadOf(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	if t == nil {
		return s.missing(ctx, tx, in)
	}
	g, me, err := moderated(ctx, tx, t.GroupID, in.Actor.ID)
	if err != nil {
		return err
	}
	no := func(why error) error { return s.refuseAct(ctx, tx, in, t.GroupID, why) }
	if g == nil || !me.May(Moderator) {
		return no(needs(Moderator))
	}
	a, err := account.ByURI(ctx, tx, as.HTTPURL(d.Target().ID()))
	if ignoreMissing(err) != nil {
		return err
	}
	if err != nil || a.Kind != account.Group || a.Gone() {
		return no(apperr.Invalid("group.ask_target"))
	}
	if a.ID == g.AccountID {
		return no(apperr.Invalid("group.move_where"))
	}
	if g.Closed() {
		return no(apperr.Invalid("group.move_open"))
	}
	if !a.Local() {
		to, err := Any(ctx, tx, a.ID)
		if ignoreMissing(err) != nil {
			return err
		}
		if err != nil || to.Closed() {
			return no(apperr.Invalid("group.ask_target"))
		}
		if err := s.offerMove(ctx, tx, g, to, me.AccountID, t, in.Doc.ID()); err != nil {
			return no(err)
		}
		return nil
	}
	to, there, err := moderated(ctx, tx, a.ID, in.Actor.ID)
	if err != nil {
		return err
	}
	if to == nil || !there.May(Moderator) || to.Closed() {
		return no(apperr.Invalid("group.ask_target")) // whether there is such a group or not
	}
	return s.move(ctx, tx, g, to, me.AccountID, t)
}

// getMerge asks with which thread to put one together, getMove to which group to give it.
func (s *Service) getMerge(c *httpx.Ctx) error {
	return s.rearrangeForm(c, "merge", http.StatusOK, "", nil)
}
func (s *Service) getMove(c *httpx.Ctx) error {
	return s.rearrangeForm(c, "move", http.StatusOK, "", nil)
}

func (s *Service) rearrangeForm(c *httpx.Ctx, what string, status int, typed string, errs []web.FieldError) error {
	g, me, t, err := s.thread(c)
	if err != nil {
		return err
	}
	role := map[string]string{"merge": Animator, "move": Moderator}[what]
	if !me.May(role) || what == "merge" && !g.Ours() {
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
		theirs, err := s.takers(c.Context(), c.Viewer.AccountID)
		if err != nil {
			return err
		}
		for _, a := range theirs {
			if a.ID == g.AccountID {
				continue
			}
			ch := web.Choice{Value: ids.String(a.ID), Label: a.Name()}
			if !a.Local() {
				ch.Hint = "@" + a.Acct()
			}
			f.Choices = append(f.Choices, ch)
		}
	}
	fill(&f, errs)
	path := Path(g.Account) + "/" + ids.String(t.PostID)
	v := formView{Head: h, Title: c.T("group." + what), Text: c.T("group." + what + "_text"), Action: path + "/" + map[string]string{"merge": "reunir", "move": "deplacer"}[what],
		Button: c.T("group." + what), Back: path, Summary: web.ErrorSummary{Errors: errs}, Fields: []web.Field{f}}
	if what == "move" {
		if !g.Ours() {
			v.Text = c.T("group.move_text_there", "Host", g.Account.Host)
		}
		there := web.Field{Name: "address", Label: c.T("group.move_address"), Hint: c.T("group.move_address_hint"), Autocomplete: "off", Value: typed, Optional: len(f.Choices) > 0}
		fill(&there, errs)
		f.Required = false
		if v.Fields = []web.Field{f, there}; len(f.Choices) == 0 {
			there.Label = c.T("group.move_address_alone")
			if there.Error == "" {
				there.Error = f.Error
			}
			v.Fields = []web.Field{there}
		}
		return s.showForm(c, status, v)
	}
	if len(f.Choices) == 0 {
		v.Fields, v.Button, v.Text = nil, "", c.T("group."+what+"_none")
	}
	return s.showForm(c, status, v)
}

// takers lists the open groups that somebody may give a thread to: those of ours that
// they moderate, and those of other servers of our kind that they take part in.
func (s *Service) takers(ctx context.Context, accountID int64) ([]*account.Account, error) {
	groupIDs, err := db.All[int64](ctx, s.DB.Read(), `select a.id from group_member m join account a on a.id = m.group_id left join group_info g on g.account_id = m.group_id
		left join host_software h on h.host = a.host where m.account_id = $1 and m.state = 'in' and a.deleted_at = 0 and a.suspended_at = 0
			and (a.host = '' and g.access = 'open' and m.role in ('moderator', 'owner') or a.host <> '' and a.public and h.name = 'maillage')
		order by case when a.host = '' then 0 else 1 end, a.handle limit 100`, accountID)
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

func (s *Service) postMove(c *httpx.Ctx) error {
	g, _, t, form, err := s.threadForm(c)
	if err != nil {
		return err
	}
	into, _ := ids.Parse(form.Get("into"))
	address := strings.TrimSpace(form.Get("address"))
	if err = nil; address != "" {
		into, err = s.groupNamed(c.Context(), address)
	} else if into == 0 {
		err = apperr.Invalid("group.move_where").Field("into", "group.move_where")
	}
	if err == nil {
		if err = s.MoveTo(c.Context(), c.Viewer, t.PostID, into); apperr.Is(err, apperr.KindNotFound) {
			err = nobodyNamed()
		}
	}
	if errs := c.FieldErrors(err); len(errs) > 0 {
		if address != "" {
			errs[0].Name = "address"
		}
		return s.rearrangeForm(c, "move", http.StatusUnprocessableEntity, address, errs)
	} else if err != nil {
		return err
	}
	to, err := Any(c.Context(), s.DB.Read(), into)
	if err != nil {
		return err
	}
	if !g.Ours() {
		s.flash(c, g, "")
		return c.Redirect(Path(g.Account) + "/" + ids.String(t.PostID))
	}
	if !to.Ours() {
		c.Flash("success", "group.done.offer", "Name", to.Account.Name())
		return c.Redirect(Path(g.Account) + "/" + ids.String(t.PostID))
	}
	c.Flash("success", "group.done.move")
	return c.Redirect(Path(to.Account) + "/" + ids.String(t.PostID))
}

func (s *Service) postMerge(c *httpx.Ctx) error {
	g, _, t, form, err := s.threadForm(c)
	if err != nil {
		return err
	}
	into, _ := ids.Parse(form.Get("into"))
	err = s.Merge(c.Context(), c.Viewer, t.PostID, into)
	if errs := c.FieldErrors(err); len(errs) > 0 {
		return s.rearrangeForm(c, "merge", http.StatusUnprocessableEntity, "", errs)
	} else if err != nil {
		return err
	}
	c.Flash("success", "group.done.merge")
	return c.Redirect(Path(g.Account) + "/" + ids.String(into) + "?message=" + ids.String(t.PostID))
}
