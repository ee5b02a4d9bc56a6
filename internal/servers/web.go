package servers

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/host"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/web"
)

// Addresses of the pages.
const (
	Path       = "/administration/serveurs"
	leavesPath = "/administration/sorties"
	relayPath  = "/administration/relais"
	firstPath  = "/administration/nouveaux"
	trailPath  = "/administration/journal"
	listPath   = "/administration/liste-de-refus"
	openPath   = "/administration/ouverture"
)

// maxList bounds the body of a list of rules.
const maxList = 8 << 20

// silentAfter failures in a row, a server counts as one that does not answer.
const silentAfter = 3

// Web declares the pages on other servers.
func (s *Service) Web(r *httpx.Router) {
	r.Get(PublicPath, httpx.Public, s.getPublic)
	r.Get(Path, httpx.Admin, s.getServers)
	r.Get(Path+"/{host}", httpx.Admin, s.getServer)
	r.Post(Path+"/{host}/reessayer", httpx.Admin, s.postRetry)
	r.Get(Path+"/{host}/oublier", httpx.Admin, s.getForget)
	r.Post(Path+"/{host}/oublier", httpx.Admin, s.postForget)
	r.Post(Path+"/{host}/laisser-passer", httpx.Admin, s.postRelease)
	r.Get(Path+"/{host}/regle", httpx.Admin, s.getRule)
	r.Post(Path+"/{host}/regle", httpx.Admin, s.postRule)
	r.Get(openPath, httpx.Admin, s.getOpen)
	r.Post(openPath, httpx.Admin, s.postOpen)
	r.Get(listPath, httpx.Admin, s.getImport)
	r.Post(listPath, httpx.Admin, s.postImport, httpx.MaxBody(maxList))
	r.Get(listPath+".csv", httpx.Admin, s.getExport)
	r.Get(leavesPath, httpx.Admin, s.getLeaves)
	r.Get(relayPath, httpx.Admin, s.getRelays)
	r.Post(relayPath, httpx.Admin, s.postRelay)
	r.Post(relayPath+"/{id}/quitter", httpx.Admin, s.postLeaveRelay)
	r.Get(firstPath, httpx.Moderator, s.getFirst)
	r.Post(firstPath+"/{id}", httpx.Moderator, s.postFirst)
	r.Get(trailPath, httpx.Moderator, s.getTrail)
	r.Get("/@{name}/{id}/envois", httpx.SignedIn, s.getCopies)
}

// menu leads to the pages of administration about other servers.
func menu(c *httpx.Ctx) []web.Tab {
	here, _, _ := strings.Cut(c.R.URL.Path, "?")
	var out []web.Tab
	for _, e := range []struct {
		key, path string
		admin     bool
	}{{"servers", Path, true}, {"movement", "/administration/affiliation", true}, {"leaves", leavesPath, true}, {"relays", relayPath, true}, {"first", firstPath, false}, {"trail", trailPath, false}} {
		if e.admin && !c.Viewer.IsAdmin() {
			continue
		}
		out = append(out, web.Tab{Label: c.T("servers.menu." + e.key), URL: e.path, Current: here == e.path || e.path == Path && strings.HasPrefix(here, Path)})
	}
	return out
}

// page shows one of our pages.
func page(c *httpx.Ctx, name, title string, data any) error {
	return c.Page(&web.Page{Name: "servers/" + name, Title: title, NoIndex: true, CSRF: c.CSRF(), Data: data})
}

// row is a server in a list.
type row struct {
	Host, URL string
	Software  string
	Rule      string // words, "" for none
	Why       string // words of the last failure
	Pending   int
	Fails     int
	LastOK    time.Time
	Next      time.Time
	Lost      bool // it says, or its name does, that it is no more
}

// Silent reports whether the server does not answer.
func (r row) Silent() bool { return r.Fails >= silentAfter }

func serverURL(name string) string { return Path + "/" + url.PathEscape(name) }

func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

