package announcement

import (
	"context"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/stream"
	"github.com/maillage/maillage/internal/text"
)

// Bounds.
const (
	MaxText      = 2000 // characters
	maxShown     = 40
	maxReactions = 8 // kinds under one notice
)

// Service keeps the notices.
type Service struct {
	DB   *db.DB
	IDs  *ids.Maker
	Base string // "https://host"

	// Changed is told, in the transaction, of a notice that was written, changed or
	// (gone) taken away; Reacted, of a reaction that was added or withdrawn.
	Changed []func(ctx context.Context, tx *db.Tx, a *Announcement, gone bool) error
	Reacted []func(ctx context.Context, tx *db.Tx, id int64, name string) error
}

// Announcement is one notice. Times are unix milliseconds, 0 for none.
type Announcement struct {
	ID          int64
	Source      string // plain text
	StartsAt    int64
	EndsAt      int64
	AllDay      bool
	PublishedAt int64
	UpdatedAt   int64
}

const columns = `a.id, a.source, a.starts_at, a.ends_at, a.all_day, a.published_at, a.updated_at`

// HTML is the text as pages and apps show it.
func (s *Service) HTML(a *Announcement) string {
	return text.Render(a.Source, func(text.Handle) (text.Resolved, bool) { return text.Resolved{}, false },
		func(tag string) string { return s.Base + "/tags/" + tag })
}

// Reaction counts one emoji under a notice.
type Reaction struct {
	Name  string
	Count int
	Me    bool
}

// Shown is a notice as somebody sees it.
type Shown struct {
	Announcement
	Read      bool
	Reactions []Reaction
}

// For lists the notices that hold now, the latest first, as somebody sees them;
// those they put away only when all.
//
// Spec: Mastodon announcements#get
func (s *Service) For(ctx context.Context, accountID int64, all bool) ([]Shown, error) {
	q := s.DB.Read()
	now := time.Now().UnixMilli()
	rows, err := db.All[Announcement](ctx, q, `select `+columns+` from announcement a
		where a.published_at <= $1 and (a.ends_at = 0 or a.ends_at > $1) order by a.id desc limit $2`, now, maxShown)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	wanted := make([]int64, len(rows))
	for i, r := range rows {
		wanted[i] = r.ID
	}
	frag, args := db.In(2, wanted)
	args = append([]any{accountID}, args...)
	readIDs, err := db.All[int64](ctx, q, `select announcement_id from announcement_read where account_id = $1 and announcement_id in `+frag, args...)
	if err != nil {
		return nil, err
	}
	read := make(map[int64]bool, len(readIDs))
	for _, id := range readIDs {
		read[id] = true
	}
	reactions, err := db.All[struct {
		AnnouncementID int64
		Name           string
		Count, Mine    int
	}](ctx, q, `select announcement_id, name, count(*) as count, sum(case when account_id = $1 then 1 else 0 end) as mine
		from announcement_reaction where announcement_id in `+frag+` group by announcement_id, name order by min(created_at), name`, args...)
	if err != nil {
		return nil, err
	}
	var out []Shown
	for _, a := range rows {
		if read[a.ID] && !all {
			continue
		}
		x := Shown{Announcement: a, Read: read[a.ID]}
		for _, r := range reactions {
			if r.AnnouncementID == a.ID {
				x.Reactions = append(x.Reactions, Reaction{r.Name, r.Count, r.Mine > 0})
			}
		}
		out = append(out, x)
	}
	return out, nil
}

// All lists every notice for those who write them, the latest first.
func (s *Service) All(ctx context.Context) ([]Announcement, error) {
	return db.All[Announcement](ctx, s.DB.Read(), `select `+columns+` from announcement a order by a.id desc limit 200`)
}

func get(ctx context.Context, q db.Q, id int64) (*Announcement, error) {
	a, err := db.Get[Announcement](ctx, q, `select `+columns+` from announcement a where a.id = $1`, id)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, apperr.NotFound("announcement.not_found").Wrap(err)
	}
	return &a, err
}

// Draft is what an administrator writes.
type Draft struct {
	Text         string
	Starts, Ends time.Time // zero = none
	AllDay       bool
}

func (d *Draft) check() error {
	d.Text = text.Clean(d.Text, 4*MaxText)
	switch n := utf8.RuneCountInString(d.Text); {
	case n == 0:
		return apperr.Invalid("announcement.empty").Field("text", "announcement.empty")
	case n > MaxText:
		return apperr.Invalid("announcement.long", MaxText).Field("text", "announcement.long", MaxText)
	}
	if !d.Ends.IsZero() && !d.Ends.After(d.Starts) {
		return apperr.Invalid("announcement.bad_end").Field("ends", "announcement.bad_end")
	}
	return nil
}

