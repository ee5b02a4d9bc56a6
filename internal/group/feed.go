package group

import (
	"net/http"
	"time"

	"github.com/gorilla/feeds"

	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/web"
)

// Feeds are of open groups alone: what a group is for, strangers may read already.

// feedLength is how many threads a feed tells of.
const feedLength = 30

func (s *Service) getAtom(c *httpx.Ctx) error { return s.feed(c, "atom") }
func (s *Service) getRSS(c *httpx.Ctx) error  { return s.feed(c, "rss") }

// feed tells of the latest threads of an open group, as strangers read them,
// those last that were answered last.
func (s *Service) feed(c *httpx.Ctx, kind string) error {
	viewer := c.Viewer
	c.Viewer = nil // a feed reader is nobody
	g, _, err := s.here(c)
	c.Viewer = viewer
	if err != nil {
		return err
	}
	if g.Closed() || !g.Ours() {
		return unknown()
	}
	threads, err := s.Threads(c.Context(), nil, g, 0, page.Range{Limit: feedLength})
	if err != nil {
		return err
	}
	base := s.Accounts.Base
	f := &feeds.Feed{Title: g.Account.Name(), Description: firstLine(g.Account.NoteSource), Id: g.Account.URI,
		Link: &feeds.Link{Href: base + Path(g.Account)}, Created: time.UnixMilli(g.CreatedAt), Updated: time.UnixMilli(g.CreatedAt)}
	for _, t := range threads {
		if !t.View.Author.VisibleTo(nil) {
			continue
		}
		last := at(t.LastAt)
		if last.After(f.Updated) {
			f.Updated = last
		}
		f.Items = append(f.Items, &feeds.Item{Id: t.View.URI, Title: titleOf(t.View), Link: &feeds.Link{Href: base + s.line(c, g, t).URL},
			Author: &feeds.Author{Name: t.View.Author.Name()}, Description: t.View.Content, Created: at(t.View.CreatedAt), Updated: last})
	}
	c.W.Header().Set("Cache-Control", "public, max-age=300")
	if kind == "rss" {
		out, err := f.ToRss()
		if err != nil {
			return err
		}
		return c.Bytes(http.StatusOK, "application/rss+xml; charset=utf-8", []byte(out))
	}
	out, err := f.ToAtom()
	if err != nil {
		return err
	}
	return c.Bytes(http.StatusOK, "application/atom+xml; charset=utf-8", []byte(out))
}

// alternates are what else a page of an open group is.
func (s *Service) alternates(g *Group) []web.Alternate {
	return []web.Alternate{{Type: "application/activity+json", URL: g.Account.URI},
		{Type: "application/atom+xml", URL: Path(g.Account) + "/fils.atom", Title: g.Account.Name()},
		{Type: "application/rss+xml", URL: Path(g.Account) + "/fils.rss", Title: g.Account.Name()}}
}
