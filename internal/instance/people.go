package instance

import (
	"context"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
)

// followable are people who write for everyone and let themselves be found,
// those who wrote last first. Who they are is looked up at most once a minute;
// whether they may be shown, each time.
func (s *Service) followable(ctx context.Context) ([]person, error) {
	ids, err := s.lastWriters(ctx)
	if err != nil {
		return nil, err
	}
	found, err := account.ByIDs(ctx, s.DB.Read(), ids)
	if err != nil {
		return nil, err
	}
	out := make([]person, 0, len(ids))
	for _, id := range ids {
		if a := found[id]; a != nil && a.Discoverable && a.VisibleTo(nil) {
			out = append(out, person{a.Name(), "@" + a.Username + "@" + s.Host, a.Path()})
		}
	}
	return out, nil
}

func (s *Service) lastWriters(ctx context.Context) ([]int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.writersAt) < countsAge {
		return s.writers, nil
	}
	ids, err := db.All[int64](ctx, s.DB.Read(), `select id from account where host = '' and kind = 'Person' and public and discoverable
		and deleted_at = 0 and suspended_at = 0 and last_post_at <> 0 order by last_post_at desc limit $1`, publicPeople)
	if err != nil {
		return nil, err
	}
	s.writers, s.writersAt = ids, time.Now()
	return ids, nil
}
