package notify

import (
	"context"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
)

// What may happen to a notification.
const (
	Accept = "accept"
	Keep   = "filter" // kept apart, until its owner accepts who it is from
	Drop   = "drop"
)

// Policy says what happens to notifications from people whom its owner knows
// little of: each field is Accept, Keep or Drop.
//
// Spec: Mastodon entities/NotificationPolicy
type Policy struct {
	NotFollowing    string // people whom the owner does not follow
	NotFollowers    string // people who do not follow the owner, or not for long
	NewAccounts     string // accounts of less than 30 days
	PrivateMentions string // direct posts that answer nothing of the owner's
	LimitedAccounts string // people whom moderators limited
}

// usual is the policy of who chose none. A direct post of a fellow member must
// not be lost in a corner, so that, unlike in Mastodon, such are accepted.
var usual = Policy{Accept, Accept, Accept, Accept, Keep}

func (p Policy) valid() bool {
	for _, v := range []string{p.NotFollowing, p.NotFollowers, p.NewAccounts, p.PrivateMentions, p.LimitedAccounts} {
		if v != Accept && v != Keep && v != Drop {
			return false
		}
	}
	return true
}

// Facts are what a policy is about, of somebody who did something that concerns an account.
type Facts struct {
	Following bool // the account follows them
	Follower  bool // they follow the account, for some days
	New       bool
	Limited   bool
	Private   bool // a direct post that answers nothing of the account's
	Staff     bool // who moderates here
}

// decide gives the strictest of what applies.
func (p Policy) decide(f Facts) string {
	if f.Staff {
		return Accept
	}
	out := Accept
	apply := func(holds bool, what string) {
		if holds && (what == Drop || what == Keep && out == Accept) {
			out = what
		}
	}
	apply(!f.Following, p.NotFollowing)
	apply(!f.Follower, p.NotFollowers)
	apply(f.New && !f.Following, p.NewAccounts)
	apply(f.Private && !f.Following, p.PrivateMentions)
	apply(f.Limited && !f.Following, p.LimitedAccounts)
	return out
}

// weighed are the kinds that a policy is about; others come of one's own acts.
var weighed = map[string]bool{Mention: true, Reblog: true, Favourite: true, Follow: true, FollowRequest: true, Quote: true}

const policyColumns = `not_following, not_followers, new_accounts, private_mentions, limited_accounts`

func policyOf(ctx context.Context, q db.Q, accountID int64) (Policy, error) {
	p, err := db.Get[Policy](ctx, q, `select `+policyColumns+` from notification_policy where account_id = $1`, accountID)
	if apperr.Is(err, apperr.KindNotFound) {
		return usual, nil
	}
	return p, err
}

// Policy gives the policy of an account.
func (s *Service) Policy(ctx context.Context, accountID int64) (Policy, error) {
	return policyOf(ctx, s.DB.Read(), accountID)
}

// SetPolicy changes the policy of an account; what was filtered stays so.
// Errors: KindInvalid "notify.bad_policy".
func (s *Service) SetPolicy(ctx context.Context, accountID int64, p Policy) error {
	if !p.valid() {
		return apperr.Invalid("notify.bad_policy")
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into notification_policy (account_id, `+policyColumns+`) values ($1, $2, $3, $4, $5, $6)
			on conflict (account_id) do update set not_following = excluded.not_following, not_followers = excluded.not_followers,
			new_accounts = excluded.new_accounts, private_mentions = excluded.private_mentions, limited_accounts = excluded.limited_accounts`,
			accountID, p.NotFollowing, p.NotFollowers, p.NewAccounts, p.PrivateMentions, p.LimitedAccounts)
		return err
	})
}

// weigh says what happens to a notification.
func (s *Service) weigh(ctx context.Context, tx *db.Tx, n *Notification) (string, error) {
	if s.Weigh == nil || !weighed[n.Kind] {
		return Accept, nil
	}
	f, err := s.Weigh(ctx, tx, n.AccountID, n.FromID, n.PostID)
	if err != nil {
		return "", err
	}
	p, err := policyOf(ctx, tx, n.AccountID)
	if err != nil {
		return "", err
	}
	what := p.decide(f)
	if what == Accept {
		return what, nil
	}
	known, err := db.Get[int](ctx, tx, `select count(*) from notification_permission where account_id = $1 and from_id = $2`, n.AccountID, n.FromID)
	if err == nil && known > 0 {
		what = Accept
	}
	return what, err
}
