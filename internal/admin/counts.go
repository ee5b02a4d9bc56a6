package admin

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/host"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/text"
)

// Bounds of what is counted at once.
const (
	day      = 24 * time.Hour
	maxDays  = 366
	maxRows  = 100
	someRows = 10
)

// apiCounts declares what is counted. Retention needs to know who was active
// when, which is not written down: its list is empty.
//
// Spec: Mastodon admin/measures, admin/dimensions, admin/retention
func (s *Service) apiCounts(r *masto.Router) {
	r.Post("/api/v1/admin/measures", "admin:read", moderators(s.apiMeasures))
	r.Post("/api/v1/admin/dimensions", "admin:read", moderators(s.apiDimensions))
	r.Post("/api/v1/admin/retention", "admin:read", moderators(func(r *masto.Req) error {
		if _, err := spanOf(r); err != nil {
			return err
		}
		return masto.List[struct{}](r, nil)
	}))
}

// span is the time that is counted in, whole days of UTC: from the first to the
// one before end.
type span struct{ begin, end int64 } // days since 1970

func (p span) days() int64 { return p.end - p.begin }

// spanOf reads the time asked about: at most a year, a month by default.
func spanOf(r *masto.Req) (span, error) {
	end, err := dayOf(r, "end_at", time.Now())
	if err != nil {
		return span{}, err
	}
	begin, err := dayOf(r, "start_at", time.Unix(0, 0).Add(time.Duration(end)*day-29*day))
	if err != nil {
		return span{}, err
	}
	if begin > end {
		return span{}, apperr.Invalid("admin.bad_time").Field("start_at", "admin.bad_time")
	}
	return span{max(begin, end+1-maxDays), end + 1}, nil
}

func dayOf(r *masto.Req, name string, def time.Time) (int64, error) {
	at, given := def, r.String(name)
	if given != "" {
		ok := false
		for _, layout := range []string{time.RFC3339, time.DateOnly, "2006-01-02T15:04:05"} {
			if t, err := time.Parse(layout, given); err == nil {
				at, ok = t, true
				break
			}
		}
		if !ok || at.Year() < 1971 || at.Year() > 9999 {
			return 0, apperr.Invalid("admin.bad_time").Field(name, "admin.bad_time")
		}
	}
	return at.Unix() / int64(day/time.Second), nil
}

// measure is something that happened at moments. Its query selects them, as "at"
// in milliseconds; $3 is what the measure is about, where it is about something.
type measure struct {
	query string
	about string // "", "domain" or "tag": the parameter by which it is asked
	ever  bool   // in all counts what was ever, not in the time asked about
	count string // what is counted, "count(*)" when empty
}

// measures are by the keys of Mastodon. Those without a query are not measured:
// when people were active is not written down, nor how large files of others are.
var measures = map[string]measure{
	"active_users":     {},
	"new_users":        {query: `select l.created_at as at from login l join account a on a.id = l.account_id`},
	"opened_reports":   {query: `select created_at as at from report`},
	"resolved_reports": {query: `select resolved_at as at from report where resolved_at <> 0`},
	"interactions": {query: `select k.created_at as at from post_like k join post p on p.id = k.post_id where p.local
		union all select b.created_at from post b join post p on p.id = b.boost_of_id where p.local and b.deleted_at = 0
		union all select c.created_at from post c join post p on p.id = c.reply_to_id where p.local and c.deleted_at = 0`},
	"tag_uses":     {query: tagged, about: "tag"},
	"tag_accounts": {query: tagged, about: "tag", count: "count(distinct what.account_id)"},
	"tag_servers":  {query: tagged, about: "tag", count: "count(distinct what.host)"},

	"instance_accounts":          {query: `select created_at as at from account where host = $3 and deleted_at = 0`, about: "domain", ever: true},
	"instance_media_attachments": {about: "domain", ever: true},
	"instance_reports":           {query: `select r.created_at as at from report r join account a on a.id = r.target_id where a.host = $3`, about: "domain", ever: true},
	"instance_statuses":          {query: `select p.created_at as at from post p join account a on a.id = p.account_id where a.host = $3 and p.deleted_at = 0`, about: "domain", ever: true},
	"instance_follows":           {query: `select f.created_at as at from follow f join account a on a.id = f.target_id where a.host = $3 and f.accepted`, about: "domain", ever: true},
	"instance_followers":         {query: `select f.created_at as at from follow f join account a on a.id = f.account_id where a.host = $3 and f.accepted`, about: "domain", ever: true},
}

