package organe

import (
	"net/http"
	"net/url"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/timeline"
	"github.com/maillage/maillage/web"
)

// AdminPath is the page of the bodies for administrators.
const AdminPath = "/administration/organes"

// Web declares the pages.
func (s *Service) Web(r *httpx.Router) {
	r.Get(AdminPath, httpx.Admin, s.getAll)
	r.Get(AdminPath+"/nouveau", httpx.Admin, s.getNew)
	r.Post(AdminPath+"/nouveau", httpx.Admin, s.postNew)
	r.Get(AdminPath+"/{id}", httpx.Admin, s.getOne)
	r.Post(AdminPath+"/{id}/presentation", httpx.Admin, s.postOne)
	r.Post(AdminPath+"/{id}/gens", httpx.Admin, s.postWho)
	r.Post(AdminPath+"/{id}/etat", httpx.Admin, s.postState)
	r.Get("/organes/{id}/messages", httpx.SignedIn, s.getTold)
}

func path(id int64) string { return AdminPath + "/" + ids.String(id) }

// row is a body in the list.
type row struct {
	Name, Handle, URL, Who string
	Closed, Speaks         bool
}

type allView struct {
	Rows  []row
	Empty web.Empty
}

func (s *Service) getAll(c *httpx.Ctx) error {
	q := s.DB.Read()
	list, err := all(c.Context(), q)
	if err != nil {
		return err
	}
	keys := make([]int64, len(list))
	for i := range list {
		keys[i] = list[i].AccountID
	}
	who, err := people(c.Context(), q, keys)
	if err != nil {
		return err
	}
	v := allView{Empty: web.Empty{Icon: "landmark", Title: c.T("organe.none"), Text: c.T("organe.none_text"), Link: &web.Link{Name: c.T("organe.make"), URL: AdminPath + "/nouveau"}}}
	speaks, err := s.Movement.Names(c.Context(), q)
	if err != nil {
		return err
	}
	for _, o := range list {
		v.Rows = append(v.Rows, row{Name: o.Account.Name(), Handle: "@" + o.Account.Username + "@" + s.Accounts.Host, URL: path(o.AccountID),
			Who: c.Loc.N("organe.people_n", len(who[o.AccountID])), Closed: o.ClosedAt != 0, Speaks: o.ClosedAt == 0 && speaks(o.Account.Username)})
	}
	return c.Page(&web.Page{Name: "organe/all", Title: c.T("organe.title"), NoIndex: true, Data: v})
}

// fields are the questions on a body; username is nil for one that has its name.
func (s *Service) fields(c *httpx.Ctx, username *string, d Said, errs []web.FieldError) []web.Field {
	out := []web.Field{{Name: "name", Label: c.T("organe.field.name"), Hint: c.T("organe.field.name_hint"), Value: d.Name, Required: true, MaxLength: account.MaxName}}
	if username != nil {
		out = append(out, web.Field{Name: "username", Label: c.T("organe.field.username"), Hint: c.T("organe.field.username_hint", "Host", s.Accounts.Host), Value: *username,
			Required: true, Short: true, MaxLength: 30, Autocomplete: "off"})
	}
	out = append(out, web.Field{Name: "note", Label: c.T("organe.field.note"), Hint: c.T("organe.field.note_hint"), Type: "textarea", Rows: 4, Value: d.Note, Optional: true,
		MaxLength: maxNote, Spellcheck: true})
	for i := range out {
		for _, e := range errs {
			if e.Name == out[i].Name {
				out[i].Error = e.Text
			}
		}
	}
	return out
}

type newView struct {
	Summary web.ErrorSummary
	Fields  []web.Field
}

func (s *Service) getNew(c *httpx.Ctx) error { return s.showNew(c, http.StatusOK, "", Said{}, nil) }

func (s *Service) showNew(c *httpx.Ctx, status int, username string, d Said, errs []web.FieldError) error {
	return c.PageStatus(status, &web.Page{Name: "organe/new", Title: c.T("organe.make"), NoIndex: true,
		Data: newView{web.ErrorSummary{Errors: errs}, s.fields(c, &username, d, errs)}})
}

func (s *Service) postNew(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	d := Said{form.Get("name"), form.Get("note")}
	o, err := s.Create(c.Context(), c.Viewer, form.Get("username"), d)
	if errs := c.FieldErrors(err); len(errs) > 0 {
		return s.showNew(c, http.StatusUnprocessableEntity, form.Get("username"), d, errs)
	} else if err != nil {
		return err
	}
	c.Flash("success", "organe.made", "Name", o.Account.Name())
	return c.Redirect(path(o.AccountID))
}

// oneView is the page on which a body is changed.
type oneView struct {
	Summary web.ErrorSummary
	Name    string
	Handle  string
	Page    string // for everyone
	URL     string
	Closed  bool
	Since   time.Time
	Speaks  *web.Note // whether the movement lets it speak; nil outside of one
	Fields  []web.Field
	Who     web.Field
	People  []web.AccountLine
}

func (s *Service) getOne(c *httpx.Ctx) error { return s.showOne(c, http.StatusOK, nil, "", nil) }

