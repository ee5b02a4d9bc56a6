package post

import (
	"context"
	"encoding/json"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
)

// Refresh makes the document of a post of ours anew and sends it to whoever has
// it, without that being an edit: a part of it has changed, votes have come in.
// It does nothing for what is not ours, was deleted or does not leave.
//
// Spec: AP 6.3
func (s *Service) Refresh(ctx context.Context, tx *db.Tx, p *Post) error {
	if !p.Local || p.DeletedAt != 0 || p.BoostOfID != 0 || !p.Audience.Leaves() {
		return nil
	}
	author, err := account.ByID(ctx, tx, p.AccountID)
	if err != nil || author.Gone() {
		return err
	}
	if yes, err := s.goesAbroad(ctx, tx, author, p); err != nil || !yes {
		return err
	}
	note, to, cc, err := s.note(ctx, tx, author, p)
	if err != nil {
		return err
	}
	if note, err = s.proven(ctx, tx, p, note); err != nil {
		return err
	}
	if err := SaveDocument(ctx, tx, p.ID, note); err != nil {
		return err
	}
	now := time.Now()
	return s.send(ctx, tx, p, as.Activity{Type: "Update", ID: p.URI + "#updates/" + ids.String(now.UnixMilli()), Actor: author.URI,
		Object: json.RawMessage(note), To: to, Cc: cc, Published: now})
}

// ByURI finds a post by its ActivityPub id, if r may read it.
func ByURI(ctx context.Context, q db.Q, r Reader, uri string) (*Post, error) {
	cond, args := Visible(r, "p", []any{uri})
	return one(ctx, q, `p.uri = $1 and p.boost_of_id = 0 and `+cond, args...)
}

// TakeLike stores a like of another server's account that arrived otherwise
// than by a Like: with the request for it. Twice is once.
func (s *Service) TakeLike(ctx context.Context, tx *db.Tx, accountID int64, uri string, p *Post) error {
	if gone, err := Entombed(ctx, tx, uri, accountID); err != nil || gone {
		return err
	}
	_, err := s.addLike(ctx, tx, &Like{accountID, p.ID, s.IDs.New(), uri, time.Now().UnixMilli()}, p)
	return err
}

func (s *Service) permit(ctx context.Context, q db.Q, accountID int64, p *Post, act string) error {
	if s.Permit == nil || p == nil {
		return nil
	}
	return s.Permit(ctx, q, accountID, p, act)
}
