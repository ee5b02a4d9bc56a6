package post

import (
	"context"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
)

// What everybody may read carries a proof of its author, so that whoever gets
// it through others need not ask us. What is for some carries none: a proof
// would let any of them show to anyone, for ever, that it was written.
//
// Spec: FEP-8b32

// proven adds the author's proof to a document about a post for everybody.
func (s *Service) proven(ctx context.Context, q db.Q, p *Post, body []byte) ([]byte, error) {
	if p.Audience != Public {
		return body, nil
	}
	return s.Accounts.Prove(ctx, q, p.AccountID, body)
}

// builtProven writes an activity about a post, with the proof that belongs to it.
func (s *Service) builtProven(ctx context.Context, q db.Q, p *Post, a as.Activity) ([]byte, error) {
	body, err := a.Build()
	if err != nil {
		return nil, err
	}
	return s.proven(ctx, q, p, body)
}

// servedDocument gives the stored document of a post; one from before there
// were proofs gets its proof now.
func (s *Service) servedDocument(ctx context.Context, q db.Q, p *Post) ([]byte, error) {
	body, err := document(ctx, q, p.ID)
	if err != nil || p.Audience != Public || sig.HasProof(body) {
		return body, err
	}
	return s.proven(ctx, q, p, body)
}

// Reprove writes the proofs of an account's posts anew: its keys are others
// now. It is a hook of account.Service.Rotated.
//
// Spec: SG12
func (s *Service) Reprove(ctx context.Context, tx *db.Tx, a *account.Account) error {
	key, err := s.Accounts.Key(ctx, tx, a.ID)
	if err != nil {
		return err
	}
	for after := int64(0); ; {
		rows, err := db.All[struct {
			PostID int64
			Body   []byte
		}](ctx, tx, `select d.post_id, d.body from post p join post_document d on d.post_id = p.id
			where p.account_id = $1 and p.local and p.audience = 'public' and p.deleted_at = 0 and p.id > $2 order by p.id limit 200`, a.ID, after)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, r := range rows {
			body, err := sig.Prove(r.Body, key, time.Now())
			if err != nil {
				return err
			}
			if err := SaveDocument(ctx, tx, r.PostID, body); err != nil {
				return err
			}
			after = r.PostID
		}
	}
}