func (s *Service) showOne(c *httpx.Ctx, status int, typed *Said, who string, errs []web.FieldError) error {
	id, err := c.ID("id")
	if err != nil {
		return unknown()
	}
	q := s.DB.Read()
	o, err := byID(c.Context(), q, id)
	if err != nil {
		return err
	}
	a := o.Account
	if typed == nil {
		typed = &Said{a.Name(), a.NoteSource}
	}
	v := oneView{Summary: web.ErrorSummary{Errors: errs}, Name: a.Name(), Handle: "@" + a.Username + "@" + s.Accounts.Host, Page: a.Path(), URL: path(id), Closed: o.ClosedAt != 0,
		Since: time.UnixMilli(o.ClosedAt), Fields: s.fields(c, nil, *typed, errs)}
	v.Who = web.Field{Name: "who", Label: c.T("organe.field.who"), Hint: c.T("organe.field.who_hint"), Value: who, Required: true, Autocomplete: "off", Short: true}
	for _, e := range errs {
		if e.Name == "who" {
			v.Who.Error = e.Text
		}
	}
	inside, err := s.Movement.Has(c.Context(), q)
	if err != nil {
		return err
	}
	if inside && !v.Closed {
		yes, err := s.Movement.Speaks(c.Context(), q, a)
		if err != nil {
			return err
		}
		v.Speaks = &web.Note{Text: c.T("organe.speaks_not", "Name", a.Username)}
		if yes {
			v.Speaks = &web.Note{Kind: "success", Text: c.T("organe.speaks")}
		}
	}
	list, err := people(c.Context(), q, []int64{id})
	if err != nil {
		return err
	}
	for _, p := range list[id] {
		v.People = append(v.People, web.AccountLine{Author: account.Author(p), Acts: []web.Act{{Label: c.T("organe.dismiss"), URL: path(id) + "/gens", Icon: "x",
			Fields: []web.HiddenField{{Name: "take", Value: ids.String(p.ID)}}}}})
	}
	return c.PageStatus(status, &web.Page{Name: "organe/one", Title: a.Name(), NoIndex: true, Data: v})
}

// sent is a form about a body.
func sent(c *httpx.Ctx) (id int64, form url.Values, err error) {
	if id, err = c.ID("id"); err != nil {
		return 0, nil, unknown()
	}
	form, err = c.Form()
	return id, form, err
}

func (s *Service) postOne(c *httpx.Ctx) error {
	id, form, err := sent(c)
	if err != nil {
		return err
	}
	d := Said{form.Get("name"), form.Get("note")}
	err = s.Settle(c.Context(), c.Viewer, id, d)
	if errs := c.FieldErrors(err); len(errs) > 0 {
		return s.showOne(c, http.StatusUnprocessableEntity, &d, "", errs)
	} else if err != nil {
		return err
	}
	c.Flash("success", "organe.saved")
	return c.Redirect(path(id))
}

func (s *Service) postWho(c *httpx.Ctx) error {
	id, form, err := sent(c)
	if err != nil {
		return err
	}
	if take, ok := ids.Parse(form.Get("take")); ok {
		if err := s.Dismiss(c.Context(), c.Viewer, id, take); err != nil {
			return err
		}
		c.Flash("success", "organe.saved")
		return c.Redirect(path(id))
	}
	a, err := s.Appoint(c.Context(), c.Viewer, id, form.Get("who"))
	if errs := c.FieldErrors(err); len(errs) > 0 {
		return s.showOne(c, http.StatusUnprocessableEntity, nil, form.Get("who"), errs)
	} else if err != nil {
		return err
	}
	c.Flash("success", "organe.appointed", "Name", a.Name())
	return c.Redirect(path(id))
}

func (s *Service) postState(c *httpx.Ctx) error {
	id, form, err := sent(c)
	if err != nil {
		return err
	}
	closed := form.Get("closed") != ""
	err = s.SetClosed(c.Context(), c.Viewer, id, closed)
	if errs := c.FieldErrors(err); len(errs) > 0 {
		return s.showOne(c, http.StatusUnprocessableEntity, nil, "", errs)
	} else if err != nil {
		return err
	}
	key := "organe.opened"
	if closed {
		key = "organe.closed"
	}
	c.Flash("success", key)
	return c.Redirect(path(id))
}

// Aside says on the page of a body that it is one, of which server, and whether it may speak in the movement.
func (s *Service) Aside(c *httpx.Ctx, a *account.Account) (*timeline.Aside, error) {
	if a.Kind != account.Organization {
		return nil, nil
	}
	q := s.DB.Read()
	out := &timeline.Aside{Tags: []web.Tag{{Text: c.T("organe.is"), Icon: "landmark"}}}
	yes, err := s.Movement.Speaks(c.Context(), q, a)
	if err != nil {
		return nil, err
	}
	if yes {
		out.Tags = append(out.Tags, web.Tag{Text: c.T("organe.is_named"), Icon: "check", Kind: "success"})
	}
	if a.Local() {
		o, err := byID(c.Context(), q, a.ID)
		if err == nil && o.ClosedAt != 0 {
			out.Tags = append(out.Tags, web.Tag{Text: c.T("organe.is_closed", "Date", c.Loc.Date(time.UnixMilli(o.ClosedAt), time.Now()))})
		} else if err != nil {
			return nil, err
		}
		if _, err := s.As(c.Context(), q, c.Viewer, a.ID); err == nil {
			out.Acts = []web.Link{{Name: c.T("organe.told"), URL: toldPath(a.ID)}}
		} else if !apperr.Is(err, apperr.KindNotFound) {
			return nil, err
		}
	}
	return out, nil
}
