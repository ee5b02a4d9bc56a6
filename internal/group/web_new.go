package group

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/web"
)

// rulesOf reads the rules from a form.
func rulesOf(form url.Values) Rules {
	return Rules{Name: form.Get("name"), Note: form.Get("note"), Charter: form.Get("charter"), Icon: form.Get("icon"),
		Access: form.Get("access"), Secret: form.Get("secret") != "", Joining: form.Get("joining"), Posting: form.Get("posting")}
}

// fields are the questions of the form; username is nil for a group that has one.
func (s *Service) fields(c *httpx.Ctx, username *string, r Rules, errs []web.FieldError) []web.Field {
	radio := func(name, chosen string, values ...string) web.Field {
		f := web.Field{Name: name, Label: c.T("group.field." + name), Type: "radio"}
		for _, v := range values {
			f.Choices = append(f.Choices, web.Choice{Value: v, Label: c.T("group." + name + "." + v), Hint: c.T("group." + name + "." + v + ".hint"), Checked: v == chosen})
		}
		return f
	}
	out := []web.Field{{Name: "name", Label: c.T("group.field.name"), Value: r.Name, Required: true, MaxLength: 200}}
	if username != nil {
		out = append(out, web.Field{Name: "username", Label: c.T("group.field.username"), Hint: c.T("group.field.username_hint", "Host", s.Accounts.Host),
			Value: *username, Required: true, MaxLength: 30, Autocomplete: "off", Short: true})
	}
	out = append(out, web.Field{Name: "note", Label: c.T("group.field.note"), Hint: c.T("group.field.note_hint"), Type: "textarea", Rows: 3, Value: r.Note, Optional: true})
	if username != nil {
		out = append(out, radio("access", r.Access, s.accesses(c)...))
	}
	if username != nil || r.Access != Open {
		out = append(out, web.Field{Name: "secret", Label: c.T("group.field.secret"), Hint: c.T("group.field.secret_hint"), Type: "checkbox", Checked: r.Secret})
	}
	posting := []string{Everyone, Members, Moderated}
	if username == nil && r.Access != Open {
		posting = posting[1:]
	}
	icon := web.Field{Name: "icon", Label: c.T("group.field.icon"), Type: "radio"}
	for _, v := range Icons {
		icon.Choices = append(icon.Choices, web.Choice{Value: v, Label: c.T("group.icon." + v), Icon: v, Checked: v == r.Icon})
	}
	out = append(out, radio("joining", r.Joining, Free, Request, Invite), radio("posting", r.Posting, posting...), icon,
		web.Field{Name: "charter", Label: c.T("group.field.charter"), Hint: c.T("group.field.charter_hint"), Type: "textarea", Rows: 5, Value: r.Charter, Optional: true})
	for i := range out {
		fill(&out[i], errs)
	}
	return out
}

func (s *Service) getNew(c *httpx.Ctx) error {
	if !c.Viewer.Member {
		return apperr.Forbidden("group.members_create")
	}
	return s.showNew(c, http.StatusOK, "", Rules{Access: Section, Joining: Free, Posting: Members, Icon: Icons[0]}, nil)
}

func (s *Service) showNew(c *httpx.Ctx, status int, username string, r Rules, errs []web.FieldError) error {
	return s.showForm(c, status, formView{Title: c.T("group.create"), Action: ListPath + "/nouveau", Button: c.T("group.create"), Back: ListPath,
		Summary: web.ErrorSummary{Errors: errs}, Fields: s.fields(c, &username, r, errs)})
}

func (s *Service) postNew(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	r := rulesOf(form)
	g, err := s.Create(c.Context(), c.Viewer, New{Username: form.Get("username"), Rules: r})
	if errs := c.FieldErrors(err); len(errs) > 0 {
		return s.showNew(c, http.StatusUnprocessableEntity, form.Get("username"), r, errs)
	} else if err != nil {
		return err
	}
	c.Flash("success", "group.created", "Name", g.Account.Name())
	return c.Redirect(Path(g.Account))
}

func (s *Service) getSettings(c *httpx.Ctx) error {
	g, me, err := s.here(c)
	if err != nil {
		return err
	}
	if !me.May(Owner) {
		return needs(Owner)
	}
	r := Rules{g.Account.Name(), g.Account.NoteSource, g.Charter, g.Icon, g.Access, g.Secret, g.Joining, g.Posting}
	return s.showSettings(c, http.StatusOK, g, me, r, nil)
}

func (s *Service) showSettings(c *httpx.Ctx, status int, g *Group, me *Membership, r Rules, errs []web.FieldError) error {
	h, err := s.head(c, g, me, "settings")
	if err != nil {
		return err
	}
	r.Access = g.Access
	return s.showForm(c, status, formView{Head: h, Title: c.T("group.tab.settings"), Action: Path(g.Account) + "/reglages", Button: c.T("group.save"),
		Back: Path(g.Account), Summary: web.ErrorSummary{Errors: errs}, Fields: s.fields(c, nil, r, errs)})
}

func (s *Service) postSettings(c *httpx.Ctx) error {
	g, me, err := s.here(c)
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	r := rulesOf(form)
	err = s.Settle(c.Context(), c.Viewer, g.AccountID, r)
	if errs := c.FieldErrors(err); len(errs) > 0 {
		return s.showSettings(c, http.StatusUnprocessableEntity, g, me, r, errs)
	} else if err != nil {
		return err
	}
	c.Flash("success", "group.done.settle")
	return c.Redirect(Path(g.Account))
}

// getWrite is the page to begin a thread.
func (s *Service) getWrite(c *httpx.Ctx) error {
	g, me, err := s.here(c)
	if err != nil {
		return err
	}
	if _, err := g.accepts(me); err != nil {
		return err
	}
	h, err := s.head(c, g, me, "")
	if err != nil {
		return err
	}
	composer, err := s.Posts.Composer(c, Path(g.Account))
	if err != nil {
		return err
	}
	s.forGroup(c, g, &composer)
	return c.Page(&web.Page{Name: "group/write", Title: c.T("group.begin"), NoIndex: true,
		Data: writeView{Head: h, Composer: composer, Limit: c.T("group.read_by."+g.Access, "Name", g.Account.Name()), Asks: g.Posting == Moderated && !me.May(Moderator)}})
}

// writeView is the page to begin a thread.
type writeView struct {
	Head     head
	Composer web.Composer
	Limit    string
	Asks     bool // a moderator reads it first
}

// forGroup makes a composer one for a group: its audience is the group's.
func (s *Service) forGroup(c *httpx.Ctx, g *Group, out *web.Composer) {
	key := "public"
	if g.Closed() {
		key = "group"
	}
	i := slices.IndexFunc(out.Choices, func(a web.AudienceChoice) bool { return a.Key == key })
	choice := web.AudienceChoice{Key: key, Consequence: c.T("group.read_by."+g.Access, "Name", g.Account.Name())}
	if i >= 0 {
		choice = out.Choices[i]
	}
	out.Choices, out.Audience = []web.AudienceChoice{choice}, key
	out.Hidden = append(out.Hidden, web.HiddenField{Name: "group", Value: idOf(g)})
	out.Titled = true
}

// accesses are the ways of reading that a new group can have: one for the movement
// needs a movement.
func (s *Service) accesses(c *httpx.Ctx) []string {
	if s.Posts.Affiliated != nil {
		if yes, err := s.Posts.Affiliated(c.Context(), s.DB.Read()); err == nil && yes {
			return []string{Open, Movement, Section}
		}
	}
	return []string{Open, Section}
}
