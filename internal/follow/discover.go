package follow

import (
	"context"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/masto"
)

// Who chose to be found can be: in the directory and among the suggestions. Both
// are for people who signed in, and nothing ranks them: a directory of members
// would name to a stranger who belongs to the section.

// Bounds of the two lists.
const (
	directoryDefault, directoryMax   = 40, 80
	suggestionsDefault, suggestedMax = 40, 80
	directoryMaxOffset               = 10_000
)

// findable is the condition of SQL, on the account aliased a, for who chose to be
// found and is kept from $1 by no block, mute or limit. $2 tells whether the asker is a member, and
// $3 is the time.
const findable = `a.discoverable and not a.hidden and a.deleted_at = 0 and a.suspended_at = 0 and a.limited_at = 0
	and a.kind <> 'Application' and a.id <> $1 and a.moved_to = ''
	and (a.public or $2) and (a.host = '' or $2)
	and not exists (select 1 from block b where b.account_id = $1 and b.target_id = a.id or b.account_id = a.id and b.target_id = $1)
	and not exists (select 1 from mute m where m.account_id = $1 and m.target_id = a.id and (m.until = 0 or m.until > $3))
	and not exists (select 1 from domain_block d where d.account_id = $1 and d.host = a.host)`

// Listing asks for a page of the directory.
type Listing struct {
	Local         bool // our people only
	New           bool // the newest accounts first, else who wrote last
	Limit, Offset int
}

// Directory lists who chose to be found. Guests are shown our public people only.
func (s *Service) Directory(ctx context.Context, v *auth.Viewer, l Listing) ([]*account.Account, error) {
	order := `a.last_post_at desc, a.id desc`
	if l.New {
		order = `a.id desc`
	}
	return s.found(ctx, `select a.id from account a where `+findable+` and (a.host = '' or not $4)
		order by `+order+` limit $5 offset $6`, v.AccountID, v.Member, time.Now().UnixMilli(), l.Local, l.Limit, l.Offset)
}

// Suggestions lists whom of ours v may want to follow: who chose to be found,
// and whom v neither follows, nor asked to, nor refused to have suggested. The
// newest come first: a newcomer is whom nobody knows yet.
func (s *Service) Suggestions(ctx context.Context, v *auth.Viewer, limit, offset int) ([]*account.Account, error) {
	return s.found(ctx, `select a.id from account a where `+findable+` and a.host = '' and a.kind <> 'Group'
		and not exists (select 1 from follow f where f.account_id = $1 and f.target_id = a.id)
		and not exists (select 1 from suggestion_refused r where r.account_id = $1 and r.target_id = a.id)
		order by a.id desc limit $4 offset $5`, v.AccountID, v.Member, time.Now().UnixMilli(), limit, offset)
}

func (s *Service) found(ctx context.Context, sql string, args ...any) ([]*account.Account, error) {
	ids, err := db.All[int64](ctx, s.DB.Read(), sql, args...)
	if err != nil {
		return nil, err
	}
	known, err := account.ByIDs(ctx, s.DB.Read(), ids)
	if err != nil {
		return nil, err
	}
	var out []*account.Account
	for _, id := range ids {
		if a := known[id]; a != nil {
			out = append(out, a)
		}
	}
	return out, nil
}

// RefuseSuggestion has somebody not suggested again; what is not suggested may be refused too.
func (s *Service) RefuseSuggestion(ctx context.Context, accountID, targetID int64) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into suggestion_refused (account_id, target_id)
			select $1, id from account where id = $2 on conflict do nothing`, accountID, targetID)
		return err
	})
}

// apiDiscover declares the directory and the suggestions.
//
// Spec: Mastodon directory, suggestions
func (s *Service) apiDiscover(r *masto.Router) {
	r.Get("/api/v1/directory", "read:accounts", s.apiDirectory)
	r.Get("/api/v1/suggestions", "read", func(r *masto.Req) error {
		found, err := s.suggested(r)
		if err != nil {
			return err
		}
		return masto.List(r, s.Accounts.Entities(found))
	})
	r.Get("/api/v2/suggestions", "read", func(r *masto.Req) error {
		found, err := s.suggested(r)
		if err != nil {
			return err
		}
		out := make([]masto.Suggestion, len(found))
		for i, a := range found {
			out[i] = masto.Suggestion{Source: "staff", Sources: []string{"featured"}, Account: s.Accounts.Entity(a)}
		}
		return masto.List(r, out)
	})
	r.Get("/api/v1/domain_blocks/preview", "read:blocks", s.apiDomainPreview)
	r.Delete("/api/v1/suggestions/{account}", "read|write:accounts", func(r *masto.Req) error {
		id, err := r.ID("account")
		if err != nil {
			return err
		}
		if err := s.RefuseSuggestion(r.Context(), r.Viewer.AccountID, id); err != nil {
			return err
		}
		return r.Empty()
	})
}

func (s *Service) suggested(r *masto.Req) ([]*account.Account, error) {
	return s.Suggestions(r.Context(), r.Viewer, bounded(r.Int("limit", suggestionsDefault), suggestedMax), max(0, min(r.Int("offset", 0), directoryMaxOffset)))
}

// Spec: Mastodon directory#get
func (s *Service) apiDirectory(r *masto.Req) error {
	found, err := s.Directory(r.Context(), r.Viewer, Listing{
		Local: r.Bool("local", false), New: r.String("order") == "new",
		Limit: bounded(r.Int("limit", directoryDefault), directoryMax), Offset: max(0, min(r.Int("offset", 0), directoryMaxOffset)),
	})
	if err != nil {
		return err
	}
	return masto.List(r, s.Accounts.Entities(found))
}

func bounded(n, most int) int { return max(1, min(n, most)) }

// apiDomainPreview tells how many follows the block of a server would end.
//
// Spec: Mastodon domain_blocks#preview
func (s *Service) apiDomainPreview(r *masto.Req) error {
	type counts struct {
		Following int64 `json:"following_count"`
		Followers int64 `json:"followers_count"`
	}
	n, err := db.Get[counts](r.Context(), s.DB.Read(), `select
		(select count(*) from follow f join account a on a.id = f.target_id where f.account_id = $1 and f.accepted and a.host = $2) as following,
		(select count(*) from follow f join account a on a.id = f.account_id where f.target_id = $1 and f.accepted and a.host = $2) as followers`,
		r.Viewer.AccountID, strings.ToLower(strings.TrimSpace(r.String("domain"))))
	if err != nil {
		return err
	}
	return r.OK(n)
}
