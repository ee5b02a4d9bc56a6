package group

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
	"github.com/maillage/maillage/web"
)

// partName is the key of what a post has to do with a group.
const partName = "group"

// wanted is a post that is to go to a group.
type wanted struct {
	groupID int64 // account, ours or another server's
	group   *Group
	thread  int64 // that of what it answers, 0 when it begins one
	state   string
	by      int64
}

// place is where a post stands in a group, as views carry it.
type place struct {
	Post
	Group *account.Account
}

// Post is one row: what a group says of a post.
type Post struct {
	PostID    int64
	GroupID   int64
	ThreadID  int64
	State     string
	ByID      int64
	Reason    string
	DecidedAt int64
}

const postColumns = `g.post_id, g.group_id, g.thread_id, g.state, g.by_id, g.reason, g.decided_at`

// Part is what groups add to posts.
func (s *Service) Part() post.Part {
	return post.Part{
		Name: partName, AskedForm: s.askedForm, Check: s.check, Store: s.store, Write: s.write, Take: s.take,
		Load: s.load, Card: card, Bury: s.bury,
	}
}

// askedForm reads the group that the form of its page names.
func (s *Service) askedForm(c *httpx.Ctx, form url.Values) (any, error) {
	name := form.Get("group")
	if name == "" {
		return nil, nil
	}
	id, ok := ids.Parse(name)
	if !ok {
		return nil, unknown()
	}
	return &wanted{groupID: id}, nil
}

// check finds the group of a draft: that of the post it answers, that which the
// page names, or one that the text names. Then whether its author
// may write there.
func (s *Service) check(ctx context.Context, v *auth.Viewer, d *post.Draft, old *post.Post) error {
	if old != nil {
		return s.mayEdit(ctx, v, old)
	}
	if d.To != 0 {
		return nil // a message to one person names nobody else
	}
	w, _ := d.Parts[partName].(*wanted)
	delete(d.Parts, partName)
	q := s.DB.Read()
	var in *Post
	if d.ReplyTo != 0 {
		var err error
		if in, err = placed(ctx, q, d.ReplyTo); err != nil {
			return err
		}
		if in == nil || in.State != Shown && in.State != Waiting {
			return nil // an answer to what is in no group is in none
		}
		w = &wanted{groupID: in.GroupID, thread: in.ThreadID}
	}
	named := w == nil
	if named {
		a, err := s.namedIn(ctx, q, v, d.Text)
		if err != nil || a == nil {
			return err
		}
		w = &wanted{groupID: a.ID}
	}
	if done, err := s.checkClosed(ctx, q, v, d, w, in, named); done || err != nil {
		return err
	}
	g, me, err := s.seen(ctx, q, v, w.groupID)
	if apperr.Is(err, apperr.KindNotFound) && (in != nil || named) {
		return nil
	} else if err != nil {
		return err
	}
	if !g.Ours() {
		return s.checkRemote(ctx, q, d, w, g, me, in, named)
	}
	if named && !g.Closed() && d.Audience != post.Public {
		return narrow(g.Account, d, named)
	}
	w.group, w.by = g, v.AccountID
	if w.state, err = g.accepts(me); err != nil {
		return err
	}
	if in != nil {
		if err := s.unlocked(ctx, q, in.ThreadID, me); err != nil {
			return err
		}
	}
	if g.Closed() {
		d.Audience, d.ScopeID = post.Group, g.AccountID
	} else if in == nil && !named {
		d.Audience, d.Unlisted = post.Public, false
	}
	d.Parts = with(d.Parts, w)
	return nil
}

func with(parts map[string]any, w *wanted) map[string]any {
	if parts == nil {
		parts = make(map[string]any, 1)
	}
	parts[partName] = w
	return parts
}

// checkRemote gives a public post to a group of another server, which decides itself.
func (s *Service) checkRemote(ctx context.Context, q db.Q, d *post.Draft, w *wanted, g *Group, me *Membership, in *Post, named bool) error {
	if in == nil && !named {
		d.Audience, d.Unlisted = post.Public, false
	}
	if d.Audience != post.Public {
		return narrow(g.Account, d, named) // it is not given to the group
	}
	if _, err := g.accepts(me); err != nil {
		return err
	}
	if in != nil {
		if err := s.unlocked(ctx, q, in.ThreadID, me); err != nil {
			return err
		}
	}
	d.Parts = with(d.Parts, w)
	return nil
}

