package relation

import (
	"context"
	"encoding/json"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/outbox"
)

// Activities are what other servers may tell us about blocks.
//
// Spec: AP 6.9, AP 7.11
func (s *Service) Activities() []route.Activity {
	return []route.Activity{
		{Type: "Block", Object: "*", Handle: s.onBlock},
		{Type: "Undo", Object: "Block", Handle: s.onUndo},
		{Type: "Undo", Object: "", Handle: s.onUndo},
	}
}

// onBlock keeps that somebody blocks one of ours: from then on neither reads the other.
func (s *Service) onBlock(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	if in.Doc.Target().ID() != "" {
		return nil // a moderator bars a member from a group so
	}
	target, err := account.ByURI(ctx, tx, in.ObjectURI)
	if apperr.Is(err, apperr.KindNotFound) || err == nil && (!target.Local() || target.Gone() || !target.Reachable) {
		return nil
	} else if err != nil {
		return err
	}
	who, err := account.ByID(ctx, tx, in.Actor.ID)
	if err != nil {
		return err
	}
	if who.Kind == account.Group || who.Kind == account.Application {
		return nil // a group bars members so: that is between the group and them
	}
	_, err = s.addBlock(ctx, tx, &Block{who.ID, target.ID, s.IDs.New(), in.Doc.ID(), time.Now().UnixMilli()}, who, target)
	return err
}

// onUndo lifts a block of the sender's own, named by its id or by whom it is about.
func (s *Service) onUndo(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	if inner := in.Doc.Object().Doc(); inner != nil {
		_, err := tx.Exec(ctx, `delete from block where account_id = $1 and target_id in (select id from account where uri = $2)`,
			in.Actor.ID, inner.Object().ID())
		return err
	}
	_, err := tx.Exec(ctx, `delete from block where account_id = $1 and uri = $2`, in.Actor.ID, in.ObjectURI)
	return err
}

func (b *Block) activity(me, target *account.Account) as.Activity {
	return as.Activity{Type: "Block", ID: b.URI, Actor: me.URI, Object: target.URI, To: []string{target.URI}}
}

func sendBlock(ctx context.Context, tx *db.Tx, me, target *account.Account, b *Block) error {
	return deliver(ctx, tx, me, target, b.activity(me, target))
}

func sendUnblock(ctx context.Context, tx *db.Tx, me, target *account.Account, b *Block) error {
	inner, err := b.activity(me, target).Build()
	if err != nil {
		return err
	}
	return deliver(ctx, tx, me, target, as.Activity{Type: "Undo", ID: b.URI + "#undo", Actor: me.URI,
		Object: json.RawMessage(inner), To: []string{target.URI}})
}

func deliver(ctx context.Context, tx *db.Tx, from, to *account.Account, a as.Activity) error {
	body, err := a.Build()
	if err != nil {
		return err
	}
	return outbox.Enqueue(ctx, tx, body, from.ID, outbox.Opts{}, []string{to.Inbox})
}
