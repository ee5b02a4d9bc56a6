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

// step is one instance of our chain, the root first.
type step struct {
	Name, Host, Words string
	Us, Valid         bool
	Until             time.Time
}

// Initials stand on the seal of a server of the movement.
func (x step) Initials() string { return web.Initials(x.Name) }

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

const shownMost = 200
