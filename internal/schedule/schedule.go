package schedule

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
)

// Bounds of what waits.
const (
	MinAhead = 5 * time.Minute
	MaxKept  = 300 // of one person
)

// Scheduled is a post that waits. At is in unix milliseconds; Problem is the key
// of why it could not be published, "" while it waits.
type Scheduled struct {
	ID         int64
	AccountID  int64
	At         int64
	Params     string
	Visibility string
	Audience   string
	ScopeID    int64  // the group that it is for
	Key        string // of the app's request, for when it is repeated
	AppID      int64
	Problem    string
	CreatedAt  int64
}

const columns = `id, account_id, at, params, visibility, audience, scope_id, key, app_id, problem, created_at`

// When is the moment it is for.
func (w *Scheduled) When() time.Time { return time.UnixMilli(w.At) }

func (w *Scheduled) params() (masto.Params, error) {
	var p masto.Params
	return p, json.Unmarshal([]byte(w.Params), &p)
}

// Service holds the rules on posts that wait.
type Service struct {
	DB       *db.DB
	IDs      *ids.Maker
	Posts    *post.Service
	Accounts *account.Service

	// Login finds the rights of an account at the moment of publishing.
	Login func(ctx context.Context, q db.Q, accountID int64) (*auth.Login, error)

	// Hold keeps media of a person from being tidied away until a moment, and
	// Media shows them to apps; both may be nil.
	Hold  func(ctx context.Context, tx *db.Tx, accountID int64, media []int64, until time.Time) error
	Media func(ctx context.Context, accountID int64, media []int64) ([]masto.Media, error)
}

// moment reads when a post is to appear: at least five minutes from now.
func moment(said string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, strings.TrimSpace(said))
	if err != nil { // some apps give no zone, which is UTC then
		at, err = time.Parse("2006-01-02T15:04:05", strings.TrimSpace(said))
	}
	if err != nil {
		return at, apperr.Invalid("schedule.bad_time").Field("scheduled_at", "schedule.bad_time")
	}
	switch {
	case time.Until(at) < MinAhead-5*time.Second: // the request took a moment to arrive
		return at, apperr.Invalid("schedule.too_soon").Field("scheduled_at", "schedule.too_soon")
	case at.UTC().Year() > 9999: // apps read four digits; Moshidon keeps drafts in the year 5000
		return at, apperr.Invalid("schedule.too_late").Field("scheduled_at", "schedule.too_late")
	}
	return at, nil
}

// Later keeps a post for its moment instead of publishing it, and answers the app.
//
// Spec: Mastodon statuses#create
func (s *Service) Later(r *masto.Req, d post.Draft) error {
	w, err := s.keep(r.Context(), r.Viewer, r.Params, d, r.String("scheduled_at"))
	if err != nil {
		return err
	}
	return s.answer(r, w)
}

func (s *Service) keep(ctx context.Context, v *auth.Viewer, p masto.Params, d post.Draft, said string) (*Scheduled, error) {
	at, err := moment(said)
	if err != nil {
		return nil, err
	}
	if err := s.Posts.Judge(ctx, v, &d); err != nil {
		return nil, err
	}
	params, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	w := &Scheduled{
		ID: s.IDs.New(), AccountID: v.AccountID, At: at.UnixMilli(), Params: string(params), Visibility: d.Audience.Mastodon(!d.Unlisted),
		Audience: string(d.Audience), ScopeID: d.ScopeID, Key: d.IdempotencyKey, AppID: v.AppID, CreatedAt: time.Now().UnixMilli(),
	}
	return w, s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if w.Key != "" {
			was, err := db.Get[Scheduled](ctx, tx, `select `+columns+` from scheduled_post where account_id = $1 and key = $2`, v.AccountID, w.Key)
			if err == nil {
				*w = was
				return nil
			} else if !apperr.Is(err, apperr.KindNotFound) {
				return err
			}
		}
		n, err := db.Get[int](ctx, tx, `select count(*) from scheduled_post where account_id = $1`, v.AccountID)
		if err != nil {
			return err
		}
		if n >= MaxKept {
			return apperr.Invalid("schedule.too_many", MaxKept)
		}
		if err := db.Insert(ctx, tx, "scheduled_post", w); err != nil {
			return err
		}
		return s.arm(ctx, tx, w)
	})
}

