package movement

import (
	"context"

	"github.com/maillage/maillage/internal/db"
)

// Above is an instance above ours: our parent, then its parent.
type Above struct {
	Name, Level, Territory, Host string
	URL                          string
}

// Lineage gives the instances above ours, from the nearest upward, in one query;
// none where there is no movement.
func (s *Service) Lineage(ctx context.Context) ([]Above, error) {
	out, err := db.All[Above](ctx, s.DB.Read(), `with recursive up (name, level, territory, host, parent, n) as (
			select m.name, m.level, m.territory, m.host, m.parent, 1 from movement_member m join movement_link l on l.uri = m.uri where l.role = 'parent' and l.state = $1
			union all select m.name, m.level, m.territory, m.host, m.parent, up.n + 1 from movement_member m join up on m.uri = up.parent where up.n < $2)
		select name, level, territory, host, '' as url from up order by n`, Joined, maxDepth)
	for i := range out {
		out[i].URL = s.Scheme + "://" + out[i].Host + "/"
	}
	return out, err
}
