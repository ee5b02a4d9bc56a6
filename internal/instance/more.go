package instance

import (
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/web"
)

// MoreEntry leads to a page that stands outside the navigation. Its words are
// in the reader's language.
type MoreEntry struct{ Label, Hint, Icon, URL string }

// moreView is the page of what else there is, by who has it.
type moreView struct{ Parts []morePart }

type morePart struct {
	Title   string // "" for what everyone has
	Entries []MoreEntry
}

func (s *Service) getMore(c *httpx.Ctx) error {
	v := moreView{Parts: []morePart{{Entries: s.More(c, httpx.SignedIn)}}}
	if c.Viewer.IsModerator() {
		v.Parts = append(v.Parts, morePart{c.T("instance.more.moderation"), s.More(c, httpx.Moderator)})
	}
	if c.Viewer.IsAdmin() {
		v.Parts = append(v.Parts, morePart{c.T("instance.more.admin"), s.More(c, httpx.Admin)})
	}
	return c.Page(&web.Page{Name: "instance/more", Title: c.T("instance.more"), NoIndex: true, Data: v})
}
