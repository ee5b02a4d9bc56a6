package event

import (
	"context"
	"slices"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/stream"
)

// A meeting is followed as it happens: which point is in progress is seen by who
// may read the meeting, and the times that were noted become the chapters of its
// recording. None of it leaves the instance.

// told is the kind of what is told live of a meeting; the note says of what.
const (
	told      = "event.live"
	toldStage = "stage" // to who may read the meeting
	toldTalk  = "talk"  // to those inside
)

// What the organiser does during a meeting.
const (
	stageTo     = "to"     // go on to a point
	stageBack   = "back"   // it was too early
	stageEnd    = "end"    // it is over
	stageAgain  = "again"  // it is not
	stageRecord = "record" // the recording begins now
)

// live is what is noted of a meeting as it happens; the zero value when nothing is.
type live struct {
	PostID      int64
	WatchUrl    string
	RecordingAt int64
	EndedAt     int64
}

// happens reports whether people may be at it now: some time before it begins
// until some time after it ends, or else an organiser would have to be on time.
func (m *Meeting) happens(now time.Time) bool {
	return m.Status == Confirmed && now.After(m.Start().Add(-doorBefore)) && now.Before(m.End().Add(doorAfter))
}

func liveOf(ctx context.Context, q db.Q, postID int64) (live, error) {
	l, err := db.Get[live](ctx, q, `select post_id, watch_url, recording_at, ended_at from meeting_live where post_id = $1`, postID)
	if apperr.Is(err, apperr.KindNotFound) {
		return live{PostID: postID}, nil
	}
	return l, err
}

func saveLive(ctx context.Context, tx *db.Tx, l live) error {
	_, err := tx.Exec(ctx, `insert into meeting_live (post_id, watch_url, recording_at, ended_at) values ($1, $2, $3, $4)
		on conflict (post_id) do update set watch_url = excluded.watch_url, recording_at = excluded.recording_at, ended_at = excluded.ended_at`,
		l.PostID, l.WatchUrl, l.RecordingAt, l.EndedAt)
	return err
}

// inProgress is the position of the point that began last, -1 before the first.
func inProgress(items []Item) int {
	at := -1
	for i, x := range items {
		if x.BeganAt != 0 && (at < 0 || x.BeganAt > items[at].BeganAt) {
			at = i
		}
	}
	return at
}

// nextItem is the first point after another that has not begun, -1 for none.
func nextItem(items []Item, after int) int {
	for i := after + 1; i < len(items); i++ {
		if items[i].BeganAt == 0 {
			return i
		}
	}
	return -1
}

// Stage does what the organiser v wants of a meeting of theirs that happens. from is
// the point that they saw in progress: who presses twice, or late, moves once.
// Errors: KindInvalid "event.live.closed".
func (s *Service) Stage(ctx context.Context, v *auth.Viewer, postID int64, act string, from, to int) error {
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
		if !m.happens(nowTime()) {
			return apperr.Invalid("event.live.closed")
		}
		all, err := itemsOf(ctx, tx, []int64{postID})
		if err != nil {
			return err
		}
		items := all[postID]
		l, err := liveOf(ctx, tx, postID)
		if err != nil {
			return err
		}
		at := inProgress(items)
		if at != from {
			return nil
		}
		switch {
		case act == stageTo && to >= 0 && to < len(items) && items[to].BeganAt == 0:
			began := now()
			if at >= 0 {
				began = max(began, items[at].BeganAt+1)
			}
			if err := begin(ctx, tx, postID, to, began); err != nil {
				return err
			}
			l.EndedAt = 0
		case act == stageBack && at >= 0:
			if err := begin(ctx, tx, postID, at, 0); err != nil {
				return err
			}
			l.EndedAt = 0
		case act == stageEnd:
			l.EndedAt = now()
		case act == stageAgain:
			l.EndedAt = 0
		case act == stageRecord:
			l.RecordingAt = now()
		default:
			return nil
		}
		if err := saveLive(ctx, tx, l); err != nil {
			return err
		}
		return s.tellLive(tx, postID, toldStage)
	})
}

// begin notes when a point began; 0 when it has not.
func begin(ctx context.Context, tx *db.Tx, postID int64, position int, at int64) error {
	_, err := tx.Exec(ctx, `update meeting_item set began_at = $3 where post_id = $1 and position = $2`, postID, position, at)
	return err
}

// tellLive has the pages that show a meeting live read it anew.
func (s *Service) tellLive(tx *db.Tx, postID int64, of string) error {
	return stream.Publish(tx, stream.Event{Kind: told, ID: postID, Note: of})
}

// keepTimes gives the points of an edited agenda the times that were noted: a
// point is the same when its title is, else when its place is.
func keepTimes(was, items []Item) []Item {
	items = slices.Clone(items)
	taken, found := make([]bool, len(was)), make([]bool, len(items))
	keep := func(i, j int) { items[i].BeganAt, taken[j], found[i] = was[j].BeganAt, true, true }
	for i := range items {
		items[i].BeganAt = 0
		for j := range was {
			if !found[i] && !taken[j] && was[j].Title == items[i].Title {
				keep(i, j)
			}
		}
	}
	for i := range items {
		if !found[i] && i < len(was) && !taken[i] {
			keep(i, i)
		}
	}
	return items
}

// chapter is a point of the agenda in the recording.
type chapter struct {
	Title string
	At    time.Duration // from the beginning of the recording
}

// chapters are the points that were noted, as the recording has them: it begins
// when that was noted, else with the first point. What was over before is not in it.
func chapters(items []Item, recordingAt int64) []chapter {
	var begun []Item
	for _, x := range items {
		if x.BeganAt != 0 {
			begun = append(begun, x)
		}
	}
	slices.SortStableFunc(begun, func(a, b Item) int { return int(a.BeganAt - b.BeganAt) })
	var out []chapter
	for i, x := range begun {
		if recordingAt == 0 {
			recordingAt = x.BeganAt
		}
		if i+1 < len(begun) && begun[i+1].BeganAt <= recordingAt {
			continue
		}
		out = append(out, chapter{x.Title, time.Duration(max(0, x.BeganAt-recordingAt)) * time.Millisecond})
	}
	return out
}
