package group

import (
	"context"
	"encoding/json"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/outbox"
)

// When the last of our people leaves a closed group of another server, or is put
// out of it, what others wrote there is erased here: that is our profile's word.
// What our people wrote stays theirs.

const (
	kindPurge  = "group.purge"
	purgeBatch = 200
)

type purge struct{ Group int64 }

// leftHere has the content of a closed group of another server erased when nobody here is in it.
func (s *Service) leftHere(ctx context.Context, tx *db.Tx, groupID int64) error {
	g, err := account.ByID(ctx, tx, groupID)
	if err != nil || g.Local() || g.Kind != account.Group || g.Public {
		return ignoreMissing(err)
	}
	n, err := db.Get[int](ctx, tx, `select count(*) from audience_account where scope_id = $1`, g.ID)
	if err != nil || n > 0 {
		return err
	}
	// Nor does anybody get from here any more what ours wrote there.
	if _, err := tx.Exec(ctx, `delete from group_vouch where group_id = $1`, g.ID); err != nil {
		return err
	}
	return jobs.Enqueue(ctx, tx, kindPurge, purge{g.ID}, jobs.Key(g.URI))
}

// purge erases what is here of a group that nobody here is in any more.
func (s *Service) purge(ctx context.Context, j purge) error {
	for {
		left := 0
		err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			n, err := db.Get[int](ctx, tx, `select count(*) from audience_account where scope_id = $1`, j.Group)
			if err != nil || n > 0 {
				return err // somebody came back meanwhile
			}
			list, err := db.All[int64](ctx, tx, `select id from post where audience = 'group' and scope_id = $1 and deleted_at = 0
				and (not local or boost_of_id <> 0) order by case when boost_of_id <> 0 then 0 else 1 end, id limit $2`, j.Group, purgeBatch)
			if err != nil {
				return err
			}
			left = len(list)
			for _, id := range list {
				if err := s.Posts.Forget(ctx, tx, id); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || left < purgeBatch {
			return err
		}
	}
}

// leftThere asks a server to erase a closed group of ours when its last member is gone.
func (s *Service) leftThere(ctx context.Context, tx *db.Tx, g *Group, who *account.Account) error {
	if g.Access != Movement || who.Local() || who.SuspendedAt != 0 {
		return nil
	}
	n, err := db.Get[int](ctx, tx, `select count(*) from group_member m join account a on a.id = m.account_id
		where m.group_id = $1 and m.state = 'in' and a.host = $2`, g.AccountID, who.Host)
	if err != nil || n > 0 {
		return err
	}
	inner, err := as.Activity{Type: "Accept", ID: s.activityID(), Actor: g.Account.URI, Object: g.Account.URI}.Build()
	if err != nil {
		return err
	}
	body, err := as.Activity{Type: "Undo", ID: s.activityID(), Actor: g.Account.URI, Object: json.RawMessage(inner), To: []string{who.URI}}.Build()
	if err != nil {
		return err
	}
	return outbox.Enqueue(ctx, tx, body, g.AccountID, outbox.Opts{}, []string{who.BestInbox()})
}

// onUndoAccept erases here what a closed group of another server takes back.
func (s *Service) onUndoAccept(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	inner := in.Doc.Object().Doc()
	if in.Actor.Type != account.Group || in.Actor.Local || inner == nil || inner.Actor() != "" && inner.Actor() != in.Actor.URI {
		return nil
	}
	members, err := db.All[int64](ctx, tx, `select account_id from audience_account where scope_id = $1`, in.Actor.ID)
	if err != nil {
		return err
	}
	for _, id := range members {
		if err := s.Follows.Expel(ctx, tx, id, in.Actor.ID); err != nil && !apperr.Is(err, apperr.KindNotFound) {
			return err
		}
		if err := grant(ctx, tx, in.Actor.ID, id, false); err != nil {
			return err
		}
	}
	return s.leftHere(ctx, tx, in.Actor.ID)
}
