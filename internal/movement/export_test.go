package movement

import (
	"context"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/db"
)

// TakeRevocations takes a list as if its issuer had sent it.
func (s *Service) TakeRevocations(ctx context.Context, body []byte) error {
	d, err := as.Parse(body)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		b, err := s.book(ctx, tx)
		if err != nil {
			return err
		}
		return s.takeRevocations(ctx, tx, b, d)
	})
}

// Walk asks all of the movement for what they say of themselves, as the job does.
func (s *Service) Walk(ctx context.Context) error { return s.walk(ctx, struct{}{}) }
