package quote

import (
	"context"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/post"
)

// requests are the activities that ask for a consent, with what they are about.
var requests = map[string]string{"QuoteRequest": "Quote", "ReplyRequest": "Reply", "LikeRequest": "Like", "AnnounceRequest": "Announce"}

// Activities are what other servers may tell us about consents.
//
// Spec: FEP-044f; Spec: https://docs.gotosocial.org/en/latest/federation/interaction_policy/
func (s *Service) Activities() []route.Activity {
	out := []route.Activity{
		{Type: "Accept", Object: "QuoteRequest", Handle: s.onAnswer},
		{Type: "Reject", Object: "QuoteRequest", Handle: s.onAnswer},
		{Type: "Accept", Object: "", Handle: s.onAnswer},
		{Type: "Reject", Object: "", Handle: s.onAnswer},
		{Type: "Delete", Object: "*", Handle: s.onRevoke},
	}
	for _, kind := range []string{"QuoteRequest", "ReplyRequest", "LikeRequest", "AnnounceRequest"} {
		out = append(out, route.Activity{Type: kind, Object: "*", Prepare: s.prepareRequest, Handle: s.onRequest})
	}
	return out
}

// requested is what a request is about: a post of ours that its actor may read,
// and the object that the actor made; nil for any other.
func (s *Service) requested(ctx context.Context, q db.Q, in *route.Inbound) (*post.Post, string, error) {
	object := as.HTTPURL(in.Doc.Refs("instrument").ID())
	if object == "" || !as.SameOrigin(object, in.Actor.URI) {
		return nil, "", nil
	}
	p, err := post.ByURI(ctx, q, post.Reader{AccountID: in.Actor.ID, Host: in.Actor.Host}, in.ObjectURI)
	if apperr.Is(err, apperr.KindNotFound) || err == nil && (!p.Local || !p.Audience.Leaves()) {
		return nil, "", nil
	}
	return p, object, err
}

// allows says what the author of a post of ours says to a request.
func (s *Service) allows(ctx context.Context, q db.Q, p *post.Post, kind string, actor *route.Actor) (bool, *account.Account, error) {
	author, err := account.ByID(ctx, q, p.AccountID)
	if err != nil {
		return false, nil, err
	}
	if !author.Reachable || author.Gone() {
		return false, author, nil
	}
	rules, err := rulesOf(ctx, q, p, author)
	if err != nil {
		return false, nil, err
	}
	t, err := tiesOf(ctx, q, actor.ID, author.ID)
	if err != nil {
		return false, nil, err
	}
	switch kind {
	case "Quote":
		return p.Audience == post.Public && rules.Quote.verdict(actor.URI, author, t) == Automatic, author, nil
	case "Announce":
		return p.Audience == post.Public, author, nil
	}
	return true, author, nil // who may read a post may like and answer it
}

// prepareRequest fetches what asks to quote, or answers, if it may.
func (s *Service) prepareRequest(ctx context.Context, f route.Fetcher, in *route.Inbound) error {
	kind := requests[in.Doc.Type()]
	if kind != "Quote" && kind != "Reply" {
		return nil
	}
	p, object, err := s.requested(ctx, s.DB.Read(), in)
	if err != nil || p == nil {
		return err
	}
	if yes, _, err := s.allows(ctx, s.DB.Read(), p, kind, in.Actor); err != nil || !yes {
		return err
	}
	// What cannot be fetched yet arrives by itself, later.
	if d := in.Doc.Refs("instrument").Doc(); d != nil && as.Trusted(d, in.Actor.URI) && d.AttributedTo() == in.Actor.URI {
		if _, err = s.Posts.Take(ctx, f, d, 1); err == nil {
			return nil
		}
	}
	if _, err = s.Posts.Ensure(ctx, f, object); err != nil && ctx.Err() != nil {
		return err
	}
	return nil
}

// onRequest answers a request at once, as the rules of the post say.
func (s *Service) onRequest(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	kind := requests[in.Doc.Type()]
	p, object, err := s.requested(ctx, tx, in)
	if err != nil || p == nil {
		return err
	}
	yes, author, err := s.allows(ctx, tx, p, kind, in.Actor)
	if err != nil {
		return err
	}
	if !yes {
		return s.answer(ctx, tx, in, author, "Reject", object, "")
	}
	stamp, err := s.stampFor(ctx, tx, kind, p, in.Actor.ID, object)
	if err != nil {
		return err
	}
	switch kind {
	case "Quote":
		if err := s.accept(ctx, tx, in, p, object, stamp); err != nil {
			return err
		}
	case "Like":
		if err := s.Posts.TakeLike(ctx, tx, in.Actor.ID, object, p); err != nil {
			return err
		}
	}
	return s.answer(ctx, tx, in, author, "Accept", object, stamp)
}

