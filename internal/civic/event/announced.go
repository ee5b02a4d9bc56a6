package event

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"github.com/gorilla/feeds"

	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/post"
)

func (s *Service) getAtom(c *httpx.Ctx) error {
	f, err := s.announced(c)
	if err != nil {
		return err
	}
	out, err := f.ToAtom()
	if err != nil {
		return err
	}
	return c.Bytes(http.StatusOK, "application/atom+xml; charset=utf-8", []byte(out))
}

func (s *Service) getRSS(c *httpx.Ctx) error {
	f, err := s.announced(c)
	if err != nil {
		return err
	}
	out, err := f.ToRss()
	if err != nil {
		return err
	}
	return c.Bytes(http.StatusOK, "application/rss+xml; charset=utf-8", []byte(out))
}

// announced is a feed of the public meetings to come, the latest announced first.
//
// Spec: RFC 4287; Spec: RSS 2.0
func (s *Service) announced(c *httpx.Ctx) (*feeds.Feed, error) {
	posts, err := between(c.Context(), s.DB.Read(), post.Reader{}, time.Now(), time.Now().AddDate(3, 0, 0), filter{})
	if err != nil {
		return nil, err
	}
	views, err := s.Posts.Views(c.Context(), nil, posts)
	if err != nil {
		return nil, err
	}
	set, err := s.Instance.Settings(c.Context())
	if err != nil {
		return nil, err
	}
	base := s.Accounts.Base
	out := &feeds.Feed{Id: base + Path, Title: c.T("event.calendar_of", "Name", set.Name), Link: &feeds.Link{Href: base + Path},
		Author: &feeds.Author{Name: set.Name}, Updated: time.UnixMilli(0)}
	slices.SortFunc(views, func(a, b *post.View) int { return cmp.Compare(b.CreatedAt, a.CreatedAt) })
	for _, w := range views {
		f := of(w)
		if f == nil || !w.Author.VisibleTo(nil) {
			continue
		}
		changed := time.UnixMilli(max(f.ChangedAt, w.CreatedAt)).UTC()
		if changed.After(out.Updated) {
			out.Updated = changed
		}
		out.Items = append(out.Items, &feeds.Item{Id: w.URI, Title: w.Title, Link: &feeds.Link{Href: base + path(w.ID)}, Author: &feeds.Author{Name: w.Author.Name()},
			Description: summaryOf(c.Loc, &f.Meeting), Content: w.Content, Created: w.Created().UTC(), Updated: changed})
	}
	return out, nil
}
