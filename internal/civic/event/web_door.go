package event

import (
	"html/template"
	"net/http"
	"strings"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/visitor"
	"github.com/maillage/maillage/web"
)

// doorRoutes are the pages of the evening.
func (s *Service) doorRoutes(r *httpx.Router) {
	r.Get(Path+"/{id}/accueil", httpx.SignedIn, s.getDoor)
	r.Post(Path+"/{id}/accueil", httpx.SignedIn, s.postDoor)
	r.Get(Path+"/{id}/present", httpx.Public, s.getPresent)
	r.Post(Path+"/{id}/present", httpx.Public, s.postArrive)
	r.Get(Path+"/{id}/inscrits/{seat}", httpx.SignedIn, s.getTicket)
	r.Post(Path+"/{id}/inscrits/{seat}", httpx.SignedIn, s.postTicket)
}

// doorView is what the organiser shows at the door.
type doorView struct {
	Title, When, Back string
	Open              bool
	QR                template.HTML
	Address, Code     string
	Count             string
	Action, List      string
}

// getDoor shows the code, large, to hold up or to print.
func (s *Service) getDoor(c *httpx.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return unknown()
	}
	p, m, _, err := s.mine(c.Context(), c.Viewer, id)
	if err != nil {
		return err
	}
	v := doorView{Title: p.Title, When: whenWords(c.Loc, m, nowTime()), Back: path(id), Open: m.opens(nowTime()), Action: path(id) + "/accueil", List: path(id) + "/inscrits"}
	if v.Open {
		d, err := codeOf(c.Context(), s.DB.Read(), id)
		if err != nil {
			return err
		}
		if v.Code = d; d != "" {
			v.Address = strings.TrimPrefix(strings.TrimPrefix(s.Accounts.Base, "https://"), "http://") + path(id) + "/present"
			if v.QR, err = drawQR(s.Accounts.Base+path(id)+"/present?code="+d, c.T("event.door_qr")); err != nil {
				return err
			}
		}
	}
	all, err := seats(c.Context(), s.DB.Read(), id)
	if err != nil {
		return err
	}
	here := 0
	for _, x := range all {
		if x.PresentAt != 0 {
			here++
		}
	}
	v.Count = c.Loc.N("event.here", here)
	return c.Page(&web.Page{Name: "event/door", Title: c.T("event.door"), NoIndex: true, Data: v})
}

// postDoor makes the code, or another when it got around too far.
func (s *Service) postDoor(c *httpx.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return unknown()
	}
	_, m, _, err := s.mine(c.Context(), c.Viewer, id)
	if err != nil {
		return err
	}
	if !m.opens(nowTime()) {
		return apperr.Invalid("event.door_closed")
	}
	if err := s.makeCode(c.Context(), id); err != nil {
		return err
	}
	return c.Redirect(path(id) + "/accueil")
}

// presentView is the page behind the code.
type presentView struct {
	Title, When, Action, Back string
	Summary                   web.ErrorSummary
	Problem                   string
	Who                       string // who one is known as, "" for nobody
	SignIn                    string
	Code, Name                *web.Field
	Hidden                    string // the code that came with the address
	Done                      bool
}

func (s *Service) getPresent(c *httpx.Ctx) error {
	return s.showPresent(c, http.StatusOK, c.Query("code"), "", nil)
}

// arriving finds who is at the door: a member, a visitor, or nobody known.
func (s *Service) arriving(c *httpx.Ctx) (who, *visitor.Visitor, error) {
	if c.Viewer != nil {
		return who{account: c.Viewer.AccountID}, nil, nil
	}
	v, err := s.Visitors.Current(c)
	if err != nil || v == nil {
		return who{}, nil, err
	}
	return of1(v), v, nil
}

func (s *Service) showPresent(c *httpx.Ctx, status int, code, name string, problem error) error {
	w, f, err := s.here(c)
	if err != nil {
		return err
	}
	at, guest, err := s.arriving(c)
	if err != nil {
		return err
	}
	errs := c.FieldErrors(problem)
	v := presentView{Title: w.Title, When: whenWords(c.Loc, &f.Meeting, nowTime()), Action: path(w.ID) + "/present", Back: path(w.ID), Summary: web.ErrorSummary{Errors: errs}}
	if problem != nil && len(errs) == 0 {
		v.Problem = c.ErrorText(problem)
	}
	switch {
	case guest != nil:
		v.Who = guest.Who()
	case c.Viewer != nil:
		me, err := account.ByID(c.Context(), s.DB.Read(), c.Viewer.AccountID)
		if err != nil {
			return err
		}
		v.Who = me.Name()
	default:
		v.SignIn = "/connexion?back=" + path(w.ID) + "/present"
		v.Name = &web.Field{Name: "name", Label: c.T("visitor.field.name"), Hint: c.T("visitor.field.name_hint"), Value: name, Required: true, MaxLength: 80, Autocomplete: "name"}
	}
	if at != (who{}) {
		x, err := seatOf(c.Context(), s.DB.Read(), w.ID, at)
		if err != nil {
			return err
		}
		v.Done = x != nil && x.PresentAt != 0
	} else {
		v.Done = c.Query("fait") != ""
	}
	if !f.opens(nowTime()) && !v.Done && v.Problem == "" {
		v.Problem = c.T("event.door_closed")
	}
	if s.rightCode(c.Context(), s.DB.Read(), &f.Meeting, code) == nil {
		v.Hidden = code
	} else {
		v.Code = &web.Field{Name: "code", Label: c.T("event.door_code"), Hint: c.T("event.door_code_hint"), Value: code, Required: true, MaxLength: 6, InputMode: "numeric", Autocomplete: "off", Short: true}
	}
	for _, e := range errs {
		for _, fd := range []*web.Field{v.Code, v.Name} {
			if fd != nil && fd.Name == e.Name {
				fd.Error = e.Text
			}
		}
	}
	c.Private()
	return c.PageStatus(status, &web.Page{Name: "event/present", Layout: web.LayoutPlain, Title: c.T("event.i_am_here"), NoIndex: true, CSRF: c.CSRF(), Data: v})
}

