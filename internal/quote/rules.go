package quote

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/post"
)

// Rules say what an author allows to be done with a post; nil where nothing is said.
type Rules struct {
	Quote    *Rule `json:"quote,omitempty"`
	Reply    *Rule `json:"reply,omitempty"`
	Like     *Rule `json:"like,omitempty"`
	Announce *Rule `json:"announce,omitempty"`
}

// Rule lists who may at once, and who may if the author agrees: URIs of actors
// and collections, or Public.
type Rule struct {
	Auto   []string `json:"auto,omitempty"`
	Manual []string `json:"manual,omitempty"`
}

// Verdict is what a rule says of somebody.
type Verdict string

// The verdicts, as apps know them.
const (
	Automatic Verdict = "automatic"
	Manual    Verdict = "manual"
	Denied    Verdict = "denied"
	Unknown   Verdict = "unknown" // no rule: the author would have to be asked
)

// maxListed bounds how many URIs of a rule are kept.
const maxListed = 30

// The policies that people choose among for posts of theirs.
const (
	PolicyPublic    = "public"
	PolicyFollowers = "followers"
	PolicyNobody    = "nobody"
)

func validPolicy(p string) bool {
	return p == PolicyPublic || p == PolicyFollowers || p == PolicyNobody
}

// ReadRules reads the interactionPolicy of a document, nil when it has none.
// Older servers say always and approvalRequired.
func ReadRules(d *as.Doc) *Rules {
	policy := d.Refs("interactionPolicy").Doc()
	if policy == nil {
		return nil
	}
	read := func(key string) *Rule {
		r := policy.Refs(key).Doc()
		if r == nil {
			return nil
		}
		list := func(keys ...string) (out []string) {
			for _, k := range keys {
				for _, uri := range r.Refs(k).IDs() {
					if len(out) < maxListed && len(uri) < 2000 {
						out = append(out, uri)
					}
				}
			}
			return out
		}
		return &Rule{list("automaticApproval", "always"), list("manualApproval", "approvalRequired")}
	}
	return &Rules{read("canQuote"), read("canReply"), read("canLike"), read("canAnnounce")}
}

// ownRules are the rules of a post of ours under a policy. What is not for
// everyone is quoted and relayed by its author alone.
func ownRules(author *account.Account, p *post.Post, policy string) *Rules {
	self, all := []string{author.URI}, []string{as.Public}
	if p.Audience != post.Public {
		return &Rules{Quote: &Rule{Auto: self}, Announce: &Rule{Auto: self}}
	}
	r := &Rules{Quote: &Rule{Auto: all}, Reply: &Rule{Auto: all}, Like: &Rule{Auto: all}, Announce: &Rule{Auto: all}}
	switch policy {
	case PolicyFollowers:
		r.Quote.Auto = []string{author.Followers}
	case PolicyNobody:
		r.Quote.Auto = self
	}
	return r
}

// document is the interactionPolicy of a document.
func (r *Rules) document() map[string]any {
	out := map[string]any{}
	for key, rule := range map[string]*Rule{"canQuote": r.Quote, "canReply": r.Reply, "canLike": r.Like, "canAnnounce": r.Announce} {
		if rule != nil {
			out[key] = map[string]any{"automaticApproval": list(rule.Auto), "manualApproval": list(rule.Manual)}
		}
	}
	return out
}

func list(uris []string) []any {
	out := make([]any, len(uris))
	for i, u := range uris {
		out[i] = u
	}
	return out
}

// saved finds the rules of posts.
func saved(ctx context.Context, q db.Q, posts []int64) (map[int64]*Rules, error) {
	out := map[int64]*Rules{}
	if len(posts) == 0 {
		return out, nil
	}
	frag, args := db.In(1, posts)
	rows, err := db.All[struct {
		PostID int64
		Rules  string
	}](ctx, q, `select post_id, rules from quote_rules where post_id in `+frag, args...)
	for _, row := range rows {
		r := &Rules{}
		if json.Unmarshal([]byte(row.Rules), r) == nil {
			out[row.PostID] = r
		}
	}
	return out, err
}

