package event

import (
	"time"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
)

// dateLink leads to another date of a series; one that has no meeting yet has no page.
type dateLink struct{ URL, When, Status string }

// shownDates is how many other dates the page of a meeting names.
const shownDates = 8

// dateLinks says how a meeting comes again, and names the other dates to come.
// Who may read one date may read all: they have the same audience.
func (s *Service) dateLinks(c *httpx.Ctx, postID int64, now time.Time) (string, []dateLink, error) {
	q := s.DB.Read()
	r, err := seriesBy(c.Context(), q, `r.id = (select d.series_id from meeting_date d where d.post_id = $1)`, postID)
	if err != nil || r == nil {
		return "", nil, err
	}
	all, err := db.All[occasion](c.Context(), q, `select `+occasionColumns+` from meeting_date d join meeting m on m.post_id = d.post_id
		where d.series_id = $1 and d.post_id <> $2 and m.starts_at > $3 order by m.starts_at limit $4`, r.ID, postID, now.UnixMilli(), shownDates)
	if err != nil {
		return "", nil, err
	}
	loc := location(r.Zone)
	var out []dateLink
	for _, o := range all {
		x := dateLink{URL: path(o.PostID), When: c.Loc.DateTime(time.UnixMilli(o.StartsAt).In(loc), now)}
		if o.Status != Confirmed {
			x.Status = c.T("event.status." + o.Status)
		}
		out = append(out, x)
	}
	for _, at := range r.next(shownDates - len(out)) {
		out = append(out, dateLink{When: c.Loc.DateTime(at, now)})
	}
	words := repeatWords(c.Loc, r.Rule, r.first(), now)
	if r.StopAt != 0 {
		words = c.T("event.repeats_ended", "Repeat", words)
	}
	return words, out, nil
}