// narrow refuses a post for some that names a group for all: nobody there would
// read it, and its author would wait in vain. A meeting may name those who help.
func narrow(g *account.Account, d *post.Draft, named bool) error {
	if !named || d.Kind != "" || d.Audience == post.Public {
		return nil
	}
	return apperr.Invalid("group.narrow", g.Name()).Field("text", "group.narrow", g.Name())
}

// accepts says in which state a group takes a post of somebody, or why it does not.
func (g *Group) accepts(me *Membership) (string, error) {
	switch {
	case me != nil && me.State == Banned:
		return "", apperr.Forbidden("group.banned")
	case me.May(Moderator):
		return Shown, nil
	case g.Posting == Everyone:
		return Shown, nil
	case g.Posting == Staff:
		return "", apperr.Forbidden("group.moderators_write")
	case !me.In():
		return "", apperr.Forbidden("group.members_write")
	case g.Posting == Moderated:
		return Waiting, nil
	}
	return Shown, nil
}

// unlocked refuses an answer in a closed thread, but to those who closed it.
func (s *Service) unlocked(ctx context.Context, q db.Q, threadID int64, me *Membership) error {
	t, err := threadOf(ctx, q, threadID)
	if err != nil || t == nil || t.LockedAt == 0 || me.May(Moderator) {
		return err
	}
	return apperr.Forbidden("group.locked")
}

// namedIn finds the group that a text is for, of those that it names and v may know of: the closed one that
// v belongs to, else the first. Of two closed groups neither may read what is for the other, so that the
// author says which one.
// Errors: KindInvalid "group.two_closed".
func (s *Service) namedIn(ctx context.Context, q db.Q, v *auth.Viewer, src string) (*account.Account, error) {
	var first, closed *account.Account
	handles, _ := text.Parse(src)
	for _, h := range handles[:min(len(handles), 10)] {
		host := h.Host
		if host == s.Accounts.Host {
			host = ""
		}
		a, err := account.ByHandle(ctx, q, h.Name, host)
		if apperr.Is(err, apperr.KindNotFound) {
			continue
		} else if err != nil {
			return nil, err
		}
		if a.Kind != account.Group || a.Gone() {
			continue
		}
		if yes, err := s.known(ctx, q, v, a); err != nil {
			return nil, err
		} else if !yes {
			continue
		}
		if first == nil {
			first = a
		}
		if a.Public || closed != nil && closed.ID == a.ID {
			continue
		}
		if in, err := granted(ctx, q, a.ID, v.AccountID); err != nil {
			return nil, err
		} else if !in {
			continue
		}
		if closed != nil {
			both := []any{"First", closed.Name(), "Second", a.Name()}
			return nil, apperr.Invalid("group.two_closed", both...).Field("text", "group.two_closed", both...)
		}
		closed = a
	}
	return cmp.Or(closed, first), nil
}

// known reports whether v may name a group: one of which they may not know must not
// stand in the way of the next, or it would show that it is there.
//
// Spec: P1
func (s *Service) known(ctx context.Context, q db.Q, v *auth.Viewer, a *account.Account) (bool, error) {
	if !a.Local() && !a.Public {
		return granted(ctx, q, a.ID, v.AccountID)
	}
	_, _, err := s.seen(ctx, q, v, a.ID)
	return err == nil, ignoreMissing(err)
}

// store gives a post of ours to its group.
func (s *Service) store(ctx context.Context, tx *db.Tx, p *post.Post, asked any) error {
	w := asked.(*wanted)
	if err := s.stillIn(ctx, tx, p, w.groupID); err != nil {
		return err
	}
	row := &Post{PostID: p.ID, GroupID: w.groupID, ThreadID: p.ThreadID, State: w.state}
	if w.thread != 0 {
		row.ThreadID = w.thread
	}
	if w.group == nil && p.Audience != post.Group {
		// Naming the group has the post sent to it.
		if _, err := tx.Exec(ctx, `insert into post_mention (post_id, account_id) values ($1, $2) on conflict do nothing`, p.ID, w.groupID); err != nil {
			return err
		}
		if err := settleRemote(ctx, tx, row, p.URI, p.ReplyToID != 0, p.CreatedAt); err != nil {
			return err
		}
	}
	return s.put(ctx, tx, w.group, row, p)
}

