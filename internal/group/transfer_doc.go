package group

import (
	"context"
	"strings"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
)

// What a Move of a thread says, and who is told: written and read here alone.

// moving is from which group to which a thread goes.
type moving struct{ Thread, From, To string }

// movingIn reads a Move, of a thread that is named by its first post or, as NodeBB does, by its conversation.
func movingIn(d *as.Doc) moving {
	return moving{firstOf(d.Object().ID()), as.HTTPURL(d.Refs("origin").ID()), as.HTTPURL(d.Target().ID())}
}

func firstOf(uri string) string { return strings.TrimSuffix(as.HTTPURL(uri), "/context") }

// brought is what a thread brings along to its new group: what that has too.
type brought struct {
	Summary
	Topic          string // its name
	Pinned, Locked bool
}

// broughtBy reads that of a Move.
func broughtBy(d *as.Doc) brought {
	clean := func(name string) string { return text.Clean(d.String(name), MaxSummary) }
	return brought{Summary{clean("agreed"), clean("debated"), clean("nextStep")}, text.PlainName(d.String("topicName"), maxTopicName), d.Bool("pinned"), d.Bool("locked")}
}

// bringOf is what a thread of ours brings along.
func bringOf(ctx context.Context, q db.Q, t *Thread) (brought, error) {
	out := brought{Summary: t.Summary, Pinned: t.PinnedAt != 0, Locked: t.LockedAt != 0}
	name, err := db.Get[string](ctx, q, `select name from group_topic where id = $1 and group_id = $2`, t.TopicID, t.GroupID)
	if err == nil {
		out.Topic = name
	}
	return out, ignoreMissing(err)
}

// moveTerms define what a Move of a thread says beside where it goes.
func moveTerms() map[string]any {
	t := keptTerms()
	t["posts"] = map[string]any{"@id": "maillage:posts", "@type": "@id"}
	for _, name := range []string{order, "topicName", "pinned", "locked"} {
		t[name] = "maillage:" + name
	}
	return t
}

// moveDocument is the Move of a thread, with the posts that are in it, and what it brings along. It
// carries the proof of whoever gives, as the other group passes it on.
//
// Spec: FEP-8b32
func (s *Service) moveDocument(ctx context.Context, tx *db.Tx, g, to *Group, sender *account.Account, p *post.Post, t *Thread) ([]byte, error) {
	uris, err := db.All[string](ctx, tx, `select p.uri from group_post g join post p on p.id = g.post_id where g.thread_id = $1 and g.group_id = $2 and g.state = 'shown'
		and p.audience = 'public' and p.deleted_at = 0 order by p.created_at, p.id limit $3`, t.PostID, g.AccountID, maxMoved)
	if err != nil {
		return nil, err
	}
	b, err := bringOf(ctx, tx, t)
	if err != nil {
		return nil, err
	}
	at := time.Now()
	a := as.Activity{Type: "Move", ID: s.activityID(), Actor: sender.URI, Object: p.URI, Target: to.Account.URI, Audience: g.Account.URI,
		To: []string{as.Public}, Cc: []string{g.Account.URI, to.Account.URI}, Published: at, ExtraContext: moveTerms(),
		Extra: map[string]any{"origin": g.Account.URI, "posts": uris, order: at.UnixMicro()}}
	for name, part := range map[string]string{"agreed": b.Agreed, "debated": b.Debated, "nextStep": b.NextStep, "topicName": b.Topic} {
		if part != "" {
			a.Extra[name] = part
		}
	}
	for name, yes := range map[string]bool{"pinned": b.Pinned, "locked": b.Locked} {
		if yes {
			a.Extra[name] = true
		}
	}
	body, err := a.Build()
	if err != nil {
		return nil, err
	}
	return s.Accounts.Prove(ctx, tx, sender.ID, body)
}

// tellMove has a group of ours tell a Move to the servers of its readers that know what that is.
func (s *Service) tellMove(ctx context.Context, tx *db.Tx, g *Group, body []byte) error {
	for _, family := range []string{threads, forums} {
		if err := s.announce(ctx, tx, g, body, family); err != nil {
			return err
		}
	}
	return nil
}

// bring gives a thread that came into a group of ours what it brought along, and tells the
// group's readers: they began it anew there.
func (s *Service) bring(ctx context.Context, tx *db.Tx, g *Group, threadID int64, b brought) error {
	t, err := threadOf(ctx, tx, threadID)
	if err != nil || t == nil {
		return err
	}
	if b.Topic != "" {
		topics, err := topicsOf(ctx, tx, g.AccountID)
		if err != nil {
			return err
		}
		for _, x := range topics {
			if strings.EqualFold(x.Name, b.Topic) {
				t.TopicID = x.ID
			}
		}
	}
	at, was := now(), *t
	if b.Pinned {
		t.PinnedAt = at
	}
	if b.Locked {
		t.LockedAt = at
	}
	if !b.Empty() {
		t.Summary, t.SummaryAt = b.Summary, at
	}
	if _, err := tx.Exec(ctx, `update group_thread set topic_id = $1, pinned_at = $2, locked_at = $3, agreed = $4, debated = $5, next_step = $6, summary_at = $7 where post_id = $8`,
		t.TopicID, t.PinnedAt, t.LockedAt, t.Agreed, t.Debated, t.NextStep, t.SummaryAt, t.PostID); err != nil {
		return err
	}
	if t.TopicID != was.TopicID || !b.Empty() {
		if err := s.tellThread(ctx, tx, g, t.PostID); err != nil {
			return err
		}
	}
	for column, yes := range map[string]bool{"pinned_at": b.Pinned, "locked_at": b.Locked} {
		if !yes {
			continue
		}
		if err := s.governThread(ctx, tx, g, g.AccountID, t, column, true, nil); err != nil {
			return err
		}
	}
	return nil
}

// askMove asks the server of a group that one of ours moderates to give a thread to another group.
// Errors: KindInvalid of the field "into".
func (s *Service) askMove(ctx context.Context, v *auth.Viewer, threadID, toID int64) (asked bool, err error) {
	q := s.DB.Read()
	t, err := threadOf(ctx, q, threadID)
	if err != nil || t == nil {
		return false, err
	}
	g, me, err := s.seen(ctx, q, v, t.GroupID)
	if err != nil || g.Ours() {
		return false, err
	}
	no := func(key string, args ...any) (bool, error) {
		return true, apperr.Invalid(key, args...).Field("into", key, args...)
	}
	if !me.May(Moderator) {
		return true, needs(Moderator)
	}
	if kin, err := ofOurKind(ctx, q, g.Account.Host); err != nil {
		return true, err
	} else if !kin {
		return no("group.move_unable", g.Account.Host)
	}
	to, _, err := s.seen(ctx, q, v, toID)
	switch {
	case err != nil:
		return true, err
	case to.AccountID == g.AccountID:
		return no("group.move_where")
	case g.Closed() || to.Closed():
		return no("group.move_open")
	}
	p, err := post.Raw(ctx, q, t.PostID)
	if err != nil {
		return true, err
	}
	return s.ask(ctx, v, g.AccountID, Moderator, as.Activity{Type: "Move", Object: p.URI, Target: to.Account.URI, Extra: map[string]any{"origin": g.Account.URI}}, false,
		asking{Act: actMove, PostID: t.PostID, AboutID: to.AccountID})
}
