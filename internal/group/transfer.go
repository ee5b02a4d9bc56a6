package group

import (
	"context"
	"html"
	"slices"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
)

// A thread goes from a group to one of another server in four steps, as neither
// may decide for the other: the first offers it (Offer of a Move), the second
// says yes (Accept), the first lets go of it and says what is in it (Move), the
// second takes that in and announces it. Readers elsewhere believe that a thread
// has moved when both groups have said so, whichever they hear first.

// transfer is one row: a thread on its way.
type transfer struct {
	ThreadID, FromID, ToID, ByID int64
	URI                          string // of the Offer
	State                        string
	At                           int64
	Asked                        string // the Move by which a moderator of another server asked for it
}

// The states of a transfer.
const (
	transferAsked    = "asked"
	transferAccepted = "accepted" // it is on its way to us
)

// Bounds of transfers.
const (
	maxMoved   = 2000 // posts of a thread that moves, which other servers fetch one by one
	maxOffered = 20   // threads that one group offers to another at a time
)

const transferColumns = `thread_id, from_id, to_id, by_id, uri, state, at, asked`

func transferOf(ctx context.Context, q db.Q, where string, args ...any) (*transfer, error) {
	x, err := db.Get[transfer](ctx, q, `select `+transferColumns+` from group_transfer where `+where, args...)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, nil
	}
	return &x, err
}

func dropTransfer(ctx context.Context, tx *db.Tx, threadID int64) error {
	_, err := tx.Exec(ctx, `delete from group_transfer where thread_id = $1`, threadID)
	return err
}

// offerMove asks a group of another server to take a thread of ours.
// asked is the Move by which a moderator of another server asked for it.
// Errors: KindInvalid of the field "into".
func (s *Service) offerMove(ctx context.Context, tx *db.Tx, g, to *Group, byID int64, t *Thread, asked string) error {
	no := func(key string, args ...any) error {
		return apperr.Invalid(key, args...).Field("into", key, args...)
	}
	if kin, err := ofOurKind(ctx, tx, to.Account.Host); err != nil {
		return err
	} else if !kin {
		return no("group.move_unable", to.Account.Host)
	}
	n, err := db.Get[int](ctx, tx, `select count(*) from group_post where thread_id = $1 and state = 'waiting'`, t.PostID)
	switch {
	case err != nil:
		return err
	case n > 0:
		return no("group.move_waiting")
	case t.Posts > maxMoved:
		return no("group.move_long", maxMoved)
	}
	p, err := post.Raw(ctx, tx, t.PostID)
	if err != nil {
		return err
	}
	if p.Audience != post.Public || p.DeletedAt != 0 {
		return no("group.move_open")
	}
	if err := s.withdrawOffer(ctx, tx, t.PostID); err != nil {
		return err
	}
	sender, err := s.mover(ctx, tx, g, byID)
	if err != nil {
		return err
	}
	move := map[string]any{"type": "Move", "actor": sender.URI, "object": p.URI, "origin": g.Account.URI, "target": to.Account.URI}
	offer := as.Activity{Type: "Offer", ID: s.activityID(), Actor: sender.URI, Object: move, Target: to.Account.URI, To: []string{to.Account.URI}, Published: time.Now()}
	body, err := offer.Build()
	if err != nil {
		return err
	}
	if err := db.Insert(ctx, tx, "group_transfer", transfer{t.PostID, g.AccountID, to.AccountID, byID, offer.ID, transferAsked, now(), asked}); err != nil {
		return err
	}
	if err := lapseLater(ctx, tx, t.PostID, offer.ID); err != nil {
		return err
	}
	if err := s.journal(ctx, tx, Line{GroupID: g.AccountID, ByID: byID, Act: offerMade, AccountID: to.AccountID, PostID: t.PostID}); err != nil {
		return err
	}
	return outbox.Enqueue(ctx, tx, body, sender.ID, outbox.Opts{}, []string{to.Account.BestInbox()})
}

