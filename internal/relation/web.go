package relation

import (
	"strconv"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/web"
)

// The pages of one's own lists.
const (
	BlocksPath  = "/reglages/blocages"
	MutesPath   = "/reglages/masques"
	DomainsPath = "/reglages/serveurs"
)

const pageSize = 40

// Web declares the pages and forms on blocks, mutes, servers and notes.
func (s *Service) Web(r *httpx.Router) {
	r.Get("/@{name}/bloquer", httpx.SignedIn, s.asking("block"))
	r.Post("/@{name}/bloquer", httpx.SignedIn, s.acting("relation.blocked", func(c *httpx.Ctx, a *account.Account) error {
		return s.Block(c.Context(), c.Viewer.AccountID, a.ID)
	}))
	r.Post("/@{name}/debloquer", httpx.SignedIn, s.acting("relation.unblocked", func(c *httpx.Ctx, a *account.Account) error {
		return s.Unblock(c.Context(), c.Viewer.AccountID, a.ID)
	}))
	r.Get("/@{name}/masquer", httpx.SignedIn, s.asking("mute"))
	r.Post("/@{name}/masquer", httpx.SignedIn, s.acting("relation.muted", s.mute))
	r.Post("/@{name}/montrer", httpx.SignedIn, s.acting("relation.unmuted", func(c *httpx.Ctx, a *account.Account) error {
		return s.Unmute(c.Context(), c.Viewer.AccountID, a.ID)
	}))
	r.Get("/@{name}/note", httpx.SignedIn, s.asking("note"))
	r.Post("/@{name}/note", httpx.SignedIn, s.acting("relation.noted", func(c *httpx.Ctx, a *account.Account) error {
		form, err := c.Form()
		if err != nil {
			return err
		}
		return s.Note(c.Context(), c.Viewer.AccountID, a.ID, form.Get("comment"))
	}))
	r.Get(BlocksPath, httpx.SignedIn, s.getBlocks)
	r.Get(MutesPath, httpx.SignedIn, s.getMutes)
	r.Get(DomainsPath, httpx.SignedIn, s.getDomains)
	r.Post(DomainsPath, httpx.SignedIn, s.postDomain)
}

// askView is the page that says what an act means before it is done.
type askView struct {
	Act     string // block, mute, note: also the key of the words
	Title   string
	Author  web.Author
	Action  string
	Outside string // their server, "" for ours
	Comment web.Field
	For     web.Field // how long
	Notices web.Field
}

func (s *Service) asking(act string) httpx.Handler {
	return func(c *httpx.Ctx) error {
		a, err := s.Accounts.Shown(c.Context(), c.Viewer, c.Var("name"))
		if err != nil {
			return err
		}
		ties, err := Ties(c.Context(), s.DB.Read(), c.Viewer.AccountID, []int64{a.ID})
		if err != nil {
			return err
		}
		v := askView{Act: act, Title: c.T("relation."+act+".title", "Name", a.Name()), Author: account.Author(a), Outside: a.Host,
			Action: c.R.URL.Path}
		switch act {
		case "note":
			v.Comment = web.Field{Name: "comment", Type: "textarea", Rows: 4, Label: c.T("relation.note.label"), Hint: c.T("relation.note.hint"),
				Value: ties[a.ID].Note, MaxLength: MaxNote, Optional: true, Spellcheck: true}
		case "mute":
			v.For = web.Field{Name: "duration", Type: "select", Label: c.T("relation.mute.for"), Short: true}
			for _, seconds := range durations {
				v.For.Choices = append(v.For.Choices, web.Choice{Value: strconv.Itoa(seconds), Label: c.T("relation.mute.for." + strconv.Itoa(seconds)), Checked: seconds == 0})
			}
			v.Notices = web.Field{Name: "notifications", Type: "checkbox", Label: c.T("relation.mute.notices"), Value: "true", Checked: true}
		}
		return c.Page(&web.Page{Name: "relation/ask", Title: v.Title, NoIndex: true, Data: v})
	}
}

// durations are those offered for a mute, in seconds; 0 is without an end.
var durations = []int{0, 24 * 3600, 7 * 24 * 3600, 30 * 24 * 3600}

func (s *Service) mute(c *httpx.Ctx, a *account.Account) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	seconds, err := strconv.Atoi(form.Get("duration"))
	if err != nil || seconds > int(maxMute/time.Second) {
		seconds = 0
	}
	return s.Mute(c.Context(), c.Viewer.AccountID, a.ID, form.Get("notifications") != "", time.Duration(seconds)*time.Second)
}

// acting does something about the account that the path names, says so, and
// returns to where the person was.
func (s *Service) acting(done string, do func(*httpx.Ctx, *account.Account) error) httpx.Handler {
	return func(c *httpx.Ctx) error {
		form, err := c.Form()
		if err != nil {
			return err
		}
		a, err := s.Accounts.Shown(c.Context(), c.Viewer, c.Var("name"))
		if err != nil {
			return err
		}
		if err := do(c, a); err != nil {
			return err
		}
		c.Flash("success", done, "Name", a.Name())
		return c.Redirect(httpx.LocalPath(form.Get("back"), a.Path()))
	}
}

// listView is one of one's own lists.
type listView struct {
	Title, Text string
	Tabs        []web.Tab
	Lines       []web.AccountLine
	Domains     []domainLine
	Add         *web.Field // to name a server
	Empty       web.Empty
	Paging      web.Pagination
}

type domainLine struct {
	Host string
	Act  web.Act
}

