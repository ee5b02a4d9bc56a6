package instance

import (
	"context"
	"slices"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
)

// followable are people who write for everyone and let themselves be found,
// those who wrote last first; at most a minute old.
func (s *Service) followable(ctx context.Context) ([]person, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.peopleAt) < countsAge {
		return slices.Clone(s.people), nil
	}
	ids, err := db.All[int64](ctx, s.DB.Read(), `select id from account where host = '' and kind = 'Person' and public and discoverable
		and deleted_at = 0 and suspended_at = 0 and last_post_at <> 0 order by last_post_at desc limit $1`, publicPeople)
	if err != nil {
		return nil, err
	}
	found, err := account.ByIDs(ctx, s.DB.Read(), ids)
	if err != nil {
		return nil, err
	}
	out := make([]person, 0, len(ids))
	for _, id := range ids {
		if a := found[id]; a != nil && a.VisibleTo(nil) {
			out = append(out, person{a.Name(), address(a, s.Host), a.Path()})
		}
	}
	s.people, s.peopleAt = out, time.Now()
	return slices.Clone(out), nil
}
