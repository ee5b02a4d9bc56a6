package group

import (
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
	"github.com/maillage/maillage/web"
)

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
