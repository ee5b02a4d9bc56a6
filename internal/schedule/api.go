package schedule

import (
	"context"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/masto"
)

// API declares what client apps may do with posts that wait.
//
// Spec: Mastodon scheduled_statuses
func (s *Service) API(r *masto.Router) {
	r.Get("/api/v1/scheduled_statuses", "read:statuses", s.apiList)
	r.Get("/api/v1/scheduled_statuses/{id}", "read:statuses", s.apiGet)
	r.Put("/api/v1/scheduled_statuses/{id}", "write:statuses", account.Guarded(s.apiMove))
	r.Delete("/api/v1/scheduled_statuses/{id}", "write:statuses", s.apiCancel)
}

// Spec: Mastodon scheduled_statuses#get
func (s *Service) apiList(r *masto.Req) error {
	p := r.Page()
	rows, err := s.List(r.Context(), r.Viewer.AccountID, p)
	if err != nil {
		return err
	}
	out := make([]masto.ScheduledStatus, len(rows))
	for i := range rows {
		if out[i], err = s.Entity(r.Context(), &rows[i]); err != nil {
			return err
		}
	}
	masto.LinkFor(r, p, rows, func(w Scheduled) int64 { return w.ID })
	return masto.List(r, out)
}

func (s *Service) apiGet(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	w, err := s.Get(r.Context(), r.Viewer.AccountID, id)
	if err != nil {
		return err
	}
	return s.answer(r, w)
}

func (s *Service) apiMove(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	w, err := s.Move(r.Context(), r.Viewer.AccountID, id, r.String("scheduled_at"))
	if err != nil {
		return err
	}
	return s.answer(r, w)
}

func (s *Service) apiCancel(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	if err := s.Cancel(r.Context(), r.Viewer.AccountID, id); err != nil {
		return err
	}
	return r.Empty()
}

func (s *Service) answer(r *masto.Req, w *Scheduled) error {
	e, err := s.Entity(r.Context(), w)
	if err != nil {
		return err
	}
	return r.OK(e)
}

// Entity is a post that waits as apps show it to its author.
//
// Spec: Mastodon entities/ScheduledStatus
func (s *Service) Entity(ctx context.Context, w *Scheduled) (masto.ScheduledStatus, error) {
	p, err := w.params()
	if err != nil {
		return masto.ScheduledStatus{}, err
	}
	e := masto.ScheduledStatus{ID: masto.ID(w.ID), ScheduledAt: masto.At(w.At), Params: masto.ScheduledParams{
		Text: p.String("status"), Sensitive: p.Bool("sensitive", false), SpoilerText: p.Opt("spoiler_text"),
		Visibility: w.Visibility, Language: p.Opt("language"), ApplicationID: w.AppID,
	}}
	if id, ok := p.IDParam("in_reply_to_id"); ok {
		e.Params.InReplyToID = &id
	}
	if options := p.Strings("poll[options]"); len(options) > 0 {
		e.Params.Poll = &masto.ScheduledPoll{Options: options, ExpiresIn: p.Int("poll[expires_in]", 0),
			Multiple: p.Bool("poll[multiple]", false), HideTotals: p.Bool("poll[hide_totals]", false)}
	}
	if media := mediaOf(w); len(media) > 0 {
		list := make(masto.Array[string], len(media))
		for i, id := range media {
			list[i] = masto.ID(id)
		}
		e.Params.MediaIDs = &list
		if s.Media != nil {
			shown, err := s.Media(ctx, w.AccountID, media)
			if err != nil {
				return e, err
			}
			e.MediaAttachments = shown
		}
	}
	return e, nil
}
