package host

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/text"
)

// Level is what is done with a server.
type Level string

// The levels.
const (
	None    Level = "none"    // named so that a rule for those above or for everyone does not hold
	Silence Level = "silence" // shown to those who follow its people, and to nobody else unasked
	Suspend Level = "suspend" // nothing in, nothing out
)

// Everyone stands for all servers that are not named.
const Everyone = "*"

// MaxNote is the longest note, in characters.
const MaxNote = 500

// Policy is what is laid down for one host.
type Policy struct {
	Host          string // as [as.Host] spells it, or Everyone
	Level         Level
	RejectMedia   bool   // its files are not fetched
	RejectReports bool   // its reports are not taken
	Note          string // for those who run the server
	Public        string `db:"public_note"` // for everybody
	Obfuscate     bool   // the public list shows the name in part
	CreatedAt     int64
}

// columns of a Policy.
const columns = `host, level, reject_media, reject_reports, note, public_note, obfuscate, created_at`

// rule is what is asked for with every request.
type rule struct {
	level          Level
	media, reports bool
}

// fresh is how long what was read is good: another process may change it.
const fresh = 500 * time.Millisecond

// Service answers what holds for a host. Its zero Clock is time.Now.
type Service struct {
	DB    *db.DB
	Host  string // ours, which cannot be named
	Log   *slog.Logger
	Clock func() time.Time

	// Changed is told after a change has been committed, so that what is already
	// here is hidden or shown again.
	Changed func(ctx context.Context) error

	mu    sync.Mutex
	rules map[string]rule
	read  time.Time
}

// Level gives what holds for a host, with or without a port.
func (s *Service) Level(host string) Level { return s.rule(host).level }

// RejectsMedia reports whether files of a host are not to be fetched.
func (s *Service) RejectsMedia(host string) bool {
	r := s.rule(host)
	return host != s.Host && (r.media || r.level == Suspend)
}

// RejectsReports reports whether reports that come from a host are not taken.
func (s *Service) RejectsReports(host string) bool {
	r := s.rule(host)
	return host != s.Host && (r.reports || r.level == Suspend)
}

// Closed reports whether only named servers pass.
func (s *Service) Closed() bool {
	rules := s.current()
	return rules == nil || rules[Everyone].level == Suspend
}

func (s *Service) rule(host string) rule {
	rules := s.current()
	if rules == nil {
		return rule{Suspend, true, true}
	}
	return match(rules, host)
}

// match finds the nearest name that something is laid down for.
func match(rules map[string]rule, host string) rule {
	host = strings.ToLower(host)
	if r, ok := rules[host]; ok {
		return r
	}
	for name := bare(host); name != ""; {
		if r, ok := rules[name]; ok {
			return r
		}
		_, name, _ = strings.Cut(name, ".")
	}
	if r, ok := rules[Everyone]; ok {
		return r
	}
	return rule{level: None}
}

// bare is a host without port, and without the dot that may end a name.
func bare(host string) string {
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		host = host[:i]
	}
	return strings.TrimRight(host, ".")
}

// Blocked reports whether we do not speak with a host at all. Our own passes.
func (s *Service) Blocked(host string) bool {
	return host != s.Host && s.Level(host) == Suspend
}

