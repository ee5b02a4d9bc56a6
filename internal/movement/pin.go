package movement

import (
	"context"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/host"
	"github.com/maillage/maillage/internal/jobs"
)

// Repin takes another root for the pinned one: that which our parent named, or
// ourselves with "". Only an administrator's word does that.
func (s *Service) Repin(ctx context.Context, by int64, root *Root) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `delete from movement_root`); err != nil {
			return err
		}
		name := s.Accounts.Host
		if root != nil {
			name = as.Host(root.URI)
			if err := pin(ctx, tx, *root, by, s.now().UnixMilli()); err != nil {
				return err
			}
		}
		if err := s.settle(ctx, tx); err != nil {
			return err
		}
		if err := jobs.Enqueue(ctx, tx, kindWalk, struct{}{}, jobs.Key("walk")); err != nil {
			return err
		}
		return host.Audit(ctx, tx, by, name, actRoot, "", "")
	})
}

func pin(ctx context.Context, tx *db.Tx, r Root, by, at int64) error {
	_, err := tx.Exec(ctx, `insert into movement_root (uri, host, key, pinned_at, by_id) values ($1, $2, $3, $4, $5)`, r.URI, as.Host(r.URI), r.Key, at, by)
	return err
}

// multikeyOf reads a key of a table of keys, if it is one for proofs.
func multikeyOf(pem string) (string, bool) {
	pub, err := sig.ParsePublicPEM(pem)
	if err != nil {
		return "", false
	}
	return encode(pub)
}
