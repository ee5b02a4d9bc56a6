package follow

import (
	"context"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/jobs"
)

// An Accept can be lost on its way. A request that nobody answered is repeated
// after an hour and after a day; a server that has it already answers again.

const kindAgain = "follow.again"

// againJob is the job that repeats a request, Tries of which were made.
type againJob struct {
	Follow int64
	Tries  int
}

// pauses are how long after each try the next is made.
var pauses = []time.Duration{time.Hour, 23 * time.Hour}

// Jobs are the kinds of work of this slice.
func (s *Service) Jobs() []jobs.Kind {
	return []jobs.Kind{
		{Name: kindAgain, Handle: jobs.JSON(s.askAgain)},
		{Name: kindMove, Handle: jobs.JSON(s.goAlong), Concurrency: 1},
	}
}

// askLater has a request repeated unless it is answered by then.
func askLater(ctx context.Context, tx *db.Tx, f *Follow, tries int) error {
	if f.Accepted || tries >= len(pauses) {
		return nil
	}
	return jobs.Enqueue(ctx, tx, kindAgain, againJob{f.ID, tries}, jobs.At(time.Now().Add(pauses[tries])), jobs.Key(ids.String(f.ID)))
}

func (s *Service) askAgain(ctx context.Context, j againJob) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		f, err := db.Get[Follow](ctx, tx, `select `+columns+` from follow where id = $1 and not accepted`, j.Follow)
		if err != nil {
			return ignoreMissing(err)
		}
		me, err := account.ByID(ctx, tx, f.AccountID)
		if err != nil {
			return err
		}
		target, err := account.ByID(ctx, tx, f.TargetID)
		if err != nil || me.Gone() || target.Gone() || target.Local() || !me.Reachable {
			return err
		}
		if err := deliver(ctx, tx, me, target, f.activity(me, target)); err != nil {
			return err
		}
		return askLater(ctx, tx, &f, j.Tries+1)
	})
}
