package group

import (
	"context"
	"slices"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/post"
)

// tellHome gives a group of another server an answer to one of our people there
// that does not name the group, and what becomes of it, as they came: people
// drop the mention of the group, and their server then tells only the one they
// answer. Nobody but us knows that the answer is of the group's thread, where
// it waits to be taken. The group's server believes nothing of it but what the
// author's own server says.
//
// So it does with all of a thread that a group of ours gave to another server's, of
// which the authors' servers still tell ours.
//
// Only servers of our kind are told: others take nothing that is not signed by
// its author's server.
//
// Spec: AP 7.1.2
func (s *Service) tellHome(ctx context.Context, tx *db.Tx, p *post.Post, row *placedFrom, in *route.Inbound) error {
	if in.Hinted || in.Inside || in.Via != nil || p.Audience != post.Public {
		return nil // from the author's own server it comes to us first
	}
	if row.Away == 0 && (p.ReplyToID == 0 || in.Doc.Is("Create") && row.State != Waiting) {
		return nil
	}
	g, err := account.ByID(ctx, tx, row.GroupID)
	if err != nil || g.Local() || as.Host(g.URI) == as.Host(p.URI) || slices.Contains(addresses(in.Doc), g.URI) {
		return ignoreMissing(err)
	}
	ours, err := db.Get[int](ctx, tx, `select count(*) from host_software where host = $1 and name = 'maillage'`, g.Host)
	if err != nil || ours == 0 {
		return err
	}
	if row.Away != 0 { // its server still takes the thread for one of the group that it left
		return outbox.Enqueue(ctx, tx, in.Doc.Bytes, row.Away, outbox.Opts{}, []string{g.BestInbox()})
	}
	answered, err := post.Raw(ctx, tx, p.ReplyToID)
	if err != nil {
		return ignoreMissing(err)
	}
	by, err := account.ByID(ctx, tx, answered.AccountID)
	if err != nil || !by.Local() || by.Gone() {
		return ignoreMissing(err)
	}
	return outbox.Enqueue(ctx, tx, in.Doc.Bytes, by.ID, outbox.Opts{}, []string{g.BestInbox()})
}
