package group

import (
	"context"
	"net/http"
	"strings"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/web"
)

func idOf(g *Group) string { return ids.String(g.AccountID) }

// membersView is the page of who belongs to a group.
type membersView struct {
	Head      head
	Asking    []web.AccountLine
	People    []web.AccountLine
	Invited   []web.AccountLine // who has not answered yet, for moderators
	Banned    []web.AccountLine
	Invite    *web.Field
	InviteURL string
	HandOver  string // "" when the viewer may not
}

// maxListed is how many people one page lists.
const maxListed = 500

func (s *Service) getMembers(c *httpx.Ctx) error {
	g, me, err := s.here(c)
	if err != nil {
		return err
	}
	// Guests write here, but have no list of the members.
	if !me.In() || !c.Viewer.Member {
		return apperr.Forbidden("group.members_list")
	}
	return s.membersPage(c, http.StatusOK, g, me, "", nil)
}

func (s *Service) membersPage(c *httpx.Ctx, status int, g *Group, me *Membership, typed string, errs []web.FieldError) error {
	h, err := s.head(c, g, me, "members")
	if err != nil {
		return err
	}
	v := membersView{Head: h, InviteURL: Path(g.Account) + "/inviter"}
	rows, err := db.All[Membership](c.Context(), s.DB.Read(), `select group_id, account_id, role, state, by_id, since from group_member
		where group_id = $1 order by case role when 'owner' then 0 when 'moderator' then 1 when 'animator' then 2 else 3 end, since limit $2`, g.AccountID, maxListed)
	if err != nil {
		return err
	}
	asking, err := s.Waiting(c.Context(), g.AccountID)
	if err != nil {
		return err
	}
	people := asking
	for _, m := range rows {
		people = append(people, m.AccountID)
	}
	accounts, err := account.ByIDs(c.Context(), s.DB.Read(), people)
	if err != nil {
		return err
	}
	members, err := auth.MembersAmong(c.Context(), s.DB.Read(), people)
	if err != nil {
		return err
	}
	sisters, err := affiliatedAmong(c.Context(), s.DB.Read(), accounts)
	if err != nil {
		return err
	}
	line := func(id int64) (web.AccountLine, bool) {
		a := accounts[id]
		if a == nil || a.Gone() {
			return web.AccountLine{}, false
		}
		author := account.Author(a)
		author.Guest = a.Local() && !members[a.ID]
		if !a.Local() && sisters[a.Host] { // of the movement
			author.Outside, author.Software = false, ""
		}
		return web.AccountLine{Author: author}, true
	}
	act := func(id int64, name, style string) web.Act {
		return web.Act{Label: c.T("group.member." + name), URL: Path(g.Account) + "/membres/" + ids.String(id), Style: style, Fields: []web.HiddenField{{Name: "acte", Value: name}}}
	}
	for _, m := range rows {
		l, ok := line(m.AccountID)
		if !ok {
			continue
		}
		switch m.State {
		case In:
			l.Author.Role = c.T("group.role." + m.Role)
			l.Acts = memberActs(me, &m, act)
			v.People = append(v.People, l)
		case Invited:
			if me.May(Moderator) {
				l.Acts = []web.Act{act(m.AccountID, "uninvite", "")}
				v.Invited = append(v.Invited, l)
			}
		case Banned:
			if me.May(Moderator) {
				l.Acts = []web.Act{act(m.AccountID, "unban", "")}
				v.Banned = append(v.Banned, l)
			}
		}
	}
	if me.May(Moderator) {
		for _, id := range asking {
			if l, ok := line(id); ok {
				l.Acts = []web.Act{act(id, "accept", "primary"), act(id, "refuse", "")}
				v.Asking = append(v.Asking, l)
			}
		}
	}
	if g.Joining == Free || me.May(Moderator) {
		f := web.Field{Name: "who", Label: c.T("group.invite"), Hint: c.T("group.invite_hint"), Autocomplete: "off", Value: typed}
		fill(&f, errs)
		v.Invite = &f
	}
	if me.Role == Owner {
		v.HandOver = Path(g.Account) + "/confier"
	}
	return c.PageStatus(status, &web.Page{Name: "group/members", Title: c.T("group.tab.members"), NoIndex: true, Data: v})
}

// memberActs are what the viewer may do about a member.
func memberActs(me, m *Membership, act func(id int64, name, style string) web.Act) []web.Act {
	var out []web.Act
	if m.AccountID == me.AccountID {
		return nil
	}
	if me.May(Owner) {
		for _, role := range []string{Member, Animator, Moderator} {
			if role != m.Role {
				out = append(out, act(m.AccountID, "to_"+role, ""))
			}
		}
	}
	if me.May(Moderator) && ranks[me.Role] > ranks[m.Role] {
		out = append(out, act(m.AccountID, "ban", "danger"))
	}
	return out
}

