package group

import (
	"context"
	"net/http"
	"strings"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
	"github.com/maillage/maillage/web"
)

// ListPath is the page of all groups.
const ListPath = "/groupes"

// Web declares the pages and forms of groups.
func (s *Service) Web(r *httpx.Router) {
	r.Get(ListPath, httpx.SignedIn, s.getList, httpx.Keep())
	r.Get(ListPath+"/nouveau", httpx.SignedIn, s.getNew)
	r.Post(ListPath+"/nouveau", httpx.SignedIn, s.postNew)
	r.Get(ListPath+"/invitations/{id}", httpx.SignedIn, s.getInvitation)
	r.Post(ListPath+"/invitations/{id}", httpx.SignedIn, s.postInvitation)
	r.Get(ListPath+"/demandes/{id}", httpx.SignedIn, s.getAsked)
	r.Get(ListPath+"/{name}/confier", httpx.SignedIn, s.getHandOver)
	r.Post(ListPath+"/{name}/confier", httpx.SignedIn, s.postHandOver)
	r.Get(ListPath+"/{name}", httpx.Public, s.getGroup, httpx.Keep())
	r.Get(ListPath+"/{name}/ecrire", httpx.SignedIn, s.getWrite)
	r.Get(ListPath+"/{name}/fils.atom", httpx.Public, s.getAtom)
	r.Get(ListPath+"/{name}/fils.rss", httpx.Public, s.getRSS)
	r.Get(ListPath+"/{name}/suivre", httpx.Public, s.getFollow)
	r.Get(ListPath+"/{name}/themes", httpx.SignedIn, s.getTopics)
	r.Post(ListPath+"/{name}/themes", httpx.SignedIn, s.postTopics)
	r.Get(ListPath+"/{name}/rejoindre", httpx.SignedIn, s.getJoin)
	r.Post(ListPath+"/{name}/rejoindre", httpx.SignedIn, s.postJoin)
	r.Post(ListPath+"/{name}/quitter", httpx.SignedIn, s.postLeave)
	r.Get(ListPath+"/{name}/membres", httpx.SignedIn, s.getMembers)
	r.Post(ListPath+"/{name}/inviter", httpx.SignedIn, s.postInvite)
	r.Post(ListPath+"/{name}/membres/{id}", httpx.SignedIn, s.postMember)
	r.Get(ListPath+"/{name}/contributions", httpx.Public, s.getContributions)
	r.Post(ListPath+"/{name}/contributions", httpx.SignedIn, s.postContributions)
	r.Get(ListPath+"/{name}/liens", httpx.SignedIn, s.getLinks)
	r.Post(ListPath+"/{name}/liens", httpx.SignedIn, s.postLinks)
	r.Post(ListPath+"/{name}/{id}/lacher", httpx.SignedIn, s.postDrop)
	r.Get(ListPath+"/{name}/attente", httpx.SignedIn, s.getQueue)
	r.Get(ListPath+"/{name}/journal", httpx.Public, s.getJournal)
	r.Get(ListPath+"/{name}/reglages", httpx.SignedIn, s.getSettings)
	r.Post(ListPath+"/{name}/reglages", httpx.SignedIn, s.postSettings)
	r.Get(ListPath+"/{name}/{id}", httpx.Public, s.getThread, httpx.Keep())
	r.Get(ListPath+"/{name}/{id}/resume", httpx.SignedIn, s.getSummary)
	r.Post(ListPath+"/{name}/{id}/resume", httpx.SignedIn, s.postSummary)
	r.Post(ListPath+"/{name}/{id}/fil", httpx.SignedIn, s.postThread)
	r.Get(ListPath+"/{name}/{id}/theme", httpx.SignedIn, s.getTopic)
	r.Post(ListPath+"/{name}/{id}/theme", httpx.SignedIn, s.postTopic)
	r.Get(ListPath+"/{name}/{id}/reunir", httpx.SignedIn, s.getMerge)
	r.Post(ListPath+"/{name}/{id}/reunir", httpx.SignedIn, s.postMerge)
	r.Get(ListPath+"/{name}/{id}/deplacer", httpx.SignedIn, s.getMove)
	r.Post(ListPath+"/{name}/{id}/deplacer", httpx.SignedIn, s.postMove)
	r.Post(ListPath+"/{name}/{id}/propose", httpx.SignedIn, s.postOffered)
	r.Post(ListPath+"/{name}/{id}/garder-ici", httpx.SignedIn, s.postWithdraw)
	r.Get(ListPath+"/{name}/{id}/retirer", httpx.SignedIn, s.getRemove)
	r.Post(ListPath+"/{name}/{id}/retirer", httpx.SignedIn, s.postRemove)
	r.Post(ListPath+"/{name}/{id}/retablir", httpx.SignedIn, s.postRestore)
	r.Get(ListPath+"/{name}/{id}/signaler", httpx.SignedIn, s.getReport)
	r.Post(ListPath+"/{name}/{id}/signaler", httpx.SignedIn, s.postReport)
	r.Post(ListPath+"/{name}/{id}/garder", httpx.SignedIn, s.postResolve)
}

