package quote

import (
	"context"
	"html"
	"net/url"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
)

// asked is the quotation that somebody wants.
type asked struct {
	id    int64
	post  *post.Post // found by check
	state string     // settled by check
}

// Parts are what this slice adds to posts: what they quote, and what their
// authors allow.
func (s *Service) Parts() []post.Part {
	return []post.Part{
		{Name: partQuote, Stands: true, Asked: askedQuote, AskedForm: askedQuoteForm, Compose: s.compose, Check: s.check, Store: s.store,
			Write: s.write, Take: s.take, Bury: bury, Load: s.load, Entity: s.entity, Card: card},
		{Name: partRules, Asked: askedPolicy, Check: s.checkPolicy, Store: s.storePolicy, Write: s.writePolicy, Take: takePolicy, Bury: buryConsents},
	}
}

// Spec: Mastodon statuses#create
func askedQuote(_ context.Context, _ *auth.Viewer, p masto.Params) (any, error) {
	if p.String("quoted_status_id") == "" {
		return nil, nil
	}
	id, ok := p.IDParam("quoted_status_id")
	if !ok {
		return nil, apperr.NotFound("quote.not_found")
	}
	return &asked{id: id}, nil
}

func askedQuoteForm(_ *httpx.Ctx, form url.Values) (any, error) {
	id, ok := ids.Parse(form.Get("quote"))
	if !ok {
		return nil, nil
	}
	return &asked{id: id}, nil
}

func askedPolicy(_ context.Context, _ *auth.Viewer, p masto.Params) (any, error) {
	policy := p.String("quote_approval_policy")
	if policy == "" {
		return nil, nil
	}
	if !validPolicy(policy) {
		return nil, apperr.Invalid("quote.bad_policy").Field("quote_approval_policy", "quote.bad_policy")
	}
	return policy, nil
}

// checkPolicy puts the default of the author where a new post names no policy.
func (s *Service) checkPolicy(ctx context.Context, v *auth.Viewer, d *post.Draft, old *post.Post) error {
	if old != nil || d.Audience != post.Public || d.Parts[partRules] != nil {
		return nil
	}
	usual, err := s.Accounts.Defaults(ctx, s.DB.Read(), v.AccountID)
	if err != nil || usual.Quotes == PolicyPublic {
		return err
	}
	d.SetPart(partRules, usual.Quotes)
	return nil
}

func refused(key string) error { return apperr.Invalid(key).Field("quote", key) }

// check judges a quotation: the quoted post can be read by v, reaches at least
// as far as what quotes it, and its author does not refuse. An edit quotes nothing new.
func (s *Service) check(ctx context.Context, v *auth.Viewer, d *post.Draft, old *post.Post) error {
	a, _ := d.Parts[partQuote].(*asked)
	if a == nil {
		return nil
	}
	if old != nil {
		delete(d.Parts, partQuote)
		return nil
	}
	p, err := s.Posts.Get(ctx, v, a.id)
	if err == nil && p.BoostOfID != 0 {
		p, err = s.Posts.Get(ctx, v, p.BoostOfID)
	}
	if apperr.Is(err, apperr.KindNotFound) {
		return apperr.NotFound("quote.not_found").Wrap(err)
	} else if err != nil {
		return err
	}
	q := s.DB.Read()
	people, err := account.ByIDs(ctx, q, []int64{v.AccountID, p.AccountID})
	if err != nil {
		return err
	}
	me, author := people[v.AccountID], people[p.AccountID]
	if me == nil || author == nil {
		return apperr.NotFound("quote.not_found")
	}
	own := p.AccountID == v.AccountID
	switch {
	case p.Audience == post.Public:
	case p.Audience == post.Section && d.Audience == post.Section:
	case p.Audience == post.Followers && own && d.Audience == post.Followers:
	default:
		return refused("quote.too_wide")
	}
	rules, err := rulesOf(ctx, q, p, author)
	if err != nil {
		return err
	}
	t, err := tiesOf(ctx, q, me.ID, author.ID)
	if err != nil {
		return err
	}
	verdict := rules.Quote.verdict(me.URI, author, t)
	if p.Audience == post.Section {
		verdict = Automatic // among members, inside
	}
	a.post, a.state = p, Pending
	switch {
	case verdict == Denied:
		return refused("quote.denied")
	case own, p.Local && verdict == Automatic, !d.Audience.Leaves() && verdict == Automatic:
		a.state = Accepted
	case p.Local:
		return refused("quote.denied")
	case d.Audience != post.Public:
		return refused("quote.public_only") // to ask for consent would show it to who is not meant to read it
	case !me.Reachable:
		return apperr.Invalid("follow.needs_address")
	}
	return nil
}

func (s *Service) store(ctx context.Context, tx *db.Tx, p *post.Post, v any) error {
	a := v.(*asked)
	c := &Quote{PostID: p.ID, AccountID: p.AccountID, QuotedURI: a.post.URI, QuotedID: a.post.ID, QuotedAccount: a.post.AccountID,
		State: a.state, CreatedAt: time.Now().UnixMilli()}
	own := a.post.AccountID == p.AccountID
	if a.state == Accepted && !own && a.post.Local && p.Audience.Leaves() {
		var err error
		if c.Stamp, err = s.stampFor(ctx, tx, "Quote", a.post, p.AccountID, p.URI); err != nil {
			return err
		}
	}
	if err := put(ctx, tx, c); err != nil {
		return err
	}
	if a.state == Accepted {
		return s.tell(ctx, tx, c, p)
	}
	return jobs.Enqueue(ctx, tx, kindAsk, about{p.ID}, jobs.Key(ids.String(p.ID)))
}