// rulesOf are the rules of one post: of ours always some.
func rulesOf(ctx context.Context, q db.Q, p *post.Post, author *account.Account) (*Rules, error) {
	found, err := saved(ctx, q, []int64{p.ID})
	if err != nil {
		return nil, err
	}
	return complete(found[p.ID], p, author), nil
}

func complete(r *Rules, p *post.Post, author *account.Account) *Rules {
	if r == nil && p.Local {
		return ownRules(author, p, PolicyPublic)
	}
	if r == nil {
		return &Rules{}
	}
	return r
}

func saveRules(ctx context.Context, tx *db.Tx, postID int64, r *Rules) error {
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `insert into quote_rules (post_id, rules) values ($1, $2)
		on conflict (post_id) do update set rules = excluded.rules`, postID, string(b))
	return err
}

// ties are what binds a reader to an author, as far as rules ask.
type ties struct{ follows, followed bool }

func tiesOf(ctx context.Context, q db.Q, me, author int64) (ties, error) {
	rows, err := db.All[int64](ctx, q, `select account_id from follow where accepted and (account_id = $1 and target_id = $2 or account_id = $2 and target_id = $1)`, me, author)
	return ties{slices.Contains(rows, me), slices.Contains(rows, author)}, err
}

// verdict is what a rule says of the account with a URI.
func (r *Rule) verdict(uri string, author *account.Account, t ties) Verdict {
	if uri == author.URI {
		return Automatic
	}
	if r == nil {
		return Unknown
	}
	in := func(uris []string) bool {
		return slices.ContainsFunc(uris, func(u string) bool {
			return as.IsPublic(u) || u == uri || u != "" && (u == author.Followers && t.follows || u == author.Following && t.followed)
		})
	}
	switch {
	case in(r.Auto):
		return Automatic
	case in(r.Manual):
		return Manual
	}
	return Denied
}

// words are those that a rule names, as apps know them.
func (r *Rule) words(author *account.Account) (auto, manual []string) {
	if r == nil {
		return nil, nil
	}
	name := func(uris []string) (out []string) {
		for _, u := range uris {
			w := "unsupported_policy"
			switch {
			case as.IsPublic(u):
				w = "public"
			case u == author.URI:
				continue // goes without saying
			case u == author.Followers:
				w = "followers"
			case u == author.Following:
				w = "following"
			}
			if !slices.Contains(out, w) {
				out = append(out, w)
			}
		}
		return out
	}
	return name(r.Auto), name(r.Manual)
}

// Permit refuses what the author of a post of another server does not allow
// somebody of ours to do: act is "reply", "like" or "announce". What needs the
// author's agreement is sent; their server waits for it.
func (s *Service) Permit(ctx context.Context, q db.Q, accountID int64, p *post.Post, act string) error {
	if p.Local || p.AccountID == accountID {
		return nil
	}
	found, err := saved(ctx, q, []int64{p.ID})
	if err != nil || found[p.ID] == nil {
		return err
	}
	rule := map[string]*Rule{"reply": found[p.ID].Reply, "like": found[p.ID].Like, "announce": found[p.ID].Announce}[act]
	if rule == nil {
		return nil
	}
	people, err := account.ByIDs(ctx, q, []int64{accountID, p.AccountID})
	if err != nil {
		return err
	}
	me, author := people[accountID], people[p.AccountID]
	if me == nil || author == nil {
		return nil
	}
	t, err := tiesOf(ctx, q, me.ID, author.ID)
	if err != nil {
		return err
	}
	if rule.verdict(me.URI, author, t) != Denied {
		return nil
	}
	switch act {
	case "reply":
		return apperr.Invalid("quote.no_reply")
	case "like":
		return apperr.Invalid("quote.no_like")
	default:
		return apperr.Invalid("quote.no_announce")
	}
}