// here finds the group of the path as far as the viewer may know of it.
func (s *Service) here(c *httpx.Ctx) (*Group, *Membership, error) {
	name, host, ok := account.ParseAcct(c.Var("name"), s.Accounts.Host)
	if !ok {
		return nil, nil, unknown()
	}
	a, err := account.ByHandle(c.Context(), s.DB.Read(), name, host)
	if err != nil || a.Kind != account.Group {
		return nil, nil, unknown()
	}
	return s.seen(c.Context(), s.DB.Read(), c.Viewer, a.ID)
}

// head is what stands on top of every page of a group.
type head struct {
	Name, URL, Icon string
	Kind            string // words: "Groupe ouvert"
	Members         int
	Guests          int
	Open            bool
	In, Waits       bool   // the viewer is a member, or asked to be
	Remote          bool   // of another server
	Original, Host  string // its page there, its server
	CanJoin         bool
	Act             *web.Act
	Join            *web.Link // the page with the charter, before joining
	Tabs            []web.Tab
}

// inside is the group of the path for a page that a closed group keeps for those
// who are in it, with the head of the page.
func (s *Service) inside(c *httpx.Ctx, tab string) (*Group, *Membership, head, error) {
	g, me, err := s.here(c)
	if err == nil && g.Closed() && !me.In() {
		err = unknown()
	}
	if err != nil {
		return nil, nil, head{}, err
	}
	h, err := s.head(c, g, me, tab)
	return g, me, h, err
}

func (s *Service) head(c *httpx.Ctx, g *Group, me *Membership, tab string) (head, error) {
	n, err := sizes(c.Context(), s.DB.Read(), []int64{g.AccountID})
	if err != nil {
		return head{}, err
	}
	size := n[g.AccountID]
	url := Path(g.Account)
	h := head{Name: g.Account.Name(), URL: url, Icon: g.Icon, Kind: c.T("group.kind." + g.kind()), Members: size.Members, Guests: size.Guests,
		Open: g.Access == Open && g.Ours(), In: me.In()}
	if !g.Ours() {
		h.Remote, h.Members, h.Guests, h.Original = true, 0, 0, g.Account.URL
		h.Host = g.Account.Host
		h.Kind = c.T("group.kind.remote", "Handle", "@"+g.Account.Acct())
	}
	if c.Viewer != nil {
		if err := s.standing(c, g, me, &h); err != nil {
			return head{}, err
		}
	}
	add := func(key, path string) {
		h.Tabs = append(h.Tabs, web.Tab{Label: c.T("group.tab." + key), URL: url + path, Current: tab == key})
	}
	add("threads", "")
	if !g.Closed() || me.In() {
		add("contributions", "/contributions")
	}
	if g.Ours() && me.In() && c.Viewer.Member {
		add("members", "/membres")
	}
	if g.Ours() && g.Access == Open && me.In() && c.Viewer.Member {
		add("links", "/liens")
	}
	if g.Ours() && me.May(Moderator) {
		add("queue", "/attente")
	}
	add("journal", "/journal")
	if me.May(Owner) {
		add("settings", "/reglages")
	}
	return h, nil
}