func (s *Service) postMember(c *httpx.Ctx) error {
	g, _, err := s.here(c)
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	id, err := c.ID("id")
	if err != nil {
		return apperr.NotFound("account.not_found")
	}
	act := form.Get("acte")
	role, toRole := strings.CutPrefix(act, "to_")
	if (toRole || act == "ban") && form.Get("sure") == "" {
		return s.confirmMember(c, g, id, act)
	}
	switch {
	case act == "accept", act == "refuse":
		err = s.Answer(c.Context(), c.Viewer, g.AccountID, id, act == "accept")
	case act == "ban":
		err = s.Ban(c.Context(), c.Viewer, g.AccountID, id, form.Get("reason"))
	case act == "uninvite":
		err = s.Uninvite(c.Context(), c.Viewer, g.AccountID, id)
	case act == "unban":
		err = s.Unban(c.Context(), c.Viewer, g.AccountID, id)
	case toRole:
		err = s.SetRole(c.Context(), c.Viewer, g.AccountID, id, role)
	default:
		err = apperr.Invalid("group.bad_act")
	}
	if err != nil {
		return err
	}
	c.Flash("success", "group.done.member")
	return c.Redirect(Path(g.Account) + "/membres")
}

// confirmMember asks before somebody is put out or given another role.
func (s *Service) confirmMember(c *httpx.Ctx, g *Group, id int64, act string) error {
	_, me, err := s.here(c)
	if err != nil {
		return err
	}
	if !me.May(Moderator) {
		return needs(Moderator)
	}
	a, err := account.ByID(c.Context(), s.DB.Read(), id)
	if err != nil {
		return apperr.NotFound("account.not_found").Wrap(err)
	}
	h, err := s.head(c, g, me, "")
	if err != nil {
		return err
	}
	if !c.Loc.Has("group.confirm." + act) {
		return apperr.Invalid("group.bad_act")
	}
	v := formView{Head: h, Title: c.T("group.confirm."+act, "Name", a.Name()), Text: c.T("group.confirm." + act + ".text"), Danger: act == "ban",
		Action: Path(g.Account) + "/membres/" + ids.String(id), Button: c.T("group.member." + act), Back: Path(g.Account) + "/membres",
		Hidden: []web.HiddenField{{Name: "acte", Value: act}, {Name: "sure", Value: "1"}}}
	if act == "ban" {
		v.Fields = []web.Field{{Name: "reason", Label: c.T("group.reason"), Hint: c.T("group.reason_hint"), MaxLength: MaxReason, Optional: true}}
	}
	return s.showForm(c, http.StatusOK, v)
}

func (s *Service) postInvite(c *httpx.Ctx) error {
	g, me, err := s.here(c)
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	wrong := func(err error) error {
		if !me.In() {
			return err
		}
		return s.membersPage(c, http.StatusUnprocessableEntity, g, me, form.Get("who"), []web.FieldError{{Name: "who", Text: c.ErrorText(err)}})
	}
	a, err := s.invitee(c.Context(), c.Viewer, form.Get("who"))
	if err != nil {
		return wrong(err)
	}
	if err := s.Invite(c.Context(), c.Viewer, g.AccountID, a.ID); err != nil {
		return wrong(err)
	}
	c.Flash("success", "group.invited", "Name", a.Name())
	return c.Redirect(Path(g.Account) + "/membres")
}

// queueView is what waits for a moderator.
type queueView struct {
	Head     head
	Items    []item // to be let in
	Reported []item
	Offered  []item // threads of other servers' groups
	Empty    web.Empty
}

func (s *Service) queue(c *httpx.Ctx, g *Group, h head) (queueView, error) {
	v := queueView{Head: h, Empty: web.Empty{Icon: "shield", Title: c.T("group.queue_none"), Text: c.T("group.queue_none_text")}}
	waiting, err := s.InQueue(c.Context(), g.AccountID)
	if err != nil {
		return v, err
	}
	reports, err := s.Reports(c.Context(), g.AccountID)
	if err != nil {
		return v, err
	}
	offers, err := s.Offers(c.Context(), g.AccountID)
	if err != nil {
		return v, err
	}
	reasons := map[int64][]string{}
	offered := map[int64]Offered{}
	postIDs := waiting
	for _, o := range offers {
		offered[o.PostID] = o
		postIDs = append(postIDs, o.PostID)
	}
	for _, r := range reports {
		if reasons[r.PostID] == nil {
			postIDs = append(postIDs, r.PostID)
		}
		reasons[r.PostID] = append(reasons[r.PostID], r.Reason)
	}
	posts, err := post.ByIDs(c.Context(), s.DB.Read(), post.ReaderOf(c.Viewer), postIDs)
	if err != nil {
		return v, err
	}
	var list []*post.Post
	for _, id := range postIDs {
		if posts[id] != nil {
			list = append(list, posts[id])
		}
	}
	views, err := s.Posts.Views(c.Context(), c.Viewer, list)
	if err != nil {
		return v, err
	}
	for _, w := range views {
		card := post.Card(c, w)
		path := Path(g.Account) + "/" + ids.String(w.ID)
		if o, is := offered[w.ID]; is {
			v.Offered = append(v.Offered, offeredItem(c, &card, o, path))
			continue
		}
		it := item{Card: &card, Reasons: reasons[w.ID], Links: []web.Link{{Name: c.T("group.remove"), URL: path + "/retirer"}}}
		if len(it.Reasons) > 0 {
			it.Acts = []web.Act{{Label: c.T("group.keep"), URL: path + "/garder", Icon: "check"}}
			v.Reported = append(v.Reported, it)
		} else {
			it.Acts = []web.Act{{Label: c.T("group.let_in"), URL: path + "/retablir", Style: "primary", Icon: "check"}}
			v.Items = append(v.Items, it)
		}
	}
	return v, nil
}