// stillIn refuses a post to who was put out of its group, or left it, since it was checked.
func (s *Service) stillIn(ctx context.Context, tx *db.Tx, p *post.Post, groupID int64) error {
	if p.Audience == post.Group {
		if is, err := granted(ctx, tx, groupID, p.AccountID); err != nil || !is {
			return cmp.Or(err, unknown())
		}
	}
	m, err := membership(ctx, tx, groupID, p.AccountID)
	if err == nil && m != nil && m.State == Banned {
		err = apperr.Forbidden("group.banned")
	}
	return err
}

// put writes what a group says of a new post, and has the group relay a thread's first one.
func (s *Service) put(ctx context.Context, tx *db.Tx, g *Group, row *Post, p *post.Post) error {
	if err := db.Insert(ctx, tx, "group_post", row); err != nil {
		return err
	}
	if row.ThreadID == p.ID {
		if _, err := tx.Exec(ctx, `insert into group_thread (post_id, group_id, last_at, open_last_at) values ($1, $2, $3, $3) on conflict do nothing`, p.ID, row.GroupID, p.CreatedAt); err != nil {
			return err
		}
		if g == nil {
			if err := settleThread(ctx, tx, row.GroupID, p.ID, p.URI); err != nil {
				return err
			}
		}
	} else if row.State == Shown {
		if err := recount(ctx, tx, row.ThreadID); err != nil {
			return err
		}
	}
	if g != nil && row.State == Shown {
		tell := s.relay
		if p.ReplyToURI != "" {
			tell = s.answered
		}
		if err := tell(ctx, tx, g, p); err != nil {
			return err
		}
	}
	if row.State == Shown && row.ThreadID == p.ID {
		if err := s.carry(ctx, tx, row.GroupID, p); err != nil {
			return err
		}
	}
	if p.Local {
		return nil // new, so nobody has answered yet
	}
	return s.gather(ctx, tx, p)
}

// relay puts a thread into the home timelines of the group's followers, everywhere.
func (s *Service) relay(ctx context.Context, tx *db.Tx, g *Group, p *post.Post) error {
	b, err := s.Posts.Relay(ctx, tx, g.Account, p)
	if err != nil {
		return err
	}
	return s.boosted(ctx, tx, g, p, b, false)
}

// unrelay takes it out again.
func (s *Service) unrelay(ctx context.Context, tx *db.Tx, g *Group, p *post.Post) error {
	b, err := s.Posts.Unrelay(ctx, tx, g.AccountID, p)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	return s.boosted(ctx, tx, g, p, b, true)
}

// recount brings the numbers and the last dates of a thread's posts up to date: of all, and of those that
// people of other servers may read.
func recount(ctx context.Context, tx *db.Tx, threadID int64) error {
	const of = `from group_post g join post p on p.id = g.post_id where g.thread_id = $1 and g.state = 'shown' and p.deleted_at = 0`
	const open = of + ` and p.audience in ('public', 'group')`
	_, err := tx.Exec(ctx, `update group_thread set
		posts = (select count(*) `+of+`), last_at = coalesce((select max(p.created_at) `+of+`), last_at),
		open_posts = (select count(*) `+open+`), open_last_at = coalesce((select max(p.created_at) `+open+`), last_at) where post_id = $1`, threadID)
	return err
}

// write names the group in the document of a post of ours.
//
// Spec: FEP-1b12; Spec: FEP-400e
func (s *Service) write(ctx context.Context, q db.Q, p *post.Post, n *as.Note) error {
	in, err := placed(ctx, q, p.ID)
	if err != nil || in == nil || p.Audience != post.Public && p.Audience != post.Group {
		return err
	}
	a, err := account.ByID(ctx, q, in.GroupID)
	if err != nil {
		return err
	}
	n.Audience = a.URI
	if p.Audience == post.Group {
		n.To, n.Cc = []string{a.URI, a.Followers}, nil
		return nil
	}
	if wall, err := wallOf(ctx, q, a); err != nil {
		return err
	} else if wall != nil {
		if n.Extra == nil {
			n.Extra = map[string]any{}
		}
		n.Extra["target"] = wall
	}
	if !slices.Contains(n.Cc, a.URI) && !slices.Contains(n.To, a.URI) {
		n.Cc = append(n.Cc, a.URI)
	}
	host := a.Host
	if host == "" {
		host = s.Accounts.Host
	}
	if !slices.ContainsFunc(n.Tags, func(t as.Tag) bool { return t.Type == "Mention" && t.Href == a.URI }) {
		// Client apps of others keep in an answer whom the post names.
		n.Tags = append(n.Tags, as.Tag{Type: "Mention", Href: a.URI, Name: "@" + a.Username + "@" + host})
	}
	return nil
}