// mover is in whose name a thread is given away: that of the moderator, or of the
// group for one whom outsiders may not know, who is of another server, or who moderates it no more.
func (s *Service) mover(ctx context.Context, q db.Q, g *Group, byID int64) (*account.Account, error) {
	m, err := membership(ctx, q, g.AccountID, byID)
	if err != nil || !m.May(Moderator) {
		return g.Account, err
	}
	a, err := account.ByID(ctx, q, byID)
	if err != nil || a.Local() && a.Reachable && !a.Gone() {
		return a, err
	}
	return g.Account, nil
}

// withdrawOffer takes back that a thread was offered.
func (s *Service) withdrawOffer(ctx context.Context, tx *db.Tx, threadID int64) error {
	x, err := transferOf(ctx, tx, `thread_id = $1`, threadID)
	if err != nil || x == nil {
		return err
	}
	if err := dropTransfer(ctx, tx, threadID); err != nil {
		return err
	}
	g, err := ByID(ctx, tx, x.FromID)
	if err != nil {
		return ignoreMissing(err)
	}
	if err := s.endMove(ctx, tx, g, x, s.wordsOf(ctx, tx, g, "group.ask_kept")); err != nil {
		return err
	}
	to, err := account.ByID(ctx, tx, x.ToID)
	if err != nil || to.Local() {
		return ignoreMissing(err)
	}
	undo := as.Activity{Type: "Undo", ID: x.URI + "#undo", Actor: g.Account.URI,
		Object: as.Activity{Type: "Offer", ID: x.URI, Actor: g.Account.URI, Object: g.Account.URI}, To: []string{to.URI}, Published: time.Now()}
	return s.toInboxes(ctx, tx, g, undo, []string{to.BestInbox()})
}

// onMoveAnswered hears what a group of another server says of a thread that ours offers.
func (s *Service) onMoveAnswered(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	x, err := transferOf(ctx, tx, `uri = $1 and to_id = $2 and state = 'asked'`, in.ObjectURI, in.Actor.ID)
	if err != nil || x == nil {
		return err
	}
	g, err := ByID(ctx, tx, x.FromID)
	if err != nil {
		return ignoreMissing(err)
	}
	if in.Doc.Is("Reject") {
		if err := dropTransfer(ctx, tx, x.ThreadID); err != nil {
			return err
		}
		to, err := account.ByID(ctx, tx, x.ToID)
		if err != nil {
			return err
		}
		reason := clip(text.Plain(in.Doc.Content()))
		words := s.wordsOf(ctx, tx, g, "group.ended.offer_refused", "Name", to.Name())
		if reason != "" {
			words += " " + s.wordsOf(ctx, tx, g, "group.ended.answer", "Reason", reason)
		}
		if err := s.endMove(ctx, tx, g, x, words); err != nil {
			return err
		}
		return s.journal(ctx, tx, Line{GroupID: g.AccountID, Act: offerRefused, AccountID: x.ToID, PostID: x.ThreadID, Reason: reason})
	}
	to, err := Any(ctx, tx, x.ToID)
	if err != nil {
		return ignoreMissing(err)
	}
	t, err := threadOf(ctx, tx, x.ThreadID)
	if err != nil {
		return err
	}
	row, err := placed(ctx, tx, x.ThreadID)
	if err != nil {
		return err
	}
	if t == nil || t.GroupID != g.AccountID || row == nil || row.State != Shown || g.Closed() || to.Closed() {
		return s.withdrawOffer(ctx, tx, x.ThreadID) // it is not there any more, or not as it was
	}
	return s.give(ctx, tx, g, to, x.ByID, t)
}

