package movement

import (
	"context"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/jobs"
)

// rotated has certificates made anew when the instance's own keys changed.
func (s *Service) rotated(ctx context.Context, tx *db.Tx, a *account.Account) error {
	if a.Kind != account.Application {
		return nil
	}
	return jobs.Enqueue(ctx, tx, kindRenew, struct{}{}, jobs.Key("renew"))
}

// askAnew asks our parent for a certificate of the key that we have now.
func (s *Service) askAnew(ctx context.Context, tx *db.Tx, b *book, key string) error {
	l, err := parentOf(ctx, tx)
	if err != nil || l == nil || l.State != Joined {
		return err
	}
	app, err := s.App(ctx)
	if err != nil {
		return err
	}
	for _, c := range b.of[app.URI] {
		if c.Issuer == l.URI && c.Key == key && len(c.Consent) > 0 {
			return nil
		}
	}
	l.OfferURI = s.Accounts.Base + "/movement/offers/" + ids.Key()
	if err := saveLink(ctx, tx, l); err != nil {
		return err
	}
	offer, err := s.offer(ctx, app, l)
	if err != nil {
		return err
	}
	return s.tell(ctx, tx, offer, l.URI)
}
