package group

import (
	"context"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/follow"
	"github.com/maillage/maillage/internal/i18n"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/post"
)

// Who may read a group.
const (
	Open     = "open"     // everyone, on every server
	Movement = "movement" // its members, of affiliated servers
	Section  = "section"  // its members, of this server
)

// Who may join.
const (
	Free    = "free"
	Request = "request" // after a moderator's yes
	Invite  = "invite"
)

// Who may write.
const (
	Everyone  = "everyone"
	Members   = "members"
	Moderated = "moderated" // members; a moderator reads first
	Staff     = "staff"     // moderators, in some groups of other servers
)

// The roles, each with the rights of those before it.
const (
	Member    = "member"
	Animator  = "animator" // pins, summarises, sorts by topic
	Moderator = "moderator"
	Owner     = "owner"
)

// The states of somebody in a group.
const (
	In      = "in"
	Asked   = "asked"
	Invited = "invited"
	Banned  = "banned"
)

// The states of a post in a group.
const (
	Shown   = "shown"
	Waiting = "waiting" // for a moderator
	Removed = "removed"
	Refused = "refused" // its author may not write here; it is no part of the group
)

// Bounds, in characters.
const (
	MaxCharter = 10000
	MaxReason  = 500
	MaxSummary = 5000
	maxTopics  = 30
	maxOwned   = 20 // groups that one person may make
)

// Group is a group of ours with its account.
type Group struct {
	AccountID int64
	Access    string
	Secret    bool
	Joining   string
	Posting   string
	Charter   string
	Icon      string
	CreatedAt int64

	Account *account.Account `db:"-"`

	inboxes map[string][]string // of its followers, by family, once asked for
}

// Closed reports whether only members read it.
func (g *Group) Closed() bool { return g.Access != Open }

// Membership is how somebody stands to a group.
type Membership struct {
	GroupID   int64
	AccountID int64
	Role      string
	State     string
	ByID      int64
	Since     int64
}

// In reports whether it is a membership in force; m may be nil.
func (m *Membership) In() bool { return m != nil && m.State == In }

var ranks = map[string]int{Member: 1, Animator: 2, Moderator: 3, Owner: 4}

// May reports whether m has the rights of a role; m may be nil.
func (m *Membership) May(role string) bool { return m.In() && ranks[m.Role] >= ranks[role] }

// Service holds the rules on groups.
type Service struct {
	DB       *db.DB
	IDs      *ids.Maker
	Accounts *account.Service
	Follows  *follow.Service
	Posts    *post.Service
	Notify   *notify.Service
	Fetch    route.Fetcher                                   // asks other servers about their groups
	App      func(ctx context.Context) (*route.Actor, error) // this server's own actor
	Words    func(lang string) *i18n.Localizer               // for what groups tell people of other servers; nil tells nothing
	// Ask fetches a document of another server in the name of ours, remembering no failure.
	Ask func(ctx context.Context, uri string) (*as.Doc, error)

	// OwnKind reports whether the slices above send posts of a kind to the calendars
	// among the followers as the group's own; those get nothing else of such a
	// post. Relayed tells those slices, inside the transaction, of the first post of a
	// thread that an open group of ours shows from now on, or, undone, shows no more.
	OwnKind func(p *post.Post) bool
	Relayed []func(ctx context.Context, tx *db.Tx, g *account.Account, p *post.Post, undo bool) error
}

func now() int64 { return time.Now().UnixMilli() }

// unknown is the answer to whoever may not know of a group, whether or not there is one.
func unknown() error { return apperr.NotFound("group.not_found") }

// needs is the answer to whoever has not the role that an act asks for.
func needs(role string) error {
	switch role {
	case Member:
		return apperr.Forbidden("group.needs_member")
	case Animator:
		return apperr.Forbidden("group.needs_animator")
	case Moderator:
		return apperr.Forbidden("group.needs_moderator")
	default:
		return apperr.Forbidden("group.needs_owner")
	}
}
