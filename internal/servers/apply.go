package servers

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/host"
)

// byHost marks what a rule for a server laid on an account.
const byHost = "host"

// Apply makes what is here agree with the rules for servers: the accounts of a
// suspended one are suspended, which hides them and all they wrote, those of a
// silenced one limited, and both are lifted with the rule. Follows between our
// people and those of a server that is suspended by its name end, and it is told so.
//
// It may be called at any time, also from another process.
//
// Spec: OR16
func (s *Service) Apply(ctx context.Context) error {
	s.applying.Lock()
	defer s.applying.Unlock()
	policies, err := s.Hosts.List(ctx)
	if err != nil {
		return err
	}
	hosts, err := db.All[string](ctx, s.DB.Read(), `select distinct host from account where host <> ''`)
	if err != nil {
		return err
	}
	levels := map[host.Level][]string{}
	for _, h := range hosts {
		l := s.Hosts.Level(h)
		levels[l] = append(levels[l], h)
	}
	var errs []error
	now := s.Clock().UnixMilli()
	for l, list := range levels {
		errs = append(errs, s.lay(ctx, l, list, now))
	}
	errs = append(errs, s.byAddress(ctx, policies, now))
	if err := errors.Join(errs...); err != nil {
		return err
	}
	for _, p := range policies { // also whose handle is of another host than their address
		if p.Level == host.Suspend && p.Host != host.Everyone && !slices.Contains(levels[host.Suspend], p.Host) {
			levels[host.Suspend] = append(levels[host.Suspend], p.Host)
		}
	}
	for _, h := range levels[host.Suspend] {
		if !s.named(policies, h) {
			continue
		}
		if _, err := s.Follows.Sever(ctx, h, s.Scheme+"://"+h); err != nil {
			return err
		}
	}
	return nil
}

// named reports whether a host is suspended by its own name, or that of one
// above, and not for want of standing on the allow-list.
func (s *Service) named(policies []host.Policy, h string) bool {
	for _, p := range policies {
		if p.Level == host.Suspend && p.Host != host.Everyone && host.Covers(p.Host, h) {
			return true
		}
	}
	return false
}

// lay makes all accounts of hosts agree with a level.
func (s *Service) lay(ctx context.Context, l host.Level, hosts []string, now int64) error {
	const part = 200
	for len(hosts) > 0 {
		n := min(part, len(hosts))
		in, args := db.In(2, hosts[:n])
		hosts = hosts[n:]
		err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return set(ctx, tx, l, now, "host in "+in, args) })
		if err != nil {
			return err
		}
	}
	return nil
}

// byAddress lays down the rule of a named host for accounts whose handle is of
// another host than their id.
func (s *Service) byAddress(ctx context.Context, policies []host.Policy, now int64) error {
	for _, p := range policies {
		if p.Host == host.Everyone || p.Level == host.None {
			continue
		}
		err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			begin := s.Scheme + "://" + p.Host + "/"
			end := s.Scheme + "://" + p.Host + "0" // the character after the slash
			return set(ctx, tx, p.Level, now, "uri >= $2 and uri < $3 and host <> ''", []any{begin, end})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// set lays a level on the accounts of a condition, whose parameters begin at $2.
// What was decided about a person stays.
func set(ctx context.Context, tx *db.Tx, l host.Level, now int64, where string, args []any) error {
	all := append([]any{now}, args...)
	by := "$" + strconv.Itoa(len(all)+1)
	lay := func(column string, on bool) error {
		sql := `update account set ` + column + `_at = $1, ` + column + `_by = ` + by + ` where ` + where + ` and ` + column + `_at = 0`
		if !on {
			// $1 is named so that both statements take the same parameters.
			sql = `update account set ` + column + `_at = 0 * cast($1 as bigint), ` + column + `_by = '' where ` + where + ` and ` + column + `_by = ` + by
		}
		_, err := tx.Exec(ctx, sql, append(all[:len(all):len(all)], byHost)...)
		return err
	}
	if err := lay("suspended", l == host.Suspend); err != nil {
		return err
	}
	return lay("limited", l == host.Silence)
}
