package movement

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/servers"
	"github.com/maillage/maillage/web"
)

// Addresses of the pages.
const (
	Path      = "/mouvement"
	AdminPath = "/administration/affiliation"
)

// Web declares the pages on the movement.
func (s *Service) Web(r *httpx.Router) {
	r.Get(Path, httpx.SignedIn, s.getMovement)
	r.Get(AdminPath, httpx.Admin, s.getPlace)
	r.Post(AdminPath, httpx.Admin, s.postAsk)
	r.Get(AdminPath+"/quitter", httpx.Admin, s.getLeave)
	r.Post(AdminPath+"/quitter", httpx.Admin, s.postLeave)
	r.Post(AdminPath+"/racine", httpx.Admin, s.postRoot)
	r.Post(AdminPath+"/ouverture", httpx.Admin, s.postOpen)
	r.Get(AdminPath+"/serveur/{host}", httpx.Admin, s.getChild)
	r.Post(AdminPath+"/serveur/{host}/accepter", httpx.Admin, s.postAccept)
	r.Post(AdminPath+"/serveur/{host}/refuser", httpx.Admin, s.postRefuse)
	r.Post(AdminPath+"/serveur/{host}/delier", httpx.Admin, s.postUnlink)
}

// Fingerprint shows a key so that two people can compare it by telephone.
func Fingerprint(multikey string) string {
	pub, err := sig.ParseMultikey(multikey)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(pub)
	digits := hex.EncodeToString(sum[:16])
	var groups []string
	for i := 0; i < len(digits); i += 4 {
		groups = append(groups, digits[i:i+4])
	}
	return strings.Join(groups, " ")
}

func childURL(host string) string { return AdminPath + "/serveur/" + url.PathEscape(host) }

// step is one instance of our chain, the root first.
type step struct {
	Name, Host, Words string
	Us, Valid         bool
	Until             time.Time
}

// Initials stand on the seal of a server of the movement.
func (x step) Initials() string { return web.Initials(x.Name) }

// childRow is a child in a list.
type childRow struct {
	Name, Host, URL    string
	State, Kind, Grant string
	Reason             string
	Since              time.Time
}

type placeView struct {
	Menu        []web.Tab
	Summary     web.ErrorSummary
	Steps       []step
	State       string // words on the affiliation above
	Kind        string
	Reason      string
	Waiting     bool // for the parent's answer
	NewRoot     string
	NewRootName string
	CanAsk      bool
	CanLeave    bool
	Field       web.Field
	Root        string // fingerprint
	RootName    string
	OwnRoot     bool
	Asking      []childRow
	Children    []childRow
	Open        bool
	Exchange    *servers.Exchange
	Ours        int // of the servers that read us, those of the movement
	Parent      string
}

func (s *Service) getPlace(c *httpx.Ctx) error { return s.showPlace(c, http.StatusOK, "", nil) }

func (s *Service) showPlace(c *httpx.Ctx, status int, value string, errs []web.FieldError) error {
	ctx, q := c.Context(), s.DB.Read()
	v := placeView{Summary: web.ErrorSummary{Errors: errs}, Menu: servers.Menu(c)}
	v.Field = web.Field{Name: "parent", Label: c.T("movement.parent"), Hint: c.T("movement.parent.hint"), Value: value, Required: true}
	for _, e := range errs {
		v.Field.Error = e.Text
	}
	b, err := s.book(ctx, q)
	if err != nil {
		return err
	}
	v.Root, v.RootName = Fingerprint(b.root.Key), hostOf(b.root.URI)
	names, err := s.names(ctx)
	if err != nil {
		return err
	}
	if err := s.steps(c, b, names, &v); err != nil {
		return err
	}
	children, err := childrenOf(ctx, q)
	if err != nil {
		return err
	}
	for i := range children {
		r := childWords(c, &children[i], s.now())
		if children[i].State == Asked {
			v.Asking = append(v.Asking, r)
		} else {
			v.Children = append(v.Children, r)
		}
	}
	if v.Open, err = s.Open(ctx); err != nil {
		return err
	}
	if s.Exchange != nil {
		if v.Exchange, err = s.Exchange(c); err != nil {
			return err
		}
		v.Ours = v.Exchange.Name(names)
	}
	return c.PageStatus(status, &web.Page{Name: "movement/place", Title: c.T("movement.place"), NoIndex: true, CSRF: c.CSRF(), Data: v})
}

