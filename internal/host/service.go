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
	Suspend Level = "suspend" // nothing in, nothing out
)

// Everyone stands for all servers that are not named.
const Everyone = "*"

// MaxNote is the longest note, in characters.
const MaxNote = 500

// Policy is what is laid down for one host.
type Policy struct {
	Host      string // as [as.Host] spells it, or Everyone
	Level     Level
	Note      string // for those who run the server
	CreatedAt int64
}

// fresh is how long what was read is good: another process may change it.
const fresh = 500 * time.Millisecond

// Service answers what holds for a host. Its zero Clock is time.Now.
type Service struct {
	DB    *db.DB
	Host  string // ours, which cannot be named
	Log   *slog.Logger
	Clock func() time.Time

	mu     sync.Mutex
	levels map[string]Level
	read   time.Time
}

// Level gives what holds for a host, with or without a port.
func (s *Service) Level(host string) Level {
	levels := s.current()
	if levels == nil {
		return Suspend
	}
	host = strings.ToLower(host)
	if l, ok := levels[host]; ok {
		return l
	}
	for name := bare(host); name != ""; {
		if l, ok := levels[name]; ok {
			return l
		}
		_, name, _ = strings.Cut(name, ".")
	}
	if l, ok := levels[Everyone]; ok {
		return l
	}
	return None
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

// current gives the levels, read anew when they are not fresh.
func (s *Service) current() map[string]Level {
	now := time.Now()
	if s.Clock != nil {
		now = s.Clock()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.levels != nil && now.Sub(s.read) < fresh {
		return s.levels
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	rows, err := s.List(ctx)
	if err != nil {
		if s.Log != nil {
			s.Log.Error("what holds for other servers cannot be read", "err", err)
		}
		return s.levels // what held last
	}
	levels := make(map[string]Level, len(rows))
	for _, p := range rows {
		levels[p.Host] = p.Level
	}
	s.levels, s.read = levels, now
	return levels
}

// List gives all policies, by host.
func (s *Service) List(ctx context.Context) ([]Policy, error) {
	return db.All[Policy](ctx, s.DB.Read(), `select host, level, note, created_at from host_policy order by host`)
}

// Set lays down what holds for a host, given as a name, an address or a handle.
// Errors: KindInvalid with the fields "host" and "level".
func (s *Service) Set(ctx context.Context, p Policy) (Policy, error) {
	p, err := s.clean(p)
	if err != nil {
		return p, err
	}
	return p, s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return s.put(ctx, tx, p) })
}

func (s *Service) clean(p Policy) (Policy, error) {
	p.Host = Normal(p.Host)
	p.Note = text.PlainName(p.Note, MaxNote)
	bad := apperr.Invalid("host.bad_host")
	switch {
	case p.Host == "":
		bad.Field("host", "host.bad_host")
	case p.Host == s.Host || p.Host == bare(s.Host):
		bad = apperr.Invalid("host.own")
		bad.Field("host", "host.own")
	case p.Level != None && p.Level != Suspend:
		bad = apperr.Invalid("host.bad_level")
		bad.Field("level", "host.bad_level")
	}
	if len(bad.Fields) > 0 {
		return p, bad
	}
	p.CreatedAt = time.Now().UnixMilli()
	return p, nil
}

func (s *Service) put(ctx context.Context, tx *db.Tx, p Policy) error {
	_, err := tx.Exec(ctx, `insert into host_policy (host, level, note, created_at) values ($1, $2, $3, $4)
		on conflict (host) do update set level = excluded.level, note = excluded.note`, p.Host, p.Level, p.Note, p.CreatedAt)
	tx.AfterCommit(s.forget)
	return err
}

// Remove takes back what was laid down for a host.
// Errors: KindNotFound.
func (s *Service) Remove(ctx context.Context, host string) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err := db.Exec(ctx, tx, `delete from host_policy where host = $1`, Normal(host))
		if err == nil && n == 0 {
			err = apperr.NotFound("host.none")
		}
		tx.AfterCommit(s.forget)
		return err
	})
}

// forget has the levels read anew at the next question.
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
