package movement

import (
	"net/url"
	"strings"

	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/web"
)

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
