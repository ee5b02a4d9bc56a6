package quote

import (
	"context"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
)

// The states of a quotation; apps are shown deleted and unauthorized too.
const (
	Pending      = "pending"
	Accepted     = "accepted"
	Rejected     = "rejected"
	Revoked      = "revoked"
	deleted      = "deleted"
	unauthorized = "unauthorized"
)

// The keys of the two parts in drafts and views.
const (
	partQuote = "quote"
	partRules = "policy"
)

// Quote is what a post quotes.
type Quote struct {
	PostID        int64
	AccountID     int64
	QuotedURI     string
	QuotedID      int64
	QuotedAccount int64
	State         string
	Stamp         string
	Request       string
	Legacy        bool
	CreatedAt     int64
}

const columns = `c.post_id, c.account_id, c.quoted_uri, c.quoted_id, c.quoted_account, c.state, c.stamp, c.request, c.legacy, c.created_at`

// Service holds the rules on quotations.
type Service struct {
	DB       *db.DB
	Posts    *post.Service
	Accounts *account.Service
	Notify   *notify.Service
	Fetch    route.Fetcher // asks other servers; nil asks nobody
}

func one(ctx context.Context, q db.Q, where string, args ...any) (*Quote, error) {
	c, err := db.Get[Quote](ctx, q, `select `+columns+` from quote c where `+where, args...)
	return &c, err
}

func put(ctx context.Context, tx *db.Tx, c *Quote) error {
	_, err := tx.Exec(ctx, `insert into quote (post_id, account_id, quoted_uri, quoted_id, quoted_account, state, stamp, request, legacy, created_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (post_id) do update set quoted_uri = excluded.quoted_uri,
		quoted_id = excluded.quoted_id, quoted_account = excluded.quoted_account, state = excluded.state, stamp = excluded.stamp,
		request = excluded.request, legacy = excluded.legacy`,
		c.PostID, c.AccountID, c.QuotedURI, c.QuotedID, c.QuotedAccount, c.State, c.Stamp, c.Request, c.Legacy, c.CreatedAt)
	return err
}

// settle gives a quotation its state, and tells whom that concerns.
func (s *Service) settle(ctx context.Context, tx *db.Tx, c *Quote, state, stamp string) error {
	was := c.State
	c.State, c.Stamp = state, stamp
	if err := put(ctx, tx, c); err != nil {
		return err
	}
	p, err := post.Raw(ctx, tx, c.PostID)
	if err != nil {
		return err
	}
	if state == Accepted && was != Accepted {
		if err := s.tell(ctx, tx, c, p); err != nil {
			return err
		}
	}
	return s.Posts.Refresh(ctx, tx, p)
}

// tell lets the quoted author know, if what quotes them is for their eyes.
func (s *Service) tell(ctx context.Context, tx *db.Tx, c *Quote, p *post.Post) error {
	if c.QuotedAccount == 0 || p.Audience != post.Public && p.Audience != post.Section {
		return nil
	}
	if p.Audience == post.Section {
		members, err := auth.MembersAmong(ctx, tx, []int64{c.QuotedAccount})
		if err != nil || !members[c.QuotedAccount] {
			return err
		}
	}
	return s.Notify.Add(ctx, tx, c.QuotedAccount, notify.Quote, c.AccountID, c.PostID)
}

// stampFor gives the consent of the author of p to an object made by somebody.
func (s *Service) stampFor(ctx context.Context, tx *db.Tx, kind string, p *post.Post, by int64, object string) (string, error) {
	uri := s.Accounts.Base + "/stamps/" + ids.Key()
	if _, err := tx.Exec(ctx, `insert into quote_stamp (uri, kind, target_id, account_id, by_id, object, created_at) values ($1, $2, $3, $4, $5, $6, $7)
		on conflict do nothing`, uri, kind, p.ID, p.AccountID, by, object, time.Now().UnixMilli()); err != nil {
		return "", err
	}
	return db.Get[string](ctx, tx, `select uri from quote_stamp where target_id = $1 and kind = $2 and object = $3`, p.ID, kind, object)
}