// give lets go of a thread that another server's group takes, and says what is in it.
func (s *Service) give(ctx context.Context, tx *db.Tx, g, to *Group, byID int64, t *Thread) error {
	if err := dropTransfer(ctx, tx, t.PostID); err != nil {
		return err
	}
	p, err := post.Raw(ctx, tx, t.PostID)
	if err != nil {
		return err
	}
	sender, err := s.mover(ctx, tx, g, byID)
	if err != nil {
		return err
	}
	body, err := s.moveDocument(ctx, tx, g, to, sender, p, t)
	if err != nil {
		return err
	}
	if err := s.sendWaiting(ctx, tx, to, t.PostID); err != nil {
		return err
	}
	if err := s.rehome(ctx, tx, p, g.Account, to.Account, nil); err != nil {
		return err
	}
	if err := s.tellMove(ctx, tx, g, body); err != nil {
		return err
	}
	if err := s.journal(ctx, tx, Line{GroupID: g.AccountID, ByID: byID, Act: "moved_out", AccountID: to.AccountID, PostID: p.ID}); err != nil {
		return err
	}
	return outbox.Enqueue(ctx, tx, body, sender.ID, outbox.Opts{}, []string{to.Account.BestInbox()})
}

// sendWaiting gives the new group of a thread what still waited in it for a moderator of the old one.
func (s *Service) sendWaiting(ctx context.Context, tx *db.Tx, to *Group, threadID int64) error {
	list, err := db.All[struct {
		PostID int64
		Body   []byte
	}](ctx, tx, `select g.post_id, h.body from group_post g join group_held h on h.post_id = g.post_id and h.kind = 'Create' where g.thread_id = $1 and g.state = 'waiting'`, threadID)
	if err != nil {
		return err
	}
	for _, h := range list {
		p, err := post.Raw(ctx, tx, h.PostID)
		if err != nil {
			return err
		}
		sender := p.AccountID
		if !p.Local {
			app, err := s.App(ctx)
			if err != nil {
				return err
			}
			sender = app.ID
		}
		if err := outbox.Enqueue(ctx, tx, h.Body, sender, outbox.Opts{}, []string{to.Account.BestInbox()}); err != nil {
			return err
		}
		if err := dropHeld(ctx, tx, p.ID); err != nil {
			return err
		}
	}
	return nil
}

// rehome puts a thread of one group into another, as far as it is known here: list
// are its posts, nil where the first group is ours and has them.
func (s *Service) rehome(ctx context.Context, tx *db.Tx, p *post.Post, from, to *account.Account, list []int64) error {
	if err := s.uncarry(ctx, tx, p.ID); err != nil {
		return err
	}
	if !from.Local() { // in whichever of its server's groups it was when last heard of
		if _, err := tx.Exec(ctx, `update group_post set group_id = $1 where thread_id = $2 and group_id in (select id from account where kind = 'Group' and host = $3)`,
			from.ID, p.ID, from.Host); err != nil {
			return err
		}
	}
	if err := s.leaves(ctx, tx, p, from); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `insert into group_thread (post_id, group_id, last_at, open_last_at) values ($1, $2, $3, $3) on conflict (post_id) do update set group_id = excluded.group_id,
		topic_id = 0, pinned_at = 0, locked_at = 0, agreed = '', debated = '', next_step = '', summary_by = 0, summary_at = 0`, p.ID, to.ID, p.CreatedAt); err != nil {
		return err
	}
	if !slices.Contains(list, p.ID) {
		list = append([]int64{p.ID}, list...)
	}
	for _, id := range list {
		if _, err := tx.Exec(ctx, `insert into group_post (post_id, group_id, thread_id, state) values ($1, $2, $3, 'shown')
			on conflict (post_id) do update set group_id = excluded.group_id, thread_id = excluded.thread_id, state = 'shown', by_id = 0, reason = '', decided_at = 0
			where group_post.group_id = $4 or group_post.group_id = $2 and group_post.state = 'waiting'`, id, to.ID, p.ID, from.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `delete from group_thread where post_id = $1 and post_id <> $2 and group_id = $3`, id, p.ID, from.ID); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, `update group_post set group_id = $1 where thread_id = $2 and group_id = $3`, to.ID, p.ID, from.ID); err != nil {
		return err
	}
	if err := noteMoved(ctx, tx, from.ID, p.ID, to.ID); err != nil {
		return err
	}
	if err := recount(ctx, tx, p.ID); err != nil {
		return err
	}
	if !to.Local() {
		if err := s.arrivesThere(ctx, tx, p, to); err != nil {
			return err
		}
	}
	return s.carry(ctx, tx, to.ID, p)
}