// standing fills what the viewer may do about belonging to the group.
func (s *Service) standing(c *httpx.Ctx, g *Group, me *Membership, h *head) error {
	if me.In() {
		if me.Role != Owner {
			h.Act = &web.Act{URL: h.URL + "/quitter", Label: c.T("group.takes_part"), Icon: "check", Style: "pressed"}
		}
		return nil
	}
	waits, err := db.Get[int](c.Context(), s.DB.Read(), `select count(*) from follow where account_id = $1 and target_id = $2 and not accepted`, c.Viewer.AccountID, g.AccountID)
	if err != nil {
		return err
	}
	invited := me != nil && me.State == Invited
	switch {
	case waits > 0:
		h.Waits = true
		h.Act = &web.Act{URL: h.URL + "/quitter", Label: c.T("group.withdraw"), Icon: "clock"}
	case me != nil && me.State == Banned:
	case g.Charter != "" && (g.Joining != Invite || invited):
		h.Join = &web.Link{Name: c.T("group.join"), URL: h.URL + "/rejoindre"}
	case g.Joining == Free || invited:
		h.Act = &web.Act{URL: h.URL + "/rejoindre", Label: c.T("group.join"), Icon: "plus", Style: "primary"}
	case g.Joining == Request:
		h.Act = &web.Act{URL: h.URL + "/rejoindre", Label: c.T("group.ask"), Icon: "plus", Style: "primary"}
	}
	return nil
}

func (g *Group) kind() string {
	if g.Secret {
		return "secret"
	}
	return g.Access
}

// listView is the page of all groups.
type listView struct {
	Invitations  []groupLine
	Mine, Others []groupLine
	Remote       []groupLine // of other servers, that the viewer takes part in
	CanCreate    bool
	Find         web.Field
	Empty        web.Empty
}

type groupLine struct {
	Name, URL, Icon, Kind, Text string
	Members, Guests             int
}

func (s *Service) getList(c *httpx.Ctx) error {
	groups, err := s.Known(c.Context(), c.Viewer.AccountID, c.Viewer.Member)
	if err != nil {
		return err
	}
	v := listView{CanCreate: c.Viewer.Member, Find: web.Field{Name: "q", Label: c.T("group.find_label"), Hint: c.T("group.find_hint"), Autocomplete: "off"}, Empty: web.Empty{Icon: "users", Title: c.T("group.none"), Text: c.T("group.none_text")}}
	if v.CanCreate {
		v.Empty.Link = &web.Link{Name: c.T("group.create"), URL: ListPath + "/nouveau"}
	}
	for _, g := range groups {
		line := groupLine{Name: g.Account.Name(), URL: Path(g.Account), Icon: g.Icon, Kind: c.T("group.kind." + g.kind()),
			Text: firstLine(g.Account.NoteSource), Members: g.Members, Guests: g.Guests}
		if g.In {
			v.Mine = append(v.Mine, line)
		} else {
			v.Others = append(v.Others, line)
		}
	}
	elsewhere, err := s.Elsewhere(c.Context(), c.Viewer.AccountID)
	if err != nil {
		return err
	}
	for _, a := range elsewhere {
		v.Remote = append(v.Remote, groupLine{Name: a.Name(), URL: Path(a), Icon: Icons[0], Kind: c.T("group.kind.remote", "Handle", "@"+a.Acct()),
			Text: firstLine(text.Plain(a.Note))})
	}
	if v.Invitations, err = s.invitationLines(c); err != nil {
		return err
	}
	return c.Page(&web.Page{Name: "group/list", Title: c.T("group.title"), NoIndex: true, Data: v})
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	if r := []rune(s); len(r) > 160 {
		s = strings.TrimRight(string(r[:160]), " ,;:.") + "…"
	}
	return s
}

// Entry is a group in a list.
type Entry struct {
	Group
	Size
	In bool
}