func hostOf(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return ""
	}
	return u.Host
}

// steps says where we stand: our chain, and how it is with the parent.
func (s *Service) steps(c *httpx.Ctx, b *book, names map[string]string, v *placeView) error {
	ctx, q := c.Context(), s.DB.Read()
	app, err := s.App(ctx)
	if err != nil {
		return err
	}
	set, err := s.Instance.Settings(ctx)
	if err != nil {
		return err
	}
	l, err := parentOf(ctx, q)
	if err != nil {
		return err
	}
	v.OwnRoot = b.root.URI == app.URI
	chain, cerr := b.chain(app.URI, s.now())
	if l != nil {
		names[l.Host], v.Parent = l.Name, l.Name
	}
	if cerr == nil && !v.OwnRoot {
		v.Steps = append(v.Steps, step{Name: nameOr(names[v.RootName], v.RootName), Host: v.RootName, Words: c.T("movement.is_root"), Valid: true})
		for _, x := range slices.Backward(chain) {
			if x.Subject != app.URI {
				v.Steps = append(v.Steps, step{Name: nameOr(names[hostOf(x.Subject)], x.Name), Host: hostOf(x.Subject), Valid: true, Until: x.End})
			}
		}
		if len(chain) > 0 {
			v.Steps[len(v.Steps)-1].Words = c.T("movement.affiliates_until", "Date", c.Loc.Date(chain[0].End, s.now()))
		}
	}
	v.Steps = append(v.Steps, step{Name: set.Name, Host: s.Accounts.Host, Words: c.T("movement.our_server"), Us: true})
	if l == nil {
		v.CanAsk = true
		return nil
	}
	v.Kind, v.Reason = kindOf(l, cerr == nil), l.Reason
	v.State = c.T("movement.up."+l.State, "Name", l.Name, "Host", l.Host)
	if l.State == Joined && cerr != nil {
		v.State = c.T("movement.up.expired", "Name", l.Name)
	}
	v.Waiting = l.State == Asked
	v.CanLeave = l.State == Joined || l.State == Asked || l.State == NewRoot
	v.CanAsk = !v.CanLeave
	if l.State == NewRoot {
		if o, err := offeredBy(l); err == nil {
			v.NewRoot, v.NewRootName = Fingerprint(o.root.Key), hostOf(o.root.URI)
		}
	}
	return nil
}

// names are what the movement calls its servers, by host.
func (s *Service) names(ctx context.Context) (map[string]string, error) {
	members, err := s.Members(ctx)
	out := make(map[string]string, len(members))
	for _, m := range members {
		out[m.Host] = m.Name
	}
	return out, err
}

func nameOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// kindOf is the colour of a state.
func kindOf(l *Link, holds bool) string {
	switch {
	case l.State == Joined && holds:
		return "success"
	case l.State == Asked, l.State == NewRoot:
		return "info"
	case l.State == Left:
		return ""
	}
	return "danger"
}

func childWords(c *httpx.Ctx, l *Link, now time.Time) childRow {
	r := childRow{Name: l.Name, Host: l.Host, URL: childURL(l.Host), State: c.T("movement.down." + l.State), Reason: l.Reason, Since: time.UnixMilli(l.CreatedAt)}
	r.Kind = kindOf(l, l.Ends().After(now))
	if l.State == Joined {
		if !l.Ends().After(now) {
			r.State = c.T("movement.down.expired")
		}
		r.Grant = grantWords(c, l.Grant())
	}
	return r
}

func grantWords(c *httpx.Ctx, g Grant) string {
	out := levelWords(c, g.Level)
	if g.Territory != "" {
		out += ", " + g.Territory
	}
	return out
}

func levelWords(c *httpx.Ctx, level string) string {
	switch level {
	case "section", "federation", "national":
		return c.T("movement.level." + level)
	}
	return level
}

func (s *Service) postAsk(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	_, err = s.Ask(c.Context(), c.Viewer.AccountID, form.Get("parent"))
	if errs := c.FieldErrors(err); errs != nil {
		return s.showPlace(c, http.StatusUnprocessableEntity, form.Get("parent"), errs)
	} else if err != nil {
		return err
	}
	c.Flash("success", "movement.asked_flash")
	return c.Redirect(AdminPath)
}

