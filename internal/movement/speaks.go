package movement

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/text"
)

// Speaks reports whether a body, ours or another server's, may speak in the
// movement: whether a certificate of its server that holds now names it. An
// instance that is nobody's child and has children names its own.
func (s *Service) Speaks(ctx context.Context, q db.Q, a *account.Account) (bool, error) {
	if a.Kind != account.Organization || a.Gone() || !a.Discoverable {
		return false, nil
	}
	granted, err := s.granted(ctx, q, a.Host)
	return named(granted, a.Username), err
}

// Has reports whether there is a movement here.
func (s *Service) Has(ctx context.Context, q db.Q) (bool, error) { return s.has(ctx, q) }

// Names tells which bodies of ours may speak in the movement, by their user names.
func (s *Service) Names(ctx context.Context, q db.Q) (func(username string) bool, error) {
	granted, err := s.granted(ctx, q, "")
	return func(username string) bool { return named(granted, username) }, err
}

// granted are the bodies that a server is granted now, as JSON; host is "" for ours.
func (s *Service) granted(ctx context.Context, q db.Q, host string) (string, error) {
	if host != "" {
		out, err := db.Get[string](ctx, q, `select m.organes from movement_member m join audience_host h on h.host = m.host
			where m.host = $1 and (h.valid_until = 0 or h.valid_until > $2)`, host, s.now().UnixMilli())
		if apperr.Is(err, apperr.KindNotFound) {
			return "", nil
		}
		return out, err
	}
	if yes, err := s.has(ctx, q); err != nil || !yes {
		return "", err
	}
	l, err := parentOf(ctx, q)
	switch {
	case err != nil:
		return "", err
	case l == nil || l.State != Joined:
		return `["` + AnyOrgane + `"]`, nil // a root
	}
	return l.Organes, nil
}

// named reports whether a body stands in a list of a certificate. There it may be
// called by its user name or in words, as "Conseil fédéral" for conseil_federal.
func named(granted, username string) bool {
	var all []string
	if json.Unmarshal([]byte(granted), &all) != nil {
		return false
	}
	return slices.ContainsFunc(all, func(name string) bool {
		return name == AnyOrgane || strings.Join(strings.FieldsFunc(text.Fold(name), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }), "_") == strings.ToLower(username)
	})
}

// bodiesOf are the user names of the bodies that a server gives to the directory.
func bodiesOf(ctx context.Context, q db.Q, host string) ([]string, error) {
	out, err := db.All[string](ctx, q, `select url from movement_entry where host = $1 and kind = $2 order by url limit 30`, host, account.Organization)
	for i := range out {
		out[i], _, _ = strings.Cut(strings.TrimPrefix(out[i], "@"), "@")
	}
	return out, err
}