// rows makes the lines of the servers of a list, in its order.
func (s *Service) rows(c *httpx.Ctx, states []outbox.HostState) ([]row, error) {
	names := make([]string, len(states))
	for i, st := range states {
		names[i] = st.Host
	}
	soft, err := host.SoftwareOfAll(c.Context(), s.DB.Read(), names)
	if err != nil {
		return nil, err
	}
	out := make([]row, len(states))
	for i, st := range states {
		out[i] = s.row(c, st, soft[st.Host])
	}
	return out, nil
}

func (s *Service) row(c *httpx.Ctx, st outbox.HostState, w host.Software) row {
	r := row{Host: st.Host, URL: serverURL(st.Host), Software: w.Shown(), Pending: st.Pending, Fails: st.Fails, LastOK: moment(st.LastOKAt)}
	if st.Fails > 0 && st.Pending > 0 {
		r.Next = moment(st.NextAt)
	}
	if k := Reason(st.LastError); k != "" && st.Fails > 0 {
		r.Why, r.Lost = c.T(k), k == "servers.why.gone" || k == "servers.why.unknown"
	}
	if l := s.Hosts.Level(st.Host); l != host.None {
		r.Rule = c.T(ruleKey(l))
	}
	return r
}

// serversView is the page of all servers.
type serversView struct {
	Menu    []web.Tab
	Notices []notice
	Silent  []Silent
	Silents int
	Known   []row
	Total   int
	Rules   []ruleRow
	Closed  bool
	Asked   string
	Older   string
}

// notice is something that those who run the server should know.
type notice struct {
	Text, URL string
	At        time.Time
}

type ruleRow struct {
	Host, URL, Rule, Also, Note, Public string
}

const listMost = 100

func (s *Service) getServers(c *httpx.Ctx) error {
	ctx := c.Context()
	asked := strings.TrimSpace(c.Query("nom"))
	if asked != "" {
		if name := host.Normal(asked); name != "" && name != host.Everyone {
			return c.Redirect(serverURL(name))
		}
	}
	states, err := s.known(c)
	if err != nil {
		return err
	}
	v := serversView{Menu: menu(c), Closed: s.Hosts.Closed(), Total: len(states), Asked: asked}
	var shown []outbox.HostState
	after := c.Query("apres")
	for _, st := range states {
		if st.Host > after && len(shown) < listMost {
			shown = append(shown, st)
		}
	}
	if n := len(shown); n == listMost {
		v.Older = Path + "?apres=" + url.QueryEscape(shown[n-1].Host)
	}
	if v.Silent, v.Silents, err = s.silent(c); err != nil {
		return err
	}
	if v.Known, err = s.rows(c, shown); err != nil {
		return err
	}
	policies, err := s.Hosts.List(ctx)
	if err != nil {
		return err
	}
	for _, p := range policies {
		if p.Host != host.Everyone && len(v.Rules) < 5*listMost {
			v.Rules = append(v.Rules, ruleRow{p.Host, serverURL(p.Host), c.T(ruleKey(p.Level)), also(c, p), p.Note, p.Public})
		}
	}
	told, err := s.Hosts.Notices(ctx, s.Clock().Add(-7*24*time.Hour))
	if err != nil {
		return err
	}
	for _, n := range told {
		v.Notices = append(v.Notices, notice{c.T("servers.notice."+n.Kind, "Host", n.Host), serverURL(n.Host), time.UnixMilli(n.At)})
	}
	return page(c, "servers", c.T("servers.title"), v)
}

// known is every server that we sent to or know somebody of, by name.
func (s *Service) known(c *httpx.Ctx) ([]outbox.HostState, error) {
	states, err := outbox.Known(c.Context(), s.DB.Read())
	if err != nil {
		return nil, err
	}
	have := make(map[string]bool, len(states))
	for _, st := range states {
		have[st.Host] = true
	}
	met, err := db.All[string](c.Context(), s.DB.Read(), `select host from host_software union select distinct host from account where host <> ''`)
	if err != nil {
		return nil, err
	}
	for _, h := range met {
		if !have[h] && h != s.Accounts.Host {
			states = append(states, outbox.HostState{Host: h})
		}
	}
	slices.SortFunc(states, func(a, b outbox.HostState) int { return strings.Compare(a.Host, b.Host) })
	return states, nil
}

