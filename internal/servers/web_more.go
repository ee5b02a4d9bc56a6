package servers

import (
	"net/http"
	"strconv"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/host"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/web"
)

// audiences in the order of pages.
var audiences = []post.Audience{post.Section, post.Movement, post.Group, post.Followers, post.Public, post.Direct}

type leavesView struct {
	Menu []web.Tab
	Rows []Leaving
}

func (s *Service) getLeaves(c *httpx.Ctx) error {
	rows, err := s.Leaves(c.Context())
	if err != nil {
		return err
	}
	return page(c, "leaves", c.T("servers.leaves"), leavesView{menu(c), rows})
}

type relaysView struct {
	Menu    []web.Tab
	Summary web.ErrorSummary
	Field   web.Field
	Rows    []relayRow
}

type relayRow struct {
	Host, State, Inbox, Leave string
	Kind                      string // of the tag
	Since                     time.Time
}

func (s *Service) getRelays(c *httpx.Ctx) error { return s.showRelays(c, http.StatusOK, "", nil) }

func (s *Service) showRelays(c *httpx.Ctx, status int, value string, errs []web.FieldError) error {
	list, err := s.Relays(c.Context())
	if err != nil {
		return err
	}
	v := relaysView{Menu: menu(c), Summary: web.ErrorSummary{Errors: errs}}
	v.Field = web.Field{Name: "relay", Type: "url", Label: c.T("servers.relay.field"), Hint: c.T("servers.relay.hint"), Value: value, Required: true}
	for _, e := range errs {
		v.Field.Error = e.Text
	}
	for _, r := range list {
		kind := map[string]string{RelayJoined: "success", RelayRefused: "danger"}[r.State]
		v.Rows = append(v.Rows, relayRow{r.Host(), c.T("servers.relay." + r.State), r.Inbox, relayPath + "/" + ids.String(r.ID) + "/quitter", kind, time.UnixMilli(r.CreatedAt)})
	}
	return c.PageStatus(status, &web.Page{Name: "servers/relays", Title: c.T("servers.relays"), NoIndex: true, CSRF: c.CSRF(), Data: v})
}

func (s *Service) postRelay(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	_, err = s.JoinRelay(c.Context(), c.Viewer.AccountID, form.Get("relay"))
	if errs := c.FieldErrors(err); errs != nil {
		return s.showRelays(c, http.StatusUnprocessableEntity, form.Get("relay"), errs)
	} else if err != nil {
		return err
	}
	c.Flash("success", "servers.relay.asked_flash")
	return c.Redirect(relayPath)
}

func (s *Service) postLeaveRelay(c *httpx.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	if err := s.LeaveRelay(c.Context(), c.Viewer.AccountID, id); err != nil {
		return err
	}
	c.Flash("success", "servers.relay.left")
	return c.Redirect(relayPath)
}

type firstView struct {
	Menu []web.Tab
	Rows []firstRow
}

type firstRow struct {
	Author web.Author
	Words  string
	At     time.Time
	URL    string
}

func (s *Service) getFirst(c *httpx.Ctx) error {
	held, err := s.HeldFirst(c.Context())
	if err != nil {
		return err
	}
	v := firstView{Menu: menu(c)}
	for _, h := range held {
		v.Rows = append(v.Rows, firstRow{account.Author(h.Account), h.Words, time.UnixMilli(h.At), firstPath + "/" + ids.String(h.Account.ID)})
	}
	return page(c, "first", c.T("servers.first"), v)
}

func (s *Service) postFirst(c *httpx.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	let := form.Get("passe") == "oui"
	if err := s.Decide(c.Context(), c.Viewer.AccountID, id, let); err != nil {
		return err
	}
	if let {
		c.Flash("success", "servers.first.let")
	} else {
		c.Flash("success", "servers.first.refused")
	}
	return c.Redirect(firstPath)
}

type trailView struct {
	Menu  []web.Tab
	Rows  []trailRow
	Older string
}

// trailRow is one line of the journal.
type trailRow struct {
	At              time.Time
	Who, Host, What string
	URL             string
	Why             string
}

func (s *Service) trail(c *httpx.Ctx, name string, before int64, limit int) ([]trailRow, error) {
	list, err := s.Hosts.Trail(c.Context(), name, before, limit)
	if err != nil {
		return nil, err
	}
	var who []int64
	for _, e := range list {
		who = append(who, e.ByID)
	}
	people, err := account.ByIDs(c.Context(), s.DB.Read(), who)
	if err != nil {
		return nil, err
	}
	out := make([]trailRow, 0, len(list))
	for _, e := range list {
		r := trailRow{At: time.UnixMilli(e.At), Host: e.Host, Why: e.Why, Who: c.T("servers.by_command")}
		if a := people[e.ByID]; a != nil {
			r.Who = a.Name()
		}
		if e.Host == host.Everyone {
			r.Host = c.T("servers.everyone")
		} else if c.Viewer.IsAdmin() {
			r.URL = serverURL(e.Host)
		}
		r.What = c.T("servers.act."+e.Act, "Detail", e.Detail)
		out = append(out, r)
	}
	return out, nil
}

const trailPage = 50

func (s *Service) getTrail(c *httpx.Ctx) error {
	before, err := strconv.ParseInt(c.Query("avant"), 10, 64)
	if err != nil {
		before = 0
	}
	list, err := s.Hosts.Trail(c.Context(), "", before, trailPage)
	if err != nil {
		return err
	}
	v := trailView{Menu: menu(c)}
	if v.Rows, err = s.trail(c, "", before, trailPage); err != nil {
		return err
	}
	if len(list) == trailPage {
		v.Older = trailPath + "?avant=" + ids.String(list[len(list)-1].ID)
	}
	return page(c, "trail", c.T("servers.trail"), v)
}

// copiesView is the delivery report of a post.
type copiesView struct {
	URL       string
	Excerpt   string
	Delivered int
	Rows      []copyRow
	Stays     bool
}

type copyRow struct {
	Host, Software, Words, Why, Kind string
	Next                             time.Time
}

// getCopies shows where a post went, to its author and to administrators.
func (s *Service) getCopies(c *httpx.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return apperr.NotFound("post.not_found")
	}
	p, err := s.Posts.Get(c.Context(), c.Viewer, id)
	if err != nil || !p.Local || p.BoostOfID != 0 || p.AccountID != c.Viewer.AccountID && !c.Viewer.IsAdmin() {
		return apperr.NotFound("post.not_found").Wrap(err)
	}
	w, err := s.Posts.View(c.Context(), c.Viewer, p)
	if err != nil {
		return err
	}
	list, err := s.Copies(c.Context(), p.ID)
	if err != nil {
		return err
	}
	names := make([]string, len(list))
	for i, x := range list {
		names[i] = x.Host
	}
	soft, err := host.SoftwareOfAll(c.Context(), s.DB.Read(), names)
	if err != nil {
		return err
	}
	v := copiesView{URL: w.Path(), Excerpt: w.Excerpt(80), Stays: !p.Audience.Leaves()}
	for _, x := range list {
		r := copyRow{Host: x.Host, Software: soft[x.Host].Shown(), Words: c.T("servers.state." + string(x.State))}
		switch x.State {
		case Delivered:
			r.Kind = "success"
			v.Delivered++
		case Failed:
			r.Kind = "danger"
		case Waiting:
			r.Next = moment(x.NextAt)
		}
		if k := Reason(x.Error); k != "" {
			r.Why = c.T(k)
		}
		v.Rows = append(v.Rows, r)
	}
	return page(c, "copies", c.T("servers.copies"), v)
}