func offeredItem(c *httpx.Ctx, card *web.PostCard, o Offered, path string) item {
	words := c.T("group.offered_by_group", "Group", "@"+o.From.Acct())
	if o.By != nil && o.By.ID != o.From.ID {
		words = c.T("group.offered_by", "By", o.By.Name(), "Group", "@"+o.From.Acct())
	}
	act := func(what, style, icon string) web.Act {
		return web.Act{Label: c.T("group.act." + what), URL: path + "/propose", Style: style, Icon: icon, Fields: []web.HiddenField{{Name: "acte", Value: what}}}
	}
	return item{Card: card, Reasons: []string{words}, Acts: []web.Act{act("take", "primary", "check"), act("leave_there", "", "x")}}
}

func (s *Service) postOffered(c *httpx.Ctx) error {
	g, _, err := s.here(c)
	if err != nil {
		return err
	}
	id, err := c.ID("id")
	if err != nil {
		return apperr.NotFound("post.not_found")
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	yes := form.Get("acte") == "take"
	if err := s.AnswerOffer(c.Context(), c.Viewer, g.AccountID, id, yes); err != nil {
		return err
	}
	c.Flash("success", "group.done."+map[bool]string{true: "take", false: "leave_there"}[yes])
	return c.Redirect(Path(g.Account) + "/attente")
}

// journalView is the journal of a group.
type journalView struct {
	Head  head
	Lines []journalLine
}

type journalLine struct {
	When, Words, Reason string
	Acts                []web.Act
}

func (s *Service) getJournal(c *httpx.Ctx) error {
	g, me, h, err := s.inside(c, "journal")
	if err != nil {
		return err
	}
	lines, err := s.Journal(c.Context(), g.AccountID)
	if err != nil {
		return err
	}
	var people []int64
	for _, l := range lines {
		people = append(people, l.ByID, l.AccountID)
	}
	accounts, err := account.ByIDs(c.Context(), s.DB.Read(), people)
	if err != nil {
		return err
	}
	name := func(id int64) string {
		if a := accounts[id]; a != nil && a.VisibleTo(c.Viewer) {
			return a.Name()
		}
		return c.T("group.somebody")
	}
	back := map[int64]bool{}
	if me.May(Moderator) {
		if back, err = s.restorable(c.Context(), g.AccountID, lines); err != nil {
			return err
		}
	}
	v := journalView{Head: h}
	for _, l := range lines {
		if c.Viewer == nil && personal[l.Act] {
			continue // who came and went is not for everyone
		}
		line := journalLine{When: c.Loc.DateTime(at(l.At), at(now())),
			Words: c.T("group.log."+l.Act, "By", name(l.ByID), "Who", name(l.AccountID), "Role", c.T("group.role."+orMember(l.Reason, l.Act)), "What", l.Reason), Reason: reasonOf(l)}
		if l.Act == "remove" && back[l.PostID] {
			delete(back, l.PostID) // once, at the last time
			line.Acts = []web.Act{{Label: c.T("group.restore"), URL: Path(g.Account) + "/" + ids.String(l.PostID) + "/retablir", Icon: "history"}}
		}
		v.Lines = append(v.Lines, line)
	}
	return c.Page(&web.Page{Name: "group/journal", Title: c.T("group.tab.journal"), NoIndex: true, Data: v})
}

// restorable are the posts of a journal that are out of the group and not deleted.
func (s *Service) restorable(ctx context.Context, groupID int64, lines []Line) (map[int64]bool, error) {
	var posts []int64
	for _, l := range lines {
		if l.Act == "remove" {
			posts = append(posts, l.PostID)
		}
	}
	out := map[int64]bool{}
	if len(posts) == 0 {
		return out, nil
	}
	frag, args := db.In(2, posts)
	found, err := db.All[int64](ctx, s.DB.Read(), `select g.post_id from group_post g join post p on p.id = g.post_id
		where g.group_id = $1 and g.state = 'removed' and p.deleted_at = 0 and g.post_id in `+frag, append([]any{groupID}, args...)...)
	for _, id := range found {
		out[id] = true
	}
	return out, err
}

// personal are the acts on people, which strangers do not read.
var personal = map[string]bool{"accept": true, "refuse": true, "invite": true, "uninvite": true, "role": true, "ban": true, "unban": true, "link": true, "unlink": true, "cut_link": true, "linked": true}

func orMember(role, act string) string {
	if act == "role" {
		return role
	}
	return Member
}

func reasonOf(l Line) string {
	if l.Act == "role" || l.Act == "topic" {
		return ""
	}
	return l.Reason
}
