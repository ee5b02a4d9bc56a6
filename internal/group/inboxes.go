package group

import (
	"context"
	"slices"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/post"
)

// followersInboxes selects the inboxes of the followers of the group $1 with their
// hosts, each once: there are far fewer of them than of followers.
const followersInboxes = `select distinct a.host, case when a.shared_inbox <> '' then a.shared_inbox else a.inbox end as inbox
	from follow f join account a on a.id = f.account_id
	where f.target_id = $1 and f.accepted and a.host <> '' and a.inbox <> '' and a.deleted_at = 0 and a.suspended_at = 0`

// inboxesOf gives the inboxes of a group's followers, of one family of servers, as
// they are when an act on g begins: a group of thousands is gone through once for
// all that one act has to tell.
func inboxesOf(ctx context.Context, q db.Q, g *Group, kind string) ([]string, error) {
	if g.inboxes == nil {
		sql, args := family(2)
		list, err := db.All[struct{ Inbox, Family string }](ctx, q, `select distinct a.inbox, `+sql+` as family from (`+followersInboxes+`) as a
			left join host_software h on h.host = a.host`, append([]any{g.AccountID}, args...)...)
		if err != nil {
			return nil, err
		}
		g.inboxes = map[string][]string{}
		for _, x := range list {
			g.inboxes[x.Family] = append(g.inboxes[x.Family], x.Inbox)
		}
	}
	return slices.Clone(g.inboxes[kind]), nil
}

// boostsOf gives the inboxes of a group's followers who are told of a post as of a boost.
func (s *Service) boostsOf(ctx context.Context, q db.Q, g *Group, p *post.Post) ([]string, error) {
	out, err := inboxesOf(ctx, q, g, boosts)
	if err != nil || s.own(p) {
		return out, err
	}
	more, err := inboxesOf(ctx, q, g, calendars)
	return append(out, more...), err
}

// copied notes which inboxes are told of a boost, so that they hear when it is taken back.
func copied(ctx context.Context, tx *db.Tx, boostID int64, inboxes ...[]string) error {
	type postCopy struct {
		PostID int64
		Inbox  string
	}
	have, err := db.All[string](ctx, tx, `select inbox from post_copy where post_id = $1`, boostID)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, in := range have {
		seen[in] = true
	}
	var rows []postCopy
	for _, in := range slices.Concat(inboxes...) {
		if !seen[in] {
			seen[in] = true
			rows = append(rows, postCopy{boostID, in})
		}
	}
	return db.InsertMany(ctx, tx, "post_copy", rows)
}