type sureView struct {
	Title, Lead, Action, Yes, No, Back string
}

func (s *Service) getLeave(c *httpx.Ctx) error {
	l, err := parentOf(c.Context(), s.DB.Read())
	if err != nil {
		return err
	}
	if l == nil {
		return c.Redirect(AdminPath)
	}
	v := sureView{c.T("movement.leave_of", "Name", l.Name), c.T("movement.leave.lead"), AdminPath + "/quitter", c.T("movement.leave.yes"), c.T("movement.leave.no"), AdminPath}
	return c.Page(&web.Page{Name: "movement/sure", Title: v.Title, NoIndex: true, CSRF: c.CSRF(), Data: v})
}

func (s *Service) postLeave(c *httpx.Ctx) error {
	return s.after(c, s.Leave(c.Context(), c.Viewer.AccountID), "movement.left_flash")
}

func (s *Service) postRoot(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	if form.Get("racine") == "nous" {
		return s.after(c, s.Repin(c.Context(), c.Viewer.AccountID, nil), "movement.root_flash")
	}
	return s.after(c, s.AgreeRoot(c.Context(), c.Viewer.AccountID), "movement.root_flash")
}

func (s *Service) postOpen(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	return s.after(c, s.SetOpen(c.Context(), form.Get("ouvert") == "1"), "movement.saved_flash")
}

func (s *Service) after(c *httpx.Ctx, err error, words string) error {
	if err != nil {
		return err
	}
	c.Flash("success", words)
	return c.Redirect(AdminPath)
}

type childView struct {
	Summary        web.ErrorSummary
	Row            childRow
	Asked, Joined  bool
	Fields, Reason []web.Field
	URL, Back      string
	Ends           time.Time
}

func (s *Service) getChild(c *httpx.Ctx) error { return s.showChild(c, http.StatusOK, nil, nil) }

func (s *Service) showChild(c *httpx.Ctx, status int, form url.Values, errs []web.FieldError) error {
	l, err := linkWith(c.Context(), s.DB.Read(), RoleChild, c.Var("host"))
	if err != nil {
		return err
	}
	if l == nil {
		return apperr.NotFound("movement.no_child")
	}
	g := l.Grant()
	if l.State == Asked {
		// Beforehand it is granted all that it may have here.
		g.Organes = []string{AnyOrgane}
		if app, aerr := s.App(c.Context()); aerr == nil {
			if b, berr := s.book(c.Context(), s.DB.Read()); berr == nil {
				if own, cerr := b.chain(app.URI, s.now()); cerr == nil && len(own) > 0 {
					g.Territory, g.Organes = own[0].Territory, own[0].Organes
				}
			}
		}
	}
	v := childView{Summary: web.ErrorSummary{Errors: errs}, Row: childWords(c, l, s.now()), Asked: l.State == Asked, Joined: l.State == Joined,
		URL: childURL(l.Host), Back: AdminPath, Ends: l.Ends()}
	value := func(name, have string) string {
		if form != nil && form.Has(name) {
			return form.Get(name)
		}
		return have
	}
	v.Fields = []web.Field{
		{Name: "level", Label: c.T("movement.level"), Hint: c.T("movement.level.hint"), Value: value("level", g.Level), Required: true, Short: true},
		{Name: "territory", Label: c.T("movement.territory"), Hint: c.T("movement.territory.hint"), Value: value("territory", g.Territory), Optional: true},
		{Name: "organes", Label: c.T("movement.organes"), Hint: c.T("movement.organes.hint"), Value: value("organes", strings.Join(g.Organes, ", ")), Optional: true},
	}
	known, err := bodiesOf(c.Context(), s.DB.Read(), l.Host)
	if err != nil {
		return err
	}
	if len(known) > 0 {
		v.Fields[2].Hint += " " + c.T("movement.organes.known", "Names", strings.Join(known, ", "))
	}
	v.Reason = []web.Field{{Name: "reason", Type: "textarea", Rows: 3, Label: c.T("movement.reason"), Hint: c.T("movement.reason.hint"), Value: value("reason", ""), MaxLength: maxReason, Required: true}}
	for _, list := range [][]web.Field{v.Fields, v.Reason} {
		for i := range list {
			for _, e := range errs {
				if e.Name == list[i].Name {
					list[i].Error = e.Text
				}
			}
		}
	}
	return c.PageStatus(status, &web.Page{Name: "movement/child", Title: l.Name, NoIndex: true, CSRF: c.CSRF(), Data: v})
}