// accept marks the quotation, when it is here, as one with consent.
func (s *Service) accept(ctx context.Context, tx *db.Tx, in *route.Inbound, p *post.Post, object, stamp string) error {
	c, err := one(ctx, tx, `c.account_id = $1 and c.post_id = (select q.id from post q where q.uri = $2)`, in.Actor.ID, object)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil || c.State == Accepted || c.QuotedURI != p.URI {
		return err
	}
	c.QuotedID, c.QuotedAccount = p.ID, p.AccountID
	return s.settle(ctx, tx, c, Accepted, stamp)
}

func (s *Service) answer(ctx context.Context, tx *db.Tx, in *route.Inbound, author *account.Account, verdict, object, stamp string) error {
	if in.Doc.ID() == "" || author == nil || !author.Reachable {
		return nil
	}
	a := as.Activity{Type: verdict, ID: s.Accounts.Base + "/activities/" + ids.Key(), Actor: author.URI, To: []string{in.Actor.URI},
		Object: as.Activity{Type: in.Doc.Type(), ID: in.Doc.ID(), Actor: in.Actor.URI, Object: in.ObjectURI, Extra: map[string]any{"instrument": object}}}
	if stamp != "" {
		a.Extra = map[string]any{"result": stamp}
	}
	body, err := a.Build()
	if err != nil {
		return err
	}
	return outbox.Enqueue(ctx, tx, body, author.ID, outbox.Opts{}, []string{in.Actor.BestInbox()})
}

// onAnswer takes the answer to a request of ours. The author's own word is
// enough; whoever reads the quotation elsewhere checks the stamp.
func (s *Service) onAnswer(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	if in.ObjectURI == "" {
		return nil
	}
	c, err := one(ctx, tx, `c.request = $1 and c.quoted_account = $2`, in.ObjectURI, in.Actor.ID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	switch {
	case in.Doc.Is("Reject"):
		if c.State == Rejected {
			return nil
		}
		return s.settle(ctx, tx, c, Rejected, "")
	case c.State != Pending:
		return nil
	}
	stamp := as.HTTPURL(in.Doc.Refs("result").ID())
	if stamp == "" || !as.SameOrigin(stamp, in.Actor.URI) {
		return nil
	}
	return s.settle(ctx, tx, c, Accepted, stamp)
}

// onRevoke takes back the consent whose stamp is deleted.
//
// Spec: FEP-044f#revocation
func (s *Service) onRevoke(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	if in.ObjectURI == "" {
		return nil
	}
	rows, err := db.All[Quote](ctx, tx, `select `+columns+` from quote c where c.stamp = $1 and c.quoted_account = $2`, in.ObjectURI, in.Actor.ID)
	if err != nil {
		return err
	}
	for i := range rows {
		if err := s.settle(ctx, tx, &rows[i], Revoked, ""); err != nil {
			return err
		}
	}
	return nil
}

// Objects are the stamps that our people gave.
//
// Spec: FEP-044f#quote-authorization-stamps
func (s *Service) Objects() []route.Object {
	return []route.Object{{Pattern: "/stamps/{key}", Serve: s.serveStamp}}
}

func (s *Service) serveStamp(ctx context.Context, r route.ObjectRequest) ([]byte, error) {
	x, err := db.Get[struct{ URI, Kind, Object, Target, Author string }](ctx, s.DB.Read(), `select t.uri, t.kind, t.object, p.uri as target, a.uri as author
		from quote_stamp t join post p on p.id = t.target_id join account a on a.id = t.account_id
		where t.uri = $1 and p.deleted_at = 0 and p.audience = 'public' and a.reachable and a.suspended_at = 0`, s.Accounts.Base+"/stamps/"+r.Vars["key"])
	if err != nil {
		return nil, err
	}
	return as.Stamp{Type: x.Kind + "Authorization", ID: x.URI, AttributedTo: x.Author, Object: x.Object, Target: x.Target}.Build()
}
