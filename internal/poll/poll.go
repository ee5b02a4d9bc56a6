package poll

import (
	"slices"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/post"
)

// Bounds of a poll of ours, and of what is stored of others.
const (
	MinOptions  = 2
	MaxOptions  = 10
	MaxTitle    = 100 // characters of an option
	MinDuration = 5 * time.Minute
	MaxDuration = 30 * 24 * time.Hour
	maxStored   = 50 // options of another server's poll
)

// name is the key of this part in drafts and views.
const name = "poll"

// Poll is the vote of a post. Times are unix milliseconds, 0 for never.
type Poll struct {
	PostID     int64
	Multiple   bool
	HideTotals bool // numbers are kept until it closes
	ClosesAt   int64
	EndedAt    int64 // when those concerned were told that it closed
	Voters     int64 // -1 when not told
	FetchedAt  int64 // when its server was last asked; 0 for ours

	Options []Option
	Own     []int // positions that the reader chose
	Voted   bool
	Mine    bool
}

// Option is one answer.
type Option struct {
	PostID   int64
	Position int
	Title    string
	Votes    int64
}

// Closed reports whether a poll takes no more votes.
func (p *Poll) Closed() bool { return p.closedAt(time.Now().UnixMilli()) }

func (p *Poll) closedAt(ms int64) bool { return p.ClosesAt != 0 && p.ClosesAt <= ms }

// Hidden reports whether the numbers of the options are kept from everybody still.
func (p *Poll) Hidden() bool { return p.HideTotals && !p.Closed() }

// Votes is the sum over the options.
func (p *Poll) Votes() (n int64) {
	for _, o := range p.Options {
		n += o.Votes
	}
	return n
}

// forget takes the numbers out, for who may not hear how it goes.
func (p *Poll) forget() {
	p.Options, p.Voters = slices.Clone(p.Options), 0
	for i := range p.Options {
		p.Options[i].Votes = 0
	}
}

// Service holds the rules on polls.
type Service struct {
	DB       *db.DB
	Posts    *post.Service
	Accounts *account.Service
	Notify   *notify.Service
	Fetch    route.Fetcher // asks other servers for their numbers; nil asks nobody

	// TellAfter is how long votes are gathered before other servers are told of
	// them; 0 means three minutes.
	TellAfter time.Duration
}

func (s *Service) tellAfter() time.Duration {
	if s.TellAfter == 0 {
		return 3 * time.Minute
	}
	return s.TellAfter
}
