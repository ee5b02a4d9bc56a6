package event

import (
	"context"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
)

// onIgnored takes the Ignore by which a server says that it keeps no list of who
// comes. The Join is named by its id, or embedded with the meeting as its target.
// Nobody is asked to register there again.
//
// Spec: FEP-8a8e
func (s *Service) onIgnored(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	uri := objectOf(in)
	if d := in.Doc.Object().Doc(); uri == "" && d != nil {
		var err error
		uri, err = db.Get[string](ctx, tx, `select s.join_uri from meeting_seat s join post p on p.id = s.post_id join account a on a.id = s.account_id
			where p.uri = $1 and a.uri = $2 and a.host = ''`, d.Target().ID(), d.Actor())
		if err != nil && !apperr.Is(err, apperr.KindNotFound) {
			return err
		}
	}
	if uri == "" {
		return nil
	}
	meetings, err := db.All[struct {
		PostID int64
		URI    string
	}](ctx, tx, `select s.post_id, p.uri from meeting_seat s join post p on p.id = s.post_id where s.join_uri = $1 and not p.local`, uri)
	if err != nil || len(meetings) == 0 || !as.SameOrigin(meetings[0].URI, in.Actor.URI) {
		return err
	}
	if _, err := tx.Exec(ctx, `update meeting set no_join = true where post_id = $1`, meetings[0].PostID); err != nil {
		return err
	}
	return s.verdict(ctx, tx, in, uri, Refused)
}
