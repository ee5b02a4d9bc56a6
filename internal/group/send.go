package group

import (
	"context"
	"encoding/json"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/post"
)

// A follower's server is told what it understands. Threadiverse servers and ours
// get every activity as it is, in an Announce. To all others a thread is a boost
// of its first post, and an answer nothing at all: each would stand in their home
// timelines by itself.
//
// Spec: FEP-1b12

// threadiverse are the programs that read Announce{activity}, by the name in their NodeInfo.
var threadiverse = []string{"lemmy", "piefed", "mbin", "kbin", "nodebb", "discourse", "friendica", "wordpress", "maillage"}

// inboxesOf selects the inboxes of a group's followers, of one family of servers.
func inboxesOf(ctx context.Context, q db.Q, groupID int64, threads bool) ([]string, error) {
	frag, args := db.In(3, threadiverse)
	return db.All[string](ctx, q, `select distinct case when a.shared_inbox <> '' then a.shared_inbox else a.inbox end
		from follow f join account a on a.id = f.account_id left join host_software h on h.host = a.host
		where f.target_id = $1 and f.accepted and a.host <> '' and a.inbox <> '' and a.deleted_at = 0 and a.suspended_at = 0
			and (coalesce(h.name, '') in `+frag+`) = $2`, append([]any{groupID, threads}, args...)...)
}

// Sent tells the followers of a group of an activity that one of our people sent about a post in it.
func (s *Service) Sent(ctx context.Context, tx *db.Tx, p *post.Post, kind string, body []byte) error {
	return s.pass(ctx, tx, p, kind, body, nil)
}

// Activities are what other servers may tell about the posts of our groups: what
// they accept is passed on.
//
// Spec: FEP-1b12
func (s *Service) Activities() []route.Activity {
	var out []route.Activity
	for _, t := range []string{"Create", "Update", "Delete"} {
		out = append(out, route.Activity{Type: t, Object: "*", Handle: s.onActivity})
	}
	return append(out, route.Activity{Type: "Announce", Object: "*", Handle: s.onGoverned})
}

func (s *Service) onActivity(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	if in.ObjectURI == "" {
		return nil
	}
	p, err := post.RawByURI(ctx, tx, in.ObjectURI)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	if p.AccountID != in.Actor.ID {
		return nil
	}
	return s.pass(ctx, tx, p, in.Doc.Type(), in.Doc.Bytes, in.Actor)
}

