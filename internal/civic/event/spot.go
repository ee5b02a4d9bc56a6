package event

import (
	"context"
	"encoding/json"
	"math"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/place"
)

// spot is where a meeting is on the earth, in degrees.
type spot struct {
	PostID   int64
	Lat, Lon float64
	Near     bool // only its town is known
}

// nearRadius is within what a meeting is of the middle of its town, in kilometres.
const nearRadius = 5

// spotOf finds a meeting by its postcode and town; nil when they say nothing.
func spotOf(m *Meeting) *spot {
	if m.Place == "" || m.Postcode == "" && m.City == "" {
		return nil
	}
	all := place.Find(joined(" ", m.Postcode, m.City), 1)
	if len(all) == 0 {
		return nil
	}
	return &spot{m.PostID, all[0].Lat, all[0].Lon, true}
}

// toldSpot reads the place that another server gives for its meeting.
//
// Spec: Mobilizon; Spec: AP-Vocabulary Place
func toldSpot(d *as.Doc, postID int64) *spot {
	for _, r := range d.Refs("location") {
		if r.Doc == nil {
			continue
		}
		lat, ok1 := degrees(r.Doc, "latitude", 90)
		lon, ok2 := degrees(r.Doc, "longitude", 180)
		if ok1 && ok2 && (lat != 0 || lon != 0) {
			return &spot{PostID: postID, Lat: lat, Lon: lon}
		}
	}
	return nil
}

func degrees(d *as.Doc, key string, most float64) (float64, bool) {
	var v float64
	if json.Unmarshal(d.Raw(key), &v) != nil || math.IsNaN(v) || math.Abs(v) > most {
		return 0, false
	}
	return v, true
}

// putSpot writes where a meeting is, in place of what was known; p may be nil.
func putSpot(ctx context.Context, tx *db.Tx, postID int64, p *spot) error {
	if _, err := tx.Exec(ctx, `delete from meeting_spot where post_id = $1`, postID); err != nil || p == nil {
		return err
	}
	p.PostID = postID
	return db.Insert(ctx, tx, "meeting_spot", p)
}

// spots finds where some meetings are.
func spots(ctx context.Context, q db.Q, posts []int64) (map[int64]spot, error) {
	out := map[int64]spot{}
	if len(posts) == 0 {
		return out, nil
	}
	frag, args := db.In(1, posts)
	rows, err := db.All[spot](ctx, q, `select post_id, lat, lon, near from meeting_spot where post_id in `+frag, args...)
	for _, r := range rows {
		out[r.PostID] = r
	}
	return out, err
}