func (s *Service) page(c *httpx.Ctx, kind, icon string) listView {
	return listView{
		Title: c.T("relation." + kind + "s"), Text: c.T("relation." + kind + "s.text"),
		Tabs: []web.Tab{
			{Label: c.T("relation.blocks"), URL: BlocksPath, Current: kind == "block"},
			{Label: c.T("relation.mutes"), URL: MutesPath, Current: kind == "mute"},
			{Label: c.T("relation.domains"), URL: DomainsPath, Current: kind == "domain"},
		},
		Empty: web.Empty{Icon: icon, Title: c.T("relation." + kind + "s.none"), Text: c.T("relation." + kind + "s.none_text")},
	}
}

func rangeOf(c *httpx.Ctx) page.Range {
	id, _ := ids.Parse(c.Query("max_id"))
	return page.Range{MaxID: id, Limit: pageSize}
}

func older(c *httpx.Ctx, n int, last int64) web.Pagination {
	if n < pageSize {
		return web.Pagination{}
	}
	return web.Pagination{Older: c.R.URL.Path + "?max_id=" + ids.String(last)}
}

func (s *Service) getBlocks(c *httpx.Ctx) error {
	rows, err := s.Blocks(c.Context(), c.Viewer.AccountID, rangeOf(c))
	if err != nil {
		return err
	}
	v := s.page(c, "block", "ban")
	for _, e := range rows {
		v.Lines = append(v.Lines, web.AccountLine{Author: account.Author(e.Account),
			Acts: []web.Act{{Label: c.T("relation.unblock"), URL: e.Account.Path() + "/debloquer"}}})
		v.Paging = older(c, len(rows), e.ID)
	}
	return c.Page(&web.Page{Name: "relation/list", Title: v.Title, NoIndex: true, Data: v})
}

func (s *Service) getMutes(c *httpx.Ctx) error {
	rows, err := s.Mutes(c.Context(), c.Viewer.AccountID, rangeOf(c))
	if err != nil {
		return err
	}
	v := s.page(c, "mute", "eye-off")
	for _, e := range rows {
		line := web.AccountLine{Author: account.Author(e.Account),
			Acts: []web.Act{{Label: c.T("relation.unmute"), URL: e.Account.Path() + "/montrer"}}}
		if e.Until != 0 {
			line.Text = c.T("relation.muted_until", "Date", c.Loc.Date(time.UnixMilli(e.Until), time.Now()))
		}
		v.Lines = append(v.Lines, line)
		v.Paging = older(c, len(rows), e.ID)
	}
	return c.Page(&web.Page{Name: "relation/list", Title: v.Title, NoIndex: true, Data: v})
}

func (s *Service) getDomains(c *httpx.Ctx) error {
	rows, err := s.Domains(c.Context(), c.Viewer.AccountID, rangeOf(c))
	if err != nil {
		return err
	}
	v := s.page(c, "domain", "globe")
	v.Add = &web.Field{Name: "domain", Label: c.T("relation.domain.label"), Hint: c.T("relation.domain.hint"), Required: true, Type: "text", InputMode: "url"}
	for _, d := range rows {
		v.Domains = append(v.Domains, domainLine{d.Host, web.Act{Label: c.T("relation.undomain"), URL: DomainsPath,
			Fields: []web.HiddenField{{Name: "domain", Value: d.Host}, {Name: "lift", Value: "1"}}}})
		v.Paging = older(c, len(rows), d.ID)
	}
	return c.Page(&web.Page{Name: "relation/list", Title: v.Title, NoIndex: true, Data: v})
}

func (s *Service) postDomain(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	host := form.Get("domain")
	if form.Get("lift") != "" {
		if err := s.UnblockDomain(c.Context(), c.Viewer.AccountID, host); err != nil {
			return err
		}
		c.Flash("success", "relation.domain.shown", "Name", host)
	} else {
		if err := s.BlockDomain(c.Context(), c.Viewer.AccountID, host); err != nil {
			return err
		}
		c.Flash("success", "relation.domain.hidden", "Name", host)
	}
	return c.Redirect(DomainsPath)
}

// Menu are the entries of a profile's menu that concern this slice, for the
// viewer and how they stand to a: pages that explain, and forms that undo.
func Menu(c *httpx.Ctx, a *account.Account, t Tie) (pages []web.Link, acts []web.Act) {
	pages = append(pages, web.Link{Name: c.T("relation.note"), URL: a.Path() + "/note"})
	if t.Muting {
		acts = append(acts, web.Act{Label: c.T("relation.unmute"), URL: a.Path() + "/montrer", Icon: "eye"})
	} else {
		pages = append(pages, web.Link{Name: c.T("relation.mute"), URL: a.Path() + "/masquer"})
	}
	if t.Blocking {
		acts = append(acts, web.Act{Label: c.T("relation.unblock"), URL: a.Path() + "/debloquer", Icon: "check"})
	} else {
		pages = append(pages, web.Link{Name: c.T("relation.block"), URL: a.Path() + "/bloquer"})
	}
	return pages, acts
}

// State says in words what stands between the viewer and an account, "" for nothing.
func State(c *httpx.Ctx, a *account.Account, t Tie) string {
	switch {
	case t.Blocking:
		return c.T("relation.state.blocking", "Name", a.Name())
	case t.DomainBlocking:
		return c.T("relation.state.domain", "Name", a.Host)
	case t.Muting && t.MuteUntil != 0:
		return c.T("relation.state.muting_until", "Name", a.Name(), "Date", c.Loc.Date(time.UnixMilli(t.MuteUntil), time.Now()))
	case t.Muting:
		return c.T("relation.state.muting", "Name", a.Name())
	}
	return ""
}
