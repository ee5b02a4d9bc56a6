package post

import (
	"context"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/outbox"
)

// Resolver finds somebody of another server by address; the federation engine is one.
type Resolver interface {
	// Account gives the id of the account behind name@host, fetched if need be.
	Account(ctx context.Context, name, host string) (int64, error)
}

// Service holds the rules on posts.
type Service struct {
	DB       *db.DB
	IDs      *ids.Maker
	Accounts *account.Service
	Notify   *notify.Service
	Resolve  Resolver
	Fetch    route.Fetcher // makes threads whole; nil leaves them as they are

	// Wider gives inboxes beyond those of its readers that a post of ours is sent to.
	Wider []func(ctx context.Context, q db.Q, p *Post) ([]string, error)

	// Aliases give the id of the post behind another id of ours that a slice above sent
	// it under; ids that are none of theirs are as they are.
	Aliases []func(ctx context.Context, q db.Q, uri string) (string, error)

	// Affiliated reports whether there is a movement to write for; nil means none.
	Affiliated func(ctx context.Context, q db.Q) (bool, error)

	// Sent tells of an activity about a post that everybody may read, as it goes out.
	Sent []func(ctx context.Context, tx *db.Tx, p *Post, kind string, body []byte) error

	// Carry sends an activity about a post for everybody to those of the inboxes, and to more, that
	// take it in a form of their own, and gives the others; nil when there are none such.
	Carry func(ctx context.Context, tx *db.Tx, p *Post, a as.Activity, o outbox.Opts, inboxes []string) (others []string, err error)

	// Concerns says whether a received post concerns somebody here beside followers and people named.
	Concerns []func(ctx context.Context, q db.Q, d *as.Doc) (bool, error)

	// Stored, Edited and Buried tell the slices above, inside the transaction.
	Stored []func(ctx context.Context, tx *db.Tx, p *Post) error
	Edited []func(ctx context.Context, tx *db.Tx, p *Post) error
	Buried []func(ctx context.Context, tx *db.Tx, p *Post) error

	// Circles are the closed groups; nil means there are none.
	Circles Circles

	// Permit refuses what the author of a post does not allow an account to do: "reply", "like", "announce".
	Permit func(ctx context.Context, q db.Q, accountID int64, p *Post, act string) error

	// Withheld keeps the activity that brought a post from who asks for it; nil keeps none.
	Withheld func(ctx context.Context, q db.Q, p *Post, signer *route.Actor) (bool, error)
	// Governs reports whether a Delete is the act of a moderator of a group the post is in: it erases nothing.
	Governs func(ctx context.Context, tx *db.Tx, in *route.Inbound) (bool, error)

	// InPlace is the condition of SQL that the post aliased p is not out of its thread by the word
	// of a slice above, as what a group removed; nil: all are in place.
	InPlace func(p string) string

	// Parts are what posts carry of the slices above. Set before the first use.
	Parts []Part

	// Later takes over a new post that is to appear later, and answers the app; nil refuses it.
	Later func(r *masto.Req, d Draft) error
}

// Draft is what somebody writes.
type Draft struct {
	Title          string // "" for most; a post with one is an article
	Kind           string // of a slice above; "" is a note, or an article
	Text           string
	Warning        string
	Sensitive      bool
	Lang           string
	Audience       Audience // "" means the widest the parent allows up to the person's default: see Create
	Unlisted       bool
	ScopeID        int64 // the group that Audience Group means
	ReplyTo        int64
	To             int64 // who alone is written to, whomever else a text made of other people's words names; 0: all whom it names
	AppID          int64
	IdempotencyKey string
	Parts          map[string]any // what each Part was asked for, by its name
}

func (s *Service) mine(ctx context.Context, q db.Q, v *auth.Viewer, id int64) (*Post, error) {
	p, err := readable(ctx, q, ReaderOf(v), id)
	if err != nil {
		return nil, err
	}
	if p.AccountID != v.AccountID || p.BoostOfID != 0 {
		return nil, apperr.NotFound("post.not_yours")
	}
	return p, nil
}

// Get finds a post that v may read; apperr.KindNotFound otherwise, whether or not it exists.
func (s *Service) Get(ctx context.Context, v *auth.Viewer, id int64) (*Post, error) {
	return readable(ctx, s.DB.Read(), ReaderOf(v), id)
}