// also says what else is not taken from a server.
func also(c *httpx.Ctx, p host.Policy) string {
	var out []string
	if p.RejectMedia {
		out = append(out, c.T("servers.also.media"))
	}
	if p.RejectReports {
		out = append(out, c.T("servers.also.reports"))
	}
	return strings.Join(out, ", ")
}

// serverView is the page of one server.
type serverView struct {
	Menu       []web.Tab
	Row        row
	Version    string
	Checked    time.Time
	People     int
	FollowOut  int // of our people's follows that go there
	FollowIn   int
	Sent       []sentRow
	RuleURL    string
	Policy     *host.Policy
	Rule, Also string
	Inherited  bool
	Flood      int
	Trail      []trailRow
}

type sentRow struct {
	Audience string
	N        int
}

// name is the server of the path.
func name(c *httpx.Ctx) string { return host.Normal(c.Var("host")) }

func (s *Service) getServer(c *httpx.Ctx) error {
	ctx, q := c.Context(), s.DB.Read()
	n := name(c)
	if n == "" || n == host.Everyone {
		return c.Redirect(Path)
	}
	st, err := outbox.StateOf(ctx, q, n)
	if err != nil {
		return err
	}
	w, err := host.SoftwareOf(ctx, q, n)
	if err != nil {
		return err
	}
	v := serverView{Menu: menu(c), Row: s.row(c, st, w), Version: w.Version, Checked: moment(w.CheckedAt), RuleURL: serverURL(n) + "/regle"}
	counts, err := db.Get[struct{ People, Goes, Comes int }](ctx, q, `select count(*) as people,
		(select count(*) from follow f join account a on a.id = f.target_id where a.host = $1 and f.accepted) as goes,
		(select count(*) from follow f join account a on a.id = f.account_id where a.host = $1 and f.accepted) as comes
		from account where host = $1 and deleted_at = 0`, n)
	if err != nil {
		return err
	}
	v.People, v.FollowOut, v.FollowIn = counts.People, counts.Goes, counts.Comes
	if p, err := s.Hosts.Get(ctx, n); err == nil {
		v.Policy, v.Rule, v.Also = &p, c.T(ruleKey(p.Level)), also(c, p)
	} else if l := s.Hosts.Level(n); l != host.None {
		v.Rule, v.Inherited = c.T(ruleKey(l)), true
	}
	sent, err := s.sent(ctx, n)
	if err != nil {
		return err
	}
	for _, a := range audiences {
		if k := sent[n][a]; k > 0 {
			v.Sent = append(v.Sent, sentRow{string(a), k})
		}
	}
	if v.Flood, err = s.Flood(ctx, n); err != nil {
		return err
	}
	if v.Trail, err = s.trail(c, n, 0, 10); err != nil {
		return err
	}
	return page(c, "server", n, v)
}

func (s *Service) postRetry(c *httpx.Ctx) error {
	n := name(c)
	err := s.DB.Write(c.Context(), retry(c.Viewer.AccountID, n))
	if err != nil {
		return err
	}
	c.Flash("success", "servers.retried")
	return c.Redirect(back(c, serverURL(n)))
}

// back is where a form came from, if that is a page of ours.
func back(c *httpx.Ctx, otherwise string) string {
	form, err := c.Form()
	if err != nil {
		return otherwise
	}
	return httpx.LocalPath(form.Get("back"), otherwise)
}

// askView is a page that says what an act does, and asks.
type askView struct {
	Menu        []web.Tab
	Title, Lead string
	Action      string
	Yes, No     string
	Back        string
	Set         string // what a form on a state wants
}