// bury takes a deleted post out of its thread.
func (s *Service) bury(ctx context.Context, tx *db.Tx, p *post.Post) error {
	in, err := placed(ctx, tx, p.ID)
	if err != nil || in == nil {
		return err
	}
	if err := s.uncarry(ctx, tx, p.ID); err != nil {
		return err
	}
	if err := dropHeld(ctx, tx, p.ID); err != nil {
		return err
	}
	if in.State == Shown {
		if err := s.tellWalls(ctx, tx, in.GroupID, p, false); err != nil {
			return err
		}
	}
	if p.ReplyToID == 0 && in.State == Shown {
		g, err := ByID(ctx, tx, in.GroupID)
		if err == nil {
			err = s.unrelay(ctx, tx, g, p)
		}
		if err != nil && !apperr.Is(err, apperr.KindNotFound) {
			return err
		}
	}
	if _, err := tx.Exec(ctx, `update group_post set state = 'removed', by_id = $1, decided_at = $2, reason = '' where post_id = $3`, p.AccountID, now(), p.ID); err != nil {
		return err
	}
	return recount(ctx, tx, in.ThreadID)
}

// load finds the groups of the posts of a page.
func (s *Service) load(ctx context.Context, q db.Q, _ *auth.Viewer, views []*post.View) error {
	postIDs := make([]int64, len(views))
	for i, w := range views {
		postIDs[i] = w.ID
	}
	frag, args := db.In(1, postIDs)
	rows, err := db.All[Post](ctx, q, `select `+postColumns+` from group_post g where g.post_id in `+frag, args...)
	if err != nil || len(rows) == 0 {
		return err
	}
	var groups []int64
	byPost := make(map[int64]Post, len(rows))
	for _, r := range rows {
		byPost[r.PostID] = r
		groups = append(groups, r.GroupID)
	}
	accounts, err := account.ByIDs(ctx, q, groups)
	if err != nil {
		return err
	}
	for _, w := range views {
		if r, ok := byPost[w.ID]; ok && accounts[r.GroupID] != nil {
			w.SetPart(partName, &place{r, accounts[r.GroupID]})
		}
	}
	return nil
}

// card says on pages in which group a post stands.
func card(c *httpx.Ctx, w *post.View, out *web.PostCard) {
	in := post.PartOf[*place](w, partName)
	if in == nil || in.State != Shown {
		return
	}
	out.Group = &web.Link{Name: in.Group.Name(), URL: in.path()}
	if in.Group.Local() || c.Viewer != nil {
		out.At = in.path() + "#post-" + ids.String(w.ID)
		if in.PostID != in.ThreadID {
			out.At = in.path() + "?message=" + ids.String(w.ID) + "#post-" + ids.String(w.ID)
		}
	}
	if w.Audience == post.Group {
		out.AudienceWords = c.T("group.audience", "Name", in.Group.Name())
	}
}

// path is our page of the thread.
func (in *place) path() string { return Path(in.Group) + "/" + ids.String(in.ThreadID) }

// Path is our page of a group.
func Path(a *account.Account) string { return "/groupes/" + strings.ToLower(a.Acct()) }

// InPlace is the condition that the post aliased p is not out of its thread: that it
// is in no group, or that its group shows it.
func InPlace(p string) string {
	return "not exists (select 1 from group_post gx where gx.post_id = " + p + ".id and gx.state <> 'shown')"
}

// placed is what a group says of a post, nil when no group does.
func placed(ctx context.Context, q db.Q, postID int64) (*Post, error) {
	p, err := db.Get[Post](ctx, q, `select `+postColumns+` from group_post g where g.post_id = $1`, postID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, nil
	}
	return &p, err
}

// Into is what a draft carries to go to a group.
func Into(groupID int64) map[string]any {
	return map[string]any{partName: &wanted{groupID: groupID}}
}
