package preview

import (
	"context"
	"net/url"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/masto"
)

// credit finds the account that a page names as its author. Whether that account
// allows the page's host to say so is asked when the preview is shown: it may
// change its mind.
//
// Spec: Mastodon entities/PreviewCard#authors
func (s *Service) credit(ctx context.Context, v *Preview, page string) error {
	at, err := url.Parse(page)
	if err != nil || v.handle == "" {
		return nil
	}
	accounts := s.Posts.Accounts
	name, host, ok := account.ParseAcct(v.handle, accounts.Host)
	if !ok {
		return nil
	}
	a, err := account.ByHandle(ctx, s.DB.Read(), name, host)
	switch {
	case err == nil:
		v.CreatorID = a.ID
	case !apperr.Is(err, apperr.KindNotFound):
		return err
	case host != "" && s.Fetcher != nil:
		actor, err := s.Fetcher.ResolveHandle(ctx, name, host)
		if err != nil {
			return ctx.Err() // a name that leads nowhere is no author
		}
		v.CreatorID = actor.ID
	}
	v.CreatorHost = at.Hostname()
	return nil
}

// credits sets the authors of previews that the viewer may know of and that allow
// the page to name them.
func credits(ctx context.Context, q db.Q, viewer *auth.Viewer, rows []Preview) error {
	var named []int64
	for i := range rows {
		if rows[i].CreatorID != 0 {
			named = append(named, rows[i].CreatorID)
		}
	}
	people, err := account.ByIDs(ctx, q, named)
	if err != nil {
		return err
	}
	for i := range rows {
		a := people[rows[i].CreatorID]
		if a != nil && a.Public && a.VisibleTo(viewer) && a.Attributes(rows[i].CreatorHost) {
			rows[i].creator = a
		}
	}
	return nil
}

// authors are those of the page behind a preview, as apps know them.
func (s *Service) authors(v *Preview) masto.Array[masto.CardAuthor] {
	switch {
	case v.creator != nil:
		e := s.Posts.Accounts.Entity(v.creator)
		return masto.Array[masto.CardAuthor]{{Name: v.creator.Name(), URL: e.URL, Account: &e}}
	case v.Author != "":
		return masto.Array[masto.CardAuthor]{{Name: v.Author}}
	}
	return nil
}