// Elsewhere lists the groups of other servers that somebody takes part in, by name.
func (s *Service) Elsewhere(ctx context.Context, accountID int64) ([]*account.Account, error) {
	q := s.DB.Read()
	groupIDs, err := db.All[int64](ctx, q, `select a.id from group_member m join account a on a.id = m.group_id
		where m.account_id = $1 and m.state = 'in' and a.host <> '' and a.deleted_at = 0 and a.suspended_at = 0 order by a.handle limit 200`, accountID)
	if err != nil {
		return nil, err
	}
	accounts, err := account.ByIDs(ctx, q, groupIDs)
	out := make([]*account.Account, 0, len(groupIDs))
	for _, id := range groupIDs {
		if a := accounts[id]; a != nil {
			out = append(out, a)
		}
	}
	return out, err
}

// All lists the groups of this server, for who runs it, by address, with their sizes.
func (s *Service) All(ctx context.Context) ([]Entry, error) {
	q := s.DB.Read()
	rows, err := db.All[Group](ctx, q, `select g.account_id, g.access, g.secret, g.joining, g.posting, g.charter, g.icon, g.created_at
		from group_info g join account a on a.id = g.account_id where a.deleted_at = 0 order by a.handle`)
	if err != nil {
		return nil, err
	}
	return entries(ctx, q, rows)
}

// entries completes groups of ours by their accounts and sizes.
func entries(ctx context.Context, q db.Q, groups []Group) ([]Entry, error) {
	groupIDs := make([]int64, len(groups))
	for i, g := range groups {
		groupIDs[i] = g.AccountID
	}
	accounts, err := account.ByIDs(ctx, q, groupIDs)
	if err != nil {
		return nil, err
	}
	n, err := sizes(ctx, q, groupIDs)
	if err != nil {
		return nil, err
	}
	out := make([]Entry, 0, len(groups))
	for _, g := range groups {
		if g.Account = accounts[g.AccountID]; g.Account != nil {
			out = append(out, Entry{Group: g, Size: n[g.AccountID]})
		}
	}
	return out, nil
}

// Known lists the groups of ours that somebody may know of, by name, with their sizes, in three queries.
func (s *Service) Known(ctx context.Context, accountID int64, member bool) ([]Entry, error) {
	q := s.DB.Read()
	rows, err := db.All[struct {
		Group
		State string
	}](ctx, q, `select g.account_id, g.access, g.secret, g.joining, g.posting, g.charter, g.icon, g.created_at, coalesce(m.state, '') as state
		from group_info g join account a on a.id = g.account_id
		left join group_member m on m.group_id = g.account_id and m.account_id = $1
		where a.deleted_at = 0 and a.suspended_at = 0
			and (coalesce(m.state, '') in ('in', 'invited') or not g.secret and (g.access = 'open' or $2)) order by a.handle limit 500`, accountID, member)
	if err != nil {
		return nil, err
	}
	groups, states := make([]Group, len(rows)), make(map[int64]string, len(rows))
	for i, r := range rows {
		groups[i], states[r.AccountID] = r.Group, r.State
	}
	out, err := entries(ctx, q, groups)
	for i := range out {
		out[i].In = states[out[i].AccountID] == In
	}
	return out, err
}

// groupView is the page of a group: its threads.
type groupView struct {
	Head      head
	Note      string
	Charter   string
	Threads   []threadLine
	Write     string // where to begin a thread, "" when the viewer may not
	Older     string
	Empty     web.Empty
	People    []web.AccountLine
	FollowOut string
	Carries   []web.Link // the groups whose threads it carries
	Topics    []web.Tab
	CanSort   bool
	Moved     []movedLine
	Closed    bool // the viewer sees that it exists, and no more
}

type threadLine struct {
	Title, URL, Last string
	Topic, Waits     string
	From             *web.Link // of another group, that this one carries
	Drop             *web.Act
	Pinned, Locked   bool
	Posts            int
	By               string
}

const perPage = 30

