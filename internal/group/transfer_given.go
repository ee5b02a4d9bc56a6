package group

import (
	"context"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/post"
)

// prepareGiven meets the group that gives a thread away to one that is known here, or that to which
// a moderator of ours, of another server, wants to give one.
func (s *Service) prepareGiven(ctx context.Context, f route.Fetcher, in *route.Inbound) error {
	m := movingIn(in.Doc)
	if in.Actor != nil && as.SameOrigin(m.From, s.Accounts.Base) && !as.SameOrigin(m.To, s.Accounts.Base) && m.To != "" {
		n, err := db.Get[int](ctx, s.DB.Read(), `select count(*) from group_member m join account g on g.id = m.group_id
			where g.uri = $1 and m.account_id = $2 and m.state = 'in' and m.role in ('moderator', 'owner')`, m.From, in.Actor.ID)
		if err != nil || n == 0 {
			return err
		}
		_, err = f.Resolve(ctx, m.To)
		return unlessOver(ctx, err)
	}
	if m.Thread == "" || !as.SameOrigin(m.From, in.Actor.URI) {
		return nil
	}
	if _, err := account.ByURI(ctx, s.DB.Read(), m.To); err != nil {
		return ignoreMissing(err)
	}
	_, err := f.Resolve(ctx, m.From)
	if err != nil {
		return unlessOver(ctx, err)
	}
	return nil
}

// gives hears a group of another server, or its server for it, say that it gives a thread away.
func (s *Service) gives(ctx context.Context, tx *db.Tx, in *route.Inbound, d *as.Doc) error {
	m := movingIn(d)
	if m.Thread == "" || m.To == "" || m.From == m.To || !as.SameOrigin(m.From, in.Actor.URI) {
		return nil
	}
	from, err := account.ByURI(ctx, tx, m.From)
	if err != nil || from.Local() || from.Kind != account.Group {
		return ignoreMissing(err)
	}
	to, err := account.ByURI(ctx, tx, m.To)
	if err == nil && to.Local() {
		return s.given(ctx, tx, d, m, from, to)
	}
	if ignoreMissing(err) != nil || len(d.Bytes) > maxMoveBody {
		return err
	}
	at := saidAt(&route.Inbound{Doc: d, ReceivedAt: in.ReceivedAt}) // the same whichever way it comes
	if newest, err := hear(ctx, tx, word{GroupID: from.ID, URI: m.Thread, Kind: wordGave, Yes: true, At: at, Reason: string(d.Bytes)}); err != nil || !newest {
		return err
	}
	if as.SameOrigin(m.From, m.To) {
		return s.wantMove(ctx, tx, m, d.Bytes) // its server speaks for both
	}
	if to == nil {
		return nil
	}
	return s.agreed(ctx, tx, m, from.ID, to.ID)
}

// takes hears a group of another server say that it took a thread from another group.
func (s *Service) takes(ctx context.Context, tx *db.Tx, in *route.Inbound, d *as.Doc) error {
	m := movingIn(d)
	if m.Thread == "" || m.From == "" || m.From == m.To || m.To != in.Actor.URI {
		return nil
	}
	if as.SameOrigin(m.From, m.To) {
		return s.gives(ctx, tx, in, d)
	}
	newest, err := hear(ctx, tx, word{GroupID: in.Actor.ID, URI: m.Thread, Kind: wordTook, Yes: true, At: saidAt(in), Reason: m.From})
	if err != nil || !newest {
		return err
	}
	from, err := account.ByURI(ctx, tx, m.From)
	if err != nil {
		return ignoreMissing(err)
	}
	if from.Local() {
		return s.passTaken(ctx, tx, in, from, m)
	}
	return s.agreed(ctx, tx, m, from.ID, in.Actor.ID)
}

// agreed moves a thread of which both groups have said so.
func (s *Service) agreed(ctx context.Context, tx *db.Tx, m moving, fromID, toID int64) error {
	gave, err := wordOf(ctx, tx, fromID, m.Thread, wordGave)
	if err != nil || gave == nil {
		return err
	}
	took, err := wordOf(ctx, tx, toID, m.Thread, wordTook)
	if err != nil || took == nil || took.Reason != m.From {
		return err
	}
	d, err := as.Parse([]byte(gave.Reason))
	if err != nil || movingIn(d) != m {
		return nil
	}
	return s.wantMove(ctx, tx, m, d.Bytes)
}

// given takes in a thread that a group of ours said it would take.
func (s *Service) given(ctx context.Context, tx *db.Tx, d *as.Doc, m moving, from, to *account.Account) error {
	p, err := post.RawByURI(ctx, tx, m.Thread)
	if err != nil {
		return ignoreMissing(err)
	}
	x, err := transferOf(ctx, tx, `thread_id = $1`, p.ID)
	if err != nil {
		return err
	}
	if x == nil || x.State != transferAccepted || x.FromID != from.ID || x.ToID != to.ID {
		return nil // a group of ours takes nothing that it did not accept
	}
	return s.wantMove(ctx, tx, m, d.Bytes)
}

// passTaken gives the readers of a group of ours, as it is, what another says that took a thread from it.
//
// Spec: AP 7.1.2; Spec: FEP-8b32
func (s *Service) passTaken(ctx context.Context, tx *db.Tx, in *route.Inbound, from *account.Account, m moving) error {
	p, err := post.RawByURI(ctx, tx, m.Thread)
	if err != nil || !sig.HasProof(in.Doc.Bytes) {
		return ignoreMissing(err)
	}
	row, err := whence(ctx, tx, p.ID)
	if err != nil || row == nil || row.GroupID != in.Actor.ID || row.Away != from.ID {
		return err
	}
	inboxes, err := sisterInboxes(ctx, tx, []int64{from.ID})
	if err != nil {
		return err
	}
	there, kept := as.Host(in.Actor.URI), inboxes[:0]
	for _, to := range inboxes {
		if as.Host(to) != there {
			kept = append(kept, to)
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return outbox.Enqueue(ctx, tx, in.Doc.Bytes, from.ID, outbox.Opts{}, kept)
}
