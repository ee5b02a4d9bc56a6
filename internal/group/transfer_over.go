package group

import (
	"context"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/jobs"
)

// An offer to which nobody says anything ends by itself, on both servers, each of
// which has its own clock: the thread stays where it is, and may be offered again.

// offerStands is how long a group may take to answer for a thread.
const offerStands = 30 * 24 * time.Hour

const kindOffer = "group.offer"

// The lines of the journal on threads that groups offer.
const (
	offerMade    = "offer"
	offerRefused = "offer_refused"
	offerLapsed  = "offer_lapsed" // nobody answered ours
	offerOver    = "offer_over"   // what we were offered is offered no more
)

// offerJob is an offer, by its thread and its id.
type offerJob struct {
	Thread int64
	URI    string
}

func lapseLater(ctx context.Context, tx *db.Tx, threadID int64, uri string) error {
	return jobs.Enqueue(ctx, tx, kindOffer, offerJob{threadID, uri}, jobs.Key(uri), jobs.At(time.Now().Add(offerStands)))
}

// lapse ends an offer that still stands.
func (s *Service) lapse(ctx context.Context, j offerJob) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		x, err := transferOf(ctx, tx, `thread_id = $1 and uri = $2`, j.Thread, j.URI)
		if err != nil || x == nil {
			return err
		}
		from, err := account.ByID(ctx, tx, x.FromID)
		if err != nil {
			return err
		}
		if !from.Local() {
			return s.offerOver(ctx, tx, x)
		}
		if g, err := ByID(ctx, tx, x.FromID); err == nil {
			to, err := account.ByID(ctx, tx, x.ToID)
			if err != nil {
				return err
			}
			if err := s.endMove(ctx, tx, g, x, s.wordsOf(ctx, tx, g, "group.ended.offer_lapsed", "Name", to.Name())); err != nil {
				return err
			}
		} else if ignoreMissing(err) != nil {
			return err
		}
		if err := s.withdrawOffer(ctx, tx, x.ThreadID); err != nil {
			return err
		}
		return s.journal(ctx, tx, Line{GroupID: x.FromID, Act: offerLapsed, AccountID: x.ToID, PostID: x.ThreadID})
	})
}

// offerOver forgets what a group of ours was offered, and tells its moderators.
func (s *Service) offerOver(ctx context.Context, tx *db.Tx, x *transfer) error {
	if err := dropTransfer(ctx, tx, x.ThreadID); err != nil {
		return err
	}
	return s.journal(ctx, tx, Line{GroupID: x.ToID, Act: offerOver, AccountID: x.FromID, PostID: x.ThreadID})
}

// offerEnded says to those who keep a thread that nobody took it, as long as that is news.
func (s *Service) offerEnded(c *httpx.Ctx, g *Group, t *Thread) (string, error) {
	l, err := db.Get[struct {
		Act       string
		AccountID int64
		Reason    string
	}](c.Context(), s.DB.Read(), `select act, account_id, reason from group_log where group_id = $1 and post_id = $2 and act in ('`+offerMade+`', '`+offerRefused+`', '`+offerLapsed+`') and at > $3 order by id desc limit 1`,
		g.AccountID, t.PostID, now()-moveKept.Milliseconds())
	if err != nil || l.Act == offerMade {
		return "", ignoreMissing(err)
	}
	to, err := account.ByID(c.Context(), s.DB.Read(), l.AccountID)
	if err != nil {
		return "", ignoreMissing(err)
	}
	words := c.T("group.ended."+l.Act, "Name", to.Name())
	if l.Reason != "" {
		words += " " + c.T("group.ended.answer", "Reason", l.Reason)
	}
	return words, nil
}
