// Package stream tells what just happened to whoever shows it live, on every
// node of an instance.
//
// An event holds ids and no content: who receives it reads what its viewer may
// see. It is told after the commit, in commit order, and lost when nobody
// listens: apps fetch what they missed.
//
// Spec: Mastodon streaming
package stream

import (
	"encoding/json"

	"github.com/maillage/maillage/internal/db"
)

const topic = "stream"

// The kinds of event, named as in Mastodon.
const (
	Update               = "update"        // ID is a post that is new
	StatusUpdate         = "status.update" // ID is a post that was edited
	Delete               = "delete"        // ID is a post that is gone
	Notification         = "notification"  // ID is a notification of Account
	FiltersChanged       = "filters_changed"
	Announcement         = "announcement"
	AnnouncementReaction = "announcement.reaction"
	AnnouncementDelete   = "announcement.delete"
	NotificationsMerged  = "notifications_merged" // what was filtered is among the notifications of Account now
)

// Event is something that happened.
type Event struct {
	Kind    string `json:"k"`
	ID      int64  `json:"i,omitempty"`
	Account int64  `json:"a,omitempty"` // whose event it is; 0 when the rules on ID decide
	Note    string `json:"n,omitempty"` // what the kind needs besides, no content: at most 500 bytes

	// Missed is set in an event without a kind: others may have been lost.
	Missed bool `json:"-"`
}

// Publish tells of an event once tx is durable.
func Publish(tx *db.Tx, e Event) error {
	b, err := json.Marshal(e)
	if err != nil {
		return err
	}
	tx.Tell(topic, string(b))
	return nil
}

// Subscribe has f called with each event of this node and of the others. f must
// be quick and bear calls from several goroutines.
func Subscribe(d *db.DB, f func(Event)) (stop func()) {
	return d.Hear(topic, func(text string) {
		var e Event
		if text == db.Missed {
			e.Missed = true
		} else if json.Unmarshal([]byte(text), &e) != nil {
			return // of a newer version of the program
		}
		f(e)
	})
}
