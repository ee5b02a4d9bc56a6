package event

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
)

// VideoDraft is what the organiser says of the pictures of a meeting, as typed.
type VideoDraft struct {
	WatchUrl, ReplayUrl string
	Recording           string   // "18:02:30", the clock of the place
	Items, Began        []string // the titles of the points, and when each began
}

// moment reads a time of the clock during a meeting, after midnight too; 0 for none.
func (m *Meeting) moment(typed string) (int64, bool) {
	if typed == "" {
		return 0, true
	}
	if len(typed) == len("15:04") {
		typed += ":00"
	}
	start := m.Start()
	t, err := time.ParseInLocation("2006-01-02 "+seconds, start.Format("2006-01-02 ")+typed, m.Location())
	if err != nil {
		return 0, false
	}
	if t.Before(start.Add(-doorBefore)) {
		t = t.AddDate(0, 0, 1)
	}
	return t.UnixMilli(), true
}

// SetVideo notes where a meeting of v is watched and seen again, when its recording
// began and when its points did. A point that is not there any more is passed over.
// Errors: KindInvalid with the fields of the form.
func (s *Service) SetVideo(ctx context.Context, v *auth.Viewer, postID int64, d VideoDraft) error {
	if _, _, _, err := s.mine(ctx, v, postID); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := hold(ctx, tx, postID); err != nil {
			return err
		}
		m, err := one(ctx, tx, postID)
		if err != nil {
			return err
		}
		l, err := liveOf(ctx, tx, postID)
		if err != nil {
			return err
		}
		all, err := itemsOf(ctx, tx, []int64{postID})
		if err != nil {
			return err
		}
		bad := apperr.Invalid("event.look_again")
		link := func(name, typed string) string {
			switch typed = strings.TrimSpace(typed); {
			case typed == "":
			case !linkable(typed):
				bad = bad.Field(name, "event.bad_link")
			case s.passing(typed):
				bad = bad.Field(name, "event.live.passing")
			case isPicture(typed):
				bad = bad.Field(name, "event.live.picture_address")
			}
			return typed
		}
		clock := func(name, typed string, had int64) int64 {
			at, ok := m.moment(strings.TrimSpace(typed))
			if !ok {
				bad = bad.Field(name, "event.live.bad_time")
			}
			if at == had/1000*1000 {
				return had // the page shows whole seconds
			}
			return at
		}
		l.WatchUrl = link("watch_url", d.WatchUrl)
		replay := link("replay_url", d.ReplayUrl)
		l.RecordingAt = clock("recording", d.Recording, l.RecordingAt)
		began := map[int]int64{}
		for i, x := range all[postID] {
			if i < len(d.Items) && i < len(d.Began) && d.Items[i] == x.Title {
				began[i] = clock("began_"+strconv.Itoa(i), d.Began[i], x.BeganAt)
			}
		}
		if len(bad.Fields) > 0 {
			return bad
		}
		if err := saveLive(ctx, tx, l); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update meeting set replay_url = $2 where post_id = $1`, postID, replay); err != nil {
			return err
		}
		for i, at := range began {
			if err := begin(ctx, tx, postID, i, at); err != nil {
				return err
			}
		}
		return s.tellLive(tx, postID, toldStage)
	})
}
