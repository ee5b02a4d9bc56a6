package group

import (
	"context"
	"strconv"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
)

// ThreadsOf selects, as p, the first posts of threads; with OfMember, of those of
// the groups that the account of argument number n takes part in.
const ThreadsOf = `group_member gm join group_thread gt on gt.group_id = gm.group_id
	join group_post gp on gp.post_id = gt.post_id and gp.state = 'shown' join post p on p.id = gt.post_id`

// OfMember is the condition to ThreadsOf.
func OfMember(n int) string { return `gm.account_id = $` + strconv.Itoa(n) + ` and gm.state = 'in'` }

// Mine is a group that somebody takes part in, as the navigation shows it.
type Mine struct{ Name, Icon, URL string }

// mineShown is how many groups stand in the navigation.
const mineShown = 8

// Mine lists the groups, ours and of other servers, that somebody takes part in,
// those with the latest posts first, in one query.
func (s *Service) Mine(ctx context.Context, accountID int64) ([]Mine, error) {
	rows, err := db.All[struct{ Username, Host, DisplayName, Icon string }](ctx, s.DB.Read(), `select a.username, a.host, a.display_name, coalesce(g.icon, $2) as icon
		from group_member m join account a on a.id = m.group_id left join group_info g on g.account_id = a.id
		where m.account_id = $1 and m.state = 'in' and a.deleted_at = 0 and a.suspended_at = 0
		order by a.last_post_at desc, a.handle limit $3`, accountID, Icons[0], mineShown)
	out := make([]Mine, 0, len(rows))
	for _, r := range rows {
		a := &account.Account{Username: r.Username, Host: r.Host, DisplayName: r.DisplayName}
		out = append(out, Mine{a.Name(), r.Icon, Path(a)})
	}
	return out, err
}
