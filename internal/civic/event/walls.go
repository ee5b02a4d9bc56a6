package event

import (
	"context"
	"encoding/json"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/post"
)

// Smithereen knows no Event of others: it passes over the meeting that its people
// are sent, and over the address that a group puts on its wall. So it is also told
// the meeting as a Note, under the same id, in the same author's name: by the
// author to their followers, or by the group that shows it, on its wall. There
// only persons write posts, so that the meetings of bodies stay unseen.
//
// Spec: Smithereen; Spec: FEP-400e

// noteKeys are what the Note keeps of the document of a meeting.
var noteKeys = []string{"@context", "id", "attributedTo", "to", "cc", "tag", "published", "updated", "url", "replies", "attachment", "target", "context"}

// asNote makes the Note of a meeting: title, when, where, link, text.
func (s *Service) asNote(doc []byte, p *post.Post, m *Meeting) (json.RawMessage, error) {
	var all map[string]any
	if err := json.Unmarshal(doc, &all); err != nil {
		return nil, err
	}
	out := map[string]any{"type": "Note", "content": s.facts(s.words(p.Lang), m, p.Title, p.ID) + p.Content}
	for _, k := range noteKeys {
		if v, ok := all[k]; ok {
			out[k] = v
		}
	}
	return json.Marshal(out)
}

// smithereens are the inboxes of the followers of an account on Smithereen.
func smithereens(ctx context.Context, q db.Q, accountID int64) ([]string, error) {
	return db.All[string](ctx, q, `select distinct case when a.shared_inbox <> '' then a.shared_inbox else a.inbox end
		from follow f join account a on a.id = f.account_id join host_software h on h.host = a.host
		where f.target_id = $1 and f.accepted and a.host <> '' and a.inbox <> '' and a.deleted_at = 0 and a.suspended_at = 0 and h.name = 'smithereen'`, accountID)
}

// tellSmithereen sends the Note of an open meeting: what is new by its author, or on
// the wall of the group that shows it; what changed by its author.
func (s *Service) tellSmithereen(ctx context.Context, tx *db.Tx, p *post.Post, kind string) error {
	if kind != "Create" && kind != "Update" {
		return nil // a deletion names the id alone
	}
	by, err := account.ByID(ctx, tx, p.AccountID)
	if err != nil || ofOrgane(by) {
		return err
	}
	actor, a := by, as.Activity{Type: kind, To: []string{as.Public}, Cc: []string{by.Followers}, Published: time.Now()}
	inboxes, err := smithereens(ctx, tx, by.ID)
	if err != nil {
		return err
	}
	in, shown, err := group.Shows(ctx, tx, p.ID)
	if err != nil || in != 0 && !shown {
		return err
	}
	if in != 0 {
		g, err := account.ByID(ctx, tx, in)
		if err != nil || !g.Local() {
			return err
		}
		if inboxes, err = smithereens(ctx, tx, g.ID); err != nil {
			return err
		}
		if a.Cc = []string{g.Followers}; kind == "Create" {
			actor, a.Type, a.Target = g, "Add", g.URI+"/wall"
		}
	}
	if len(inboxes) == 0 {
		return nil
	}
	doc, err := documentOf(ctx, tx, p.ID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil // it is being written, and is sent with that
	} else if err != nil {
		return err
	}
	m, err := one(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	note, err := s.asNote(doc, p, m)
	if err != nil {
		return err
	}
	a.ID, a.Actor, a.Object = p.URI+"#note/"+ids.Key(), actor.URI, note
	out, err := a.Build()
	if err != nil {
		return err
	}
	return outbox.Enqueue(ctx, tx, out, actor.ID, outbox.Opts{}, inboxes)
}