// pass has a group of ours announce an activity about a post that it shows. from
// is the author's server when it is another one: it has its own copy.
func (s *Service) pass(ctx context.Context, tx *db.Tx, p *post.Post, kind string, body []byte, from *route.Actor) error {
	in, err := placed(ctx, tx, p.ID)
	if err != nil || in == nil {
		return err
	}
	own := in.State == Removed && in.ByID == p.AccountID // the author deletes it
	if in.State != Shown && !own || p.Audience != post.Public {
		return nil
	}
	g, err := ByID(ctx, tx, in.GroupID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	// One activity is passed on once, however often it comes.
	fresh, err := s.claim(ctx, tx, g, kind, body)
	if err != nil || !fresh {
		return err
	}
	if err := s.announce(ctx, tx, g, body); err != nil {
		return err
	}
	if kind == "Create" || from == nil || !sig.HasProof(body) {
		return nil
	}
	// With its author's proof an edit may come from anybody.
	inboxes, err := inboxesOf(ctx, tx, g.AccountID, false)
	if err != nil || len(inboxes) == 0 {
		return err
	}
	return outbox.Enqueue(ctx, tx, body, g.AccountID, outbox.Opts{}, inboxes)
}

// claim notes that a group passed an activity on; fresh is false when it had already.
func (s *Service) claim(ctx context.Context, tx *db.Tx, g *Group, kind string, body []byte) (fresh bool, err error) {
	var a struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(body, &a); err != nil || a.ID == "" {
		return false, err
	}
	n, err := db.Exec(ctx, tx, `insert into group_passed (group_id, uri, at) values ($1, $2, $3) on conflict do nothing`, g.AccountID, a.ID, now())
	return n > 0, err
}

// announce sends an activity, whole, to the threadiverse servers of a group's followers.
func (s *Service) announce(ctx context.Context, tx *db.Tx, g *Group, activity []byte) error {
	inboxes, err := inboxesOf(ctx, tx, g.AccountID, true)
	if err != nil || len(inboxes) == 0 {
		return err
	}
	body, err := as.Activity{Type: "Announce", ID: s.Accounts.Base + "/activities/" + ids.Key(), Actor: g.Account.URI, Object: json.RawMessage(activity),
		To: []string{as.Public}, Cc: []string{g.Account.Followers}, Published: time.Now()}.Build()
	if err != nil {
		return err
	}
	return outbox.Enqueue(ctx, tx, body, g.AccountID, outbox.Opts{}, inboxes)
}

// boosted tells the other servers of a thread's first post, or takes that back.
// The Announce of a thread has one id, so that its Undo matches.
func (s *Service) boosted(ctx context.Context, tx *db.Tx, g *Group, p, b *post.Post, undo bool) error {
	if p.Audience != post.Public {
		return nil
	}
	inboxes, err := s.told(ctx, tx, g, b, undo)
	if err != nil || len(inboxes) == 0 {
		return err
	}
	a := as.Activity{Type: "Announce", ID: b.URI, Actor: g.Account.URI, Object: p.URI, To: []string{as.Public}, Cc: []string{g.Account.Followers}, Published: b.Created()}
	if undo {
		inner, err := a.Build()
		if err != nil {
			return err
		}
		a = as.Activity{Type: "Undo", ID: b.URI + "#undo", Actor: g.Account.URI, Object: json.RawMessage(inner), To: a.To, Cc: a.Cc, Published: time.Now()}
	}
	body, err := a.Build()
	if err != nil {
		return err
	}
	return outbox.Enqueue(ctx, tx, body, g.AccountID, outbox.Opts{}, inboxes)
}

// told are the inboxes to tell of a boost, or, to take it back, those that were told.
func (s *Service) told(ctx context.Context, tx *db.Tx, g *Group, b *post.Post, undo bool) ([]string, error) {
	if undo {
		return db.All[string](ctx, tx, `select inbox from post_copy where post_id = $1`, b.ID)
	}
	inboxes, err := inboxesOf(ctx, tx, g.AccountID, false)
	if err != nil {
		return nil, err
	}
	type row struct {
		PostID int64
		Inbox  string
	}
	rows := make([]row, len(inboxes))
	for i, in := range inboxes {
		rows[i] = row{b.ID, in}
	}
	return inboxes, db.InsertMany(ctx, tx, "post_copy", rows)
}

// refuse tells the author of a post, on another server, that the group did not take it, and why.
func (s *Service) refuse(ctx context.Context, tx *db.Tx, g *Group, p *post.Post) error {
	author, err := account.ByID(ctx, tx, p.AccountID)
	if err != nil {
		return err
	}
	// Only to somebody who asks again and again is it not said again.
	told, err := db.Get[int](ctx, tx, `select count(*) from group_post g join post p on p.id = g.post_id
		where g.group_id = $1 and g.state = 'refused' and p.account_id = $2 and p.created_at > $3 and p.id <> $4`,
		g.AccountID, author.ID, now()-int64(24*time.Hour/time.Millisecond), p.ID)
	if err != nil || told > 0 {
		return err
	}
	body, err := as.Activity{Type: "Reject", ID: s.Accounts.Base + "/activities/" + ids.Key(), Actor: g.Account.URI, Object: p.URI, To: []string{author.URI}, Published: time.Now()}.Build()
	if err != nil {
		return err
	}
	return outbox.Enqueue(ctx, tx, body, g.AccountID, outbox.Opts{}, []string{author.BestInbox()})
}