// tagged are the posts with a hashtag that whole timelines show.
const tagged = `select p.created_at as at, p.account_id, a.host from post_tag t join post p on p.id = t.post_id join account a on a.id = p.account_id
	where t.tag = $3 and p.deleted_at = 0 and p.audience in ('public', 'section', 'movement') and not a.hidden`

// about reads what a measure or dimension of a key is about; ok is false when it
// is about something that was not named.
func (s *Service) about(r *masto.Req, key, kind string) (what string, ok bool) {
	p := r.Sub(key)
	switch kind {
	case "domain":
		what = host.Normal(p.String("domain"))
		return what, what != "" && what != host.Everyone && what != s.Hosts.Host
	case "tag":
		what = p.String("id")
		if what == "" {
			what = p.String("tag")
		}
		what = text.Fold(strings.TrimPrefix(what, "#"))
		return what, what != ""
	}
	return "", true
}

// Spec: Mastodon admin/measures#get
func (s *Service) apiMeasures(r *masto.Req) error {
	p, err := spanOf(r)
	if err != nil {
		return err
	}
	out := []masto.AdminMeasure{}
	seen := map[string]bool{}
	for _, key := range r.Strings("keys") {
		m, known := measures[key]
		what, ok := s.about(r, key, m.about)
		if !known || !ok || seen[key] {
			continue
		}
		seen[key] = true
		e, err := s.measure(r.Context(), key, m, what, p)
		if err != nil {
			return err
		}
		out = append(out, e)
	}
	return masto.List(r, out)
}

func (s *Service) measure(ctx context.Context, key string, m measure, what string, p span) (masto.AdminMeasure, error) {
	e := masto.AdminMeasure{Key: key, Total: "0"}
	byDay := map[int64]int64{}
	if !m.ever {
		e.PreviousTotal = masto.Ptr("0")
	}
	if m.query != "" {
		if m.count == "" {
			m.count = "count(*)"
		}
		// What the query does not ask about is named all the same, for its type.
		count := func(begin, end int64, group string) ([]struct{ Day, Count int64 }, error) {
			return db.All[struct{ Day, Count int64 }](ctx, s.DB.Read(), `select `+group+` as day, `+m.count+` as count from (`+m.query+`) as what
				where what.at >= cast($1 as bigint) and what.at < cast($2 as bigint) and cast($3 as text) = $3 group by `+group, begin, end, what)
		}
		const ms = int64(day / time.Millisecond)
		perDay, err := count(p.begin*ms, p.end*ms, "what.at / 86400000")
		if err != nil {
			return e, err
		}
		for _, x := range perDay {
			byDay[x.Day] = x.Count
		}
		begin, end := p.begin*ms, p.end*ms
		if m.ever {
			begin, end = 0, 1<<62
		}
		all, err := count(begin, end, "cast(0 as bigint)")
		if err != nil {
			return e, err
		}
		for _, x := range all {
			e.Total = strconv.FormatInt(x.Count, 10)
		}
		if !m.ever {
			before, err := count((p.begin-p.days())*ms, p.begin*ms, "cast(0 as bigint)")
			if err != nil {
				return e, err
			}
			for _, x := range before {
				e.PreviousTotal = masto.Ptr(strconv.FormatInt(x.Count, 10))
			}
		}
	}
	for d := p.begin; d < p.end; d++ {
		e.Data = append(e.Data, masto.AdminMeasureDate{Date: masto.At(d * int64(day/time.Millisecond)), Value: strconv.FormatInt(byDay[d], 10)})
	}
	return e, nil
}

