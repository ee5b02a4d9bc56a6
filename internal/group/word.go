package group

import (
	"context"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
)

// What a group says arrives late, twice and in any order, and may be about what
// is not here yet. Each of its words carries the time of the group's own clock,
// and the newest of a kind about a thing counts, whatever came first.

// The kinds of words.
const (
	wordIn   = "in"   // it is in the group, or was taken out
	wordLock = "lock" // the thread is closed
	wordPin  = "pin"  // the thread stays on top
)

// marks are the columns of group_thread that hold what the words say.
var marks = map[string]string{wordLock: "locked_at", wordPin: "pinned_at"}

// word is one row; At is in microseconds.
type word struct {
	GroupID int64
	URI     string
	Kind    string
	Yes     bool
	At      int64
	Reason  string
}

func wordOf(ctx context.Context, q db.Q, groupID int64, uri, kind string) (*word, error) {
	w, err := db.Get[word](ctx, q, `select group_id, uri, kind, yes, at, reason from group_word where group_id = $1 and uri = $2 and kind = $3`, groupID, uri, kind)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, nil
	}
	return &w, err
}

// wordsKept is how long words are kept: no server repeats what is older.
const wordsKept = 120 * 24 * time.Hour

// hear writes a word down; newest is false when a newer one is known.
func hear(ctx context.Context, tx *db.Tx, w word) (newest bool, err error) {
	n, err := db.Exec(ctx, tx, `insert into group_word (group_id, uri, kind, yes, at, reason) values ($1, $2, $3, $4, $5, $6)
		on conflict (group_id, uri, kind) do update set yes = excluded.yes, at = excluded.at, reason = excluded.reason where group_word.at < excluded.at`,
		w.GroupID, w.URI, w.Kind, w.Yes, w.At, w.Reason)
	if err != nil || n == 0 {
		return false, err
	}
	_, err = tx.Exec(ctx, `delete from group_word where at < $1`, time.Now().Add(-wordsKept).UnixMicro())
	return true, err
}

// order is the term for the time of a group's act, in microseconds: the dates of
// ActivityStreams are told to the second, in which two acts may fall.
const order = "order"

func orderTerms() map[string]any {
	return map[string]any{"maillage": "https://w3id.org/maillage#", order: "maillage:order"}
}

// saidAt is the time of what a group announced: by its own clock, within reason.
func saidAt(in *route.Inbound) int64 {
	latest := in.ReceivedAt.Add(10 * time.Minute).UnixMicro()
	at := in.Doc.Published().UnixMicro()
	if in.Doc.Published().IsZero() {
		at = in.ReceivedAt.UnixMicro()
	}
	if n, ok := in.Doc.Int(order); ok && n/1e6-at/1e6 <= 1 && at/1e6-n/1e6 <= 1 {
		at = n
	}
	return min(at, latest)
}

// ordered gives an activity of a group its time.
func ordered(a as.Activity, at time.Time) as.Activity {
	a.Published = at
	a.Extra, a.ExtraContext = map[string]any{order: at.UnixMicro()}, orderTerms()
	return a
}