func (s *Service) getGroup(c *httpx.Ctx) error {
	g, me, err := s.here(c)
	if err != nil {
		return err
	}
	h, err := s.head(c, g, me, "threads")
	if err != nil {
		return err
	}
	v := groupView{Head: h, Note: g.Account.NoteSource, Charter: g.Charter, Closed: g.Closed() && !me.In(),
		Empty: web.Empty{Icon: "message-square", Title: c.T("group.no_threads"), Text: c.T("group.no_threads_text")}}
	before := int64(0)
	if id, ok := ids.Parse(c.Query("avant")); ok {
		before = id
	}
	topic, _ := ids.Parse(c.Query("theme"))
	topics, err := s.Topics(c.Context(), g.AccountID)
	if err != nil {
		return err
	}
	v.Topics, v.CanSort = topicTabs(c, g, topics, topic), g.Ours() && me.May(Animator)
	threads, err := s.Threads(c.Context(), c.Viewer, g, topic, page.Range{MaxID: before, Limit: perPage + 1})
	if err != nil {
		return err
	}
	if len(threads) > perPage {
		threads = threads[:perPage]
		v.Older = Path(g.Account) + "?avant=" + ids.String(threads[perPage-1].LastAt)
		if topic != 0 {
			v.Older += "&theme=" + ids.String(topic)
		}
	}
	if topic != 0 {
		v.Empty.Title, v.Empty.Text = c.T("group.no_threads_topic"), ""
	}
	for _, t := range threads {
		if before != 0 && t.PinnedAt != 0 && t.GroupID == g.AccountID {
			continue
		}
		l := s.line(c, g, t)
		if topic == 0 {
			l.Topic = topicName(topics, t.TopicID)
		}
		if l.From != nil && g.Ours() && me.May(Moderator) {
			l.Drop = &web.Act{URL: Path(g.Account) + "/" + ids.String(t.PostID) + "/lacher", Label: c.T("group.drop"), Icon: "x"}
		}
		v.Threads = append(v.Threads, l)
	}
	if before == 0 && topic == 0 {
		if v.Moved, err = s.movedFrom(c, g); err != nil {
			return err
		}
	}
	if c.Viewer != nil {
		if state, err := g.accepts(me); err == nil && state != "" && (me.In() || !g.Closed()) {
			v.Write = Path(g.Account) + "/ecrire"
		}
	}
	if v.People, err = s.staff(c, g); err != nil {
		return err
	}
	if g.Access == Open && g.Ours() {
		v.FollowOut = "@" + g.Account.Username + "@" + s.Accounts.Host
		if v.Carries, err = s.carries(c, g); err != nil {
			return err
		}
	}
	if !g.Ours() {
		if err := s.visited(c.Context(), g); err != nil {
			return err
		}
		v.Note = text.Plain(g.Account.Note)
		v.Empty.Text = c.T("group.no_threads_remote")
	}
	p := &web.Page{Name: "group/group", Title: g.Account.Name(), Data: v, NoIndex: g.Access != Open || !g.Ours()}
	if !p.NoIndex {
		p.Description, p.Canonical = firstLine(g.Account.NoteSource), s.Accounts.Base+Path(g.Account)
		p.Alternates = s.alternates(g)
	}
	return c.Page(p)
}

func topicName(topics []Topic, id int64) string {
	for _, t := range topics {
		if t.ID == id {
			return t.Name
		}
	}
	return ""
}

func (s *Service) line(c *httpx.Ctx, g *Group, t Listed) threadLine {
	l := threadLine{Title: titleOf(t.View), URL: Path(g.Account) + "/" + ids.String(t.PostID), Posts: int(t.Posts),
		Last: c.Loc.Ago(at(t.LastAt), at(now())), Pinned: t.PinnedAt != 0, Locked: t.LockedAt != 0, By: t.View.Author.Name()}
	if in := post.PartOf[*place](t.View, partName); t.GroupID != g.AccountID && in != nil {
		l.URL, l.From, l.Pinned = in.path(), &web.Link{Name: in.Group.Name(), URL: Path(in.Group)}, false
	}
	return l
}

// staff are those who keep the group, as far as the viewer may know of them.
func (s *Service) staff(c *httpx.Ctx, g *Group) ([]web.AccountLine, error) {
	rows, err := db.All[Membership](c.Context(), s.DB.Read(), `select group_id, account_id, role, state, by_id, since from group_member
		where group_id = $1 and state = 'in' and role <> 'member' order by since limit 20`, g.AccountID)
	if err != nil {
		return nil, err
	}
	people := make([]int64, len(rows))
	for i, m := range rows {
		people[i] = m.AccountID
	}
	accounts, err := account.ByIDs(c.Context(), s.DB.Read(), people)
	if err != nil {
		return nil, err
	}
	var out []web.AccountLine
	for _, m := range rows {
		a := accounts[m.AccountID]
		if a == nil || a.Gone() || !a.VisibleTo(c.Viewer) {
			continue
		}
		author := account.Author(a)
		author.Role = c.T("group.role." + m.Role)
		out = append(out, web.AccountLine{Author: author})
	}
	return out, nil
}