// leaves takes a thread out of home timelines where its old group put it.
func (s *Service) leaves(ctx context.Context, tx *db.Tx, p *post.Post, from *account.Account) error {
	if !from.Local() {
		if _, err := hear(ctx, tx, word{GroupID: from.ID, URI: p.URI, Kind: wordIn, At: time.Now().UnixMicro()}); err != nil {
			return err
		}
		return s.relayed(ctx, tx, from.ID, p, false)
	}
	g, err := ByID(ctx, tx, from.ID)
	if err != nil {
		return ignoreMissing(err)
	}
	return s.unrelay(ctx, tx, g, p)
}

// arrivesThere shows a thread as its new group, of another server, does; what ours wrote in it is sent there from now on.
func (s *Service) arrivesThere(ctx context.Context, tx *db.Tx, p *post.Post, to *account.Account) error {
	if _, err := hear(ctx, tx, word{GroupID: to.ID, URI: p.URI, Kind: wordIn, Yes: true, At: time.Now().UnixMicro()}); err != nil {
		return err
	}
	if err := settleThread(ctx, tx, to.ID, p.ID, p.URI); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `insert into post_mention (post_id, account_id) select g.post_id, $1 from group_post g join post p on p.id = g.post_id
		where g.thread_id = $2 and g.group_id = $1 and p.local and p.deleted_at = 0 on conflict do nothing`, to.ID, p.ID); err != nil {
		return err
	}
	if err := s.relayed(ctx, tx, to.ID, p, true); err != nil {
		return err
	}
	return s.Posts.Refresh(ctx, tx, p) // it names its new group from now on
}

// noteMoved keeps where a thread went, for the page of its old group.
func noteMoved(ctx context.Context, tx *db.Tx, fromID, threadID, toID int64) error {
	if _, err := tx.Exec(ctx, `insert into group_moved (group_id, thread_id, to_id, at) values ($1, $2, $3, $4)
		on conflict (group_id, thread_id) do update set to_id = excluded.to_id, at = excluded.at`, fromID, threadID, toID, now()); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `delete from group_moved where group_id = $1 and thread_id = $2`, toID, threadID)
	return err
}

// movedAway selects the group of ours that a thread left for another one.
const movedAway = `select m.group_id from group_moved m join account a on a.id = m.group_id
	where m.thread_id = g.thread_id and m.to_id = g.group_id and a.host = '' and a.deleted_at = 0 order by m.at desc limit 1`

// placedFrom is what a group says of a post, and the group of ours that its thread left for that one.
type placedFrom struct {
	Post
	Away int64 // 0 for none
}

// whence is placed, with where the thread came from, in one query.
func whence(ctx context.Context, q db.Q, postID int64) (*placedFrom, error) {
	x, err := db.Get[placedFrom](ctx, q, `select `+postColumns+`, coalesce((`+movedAway+`), 0) as away from group_post g where g.post_id = $1`, postID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, nil
	}
	return &x, err
}

// refuseMove tells a group of another server that ours does not take a thread, and why.
func (s *Service) refuseMove(ctx context.Context, tx *db.Tx, g *Group, to *account.Account, offerURI, by, reason string) error {
	return s.answerMove(ctx, tx, g, to, as.Activity{Type: "Reject", Object: as.Activity{Type: "Offer", ID: offerURI, Actor: by, Object: g.Account.URI},
		Content: html.EscapeString(reason)})
}

func (s *Service) acceptMove(ctx context.Context, tx *db.Tx, g *Group, to *account.Account, offerURI, by string) error {
	return s.answerMove(ctx, tx, g, to, as.Activity{Type: "Accept", Object: as.Activity{Type: "Offer", ID: offerURI, Actor: by, Object: g.Account.URI}})
}

func (s *Service) answerMove(ctx context.Context, tx *db.Tx, g *Group, to *account.Account, a as.Activity) error {
	a.ID, a.Actor, a.To, a.Published = s.activityID(), g.Account.URI, []string{to.URI}, time.Now()
	return s.toInboxes(ctx, tx, g, a, []string{to.BestInbox()})
}
