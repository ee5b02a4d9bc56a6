package quote

import (
	"context"
	"encoding/json"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/post"
)

const (
	kindAsk    = "quote.ask"
	kindVerify = "quote.verify"
)

// about is the payload of every job here: the post that quotes.
type about struct{ PostID int64 }

// Jobs are the kinds of work of quotations.
func (s *Service) Jobs() []jobs.Kind {
	return []jobs.Kind{
		{Name: kindAsk, Handle: jobs.JSON(s.ask)},
		{Name: kindVerify, Handle: jobs.JSON(s.verify), MaxTries: 3, Concurrency: 2},
	}
}

// ask asks the author of a post of another server for their consent.
//
// Spec: FEP-044f#quote-requests
func (s *Service) ask(ctx context.Context, j about) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		c, err := one(ctx, tx, `c.post_id = $1`, j.PostID)
		if apperr.Is(err, apperr.KindNotFound) || err == nil && (c.State != Pending || c.Request != "") {
			return jobs.Done(ctx, tx)
		} else if err != nil {
			return err
		}
		p, err := post.Raw(ctx, tx, c.PostID)
		if err != nil {
			return err
		}
		people, err := account.ByIDs(ctx, tx, []int64{c.AccountID, c.QuotedAccount})
		if err != nil {
			return err
		}
		me, author := people[c.AccountID], people[c.QuotedAccount]
		body, err := db.Get[[]byte](ctx, tx, `select body from post_document where post_id = $1`, c.PostID)
		if apperr.Is(err, apperr.KindNotFound) || me == nil || author == nil || author.Gone() {
			return jobs.Done(ctx, tx) // it does not leave
		} else if err != nil {
			return err
		}
		c.Request = p.URI + "#quote"
		request, err := as.Activity{Type: "QuoteRequest", ID: c.Request, Actor: me.URI, Object: c.QuotedURI, To: []string{author.URI},
			Extra: map[string]any{"instrument": json.RawMessage(body)}}.Build()
		if err != nil {
			return err
		}
		if err := put(ctx, tx, c); err != nil {
			return err
		}
		inbox := author.Inbox
		if inbox == "" {
			inbox = author.BestInbox()
		}
		if err := outbox.Enqueue(ctx, tx, request, me.ID, outbox.Opts{}, []string{inbox}); err != nil {
			return err
		}
		return jobs.Done(ctx, tx)
	})
}

// verify finds the post that a received one quotes, and the consent to it.
//
// Spec: FEP-044f#verification
func (s *Service) verify(ctx context.Context, j about) error {
	c, err := one(ctx, s.DB.Read(), `c.post_id = $1`, j.PostID)
	if apperr.Is(err, apperr.KindNotFound) || err == nil && c.State != Pending {
		return nil
	} else if err != nil {
		return err
	}
	if s.Fetch == nil {
		return nil
	}
	quoted, err := s.Posts.Ensure(context.WithValue(ctx, shallow{}, true), s.Fetch, c.QuotedURI)
	if err != nil {
		if apperr.Is(err, apperr.KindUnavailable) || apperr.Is(err, apperr.KindInternal) {
			return err
		}
		return nil // not to be had: it stays a link
	}
	yes, err := s.consented(ctx, c, quoted)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		now, err := one(ctx, tx, `c.post_id = $1`, j.PostID)
		if apperr.Is(err, apperr.KindNotFound) || err == nil && (now.State != Pending || now.Stamp != c.Stamp) {
			return nil // changed meanwhile
		} else if err != nil {
			return err
		}
		if quoted.BoostOfID != 0 || quoted.DeletedAt != 0 {
			return nil
		}
		now.QuotedID, now.QuotedAccount = quoted.ID, quoted.AccountID
		if yes {
			return s.settle(ctx, tx, now, Accepted, now.Stamp)
		}
		return put(ctx, tx, now)
	})
}

// consented reports whether the author of the quoted post consents: it is the
// same author, the stamp says so, or neither server knows of consents.
func (s *Service) consented(ctx context.Context, c *Quote, quoted *post.Post) (bool, error) {
	if quoted.AccountID == c.AccountID {
		return true, nil
	}
	p, err := post.Raw(ctx, s.DB.Read(), c.PostID)
	if err != nil {
		return false, err
	}
	if quoted.Local {
		n, err := db.Get[int](ctx, s.DB.Read(), `select count(*) from quote_stamp where kind = 'Quote' and target_id = $1 and object = $2`, quoted.ID, p.URI)
		return n > 0, err
	}
	if c.Stamp == "" {
		rules, err := saved(ctx, s.DB.Read(), []int64{quoted.ID})
		return c.Legacy && rules[quoted.ID] == nil && quoted.Audience == post.Public, err
	}
	return s.stamped(ctx, c.Stamp, p.URI, quoted)
}

// stamped fetches a stamp and reports whether it is what it should be.
func (s *Service) stamped(ctx context.Context, stamp, object string, quoted *post.Post) (bool, error) {
	author, err := account.ByID(ctx, s.DB.Read(), quoted.AccountID)
	if err != nil {
		return false, err
	}
	if s.Fetch == nil || !as.SameOrigin(stamp, author.URI) {
		return false, nil
	}
	d, err := s.Fetch.Fetch(ctx, stamp)
	if err != nil {
		if apperr.Is(err, apperr.KindUnavailable) {
			return false, err
		}
		return false, nil
	}
	return d.Is("QuoteAuthorization") && d.ID() == stamp && d.AttributedTo() == author.URI &&
		d.Refs("interactionTarget").ID() == quoted.URI && d.Refs("interactingObject").ID() == object, nil
}

// sendRevoke tells that a consent is taken back, to the author of the quotation
// and to who has the quoted post.
//
// Spec: FEP-044f#revocation
func (s *Service) sendRevoke(ctx context.Context, tx *db.Tx, p *post.Post, c *Quote) error {
	if c.Stamp == "" || !p.Audience.Leaves() {
		return nil
	}
	people, err := account.ByIDs(ctx, tx, []int64{p.AccountID, c.AccountID})
	if err != nil {
		return err
	}
	me, other := people[p.AccountID], people[c.AccountID]
	if me == nil || !me.Reachable {
		return nil
	}
	a := as.Activity{Type: "Delete", ID: c.Stamp + "#delete", Actor: me.URI, Object: c.Stamp, To: []string{as.Public}, Published: time.Now()}
	inboxes, err := db.All[string](ctx, tx, `select inbox from post_copy where post_id = $1 union select inbox from post_copy where post_id = $2`, p.ID, c.PostID)
	if err != nil {
		return err
	}
	if other != nil && !other.Local() {
		a.Cc, inboxes = []string{other.URI}, append(inboxes, other.BestInbox())
	}
	body, err := a.Build()
	if err != nil || len(inboxes) == 0 {
		return err
	}
	return outbox.Enqueue(ctx, tx, body, me.ID, outbox.Opts{}, unique(inboxes))
}

func unique(list []string) []string {
	seen := map[string]bool{}
	out := list[:0]
	for _, x := range list {
		if x != "" && !seen[x] {
			seen[x] = true
			out = append(out, x)
		}
	}
	return out
}
