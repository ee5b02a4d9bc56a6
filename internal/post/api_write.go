package post

import (
	"cmp"
	"context"
	"strings"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/masto"
)

// apiCreate publishes a post. Beside Mastodon's parameters it takes audience,
// one of ours, which wins over visibility; unlisted still counts with it, and
// local_only of some apps.
//
// Spec: Mastodon statuses#create
func (s *Service) apiCreate(r *masto.Req) error {
	d, err := s.DraftOf(r.Context(), r.Viewer, r.Params)
	d.IdempotencyKey = r.Idempotency()
	if err != nil {
		return err
	}
	if strings.TrimSpace(r.String("scheduled_at")) != "" {
		if s.Later == nil {
			return apperr.Invalid("post.no_schedule").Field("scheduled_at", "post.no_schedule")
		}
		return s.Later(r, d)
	}
	p, err := s.Create(r.Context(), r.Viewer, d)
	if err != nil {
		return err
	}
	// Read again: the answer to a repeated request is the post as it is now.
	if p, err = s.Get(r.Context(), r.Viewer, p.ID); err != nil {
		return err
	}
	return s.apiAnswer(r, p)
}

// DraftOf reads what an app wants to publish.
//
// Spec: Mastodon statuses#create
func (s *Service) DraftOf(ctx context.Context, v *auth.Viewer, r masto.Params) (Draft, error) {
	usual, err := s.Accounts.Defaults(ctx, s.DB.Read(), v.AccountID)
	if err != nil {
		return Draft{}, err
	}
	d := Draft{
		Text: r.String("status"), Warning: r.String("spoiler_text"), Sensitive: r.Bool("sensitive", usual.Sensitive),
		Lang: cmp.Or(languageOf(r), usual.Lang), AppID: v.AppID,
	}
	if parent := r.String("in_reply_to_id"); parent != "" {
		id, ok := r.IDParam("in_reply_to_id")
		if !ok {
			return d, apperr.NotFound("post.parent_gone")
		}
		d.ReplyTo = id
	}
	var ok bool
	if d.Audience, d.Unlisted, ok = FromMastodon(r.String("visibility"), Audience(usual.Audience), usual.Unlisted); !ok {
		return d, apperr.Invalid("post.bad_audience").Field("visibility", "post.bad_audience")
	}
	if own := r.String("audience"); own != "" {
		if d.Audience = Audience(own); !d.Audience.Offered() {
			return d, apperr.Invalid("post.bad_audience").Field("audience", "post.bad_audience")
		}
	}
	if r.Bool("local_only", false) {
		// Some apps ask so that a post does not leave the server: its people are the section.
		switch d.Audience {
		case Public:
			d.Audience, d.Unlisted = Section, false
		case Followers: // may be elsewhere
			return d, apperr.Invalid("post.bad_audience").Field("local_only", "post.bad_audience")
		}
	}
	return d, s.askedParts(ctx, v, r, &d)
}

// languageOf is the language that an app names, "" when it names none that can
// be: like Mastodon, no post is lost for it.
func languageOf(r masto.Params) string {
	code, _ := masto.Language(r.String("language"))
	return code
}

// apiEdit changes a post; what is not given stays. The audience never changes.
//
// Spec: Mastodon statuses#edit
func (s *Service) apiEdit(r *masto.Req) error {
	before, err := s.apiFind(r)
	if err != nil {
		return err
	}
	d := Draft{Text: before.Source, Warning: before.Warning, Lang: languageOf(r.Params), Parts: map[string]any{}}
	if t := r.Opt("status"); t != nil {
		d.Text = *t
	}
	if w := r.Opt("spoiler_text"); w != nil {
		d.Warning = *w
	}
	// A warning makes a post sensitive; taking it away leaves that to the parameter.
	d.Sensitive = r.Bool("sensitive", before.Sensitive)
	for _, part := range s.Parts {
		if part.Unasked != nil {
			d.Parts[part.Name] = part.Unasked
		}
	}
	if err := s.askedParts(r.Context(), r.Viewer, r.Params, &d); err != nil {
		return err
	}
	p, err := s.Edit(r.Context(), r.Viewer, before.ID, d)
	if err != nil {
		return err
	}
	return s.apiAnswer(r, p)
}

// apiDelete erases a post and answers it with its source and pictures, for
// apps that let it be written anew; delete_media says that nobody will.
//
// Spec: Mastodon statuses#delete
func (s *Service) apiDelete(r *masto.Req) error {
	p, err := s.apiFind(r)
	if err != nil {
		return err
	}
	e, err := s.apiShow(r.Context(), r.Viewer, p)
	if err != nil {
		return err
	}
	if p.BoostOfID != 0 && p.AccountID == r.Viewer.AccountID {
		// To delete one's boost is to take it back.
		if _, err := s.Unboost(r.Context(), r.Viewer, p.ID); err != nil {
			return err
		}
		return r.OK(e)
	}
	e.Text = masto.Ptr(p.Source)
	spare := !r.Bool("delete_media", false)
	if _, err := s.delete(r.Context(), r.Viewer, p.ID, spare); err != nil {
		return err
	}
	for _, part := range s.Parts {
		if spare && part.Spared != nil {
			if err := part.Spared(r.Context(), r.Viewer, &e); err != nil {
				return err
			}
		}
	}
	return r.OK(e)
}