// postArrive notes who shows the code as present. Guesses are bounded for each network.
func (s *Service) postArrive(c *httpx.Ctx) error {
	w, _, err := s.here(c)
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	at, _, err := s.arriving(c)
	if err != nil {
		return err
	}
	guesser := c.Addr()
	if at.account != 0 {
		guesser = "a" + ids.String(at.account)
	}
	if _, ok := s.guesses.Allow(guesser); !ok {
		return apperr.TooMany("event.too_many_codes")
	}
	code := strings.TrimSpace(form.Get("code"))
	err = s.Arrive(c.Context(), w.ID, at, form.Get("name"), code)
	if !apperr.Is(err, apperr.KindInvalid) || len(c.FieldErrors(err)) == 0 || c.FieldErrors(err)[0].Name != "code" {
		s.guesses.Give(guesser) // it was no guess: a hall shares one network
	}
	if apperr.Is(err, apperr.KindInvalid) {
		return s.showPresent(c, http.StatusUnprocessableEntity, code, form.Get("name"), err)
	} else if err != nil {
		return err
	}
	return c.Redirect(path(w.ID) + "/present?fait=1")
}

// ticketView is one person at the door, on the organiser's phone.
type ticketView struct {
	Title, Name, Handle, State string
	Companions                 string
	Here                       bool
	Action, Back               string
}

// getTicket is where the code of one person leads; only the organiser gets there.
func (s *Service) getTicket(c *httpx.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return unknown()
	}
	p, _, _, err := s.mine(c.Context(), c.Viewer, id)
	if err != nil {
		return err
	}
	seatID, err := c.ID("seat")
	if err != nil {
		return unknown()
	}
	all, err := seats(c.Context(), s.DB.Read(), id)
	if err != nil {
		return err
	}
	for _, x := range all {
		if x.ID != seatID {
			continue
		}
		name, handle, err := s.nameOf(c, &x)
		if err != nil {
			return err
		}
		v := ticketView{Title: p.Title, Name: name, Handle: handle, Here: x.PresentAt != 0, Action: path(id) + "/inscrits/" + ids.String(x.ID), Back: path(id) + "/inscrits"}
		switch {
		case x.State == Waiting:
			v.State = c.T("event.list.waiting")
		case x.Answer == No:
			v.State = c.T("event.list.no")
		case x.Answer == Remote:
			v.State = c.T("event.list.remote")
		case x.Answer == Room:
			v.State = c.T("event.list.room")
		}
		if x.Companions > 0 {
			v.Companions = c.Loc.N("event.bring", int(x.Companions))
		}
		return c.Page(&web.Page{Name: "event/ticket", Title: name, NoIndex: true, Data: v})
	}
	return unknown()
}

// nameOf is how somebody who answered is called.
func (s *Service) nameOf(c *httpx.Ctx, x *Seat) (name, handle string, err error) {
	if x.AccountID != 0 {
		a, err := account.ByID(c.Context(), s.DB.Read(), x.AccountID)
		if err != nil {
			return "", "", err
		}
		return a.Name(), "@" + a.Acct(), nil
	}
	visitors, err := visitor.ByIDs(c.Context(), s.DB.Read(), []int64{x.VisitorID})
	if v := visitors[x.VisitorID]; v != nil {
		handle = v.Who()
	}
	return x.Name, handle, err
}

func (s *Service) postTicket(c *httpx.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return unknown()
	}
	if _, _, _, err := s.mine(c.Context(), c.Viewer, id); err != nil {
		return err
	}
	seatID, err := c.ID("seat")
	if err != nil {
		return unknown()
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	if err := s.welcome(c.Context(), id, seatID, form.Get("here") != ""); err != nil {
		return err
	}
	return c.Redirect(path(id) + "/inscrits/" + ids.String(seatID))
}