func (s *Service) postAccept(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	g := Grant{Level: form.Get("level"), Territory: form.Get("territory"), Organes: strings.Split(form.Get("organes"), ",")}
	return s.decided(c, form, s.Accept(c.Context(), c.Viewer.AccountID, c.Var("host"), g), "movement.accepted_flash")
}

func (s *Service) postRefuse(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	return s.decided(c, form, s.Refuse(c.Context(), c.Viewer.AccountID, c.Var("host"), form.Get("reason")), "movement.refused_flash")
}

func (s *Service) postUnlink(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	return s.decided(c, form, s.Unlink(c.Context(), c.Viewer.AccountID, c.Var("host"), form.Get("reason")), "movement.unlinked_flash")
}

func (s *Service) decided(c *httpx.Ctx, form url.Values, err error, words string) error {
	if errs := c.FieldErrors(err); errs != nil {
		return s.showChild(c, http.StatusUnprocessableEntity, form, errs)
	}
	return s.after(c, err, words)
}

// movementView is the page of the movement: its tree and its directory.
type movementView struct {
	Tree  []branch
	Asked string
	Found []entryRow
	Alone bool
}

type branch struct {
	Name, Host, Words string
	URL               string
	Us                bool
	Below             []branch
}

type entryRow struct {
	Name, Handle, About, Kind, Where, URL string
}

const shownMost = 200

func (s *Service) getMovement(c *httpx.Ctx) error {
	members, err := s.Members(c.Context())
	if err != nil {
		return err
	}
	v := movementView{Asked: strings.TrimSpace(c.Query("q")), Alone: len(members) == 0}
	if !v.Alone {
		if v.Tree, err = s.tree(c, members); err != nil {
			return err
		}
		names := map[string]string{s.Accounts.Host: c.T("movement.our_server")}
		for _, m := range members {
			names[m.Host] = m.Name
		}
		list, err := s.Directory(c.Context(), v.Asked)
		if err != nil {
			return err
		}
		for _, e := range list {
			if len(v.Found) < shownMost && (e.Kind != "Person" || c.Viewer.Member) {
				path := "/" + e.URL
				if e.Host == s.Accounts.Host {
					path = strings.TrimSuffix(path, "@"+e.Host)
				} else {
					path = "/recherche?q=" + url.QueryEscape(e.URL)
				}
				kind := "movement.kind." + strings.ToLower(e.Kind)
				if e.Speaks {
					kind = "movement.kind.speaks"
				}
				v.Found = append(v.Found, entryRow{e.Name, e.URL, e.About, c.T(kind), names[e.Host], path})
			}
		}
	}
	return c.Page(&web.Page{Name: "movement/movement", Title: c.T("movement.title"), NoIndex: true, Data: v})
}

// tree puts the instances of the movement below each other, ours among them.
func (s *Service) tree(c *httpx.Ctx, members []Member) ([]branch, error) {
	app, err := s.App(c.Context())
	if err != nil {
		return nil, err
	}
	set, err := s.Instance.Settings(c.Context())
	if err != nil {
		return nil, err
	}
	us := Member{Host: s.Accounts.Host, URI: app.URI, Name: set.Name, Level: set.Level}
	if l, err := parentOf(c.Context(), s.DB.Read()); err != nil {
		return nil, err
	} else if l != nil && l.State == Joined {
		us.Parent, us.Level, us.Territory = l.URI, l.Level, l.Territory
	}
	below := map[string][]Member{}
	for _, m := range append(members, us) {
		below[m.Parent] = append(below[m.Parent], m)
	}
	var grow func(parent string, depth int) []branch
	grow = func(parent string, depth int) []branch {
		var out []branch
		for _, m := range below[parent] {
			b := branch{Name: m.Name, Host: m.Host, URL: s.Scheme + "://" + m.Host + "/", Us: m.URI == app.URI}
			if m.Level != "" {
				b.Words = grantWords(c, Grant{Level: m.Level, Territory: m.Territory})
			}
			if depth < maxDepth {
				b.Below = grow(m.URI, depth+1)
			}
			out = append(out, b)
		}
		return out
	}
	return grow("", 0), nil
}