func (s *Service) storePolicy(ctx context.Context, tx *db.Tx, p *post.Post, v any) error {
	author, err := account.ByID(ctx, tx, p.AccountID)
	if err != nil {
		return err
	}
	return saveRules(ctx, tx, p.ID, ownRules(author, p, v.(string)))
}

func extra(n *as.Note) map[string]any {
	if n.Extra == nil {
		n.Extra = map[string]any{}
	}
	return n.Extra
}

// write names the quoted post in every way that servers know, with the consent
// to it, and with a link for those that know none.
//
// Spec: FEP-044f; Spec: FEP-e232
func (s *Service) write(ctx context.Context, q db.Q, p *post.Post, n *as.Note) error {
	c, err := one(ctx, q, `c.post_id = $1`, p.ID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	quoted, err := post.RawByURI(ctx, q, c.QuotedURI)
	if err != nil && !apperr.Is(err, apperr.KindNotFound) {
		return err
	}
	if err != nil || quoted.DeletedAt != 0 || c.State == Rejected || c.State == Revoked || !quoted.Audience.Leaves() {
		return nil
	}
	x := extra(n)
	for _, key := range []string{"quote", "quoteUri", "_misskey_quote"} {
		x[key] = c.QuotedURI
	}
	if c.Stamp != "" && c.State == Accepted {
		x["quoteAuthorization"] = c.Stamp
	}
	to := quoted.URL
	if to == "" {
		to = c.QuotedURI
	}
	n.Tags = append(n.Tags, as.Tag{Type: "Link", Href: c.QuotedURI, Name: "RE: " + to, Rel: as.RelQuote})
	to = html.EscapeString(to)
	n.Content = `<p class="quote-inline">RE: <a href="` + to + `">` + to + `</a></p>` + n.Content
	return nil
}

// Spec: https://docs.gotosocial.org/en/latest/federation/interaction_policy/
func (s *Service) writePolicy(ctx context.Context, q db.Q, p *post.Post, n *as.Note) error {
	author, err := account.ByID(ctx, q, p.AccountID)
	if err != nil {
		return err
	}
	rules, err := rulesOf(ctx, q, p, author)
	if err != nil {
		return err
	}
	extra(n)["interactionPolicy"] = rules.document()
	return nil
}

type shallow struct{}

// take reads what a received post quotes; whether it may is found out later,
// but not for what is fetched only because it is quoted: chains end there.
func (s *Service) take(ctx context.Context, tx *db.Tx, p *post.Post, d *as.Doc) error {
	uri := as.HTTPURL(d.Quote())
	was, err := one(ctx, tx, `c.post_id = $1`, p.ID)
	if apperr.Is(err, apperr.KindNotFound) {
		was = nil
	} else if err != nil {
		return err
	}
	if uri == "" || uri == p.URI {
		if was != nil {
			return bury(ctx, tx, p)
		}
		return nil
	}
	c := &Quote{PostID: p.ID, AccountID: p.AccountID, QuotedURI: uri, State: Pending, Stamp: as.HTTPURL(d.Refs("quoteAuthorization").ID()),
		Legacy: !d.Has("quote"), CreatedAt: time.Now().UnixMilli()}
	if was != nil && was.QuotedURI == uri {
		if was.State != Pending && (was.Stamp == c.Stamp || c.Stamp == "") {
			return nil // known, and nothing new about it
		}
		c.QuotedID, c.QuotedAccount = was.QuotedID, was.QuotedAccount
		if was.State == Revoked || was.State == Rejected {
			c.State = was.State
		}
	}
	if err := put(ctx, tx, c); err != nil {
		return err
	}
	if ctx.Value(shallow{}) != nil {
		return nil
	}
	return jobs.Enqueue(ctx, tx, kindVerify, about{p.ID}, jobs.Key(ids.String(p.ID)))
}

func takePolicy(ctx context.Context, tx *db.Tx, p *post.Post, d *as.Doc) error {
	if r := ReadRules(d); r != nil {
		return saveRules(ctx, tx, p.ID, r)
	}
	return buryRules(ctx, tx, p)
}

func bury(ctx context.Context, tx *db.Tx, p *post.Post) error {
	_, err := tx.Exec(ctx, `delete from quote where post_id = $1`, p.ID)
	return err
}

// buryConsents forgets what was allowed to be done with a post that is gone.
func buryConsents(ctx context.Context, tx *db.Tx, p *post.Post) error {
	if _, err := tx.Exec(ctx, `delete from quote_stamp where target_id = $1`, p.ID); err != nil {
		return err
	}
	return buryRules(ctx, tx, p)
}

func buryRules(ctx context.Context, tx *db.Tx, p *post.Post) error {
	_, err := tx.Exec(ctx, `delete from quote_rules where post_id = $1`, p.ID)
	return err
}
