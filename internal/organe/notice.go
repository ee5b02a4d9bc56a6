package organe

import (
	"context"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/i18n"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/timeline"
)

// noticeTold tells those who act in the name of a body that somebody wrote to it.
// It says neither who nor what: that stands on the page of what it is told.
const noticeTold = "organe.told"

// Kinds are the notifications of bodies; the number is that of the body's account.
func (s *Service) Kinds() map[string]timeline.Kind {
	return map[string]timeline.Kind{noticeTold: {Icon: "message-square", Words: "organe.notice.told", URL: toldPath, Lines: namesOf}}
}

func namesOf(ctx context.Context, q db.Q, bodies []int64) (map[int64]func(*i18n.Localizer) string, error) {
	all, err := account.ByIDs(ctx, q, bodies)
	out := map[int64]func(*i18n.Localizer) string{}
	for id, a := range all {
		out[id] = func(*i18n.Localizer) string { return a.Name() }
	}
	return out, err
}

// Noticed passes on what a body is told, once until it was read. What answers a post
// of the body before all is told by itself to who may act for it (package event).
func (s *Service) Noticed(ctx context.Context, tx *db.Tx, n notify.Notification) error {
	if n.Kind != notify.Mention {
		return nil
	}
	acting, err := Acting(ctx, tx, n.AccountID)
	if err != nil || len(acting) == 0 {
		return err
	}
	p, err := post.Raw(ctx, tx, n.PostID)
	if err != nil {
		return err
	}
	if p.ReplyToAccount == n.AccountID && (p.Audience == post.Public || p.Audience == post.Section) {
		return nil
	}
	from, err := s.App(ctx)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil // an instance that is only being made
	} else if err != nil {
		return err
	}
	return s.Posts.Notify.Again(ctx, tx, acting, noticeTold, from.ID, n.AccountID)
}
