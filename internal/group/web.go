package group

import (
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
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

const perPage = 30