// current gives the rules, read anew when they are not fresh.
func (s *Service) current() map[string]rule {
	now := time.Now()
	if s.Clock != nil {
		now = s.Clock()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rules != nil && now.Sub(s.read) < fresh {
		return s.rules
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	rows, err := s.List(ctx)
	if err != nil {
		if s.Log != nil {
			s.Log.Error("what holds for other servers cannot be read", "err", err)
		}
		return s.rules // what held last
	}
	rules := make(map[string]rule, len(rows))
	for _, p := range rows {
		rules[p.Host] = rule{p.Level, p.RejectMedia, p.RejectReports}
	}
	s.rules, s.read = rules, now
	return rules
}

// List gives all policies, by host.
func (s *Service) List(ctx context.Context) ([]Policy, error) {
	return db.All[Policy](ctx, s.DB.Read(), `select `+columns+` from host_policy order by host`)
}

// Get gives what is laid down for exactly this host; KindNotFound when nothing is.
func (s *Service) Get(ctx context.Context, host string) (Policy, error) {
	return db.Get[Policy](ctx, s.DB.Read(), `select `+columns+` from host_policy where host = $1`, Normal(host))
}

// Set is SetBy for the command line.
func (s *Service) Set(ctx context.Context, p Policy) (Policy, error) { return s.SetBy(ctx, 0, p) }

// SetBy lays down what holds for a host, given as a name, an address or a
// handle, and writes down that account by did so.
// Errors: KindInvalid with the fields "host" and "level".
func (s *Service) SetBy(ctx context.Context, by int64, p Policy) (Policy, error) {
	p, err := s.clean(p)
	if err != nil {
		return p, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return s.put(ctx, tx, by, p) })
	if err != nil {
		return p, err
	}
	return p, s.changed(ctx)
}

func (s *Service) clean(p Policy) (Policy, error) {
	p.Host = Normal(p.Host)
	p.Note, p.Public = text.PlainName(p.Note, MaxNote), text.PlainName(p.Public, MaxNote)
	bad := apperr.Invalid("host.bad_host")
	switch {
	case p.Host == "":
		bad.Field("host", "host.bad_host")
	case p.Host == s.Host || p.Host == bare(s.Host):
		bad = apperr.Invalid("host.own")
		bad.Field("host", "host.own")
	case p.Level != None && p.Level != Silence && p.Level != Suspend:
		bad = apperr.Invalid("host.bad_level")
		bad.Field("level", "host.bad_level")
	}
	if len(bad.Fields) > 0 {
		return p, bad
	}
	p.CreatedAt = time.Now().UnixMilli()
	return p, nil
}

func (s *Service) put(ctx context.Context, tx *db.Tx, by int64, p Policy) error {
	_, err := tx.Exec(ctx, `insert into host_policy (`+columns+`) values ($1, $2, $3, $4, $5, $6, $7, $8)
		on conflict (host) do update set level = excluded.level, reject_media = excluded.reject_media, reject_reports = excluded.reject_reports,
		note = excluded.note, public_note = excluded.public_note, obfuscate = excluded.obfuscate`,
		p.Host, p.Level, p.RejectMedia, p.RejectReports, p.Note, p.Public, p.Obfuscate, p.CreatedAt)
	if err != nil {
		return err
	}
	var also []string
	if p.RejectMedia {
		also = append(also, "reject_media")
	}
	if p.RejectReports {
		also = append(also, "reject_reports")
	}
	tx.AfterCommit(s.forget)
	return Audit(ctx, tx, by, p.Host, string(p.Level), strings.Join(also, " "), p.Note)
}

// Remove is RemoveBy for the command line.
func (s *Service) Remove(ctx context.Context, host string) error { return s.RemoveBy(ctx, 0, host, "") }

// RemoveBy takes back what was laid down for a host.
// Errors: KindNotFound.
func (s *Service) RemoveBy(ctx context.Context, by int64, host, why string) error {
	host = Normal(host)
	err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err := db.Exec(ctx, tx, `delete from host_policy where host = $1`, host)
		if err == nil && n == 0 {
			err = apperr.NotFound("host.none")
		}
		if err != nil {
			return err
		}
		tx.AfterCommit(s.forget)
		return Audit(ctx, tx, by, host, ActRemove, "", text.PlainName(why, MaxNote))
	})
	if err != nil {
		return err
	}
	return s.changed(ctx)
}

func (s *Service) changed(ctx context.Context) error {
	if s.Changed == nil {
		return nil
	}
	return s.Changed(ctx)
}

// forget has the rules read anew at the next question.
func (s *Service) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.read = time.Time{}
}

// Normal spells a host as [as.Host] does, from a name, a name with "*.", an
// address or a handle. It returns "" for what is none.
func Normal(in string) string {
	in = strings.ToLower(strings.TrimSpace(in))
	if in == Everyone {
		return in
	}
	if i := strings.LastIndexByte(in, '@'); i >= 0 {
		in = in[i+1:]
	}
	in = strings.TrimPrefix(in, "*.")
	if !strings.Contains(in, "://") {
		in = "https://" + in
	}
	h := as.Host(in)
	if strings.HasSuffix(h, ".") {
		h = strings.TrimRight(h, ".")
	}
	return h
}

// Covers reports whether a rule for name holds for host: it is the same, or one below.
func Covers(name, host string) bool {
	host = strings.ToLower(host)
	b := bare(host)
	return host == name || b == name || strings.HasSuffix(b, "."+name)
}
