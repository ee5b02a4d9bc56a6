package post

import (
	"context"
	"slices"

	"github.com/maillage/maillage/internal/relation"
)

// notApart leaves out those who block the author or are blocked by them: their
// names stay words.
func (s *Service) notApart(ctx context.Context, authorID int64, people []mentioned) ([]mentioned, error) {
	ties, err := relation.Ties(ctx, s.DB.Read(), authorID, accountsOf(people))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(people, func(m mentioned) bool {
		t := ties[m.account.ID]
		return t.Blocking || t.BlockedBy
	}), nil
}
