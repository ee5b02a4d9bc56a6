package follow

import (
	"context"
	"encoding/json"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/outbox"
)

// SendActorUpdate tells an account's followers elsewhere that its profile
// changed, and the servers of its other addresses: who moves from there is let go
// only once it has been read here. It is a hook of account.Service.Changed.
//
// Spec: AP 7.3; Spec: FEP-7628
func (s *Service) SendActorUpdate(ctx context.Context, tx *db.Tx, a *account.Account) error {
	if !a.Local() || !a.Reachable || a.Gone() {
		return nil
	}
	inboxes, err := remoteInboxes(ctx, tx, `select f.account_id from follow f where f.target_id = $1 and f.accepted
		union select o.id from account_alias l join account o on o.uri = l.uri where l.account_id = $1`, a.ID)
	if err != nil || len(inboxes) == 0 {
		return err
	}
	doc, err := s.Accounts.ActorDocument(ctx, tx, a)
	if err != nil {
		return err
	}
	body, err := as.Activity{
		Type: "Update", ID: a.URI + "#updates/" + ids.String(a.UpdatedAt), Actor: a.URI, Object: json.RawMessage(doc),
		To: []string{as.Public}, Cc: []string{a.Followers}, Published: time.UnixMilli(a.UpdatedAt),
	}.Build()
	if err != nil {
		return err
	}
	return outbox.Enqueue(ctx, tx, body, a.ID, outbox.Opts{}, inboxes)
}

// SendActorDelete tells everybody elsewhere who follows an account or is
// followed by it that it is gone, whatever it consented to by now. Erase
// calls it first.
//
// Spec: AP 7.4; Spec: P9
func (s *Service) SendActorDelete(ctx context.Context, tx *db.Tx, a *account.Account) error {
	if !a.Local() {
		return nil
	}
	inboxes, err := remoteInboxes(ctx, tx, `select f.account_id from follow f where f.target_id = $1
		union select f.target_id from follow f where f.account_id = $1`, a.ID)
	if err != nil || len(inboxes) == 0 {
		return err
	}
	body, err := as.Activity{Type: "Delete", ID: a.URI + "#delete", Actor: a.URI, Object: a.URI, To: []string{as.Public}, Published: time.Now()}.Build()
	if err != nil {
		return err
	}
	return outbox.Enqueue(ctx, tx, body, a.ID, outbox.Opts{}, inboxes)
}

// remoteInboxes gives the inboxes, each once and shared ones first, of the
// accounts elsewhere that a query of ids selects.
func remoteInboxes(ctx context.Context, q db.Q, accounts string, args ...any) ([]string, error) {
	return db.All[string](ctx, q, `select distinct case when a.shared_inbox <> '' then a.shared_inbox else a.inbox end
		from account a where a.host <> '' and a.inbox <> '' and a.deleted_at = 0 and a.suspended_at = 0 and a.id in (`+accounts+`)`, args...)
}