// getJoin shows the charter to who wants to take part.
func (s *Service) getJoin(c *httpx.Ctx) error {
	g, me, err := s.here(c)
	if err != nil {
		return err
	}
	if me.In() {
		return c.Redirect(Path(g.Account))
	}
	h, err := s.head(c, g, me, "")
	if err != nil {
		return err
	}
	h.Join = nil
	words, button := "group.join_text", "group.join_agree"
	if g.Joining == Request && (me == nil || me.State != Invited) {
		words, button = "group.ask_text", "group.ask"
	}
	return s.showForm(c, http.StatusOK, formView{Head: h, Title: c.T("group.join_title", "Name", g.Account.Name()), Text: c.T(words), Charter: g.Charter,
		Action: Path(g.Account) + "/rejoindre", Button: c.T(button), Back: Path(g.Account)})
}

// getFollow tells how to follow an open group from elsewhere.
func (s *Service) getFollow(c *httpx.Ctx) error {
	g, me, err := s.here(c)
	if err != nil {
		return err
	}
	if g.Closed() || !g.Ours() {
		return unknown()
	}
	h, err := s.head(c, g, me, "")
	if err != nil {
		return err
	}
	base := s.Accounts.Base
	return c.Page(&web.Page{Name: "group/follow", Title: c.T("group.follow_title", "Name", g.Account.Name()), NoIndex: true, Alternates: s.alternates(g),
		Data: followView{Head: h, Handle: "@" + g.Account.Username + "@" + s.Accounts.Host, Address: base + Path(g.Account),
			Lemmy: "!" + g.Account.Username + "@" + s.Accounts.Host, Atom: base + Path(g.Account) + "/fils.atom", RSS: base + Path(g.Account) + "/fils.rss", URI: g.Account.URI}})
}

// followView tells how to follow a group.
type followView struct {
	Head                              head
	Handle, Lemmy, Address, Atom, RSS string
	URI                               string // to follow from one's own server
}

func (s *Service) postJoin(c *httpx.Ctx) error {
	g, _, err := s.here(c)
	if err != nil {
		return err
	}
	if err := s.Join(c.Context(), c.Viewer, g.AccountID); err != nil {
		return err
	}
	_, me, err := s.here(c)
	if err != nil {
		return err
	}
	if me.In() {
		c.Flash("success", "group.joined", "Name", g.Account.Name())
	} else if !g.Ours() {
		c.Flash("success", "group.asked_remote", "Name", g.Account.Name(), "Host", g.Account.Host)
	} else {
		c.Flash("success", "group.asked", "Name", g.Account.Name())
	}
	return c.Redirect(Path(g.Account))
}

func (s *Service) postLeave(c *httpx.Ctx) error {
	g, me, err := s.here(c)
	if err != nil {
		return err
	}
	if err := s.Leave(c.Context(), c.Viewer, g.AccountID); err != nil {
		return err
	}
	c.Flash("success", "group.left", "Name", g.Account.Name())
	if me != nil && g.Secret {
		return c.Redirect(ListPath)
	}
	return c.Redirect(Path(g.Account))
}

func (s *Service) getQueue(c *httpx.Ctx) error {
	g, me, err := s.here(c)
	if err != nil {
		return err
	}
	if !me.May(Moderator) {
		return needs(Moderator)
	}
	h, err := s.head(c, g, me, "queue")
	if err != nil {
		return err
	}
	v, err := s.queue(c, g, h)
	if err != nil {
		return err
	}
	return c.PageStatus(http.StatusOK, &web.Page{Name: "group/queue", Title: c.T("group.tab.queue"), NoIndex: true, Data: v})
}
