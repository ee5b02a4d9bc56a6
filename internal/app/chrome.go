package app

import (
	"cmp"
	"math"
	"net/url"
	"slices"
	"strings"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/auth/authweb"
	"github.com/maillage/maillage/internal/feature"
	"github.com/maillage/maillage/internal/guide"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/instance"
	"github.com/maillage/maillage/web"
)

// chrome fills what all pages share: four queries for somebody signed in, none
// for a stranger.
func (a *App) chrome(c *httpx.Ctx, p *web.Page) error {
	set, err := a.Instance.Settings(c.Context())
	if err != nil {
		return err
	}
	p.Theme = account.Theme(c)
	p.Site = web.Site{
		Name: set.Name, LevelLabel: set.LevelLabel(c, c.Viewer == nil), Host: a.Config.Host, BaseURL: a.Config.BaseURL(), Accent: set.Accent, MarkName: set.Mark,
		Icon: instance.IconPath, Manifest: instance.ManifestPath,
		Routes: web.Routes{Home: "/", SignIn: authweb.SignInPath, SignOut: authweb.SignOutPath, Join: instance.JoinPath},
		Footer: []web.Link{
			{Name: c.T("instance.about"), URL: instance.AboutPath},
			{Name: c.T("guide.title"), URL: guide.Path},
			{Name: c.T("instance.language_other"), URL: instance.LanguagePath + "?back=" + url.QueryEscape(p.Path)},
		},
	}
	if c.Viewer == nil {
		if p.Layout == "" {
			p.Layout = web.LayoutPublic
		}
		p.Nav = entries(p.Path, slices.Concat([]web.NavItem{{Key: "home", URL: "/"}}, a.featured(c), []web.NavItem{{Label: c.T("instance.about"), URL: instance.AboutPath}})...)
		return nil
	}
	p.Site.Routes.Search, p.Site.Routes.Compose = "/recherche", "/ecrire"
	p.Site.Routes.Notifications, p.Site.Routes.Settings = "/notifications", "/reglages"
	me, err := account.ByID(c.Context(), a.DB.Read(), c.Viewer.AccountID)
	if err != nil {
		return err
	}
	unread, err := a.Notify.Unread(c.Context(), me.ID)
	if err != nil {
		return err
	}
	p.Viewer = &web.Viewer{ID: ids.String(me.ID), Name: me.Name(), Handle: me.Username, Role: c.Viewer.Role, Unread: unread, CSRF: p.CSRF, Public: me.Public, Reachable: me.Public || me.Reachable}
	p.Nav = entries(p.Path, slices.Concat([]web.NavItem{{Key: "home", Icon: "house", URL: "/"}}, a.featured(c), []web.NavItem{
		{Key: "people", Icon: "user-round", URL: "/recherche"},
		{Key: "more", Icon: "ellipsis", URL: instance.MorePath}})...)
	mine, err := a.Groups.Mine(c.Context(), me.ID)
	if err != nil {
		return err
	}
	for _, g := range mine {
		p.Groups = append(p.Groups, web.NavItem{Label: g.Name, Icon: g.Icon, URL: g.URL})
	}
	p.Groups = entries(p.Path, p.Groups...)
	p.Site.Levels, err = a.levels(c, set)
	return err
}

// levels are our place and those above it, each with its own site; nothing where
// we stand alone.
func (a *App) levels(c *httpx.Ctx, set instance.Settings) ([]web.Level, error) {
	above, err := a.Movement.Lineage(c.Context())
	if err != nil || len(above) == 0 {
		return nil, err
	}
	out := []web.Level{{Label: instance.LevelWords(c, set.Level), Name: set.Name, URL: "/", Current: true}}
	for _, up := range above {
		l := web.Level{Label: c.T("movement.title"), Name: up.Name, URL: up.URL}
		if up.Level != "" {
			l.Label = instance.LevelWords(c, up.Level)
			l.Name = cmp.Or(up.Territory, up.Name) // the label says already what it is
		}
		out = append(out, l)
	}
	return out, nil
}

// more are the pages outside the navigation that features bring for one policy.
func (a *App) more(c *httpx.Ctx, who httpx.Policy) []instance.MoreEntry {
	var out []instance.MoreEntry
	for _, f := range a.features {
		for _, e := range f.More {
			if max(e.Who, httpx.SignedIn) == who {
				out = append(out, instance.MoreEntry{Label: c.T(e.Label), Hint: c.T(e.Hint), Icon: e.Icon, URL: e.URL})
			}
		}
	}
	return out
}

// navigation gathers the entries of the navigation, in their order.
func navigation(list []feature.Feature) []feature.Entry {
	var out []feature.Entry
	for _, f := range list {
		out = append(out, f.Nav...)
	}
	at := func(e feature.Entry) int {
		if e.Place == 0 {
			return math.MaxInt
		}
		return e.Place
	}
	slices.SortStableFunc(out, func(a, b feature.Entry) int { return cmp.Compare(at(a), at(b)) })
	return out
}

// featured are the entries that features bring.
func (a *App) featured(c *httpx.Ctx) []web.NavItem {
	var out []web.NavItem
	for _, e := range a.nav {
		if e.Public || c.Viewer != nil {
			out = append(out, web.NavItem{Label: c.T(e.Label), Icon: e.Icon, URL: e.URL})
		}
	}
	for _, f := range a.features {
		for _, e := range f.More {
			if e.Public && c.Viewer == nil { // they have no page of what else there is
				out = append(out, web.NavItem{Label: c.T(e.Label), Icon: e.Icon, URL: e.URL})
			}
		}
	}
	return out
}

// entries marks the one that leads to the page shown.
func entries(path string, items ...web.NavItem) []web.NavItem {
	here, _, _ := strings.Cut(path, "?")
	for i := range items {
		items[i].Current = items[i].URL == here || items[i].URL != "/" && strings.HasPrefix(here, items[i].URL+"/")
	}
	return items
}