// Quotes gives one page of the posts that quote a post with its author's
// consent and that v may read, newest first.
//
// Spec: Mastodon statuses#quotes
func (s *Service) Quotes(ctx context.Context, v *auth.Viewer, quoted int64, r page.Range) ([]*post.View, error) {
	args := []any{quoted, r.Upper(), r.Lower(), r.Limit}
	cond, args := post.Visible(post.ReaderOf(v), "p", args)
	rows, err := db.All[post.Post](ctx, s.DB.Read(), `select `+post.Columns+` from post p join quote c on c.post_id = p.id
		where c.quoted_id = $1 and c.state = 'accepted' and p.id < $2 and p.id > $3 and `+cond+` order by p.id `+r.Order()+` limit $4`, args...)
	if err != nil {
		return nil, err
	}
	rows = page.Fix(r, rows)
	posts := make([]*post.Post, len(rows))
	for i := range rows {
		posts[i] = &rows[i]
	}
	return s.Posts.Views(ctx, v, posts)
}

// Revoke takes back the consent to a quotation of a post of v's own.
//
// Spec: FEP-044f#revocation; Spec: Mastodon statuses#revoke_quote
func (s *Service) Revoke(ctx context.Context, v *auth.Viewer, quoted, quoting int64) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		p, err := post.Raw(ctx, tx, quoted)
		if err != nil {
			return err
		}
		if p.AccountID != v.AccountID {
			return apperr.Forbidden("quote.not_yours")
		}
		c, err := one(ctx, tx, `c.post_id = $1 and c.quoted_id = $2`, quoting, quoted)
		if err != nil {
			return err
		}
		if c.State == Revoked {
			return nil
		}
		if err := s.sendRevoke(ctx, tx, p, c); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `delete from quote_stamp where uri = $1`, c.Stamp); err != nil {
			return err
		}
		if err := s.Notify.Take(ctx, tx, p.AccountID, notify.Quote, c.AccountID, c.PostID); err != nil {
			return err
		}
		return s.settle(ctx, tx, c, Revoked, "")
	})
}

// SetPolicy says who may quote a post of v's own from now on.
//
// Spec: Mastodon statuses#interaction_policy
func (s *Service) SetPolicy(ctx context.Context, v *auth.Viewer, id int64, policy string) error {
	if !validPolicy(policy) {
		return apperr.Invalid("quote.bad_policy").Field("quote_approval_policy", "quote.bad_policy")
	}
	p, err := s.Posts.Get(ctx, v, id)
	if err != nil {
		return err
	}
	if p.AccountID != v.AccountID || p.BoostOfID != 0 {
		return apperr.NotFound("post.not_yours")
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		author, err := account.ByID(ctx, tx, p.AccountID)
		if err != nil {
			return err
		}
		if err := saveRules(ctx, tx, p.ID, ownRules(author, p, policy)); err != nil {
			return err
		}
		return s.Posts.Refresh(ctx, tx, p)
	})
}

// Edited tells our people that a post which they quote was edited.
func (s *Service) Edited(ctx context.Context, tx *db.Tx, p *post.Post) error {
	people, err := db.All[int64](ctx, tx, `select distinct c.account_id from quote c join account a on a.id = c.account_id
		where c.quoted_id = $1 and c.state = 'accepted' and a.host = ''`, p.ID)
	for _, id := range people {
		if err := s.Notify.Add(ctx, tx, id, notify.QuotedUpdate, p.AccountID, p.ID); err != nil {
			return err
		}
	}
	return err
}

// EraseAll forgets an account that is being deleted: what it quoted, the
// consents it gave and got. What quotes it stays a link.
func EraseAll(ctx context.Context, tx *db.Tx, accountID int64) error {
	for _, sql := range []string{
		`delete from quote where account_id = $1`,
		`delete from quote_stamp where account_id = $1 or by_id = $1`,
		`update quote set quoted_account = 0, quoted_id = 0, state = 'revoked', stamp = '' where quoted_account = $1`,
	} {
		if _, err := tx.Exec(ctx, sql, accountID); err != nil {
			return err
		}
	}
	return nil
}
