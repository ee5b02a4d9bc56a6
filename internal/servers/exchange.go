package servers

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/host"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/web"
)

// chartDays are drawn, today the last.
const chartDays = 14

// homeZone is where the days of the chart begin.
const homeZone = "Europe/Paris"

// Exchange is how it stands between us and other servers: how many read us,
// what leaves for whom, what arrives, and who does not answer. It is read with
// the same few queries, however many servers there are.
type Exchange struct {
	Readers []string // hosts on which somebody follows one of ours
	Soon    string   // per cent of what set out that arrived within a minute; "" when nothing did
	Leaves  []Leaving
	Days    web.Bars
	Silent  []Silent
	Silents int // of which Silent shows the first
	Cut     int // servers with which nothing is exchanged
}

// Silent is a server that does not answer.
type Silent struct {
	row
	Movement string // what the movement calls it, "" when it is not of it
	GiveUp   time.Time
}

// Exchange sums up the exchange with other servers.
func (s *Service) Exchange(c *httpx.Ctx) (*Exchange, error) {
	ctx, q := c.Context(), s.DB.Read()
	x := &Exchange{}
	var err error
	if x.Leaves, err = s.Leaves(ctx); err != nil {
		return nil, err
	}
	if x.Readers, err = db.All[string](ctx, q, `select distinct a.host from follow f join account a on a.id = f.account_id join account t on t.id = f.target_id
		where f.accepted and a.host <> '' and t.host = '' and a.deleted_at = 0 and a.suspended_at = 0`); err != nil {
		return nil, err
	}
	if err := s.days(c, x); err != nil {
		return nil, err
	}
	if x.Silent, x.Silents, err = s.silent(c); err != nil {
		return nil, err
	}
	rules, err := s.Hosts.List(ctx)
	for _, r := range rules {
		if r.Host != host.Everyone && r.Level == host.Suspend {
			x.Cut++
		}
	}
	return x, err
}

// days draws what set out in the last days, and reckons how soon it arrived.
func (s *Service) days(c *httpx.Ctx, x *Exchange) error {
	loc, err := time.LoadLocation(homeZone)
	if err != nil {
		return err
	}
	now := s.Clock().In(loc)
	begin := time.Date(now.Year(), now.Month(), now.Day()-chartDays+1, 0, 0, 0, 0, loc)
	hours, err := outbox.Hours(c.Context(), s.DB.Read(), begin, now)
	if err != nil {
		return err
	}
	x.Days = web.Bars{Label: c.T("servers.days"), Head: c.T("servers.col.day"), Done: c.T("servers.state.arrived_n"), Rest: c.T("servers.state.waiting_n")}
	at := map[string]int{}
	for i := range chartDays {
		day := begin.AddDate(0, 0, i)
		at[day.Format(time.DateOnly)] = i
		x.Days.List = append(x.Days.List, web.Bar{Short: strconv.Itoa(day.Day()), Long: c.Loc.Day(day, now)})
	}
	var all, soon int
	for _, h := range hours {
		i, ok := at[h.Begin().In(loc).Format(time.DateOnly)]
		if !ok {
			continue
		}
		x.Days.List[i].Done += h.Arrived
		x.Days.List[i].Rest += h.Waiting
		all, soon = all+h.Arrived+h.Late, soon+h.Soon
	}
	if all > 0 {
		x.Soon = perMille(c, soon*1000/all)
	}
	return nil
}

// perMille writes a share in per cent with one decimal, rounded down: it says
// that all arrived only when all did.
func perMille(c *httpx.Ctx, n int) string {
	if n%10 == 0 {
		return strconv.Itoa(n / 10)
	}
	return strconv.Itoa(n/10) + c.T("servers.decimal") + strconv.Itoa(n%10)
}

// silent lists the servers that do not answer, those for which most waits
// first, and counts them all.
func (s *Service) silent(c *httpx.Ctx) (list []Silent, all int, err error) {
	ctx, q := c.Context(), s.DB.Read()
	states, err := outbox.Failing(ctx, q, silentAfter)
	if err != nil {
		return nil, 0, err
	}
	all = len(states)
	slices.SortStableFunc(states, func(a, b outbox.HostState) int { return cmp.Compare(b.Pending, a.Pending) })
	states = states[:min(all, listMost)]
	rows, err := s.rows(c, states)
	if err != nil {
		return nil, 0, err
	}
	hosts := make([]string, len(states))
	for i, st := range states {
		hosts[i] = st.Host
	}
	oldest, err := outbox.OldestTo(ctx, q, hosts)
	if err != nil {
		return nil, 0, err
	}
	for _, r := range rows {
		x := Silent{row: r}
		if at := oldest[r.Host]; at != 0 {
			x.GiveUp = time.UnixMilli(at).Add(outbox.Keep)
		}
		list = append(list, x)
	}
	return list, all, nil
}

// Name has the movement's names stand with the servers that are of it, and
// counts those of the readers that are.
func (x *Exchange) Name(names map[string]string) (readers int) {
	for i := range x.Silent {
		x.Silent[i].Movement = names[x.Silent[i].Host]
	}
	for _, h := range x.Readers {
		if _, ok := names[h]; ok {
			readers++
		}
	}
	return readers
}
