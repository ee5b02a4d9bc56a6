package poll

import (
	"context"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
)

// Read reads the poll of a Question, nil when it asks nothing: Mastodon and
// its kin give an array of notes, some a single one, some names without a type.
//
// Spec: FEP-9967; Spec: AP-Vocabulary Question
func Read(d *as.Doc) *Poll {
	if !d.Is("Question") {
		return nil
	}
	p := &Poll{Voters: -1}
	options := d.Refs("oneOf")
	if len(options) == 0 {
		options, p.Multiple = d.Refs("anyOf"), true
	}
	told := false
	for _, o := range options {
		if o.Doc == nil || len(p.Options) == maxStored {
			continue
		}
		title := text.PlainName(text.Plain(o.Doc.Name()), 4*MaxTitle)
		if title == "" {
			continue
		}
		n, ok := votesOf(o.Doc)
		told = told || ok
		p.Options = append(p.Options, Option{Position: len(p.Options), Title: title, Votes: n})
	}
	if len(p.Options) == 0 {
		return nil
	}
	if n, ok := d.Int("votersCount"); ok && n >= 0 {
		p.Voters = min(n, 1<<40)
	}
	p.ClosesAt = closingOf(d)
	p.HideTotals = !told
	return p
}

// votesOf is the number of an option: the answers to it, or a plain number.
func votesOf(d *as.Doc) (int64, bool) {
	if replies := d.Refs("replies").Doc(); replies != nil {
		if n, ok := replies.TotalItems(); ok {
			return max(0, min(n, 1<<40)), true
		}
	}
	if n, ok := d.Int("_misskey_votes"); ok {
		return max(0, min(n, 1<<40)), true
	}
	return 0, false
}

// closingOf is when a Question closes or has closed: the earlier of both moments
// told. "closed": true means that it is.
func closingOf(d *as.Doc) int64 {
	end := ms(d.Time("endTime"))
	closed := ms(d.Time("closed"))
	if closed == 0 && d.Bool("closed") {
		closed = time.Now().UnixMilli()
	}
	if end == 0 || closed != 0 && closed < end {
		return closed
	}
	return end
}

func ms(t time.Time) int64 {
	if t.IsZero() || t.Year() < 1990 || t.Year() > 9999 {
		return 0
	}
	return t.UnixMilli()
}

// take reads the poll of a received post. Other options begin the vote anew.
func (s *Service) take(ctx context.Context, tx *db.Tx, p *post.Post, d *as.Doc) error {
	if err := hold(ctx, tx, p.ID); err != nil {
		return err
	}
	was, err := one(ctx, tx, 0, p.ID)
	if err != nil && !apperr.Is(err, apperr.KindNotFound) {
		return err
	}
	told := Read(d)
	if told == nil {
		if was != nil {
			return remove(ctx, tx, p.ID)
		}
		return nil
	}
	told.PostID, told.FetchedAt = p.ID, time.Now().UnixMilli()
	for i := range told.Options {
		told.Options[i].PostID = p.ID
	}
	if told.Voters < 0 && !told.Multiple && !told.HideTotals {
		told.Voters = told.Votes()
	}
	if was != nil && same(was, told) {
		told.EndedAt = was.EndedAt
	} else if err := clear(ctx, tx, p.ID); err != nil {
		return err
	}
	if err := put(ctx, tx, told); err != nil {
		return err
	}
	if was != nil && was.ClosesAt != told.ClosesAt {
		return s.closeIfAwaited(ctx, tx, told)
	}
	return nil
}
