package servers

import (
	"context"
	"net/http"
	"strconv"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/host"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/web"
)

// retry has a server tried again at once.
func retry(by int64, n string) func(context.Context, *db.Tx) error {
	return func(ctx context.Context, tx *db.Tx) error {
		if err := outbox.Retry(ctx, tx, n); err != nil {
			return err
		}
		return host.Audit(ctx, tx, by, n, host.ActRetry, "", "")
	}
}

// forget drops what waits for a server.
func forget(by int64, n string) func(context.Context, *db.Tx) error {
	return func(ctx context.Context, tx *db.Tx) error {
		dropped, err := outbox.Drop(ctx, tx, n)
		if err != nil {
			return err
		}
		return host.Audit(ctx, tx, by, n, host.ActForget, strconv.Itoa(dropped), "")
	}
}

// lifted is the choice that takes a rule back.
const lifted = "lift"

// ruleView is the form on what holds for a server, or what it would do.
type ruleView struct {
	Menu    []web.Tab
	Host    string
	Back    string
	Action  string
	Summary web.ErrorSummary
	Fields  []web.Field
	// Of the second step:
	Consequences []string
	Hidden       []web.Field
	Yes          string
}

// draft is what the form holds.
func draft(c *httpx.Ctx) (host.Policy, string, error) {
	form, err := c.Form()
	if err != nil {
		return host.Policy{}, "", err
	}
	return host.Policy{Host: name(c), Level: host.Level(form.Get("level")), RejectMedia: form.Get("media") != "", RejectReports: form.Get("reports") != "",
		Note: form.Get("note"), Public: form.Get("public"), Obfuscate: form.Get("obfuscate") != ""}, form.Get("sure"), nil
}

func (s *Service) getRule(c *httpx.Ctx) error {
	p, err := s.Hosts.Get(c.Context(), name(c))
	if apperr.Is(err, apperr.KindNotFound) {
		p = host.Policy{Host: name(c), Level: lifted}
	} else if err != nil {
		return err
	}
	return s.showRule(c, http.StatusOK, p, nil)
}

func (s *Service) showRule(c *httpx.Ctx, status int, p host.Policy, errs []web.FieldError) error {
	v := ruleView{Menu: menu(c), Host: p.Host, Back: serverURL(p.Host), Action: serverURL(p.Host) + "/regle", Summary: web.ErrorSummary{Errors: errs}}
	levels := []web.Choice{}
	for _, l := range []host.Level{lifted, host.Silence, host.Suspend, host.None} {
		levels = append(levels, web.Choice{Value: string(l), Label: c.T("servers.level." + string(l)), Hint: c.T("servers.level." + string(l) + ".hint"), Checked: l == p.Level})
	}
	v.Fields = []web.Field{
		{Name: "level", Type: "radio", Label: c.T("servers.level"), Choices: levels},
		{Name: "media", Type: "checkbox", Label: c.T("servers.media"), Hint: c.T("servers.media.hint"), Checked: p.RejectMedia, Value: "1"},
		{Name: "reports", Type: "checkbox", Label: c.T("servers.reports"), Hint: c.T("servers.reports.hint"), Checked: p.RejectReports, Value: "1"},
		{Name: "note", Label: c.T("servers.note"), Hint: c.T("servers.note.hint"), Value: p.Note, MaxLength: host.MaxNote, Optional: true, Spellcheck: true},
		{Name: "public", Label: c.T("servers.public"), Hint: c.T("servers.public.hint"), Value: p.Public, MaxLength: host.MaxNote, Optional: true, Spellcheck: true},
		{Name: "obfuscate", Type: "checkbox", Label: c.T("servers.obfuscate"), Hint: c.T("servers.obfuscate.hint", "Host", partly(p.Host)), Checked: p.Obfuscate, Value: "1"},
	}
	for i := range v.Fields {
		for _, e := range errs {
			if e.Name == v.Fields[i].Name {
				v.Fields[i].Error = e.Text
			}
		}
	}
	return c.PageStatus(status, &web.Page{Name: "servers/rule", Title: c.T("servers.rule_for", "Host", p.Host), NoIndex: true, CSRF: c.CSRF(), Data: v})
}

// postRule first says in words what the rule will do, then lays it down.
func (s *Service) postRule(c *httpx.Ctx) error {
	p, sure, err := draft(c)
	if err != nil {
		return err
	}
	if sure == "" {
		return s.confirmRule(c, p)
	}
	by := c.Viewer.AccountID
	if p.Level == lifted {
		err = s.Hosts.RemoveBy(c.Context(), by, p.Host, p.Note)
		if apperr.Is(err, apperr.KindNotFound) {
			err = nil
		}
	} else {
		_, err = s.Hosts.SetBy(c.Context(), by, p)
	}
	if errs := c.FieldErrors(err); errs != nil {
		return s.showRule(c, http.StatusUnprocessableEntity, p, errs)
	} else if err != nil {
		return err
	}
	c.Flash("success", "servers.rule_saved")
	return c.Redirect(serverURL(p.Host))
}

// confirmRule says what a rule does, with its numbers, and asks.
func (s *Service) confirmRule(c *httpx.Ctx, p host.Policy) error {
	switch {
	case s.own(p.Host):
		return s.showRule(c, http.StatusUnprocessableEntity, p, []web.FieldError{{Name: "level", Text: c.T("host.own")}})
	case p.Level != lifted && p.Level != host.None && p.Level != host.Silence && p.Level != host.Suspend:
		return s.showRule(c, http.StatusUnprocessableEntity, p, []web.FieldError{{Name: "level", Text: c.T("host.bad_level")}})
	}
	counts, err := db.Get[struct{ People, Follows, Pending int }](c.Context(), s.DB.Read(), `select
		(select count(*) from account where host = $1 and deleted_at = 0) as people,
		(select count(*) from follow f join account a on a.id = f.target_id where a.host = $1) + (select count(*) from follow f join account a on a.id = f.account_id where a.host = $1) as follows,
		(select count(*) from delivery where host = $1) as pending`, p.Host)
	if err != nil {
		return err
	}
	v := ruleView{Menu: menu(c), Host: p.Host, Back: serverURL(p.Host) + "/regle", Action: serverURL(p.Host) + "/regle", Yes: c.T("servers.level." + string(p.Level) + ".yes")}
	v.Consequences = append(v.Consequences, c.T("servers.level."+string(p.Level)+".does", "Host", p.Host))
	if p.Level == host.Suspend {
		v.Consequences = append(v.Consequences, c.Loc.N("servers.suspend.people", counts.People), c.Loc.N("servers.suspend.follows", counts.Follows), c.T("servers.suspend.back"))
	}
	if p.RejectMedia && p.Level != host.Suspend {
		v.Consequences = append(v.Consequences, c.T("servers.media.hint"))
	}
	if p.RejectReports && p.Level != host.Suspend {
		v.Consequences = append(v.Consequences, c.T("servers.reports.hint"))
	}
	hide := func(k, val string) { v.Hidden = append(v.Hidden, web.Field{Name: k, Value: val}) }
	hide("level", string(p.Level))
	hide("note", p.Note)
	hide("public", p.Public)
	for k, on := range map[string]bool{"media": p.RejectMedia, "reports": p.RejectReports, "obfuscate": p.Obfuscate} {
		if on {
			hide(k, "1")
		}
	}
	hide("sure", "1")
	return page(c, "sure", c.T("servers.rule_for", "Host", p.Host), v)
}
