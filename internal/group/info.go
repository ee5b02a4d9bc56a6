package group

import (
	"context"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/masto"
)

// roleWords are the roles as apps read them.
var roleWords = map[string]string{Member: "member", Animator: "moderator", Moderator: "moderator", Owner: "admin"}

// Info is what a group means to v, who may be nobody; nil for a group that they
// may not know of. How many people belong to a group of another server is not
// known here.
func (s *Service) Info(ctx context.Context, v *auth.Viewer, a *account.Account) (*masto.GroupInfo, error) {
	q := s.DB.Read()
	g, me, err := s.seen(ctx, q, v, a.ID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	out := &masto.GroupInfo{Role: "none", JoinPolicy: g.Joining, PostingPolicy: g.Posting}
	if me.In() {
		out.Role = roleWords[me.Role]
	}
	if !g.Ours() {
		return out, nil
	}
	n, err := sizes(ctx, q, []int64{g.AccountID})
	size := n[g.AccountID]
	out.MembersCount = int64(size.Members) // guests among them
	return out, err
}
