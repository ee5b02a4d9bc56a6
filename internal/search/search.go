package search

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/auth/limit"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/tag"
)

// How often one person may have other servers asked.
const (
	resolveBurst = 30
	resolvePer   = time.Minute
)

// MaxQuery bounds what is looked for, in bytes: addresses may be long.
const MaxQuery = 2048

// Service searches one instance.
type Service struct {
	DB        *db.DB
	Accounts  *account.Service
	Posts     *post.Service
	Topics    *tag.Service
	Fetcher   route.Fetcher // asks other servers; nil for never
	Unlimited bool          // no limit on that, for local tests
	LookAt    int           // of the posts with the words, so many are looked at; 20,000 when 0

	// Properties are the conditions of SQL, on the post aliased p, behind has: and
	// is:, of slices above; by their names.
	Properties map[string]string

	once  sync.Once
	rates *limit.Limiter
}

// Found is what an address names: an account or a post.
type Found struct {
	Account *account.Account
	Post    *post.Post
}

// knows reports whether v may find an account.
func knows(v *auth.Viewer, a *account.Account) bool {
	return v != nil && a.Kind != account.Application && a.VisibleTo(v)
}

// ask counts a question to another server; KindTooMany when there were too many.
func (s *Service) ask(v *auth.Viewer) error {
	s.once.Do(func() {
		if !s.Unlimited {
			s.rates = limit.New(resolveBurst, resolvePer, nil)
		}
	})
	if _, ok := s.rates.Allow(strconv.FormatInt(v.AccountID, 10)); !ok {
		return apperr.TooMany("search.too_many")
	}
	return nil
}

func notFound(cause error) error { return apperr.NotFound("search.nothing").Wrap(cause) }

// Accounts and hashtags found by name.

// People finds accounts by the beginnings of the words of their names; of those
// whom v follows only, when following.
func (s *Service) People(ctx context.Context, v *auth.Viewer, text string, following bool, limit, offset int) ([]*account.Account, error) {
	q := account.Query{Text: text, Private: v.Member, Limit: limit, Offset: offset}
	if following {
		q.FollowedBy = v.AccountID
	}
	found, err := account.Find(ctx, s.DB.Read(), q)
	if err != nil {
		return nil, err
	}
	out := found[:0]
	for _, a := range found {
		if knows(v, a) {
			out = append(out, a)
		}
	}
	return out, nil
}
