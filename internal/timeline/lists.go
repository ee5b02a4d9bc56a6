package timeline

import (
	"context"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/filter"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/web"

	people "github.com/maillage/maillage/internal/list"
)

// listed is the condition that a post p of a member stands on the list $4 of $5:
// answers do as the list says ($6).
const listed = `p.account_id in (select m.account_id from list_member m where m.list_id = $4)
	and p.audience <> 'direct' and (p.reply_to_uri = '' or p.reply_to_account = p.account_id
		or $6 = 'list' and p.reply_to_account in (select m.account_id from list_member m where m.list_id = $4)
		or $6 = 'followed' and (p.reply_to_account = $5 or p.reply_to_account in (select f.target_id from follow f where f.account_id = $5 and f.accepted)))`

// List is what the people on a list of v's publish. KindNotFound for another's list.
//
// Spec: Mastodon timelines#list
func (s *Service) List(ctx context.Context, v *auth.Viewer, id int64, r page.Range) ([]*post.View, error) {
	if s.Lists == nil {
		return nil, apperr.NotFound("list.not_found")
	}
	l, err := s.Lists.Get(ctx, v.AccountID, id)
	if err != nil {
		return nil, err
	}
	return s.read(ctx, v, r.Clamp(page.DefaultLimit, page.MaxLimit), `post p`, listed, l.ID, v.AccountID, l.Replies)
}

// getList is the page of a list.
func (s *Service) getList(c *httpx.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	views, err := s.List(c.Context(), c.Viewer, id, rangeOf(c))
	if err != nil {
		return err
	}
	l, err := s.Lists.Get(c.Context(), c.Viewer.AccountID, id)
	if err != nil {
		return err
	}
	views, paging := cut(c, views)
	v := listView{Title: l.Title, More: &web.Link{Name: c.T("list.edit"), URL: l.Path() + "/gens"}, Paging: paging,
		Cards: post.Cards(c, filter.Showing(views, filter.Home)),
		Empty: web.Empty{Icon: "users", Title: c.T("list.empty"), Text: c.T("list.empty_text"), Link: &web.Link{Name: c.T("list.title"), URL: people.Path}}}
	return c.Page(&web.Page{Name: "timeline/list", Title: l.Title, NoIndex: true, Data: v})
}