func milli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// Publish tells everybody something. KindInvalid with the fields "text", "ends".
func (s *Service) Publish(ctx context.Context, d Draft) (*Announcement, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	now := time.Now().UnixMilli()
	a := &Announcement{ID: s.IDs.New(), Source: d.Text, StartsAt: milli(d.Starts), EndsAt: milli(d.Ends), AllDay: d.AllDay, PublishedAt: now, UpdatedAt: now}
	return a, s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := db.Insert(ctx, tx, "announcement", a); err != nil {
			return err
		}
		return s.changed(ctx, tx, a, false)
	})
}

// Remove takes a notice away.
func (s *Service) Remove(ctx context.Context, id int64) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		a, err := get(ctx, tx, id)
		if err != nil {
			return err
		}
		for _, sql := range []string{`delete from announcement_read where announcement_id = $1`, `delete from announcement_reaction where announcement_id = $1`,
			`delete from announcement where id = $1`} {
			if _, err := tx.Exec(ctx, sql, id); err != nil {
				return err
			}
		}
		return s.changed(ctx, tx, a, true)
	})
}

func (s *Service) changed(ctx context.Context, tx *db.Tx, a *Announcement, gone bool) error {
	if err := told(tx, a.ID, gone); err != nil {
		return err
	}
	for _, hook := range s.Changed {
		if err := hook(ctx, tx, a, gone); err != nil {
			return err
		}
	}
	return nil
}

// Dismiss puts a notice away for somebody.
//
// Spec: Mastodon announcements#dismiss
func (s *Service) Dismiss(ctx context.Context, accountID, id int64) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := get(ctx, tx, id); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `insert into announcement_read (announcement_id, account_id) values ($1, $2) on conflict do nothing`, id, accountID)
		return err
	})
}

// React adds somebody's reaction to a notice: one emoji.
//
// Spec: Mastodon announcements#put-reactions
func (s *Service) React(ctx context.Context, accountID, id int64, name string) error {
	if !isEmoji(name) {
		return apperr.Invalid("announcement.bad_reaction").Field("name", "announcement.bad_reaction")
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := get(ctx, tx, id); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `insert into announcement_reaction (announcement_id, account_id, name, created_at) values ($1, $2, $3, $4) on conflict do nothing`,
			id, accountID, name, time.Now().UnixMilli()); err != nil {
			return err
		}
		n, err := db.Get[int](ctx, tx, `select count(distinct name) from announcement_reaction where announcement_id = $1`, id)
		if err != nil {
			return err
		}
		if n > maxReactions {
			return apperr.Invalid("announcement.many_reactions", maxReactions)
		}
		return s.reacted(ctx, tx, id, name)
	})
}

// Unreact withdraws somebody's reaction.
func (s *Service) Unreact(ctx context.Context, accountID, id int64, name string) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := get(ctx, tx, id); err != nil {
			return err
		}
		n, err := db.Exec(ctx, tx, `delete from announcement_reaction where announcement_id = $1 and account_id = $2 and name = $3`, id, accountID, name)
		if err != nil || n == 0 {
			return err
		}
		return s.reacted(ctx, tx, id, name)
	})
}

func (s *Service) reacted(ctx context.Context, tx *db.Tx, id int64, name string) error {
	if err := stream.Publish(tx, stream.Event{Kind: stream.AnnouncementReaction, ID: id, Note: name}); err != nil {
		return err
	}
	for _, hook := range s.Reacted {
		if err := hook(ctx, tx, id, name); err != nil {
			return err
		}
	}
	return nil
}

// isEmoji reports whether a text is one emoji: a single drawn character with a sign in it.
func isEmoji(s string) bool {
	if len(s) == 0 || len(s) > 64 || !utf8.ValidString(s) || text.Graphemes(s) != 1 {
		return false
	}
	for _, r := range s {
		if unicode.Is(unicode.So, r) || unicode.Is(unicode.Sk, r) || r >= 0x1F000 {
			return true
		}
	}
	return false
}

// Erase forgets what an account put away, and its reactions.
func (s *Service) Erase(ctx context.Context, tx *db.Tx, accountID int64) error {
	for _, table := range []string{"announcement_read", "announcement_reaction"} {
		if _, err := tx.Exec(ctx, `delete from `+table+` where account_id = $1`, accountID); err != nil {
			return err
		}
	}
	return nil
}
