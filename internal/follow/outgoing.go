package follow

import (
	"context"
	"encoding/json"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/outbox"
)

func (f *Follow) activity(me, target *account.Account) as.Activity {
	return as.Activity{Type: "Follow", ID: f.URI, Actor: me.URI, Object: target.URI, To: []string{target.URI}}
}

func (s *Service) sendFollow(ctx context.Context, tx *db.Tx, me, target *account.Account, f *Follow) error {
	if err := askLater(ctx, tx, f, 0); err != nil {
		return err
	}
	return deliver(ctx, tx, me, target, f.activity(me, target))
}

func (s *Service) sendUndo(ctx context.Context, tx *db.Tx, me, target *account.Account, f *Follow, o ...outbox.Opts) error {
	inner, err := f.activity(me, target).Build()
	if err != nil {
		return err
	}
	return deliver(ctx, tx, me, target, as.Activity{Type: "Undo", ID: f.URI + "#undo", Actor: me.URI,
		Object: json.RawMessage(inner), To: []string{target.URI}}, o...)
}

// sendAnswer accepts or refuses a follow known by its id. The Follow is
// embedded with that id, which every peer recognises.
func (s *Service) sendAnswer(ctx context.Context, tx *db.Tx, me, follower *account.Account, followURI string, yes bool, o ...outbox.Opts) error {
	inner, err := as.Activity{Type: "Follow", ID: followURI, Actor: follower.URI, Object: me.URI}.Build()
	if err != nil {
		return err
	}
	return s.sendAnswerTo(ctx, tx, me, follower, inner, yes, o...)
}

// sendAnswerTo answers the very Follow that was received, byte for byte.
func (s *Service) sendAnswerTo(ctx context.Context, tx *db.Tx, me, follower *account.Account, follow []byte, yes bool, o ...outbox.Opts) error {
	a := as.Activity{Type: "Accept", Actor: me.URI, Object: json.RawMessage(follow), To: []string{follower.URI},
		ID: s.Accounts.Base + "/activities/" + ids.Key()}
	if !yes {
		a.Type = "Reject"
	}
	return deliver(ctx, tx, me, follower, a, o...)
}

func deliver(ctx context.Context, tx *db.Tx, from, to *account.Account, a as.Activity, o ...outbox.Opts) error {
	body, err := a.Build()
	if err != nil {
		return err
	}
	return outbox.Enqueue(ctx, tx, body, from.ID, append(o, outbox.Opts{})[0], []string{to.Inbox})
}
