package follow

import (
	"context"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/web"
)

// Acts are the buttons by which the viewer follows an account or stops to; none
// for oneself.
func Acts(c *httpx.Ctx, a *account.Account, r Relation) []web.Act {
	if c.Viewer == nil || c.Viewer.AccountID == a.ID || a.Kind == account.Application {
		return nil
	}
	switch {
	case r.Following:
		return []web.Act{{Label: c.T("follow.unfollow"), URL: a.Path() + "/unfollow", Icon: "user-minus"}}
	case r.Requested:
		return []web.Act{{Label: c.T("follow.withdraw"), URL: a.Path() + "/unfollow", Icon: "clock"}}
	case a.Locked:
		return []web.Act{{Label: c.T("follow.ask"), URL: a.Path() + "/follow", Icon: "user-plus"}}
	}
	return []web.Act{{Label: c.T("follow.follow"), URL: a.Path() + "/follow", Icon: "user-plus"}}
}

// State says how the viewer and an account stand to each other, "" for strangers.
func State(c *httpx.Ctx, r Relation) string {
	switch {
	case r.Following && r.FollowedBy:
		return c.T("follow.mutual")
	case r.Following:
		return c.T("follow.following")
	case r.Requested && r.FollowedBy:
		return c.T("follow.requested_back")
	case r.Requested:
		return c.T("follow.requested")
	case r.FollowedBy:
		return c.T("follow.follows_you")
	}
	return ""
}

// Line is an account in a list, with how it stands to the viewer and the button to follow it.
func Line(c *httpx.Ctx, a *account.Account, r Relation) web.AccountLine {
	return web.AccountLine{Author: account.Author(a), Text: State(c, r), Acts: Acts(c, a, r)}
}

// Lines is Line for many, in a fixed number of queries.
func Lines(c *httpx.Ctx, q db.Q, accounts []*account.Account) ([]web.AccountLine, error) {
	relations := map[int64]Relation{}
	if c.Viewer != nil {
		ids := make([]int64, len(accounts))
		for i, a := range accounts {
			ids[i] = a.ID
		}
		var err error
		if relations, err = Relations(c.Context(), q, c.Viewer.AccountID, ids); err != nil {
			return nil, err
		}
	}
	out := make([]web.AccountLine, len(accounts))
	for i, a := range accounts {
		out[i] = Line(c, a, relations[a.ID])
	}
	return out, nil
}

// reachMost is from how many followers on nobody waits for their servers to be counted.
const reachMost = 1000

// Reach counts who follows an account, and on how many other servers; servers
// is -1 when there are too many followers to count them while a page waits.
func Reach(ctx context.Context, q db.Q, a *account.Account) (people, servers int, err error) {
	if people = int(a.FollowersCount); people == 0 {
		return 0, 0, nil
	} else if people > reachMost {
		return people, -1, nil
	}
	servers, err = db.Get[int](ctx, q, `select count(distinct nullif(a.host, ''))
		from follow f join account a on a.id = f.account_id where f.target_id = $1 and f.accepted`, a.ID)
	return people, servers, err
}