// arm has a post published when its moment comes, and its media kept until then.
func (s *Service) arm(ctx context.Context, tx *db.Tx, w *Scheduled) error {
	if media := mediaOf(w); s.Hold != nil && len(media) > 0 {
		if err := s.Hold(ctx, tx, w.AccountID, media, w.When()); err != nil {
			return err
		}
	}
	// Of two moments of one job the earlier counts, and this one may be put off.
	if err := jobs.Drop(ctx, tx, kindPublish, ids.String(w.ID)); err != nil {
		return err
	}
	return jobs.Enqueue(ctx, tx, kindPublish, due{w.ID, w.At}, jobs.Key(ids.String(w.ID)), jobs.At(w.When()))
}

func mediaOf(w *Scheduled) []int64 {
	p, err := w.params()
	if err != nil {
		return nil
	}
	return p.IDs("media_ids", 16)
}

func one(ctx context.Context, q db.Q, id int64) (*Scheduled, error) {
	w, err := db.Get[Scheduled](ctx, q, `select `+columns+` from scheduled_post where id = $1`, id)
	return &w, err
}

// Get finds one of a person's own; KindNotFound otherwise.
func (s *Service) Get(ctx context.Context, accountID, id int64) (*Scheduled, error) {
	w, err := one(ctx, s.DB.Read(), id)
	if err == nil && w.AccountID != accountID {
		err = apperr.NotFound("schedule.not_found")
	}
	return w, err
}

// List gives one page of a person's own, the last one made first.
func (s *Service) List(ctx context.Context, accountID int64, r page.Range) ([]Scheduled, error) {
	rows, err := db.All[Scheduled](ctx, s.DB.Read(), `select `+columns+` from scheduled_post where account_id = $1 and id < $2 and id > $3
		order by id `+r.Order()+` limit $4`, accountID, r.Upper(), r.Lower(), r.Limit)
	return page.Fix(r, rows), err
}

// Move changes the moment of one that waits, or that could not be published.
//
// Spec: Mastodon scheduled_statuses#update
func (s *Service) Move(ctx context.Context, accountID, id int64, said string) (*Scheduled, error) {
	w, err := s.Get(ctx, accountID, id)
	if err != nil {
		return nil, err
	}
	at, err := moment(said)
	if err != nil {
		return nil, err
	}
	return w, s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		w.At, w.Problem = at.UnixMilli(), ""
		n, err := db.Exec(ctx, tx, `update scheduled_post set at = $1, problem = '' where id = $2`, w.At, w.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return apperr.NotFound("schedule.not_found")
		}
		return s.arm(ctx, tx, w)
	})
}

// Cancel forgets one. Its media become loose uploads again, that are kept for a
// day: apps send them once more with the post that they make of it.
//
// Spec: Mastodon scheduled_statuses#cancel
func (s *Service) Cancel(ctx context.Context, accountID, id int64) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		w, err := one(ctx, tx, id)
		if apperr.Is(err, apperr.KindNotFound) || err == nil && w.AccountID != accountID {
			return apperr.NotFound("schedule.not_found")
		} else if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `delete from scheduled_post where id = $1`, id); err != nil {
			return err
		}
		if err := s.letGo(ctx, tx, w); err != nil {
			return err
		}
		return jobs.Drop(ctx, tx, kindPublish, ids.String(id))
	})
}

// letGo ends the hold on the media of one that is gone, but for those that another
// one of the same person still needs.
func (s *Service) letGo(ctx context.Context, tx *db.Tx, w *Scheduled) error {
	media := mediaOf(w)
	if s.Hold == nil || len(media) == 0 {
		return nil
	}
	if err := s.Hold(ctx, tx, w.AccountID, media, time.Now()); err != nil {
		return err
	}
	others, err := db.All[Scheduled](ctx, tx, `select `+columns+` from scheduled_post where account_id = $1 order by at`, w.AccountID)
	if err != nil {
		return err
	}
	for _, o := range others {
		shared := slices.DeleteFunc(mediaOf(&o), func(m int64) bool { return !slices.Contains(media, m) })
		if err := s.Hold(ctx, tx, w.AccountID, shared, o.When()); err != nil {
			return err
		}
	}
	return nil
}

// EraseAll forgets what waits of an account that is being deleted.
func EraseAll(ctx context.Context, tx *db.Tx, accountID int64) error {
	_, err := tx.Exec(ctx, `delete from scheduled_post where account_id = $1`, accountID)
	return err
}