func (s *Service) getForget(c *httpx.Ctx) error {
	n := name(c)
	st, err := outbox.StateOf(c.Context(), s.DB.Read(), n)
	if err != nil {
		return err
	}
	return page(c, "ask", c.T("servers.forget"), askView{menu(c), c.T("servers.forget_of", "Host", n), c.Loc.N("servers.forget.lead", st.Pending),
		serverURL(n) + "/oublier", c.T("servers.forget"), c.T("servers.keep"), serverURL(n), ""})
}

func (s *Service) postForget(c *httpx.Ctx) error {
	n := name(c)
	if err := s.DB.Write(c.Context(), forget(c.Viewer.AccountID, n)); err != nil {
		return err
	}
	c.Flash("success", "servers.forgotten")
	return c.Redirect(serverURL(n))
}

func (s *Service) postRelease(c *httpx.Ctx) error {
	n := name(c)
	if err := s.Release(c.Context(), c.Viewer.AccountID, n); err != nil {
		return err
	}
	c.Flash("success", "servers.released")
	return c.Redirect(serverURL(n))
}

func (s *Service) getOpen(c *httpx.Ctx) error {
	k, set := "servers.close", "oui"
	if s.Hosts.Closed() {
		k, set = "servers.open", "non"
	}
	return page(c, "ask", c.T(k), askView{menu(c), c.T(k), c.T(k + ".lead"), openPath, c.T(k + ".yes"), c.T("servers.cancel"), Path, set})
}

// postOpen closes the instance to servers that are not named, or opens it again;
// the form says which, so that sending it twice changes nothing.
func (s *Service) postOpen(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	if form.Get("fermer") == "oui" {
		_, err = s.Hosts.SetBy(c.Context(), c.Viewer.AccountID, host.Policy{Host: host.Everyone, Level: host.Suspend})
		c.Flash("success", "servers.closed")
	} else if s.Hosts.Closed() {
		err = s.Hosts.RemoveBy(c.Context(), c.Viewer.AccountID, host.Everyone, "")
		c.Flash("success", "servers.opened")
	}
	if err != nil {
		return err
	}
	return c.Redirect(Path)
}

// importView is the page of lists.
type importView struct {
	Menu    []web.Tab
	Summary web.ErrorSummary
	Field   web.Field
}

func (s *Service) getImport(c *httpx.Ctx) error { return s.showImport(c, http.StatusOK, "", nil) }

func (s *Service) showImport(c *httpx.Ctx, status int, list string, errs []web.FieldError) error {
	f := web.Field{Name: "file", Type: "textarea", Label: c.T("servers.import.field"), Hint: c.T("servers.import.hint"), Value: list, Rows: 10, Required: true}
	for _, e := range errs {
		if e.Name == f.Name {
			f.Error = e.Text
		}
	}
	return c.PageStatus(status, &web.Page{Name: "servers/import", Title: c.T("servers.import"), NoIndex: true, CSRF: c.CSRF(),
		Data: importView{menu(c), web.ErrorSummary{Errors: errs}, f}})
}

func (s *Service) postImport(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	n, err := s.Hosts.ImportBy(c.Context(), c.Viewer.AccountID, strings.NewReader(form.Get("file")))
	if errs := c.FieldErrors(err); errs != nil {
		return s.showImport(c, http.StatusUnprocessableEntity, form.Get("file"), errs)
	} else if err != nil {
		return err
	}
	c.Flash("success", "servers.imported", "N", n)
	return c.Redirect(Path)
}

func (s *Service) getExport(c *httpx.Ctx) error {
	var b strings.Builder
	if err := s.Hosts.Export(c.Context(), &b); err != nil {
		return err
	}
	c.W.Header().Set("Content-Disposition", `attachment; filename="domain_blocks.csv"`)
	c.Private()
	return c.Bytes(http.StatusOK, "text/csv; charset=utf-8", []byte(b.String()))
}

// own reports whether a server of a path is ours.
func (s *Service) own(n string) bool { return n == s.Accounts.Host || n == as.Host(s.Accounts.Base) }