// dimension is something counted by what it is: a query of key and count, in the
// time from $1 to $2, about $3.
type dimension struct {
	query string
	about string
}

// dimensions are by the keys of Mastodon. Through which app somebody came is not
// known, nor how much room is taken by what.
var dimensions = map[string]dimension{
	"languages":     {query: `select l.lang as name, count(*) as count from login l where l.lang <> '' group by l.lang`},
	"sources":       {},
	"space_usage":   {},
	"servers":       {query: `select a.host as name, count(*) as count from post p join account a on a.id = p.account_id where ` + within + ` and p.boost_of_id = 0 group by a.host`},
	"tag_servers":   {query: `select a.host as name, count(*) as count from ` + ofTag + ` group by a.host`, about: "tag"},
	"tag_languages": {query: `select p.lang as name, count(*) as count from ` + ofTag + ` and p.lang <> '' group by p.lang`, about: "tag"},
	"instance_accounts": {query: `select a.username as name, count(*) as count from follow f join account a on a.id = f.target_id
		where a.host = $3 and f.accepted group by a.id, a.username`, about: "domain"},
	"instance_languages": {query: `select p.lang as name, count(*) as count from post p join account a on a.id = p.account_id
		where a.host = $3 and ` + within + ` and p.lang <> '' group by p.lang`, about: "domain"},
}

const (
	within = `p.created_at >= $1 and p.created_at < $2 and p.deleted_at = 0 and not a.hidden`
	ofTag  = `post_tag t join post p on p.id = t.post_id join account a on a.id = p.account_id
		where t.tag = $3 and p.audience in ('public', 'section', 'movement') and ` + within
)

// Spec: Mastodon admin/dimensions#get
func (s *Service) apiDimensions(r *masto.Req) error {
	p, err := spanOf(r)
	if err != nil {
		return err
	}
	limit := min(r.Int("limit", someRows), maxRows)
	if limit <= 0 {
		limit = someRows
	}
	out := []masto.AdminDimension{}
	seen := map[string]bool{}
	for _, key := range r.Strings("keys") {
		d, known := dimensions[key]
		what, ok := s.about(r, key, d.about)
		if key == "software_versions" && !seen[key] {
			seen[key] = true
			out = append(out, masto.AdminDimension{Key: key, Data: masto.Array[masto.AdminDimensionValue]{{Key: "maillage", HumanKey: "Maillage", Value: s.Version, HumanValue: masto.Ptr(s.Version)}}})
		}
		if !known || !ok || seen[key] {
			continue
		}
		seen[key] = true
		e, err := s.dimension(r.Context(), key, d, what, p, limit)
		if err != nil {
			return err
		}
		out = append(out, e)
	}
	return masto.List(r, out)
}

func (s *Service) dimension(ctx context.Context, key string, d dimension, what string, p span, limit int) (masto.AdminDimension, error) {
	e := masto.AdminDimension{Key: key}
	if d.query == "" {
		return e, nil
	}
	const ms = int64(day / time.Millisecond)
	rows, err := db.All[struct {
		Name  string
		Count int64
	}](ctx, s.DB.Read(), `select name, count from (`+d.query+`) as what where cast($1 as bigint) < cast($2 as bigint) and cast($3 as text) = $3
		order by count desc, name limit $4`, p.begin*ms, p.end*ms, what, limit)
	for _, x := range rows {
		if x.Name == "" {
			x.Name = s.Hosts.Host
		}
		e.Data = append(e.Data, masto.AdminDimensionValue{Key: x.Name, HumanKey: x.Name, Value: ids.String(x.Count)})
	}
	return e, err
}
