package guide

import (
	"context"
	"slices"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/web"
)

// Path is the address of the list of guides.
const Path = "/aide"

// Service serves the guides. Its fields are set before it is used.
type Service struct {
	Host string
	Name func(context.Context) (string, error) // of the instance
}

// Web declares the pages.
func (s *Service) Web(r *httpx.Router) {
	r.Get(Path, httpx.Public, s.getList, httpx.Keep())
	r.Get(Path+"/{guide}", httpx.Public, s.getGuide, httpx.Keep())
}

// line leads to a guide.
type line struct{ Title, Hint, URL string }

func (s *Service) getList(c *httpx.Ctx) error {
	var lines []line
	for _, name := range Names {
		g, err := s.guide(c, name)
		if err != nil {
			return err
		}
		lines = append(lines, line{g.Title, c.T("guide." + name + "_hint"), Path + "/" + name})
	}
	return c.Page(&web.Page{Name: "guide/list", Title: c.T("guide.title"), Data: lines})
}

func (s *Service) getGuide(c *httpx.Ctx) error {
	name := c.Var("guide")
	if !slices.Contains(Names, name) {
		return apperr.NotFound("guide.not_found")
	}
	g, err := s.guide(c, name)
	if err != nil {
		return err
	}
	return c.Page(&web.Page{Name: "guide/guide", Title: g.Title, Data: g})
}

func (s *Service) guide(c *httpx.Ctx, name string) (*Guide, error) {
	called, err := s.Name(c.Context())
	if err != nil {
		return nil, err
	}
	return read(web.Guides(), c.Loc.Lang(), name, about{s.Host, called})
}
