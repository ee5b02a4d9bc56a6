package event

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/place"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
)

// filter narrows the agenda: ?genre=action&theme=logement&niveau=federation&distance=1&pres=38000&rayon=30.
type filter struct {
	Kind   string // one of Kinds
	Topic  string // a hashtag
	Level  string // of the server
	Online bool
	Near   string // as typed
	Radius int    // kilometres

	town   *place.Town  // of Near; nil when nobody knows it
	others []place.Town // that it may mean too
}

// radii are those that the form offers, in kilometres.
var radii = []int{10, 30, 60, 120}

const usualRadius = 30

func readFilter(q url.Values) filter {
	f := filter{Topic: strings.TrimPrefix(text.PlainName(q.Get("theme"), 100), "#"), Level: text.PlainName(q.Get("niveau"), 40), Online: q.Get("distance") != "",
		Near: text.PlainName(q.Get("pres"), 100), Radius: usualRadius}
	if slices.Contains(Kinds, q.Get("genre")) {
		f.Kind = q.Get("genre")
	}
	if n, err := strconv.Atoi(q.Get("rayon")); err == nil && slices.Contains(radii, n) {
		f.Radius = n
	}
	if f.Near != "" {
		if all := place.Find(f.Near, 6); len(all) > 0 {
			f.town, f.others = &all[0], all[1:]
		}
	}
	return f
}

// set reports whether it leaves anything out.
func (f filter) set() bool {
	return f.Kind != "" || f.Topic != "" || f.Level != "" || f.Online || f.Near != ""
}

// values are its part of an address.
func (f filter) values(q url.Values) {
	for k, v := range map[string]string{"genre": f.Kind, "theme": f.Topic, "niveau": f.Level, "pres": f.Near} {
		if v != "" {
			q.Set(k, v)
		}
	}
	if f.Online {
		q.Set("distance", "1")
	}
	if f.Near != "" && f.Radius != usualRadius {
		q.Set("rayon", strconv.Itoa(f.Radius))
	}
}

// far is how far a spot is from where the filter looks, in kilometres; ok is false beyond its radius.
func (f filter) far(p spot) (km float64, ok bool) {
	km = place.Distance(f.town.Lat, f.town.Lon, p.Lat, p.Lon)
	return km, km <= float64(f.Radius)
}

// where is its condition of SQL on the meeting m of the post p.
func (f filter) where(args []any) (string, []any) {
	var sql strings.Builder
	add := func(cond string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			cond = strings.Replace(cond, "?", "$"+strconv.Itoa(len(args)), 1)
		}
		sql.WriteString(" and " + cond)
	}
	if f.Kind != "" {
		add("m.kind = ?", f.Kind)
	}
	if f.Online {
		add("m.online")
	}
	if f.Topic != "" {
		add("exists (select 1 from post_tag ft where ft.post_id = p.id and ft.tag = ?)", text.Fold(f.Topic))
	}
	switch {
	case f.Near != "" && f.town == nil:
		add("1 = 0")
	case f.town != nil:
		south, west, north, east := place.Box(f.town.Lat, f.town.Lon, float64(f.Radius))
		add("exists (select 1 from meeting_spot fs where fs.post_id = p.id and fs.lat between ? and ? and fs.lon between ? and ?)", south, north, west, east)
	}
	return sql.String(), args
}

// takes reports whether it wants a date that has no meeting yet.
func (f filter) takes(m *Meeting) bool {
	if f.Kind != "" && m.Kind != f.Kind || f.Online && !m.Online || f.Topic != "" {
		return false
	}
	if f.Near == "" {
		return true
	}
	p := spotOf(m)
	if f.town == nil || p == nil {
		return false
	}
	_, ok := f.far(*p)
	return ok
}

// between finds the meetings that r may read, that touch a span of time and that
// the filter wants.
func between(ctx context.Context, q db.Q, r post.Reader, from, to time.Time, f filter) ([]*post.Post, error) {
	cond, args := post.Visible(r, "p", []any{from.UnixMilli(), to.UnixMilli()})
	narrow, args := f.where(args)
	rows, err := db.All[post.Post](ctx, q, `select `+post.Columns+` from meeting m join post p on p.id = m.post_id
		where m.ends_at >= $1 and m.starts_at < $2 and `+cond+narrow+` order by m.starts_at, m.post_id limit 1000`, args...)
	if err != nil {
		return nil, err
	}
	out := make([]*post.Post, len(rows))
	for i := range rows {
		out[i] = &rows[i]
	}
	return out, nil
}

// words says where a filter looks; "" for everywhere.
func (f filter) words(c *httpx.Ctx) string {
	if f.town != nil {
		return c.T("event.within", "Radius", f.Radius, "Town", f.town.Name)
	}
	return ""
}
