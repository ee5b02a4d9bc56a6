package group

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/post"
)

// A group that follows another one carries its threads: it shows them among its
// own and boosts them to its followers. They stay the other group's, which alone
// decides what is in them. Only what a group itself holds is carried, never what
// it carries, so that groups may follow each other in any circle.
//
// Servers of our kind, whose people answer in what they read, are given what the
// followed group tells of it as well: its own Announce, with its proof.
//
// Spec: FEP-d36d

// carriers are the groups of ours that carry what is written in a group from a
// date on, in milliseconds, of which the seconds travel: they are open, and its server is of the movement.
func carriers(ctx context.Context, q db.Q, groupID, writtenAt int64) ([]int64, error) {
	// From the groups, of which there are few, not from the followers.
	return db.All[int64](ctx, q, `select g.account_id from group_info g join account c on c.id = g.account_id
		where g.access = 'open' and c.deleted_at = 0 and c.suspended_at = 0
			and exists (select 1 from follow f where f.account_id = g.account_id and f.target_id = $1 and f.accepted and f.created_at / 1000 <= $2)
			and exists (select 1 from account t where t.id = $1 and (t.host = ''
				or exists (select 1 from audience_host h where h.host = t.host and (h.valid_until = 0 or h.valid_until > $3)))) order by g.account_id`,
		groupID, writtenAt/1000, now())
}

// carry has the groups of ours that follow a group show a thread that it took.
func (s *Service) carry(ctx context.Context, tx *db.Tx, groupID int64, p *post.Post) error {
	if p.Audience != post.Public || p.ReplyToURI != "" || p.DeletedAt != 0 {
		return nil
	}
	list, err := carriers(ctx, tx, groupID, p.CreatedAt)
	if err != nil {
		return err
	}
	for _, id := range list {
		n, err := db.Exec(ctx, tx, `insert into group_carried (group_id, thread_id, at) values ($1, $2, $3) on conflict do nothing`, id, p.ID, now())
		if err != nil {
			return err
		}
		if n == 0 {
			continue // it does, or its moderation does not want it
		}
		if err := s.carryIn(ctx, tx, id, p); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) carryIn(ctx context.Context, tx *db.Tx, carrierID int64, p *post.Post) error {
	g, err := ByID(ctx, tx, carrierID)
	if err != nil {
		return ignoreMissing(err)
	}
	b, err := s.Posts.Relay(ctx, tx, g.Account, p)
	if err != nil {
		return err
	}
	// Lemmy and PieFed take no thread of one community from another, and a wall is its group's own.
	_, err = tx.Exec(ctx, `insert into post_copy (post_id, inbox) select distinct cast($2 as bigint), a.inbox from (`+followersInboxes+`) as a
		left join host_software h on h.host = a.host where coalesce(h.name, '') not in ('lemmy', 'piefed', 'smithereen') on conflict do nothing`, g.AccountID, b.ID)
	if err != nil {
		return err
	}
	return s.toldOf(ctx, tx, g, b, carriedBoost(g, p, b))
}

func carriedBoost(g *Group, p, b *post.Post) as.Activity {
	return ordered(as.Activity{Type: "Announce", ID: b.URI, Actor: g.Account.URI, Object: p.URI, To: []string{as.Public}, Cc: []string{g.Account.Followers}}, b.Created())
}

// toldOf sends an activity to all that were told of a boost.
func (s *Service) toldOf(ctx context.Context, tx *db.Tx, g *Group, b *post.Post, a as.Activity) error {
	inboxes, err := db.All[string](ctx, tx, `select inbox from post_copy where post_id = $1`, b.ID)
	if err != nil {
		return err
	}
	return s.toInboxes(ctx, tx, g, a, inboxes)
}

// uncarry has the groups of ours that carry a thread let go of it: it is not in its group any more.
func (s *Service) uncarry(ctx context.Context, tx *db.Tx, threadID int64) error {
	list, err := db.All[int64](ctx, tx, `select c.group_id from group_carried c join group_info g on g.account_id = c.group_id where c.thread_id = $1 and not c.dropped`, threadID)
	if err != nil || len(list) == 0 {
		return err
	}
	p, err := post.Raw(ctx, tx, threadID)
	if err != nil {
		return err
	}
	for _, id := range list {
		if err := s.uncarryIn(ctx, tx, id, p); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `delete from group_carried where group_id = $1 and thread_id = $2`, id, threadID); err != nil {
			return err
		}
	}
	return nil
}

// carryOr is carry, or uncarry for what its group took out.
func (s *Service) carryOr(ctx context.Context, tx *db.Tx, groupID int64, p *post.Post, yes bool) error {
	if yes {
		return s.carry(ctx, tx, groupID, p)
	}
	return s.uncarry(ctx, tx, p.ID)
}

func (s *Service) uncarryIn(ctx context.Context, tx *db.Tx, carrierID int64, p *post.Post) error {
	g, err := ByID(ctx, tx, carrierID)
	if err != nil {
		return ignoreMissing(err)
	}
	b, err := s.Posts.Unrelay(ctx, tx, g.AccountID, p)
	if err != nil {
		return ignoreMissing(err)
	}
	inner, err := carriedBoost(g, p, b).Build()
	if err != nil {
		return err
	}
	return s.toldOf(ctx, tx, g, b, ordered(as.Activity{Type: "Undo", ID: b.URI + "#undo", Actor: g.Account.URI, Object: json.RawMessage(inner),
		To: []string{as.Public}, Cc: []string{g.Account.Followers}}, time.Now()))
}

// sisterInboxes are those of servers of our kind that follow some groups of ours.
func sisterInboxes(ctx context.Context, q db.Q, groups []int64) ([]string, error) {
	if len(groups) == 0 {
		return nil, nil
	}
	frag, args := db.In(1, groups)
	return db.All[string](ctx, q, `select distinct case when a.shared_inbox <> '' then a.shared_inbox else a.inbox end
		from follow f join account a on a.id = f.account_id join host_software h on h.host = a.host and h.name = 'maillage'
		where f.target_id in `+frag+` and f.accepted and a.inbox <> '' and a.deleted_at = 0 and a.suspended_at = 0`, args...)
}

// union are the inboxes of both lists, each once.
func union(a, b []string) []string {
	out := append(slices.Clone(a), b...)
	slices.Sort(out)
	return slices.Compact(out)
}

// forwardCarried gives the readers of what we carry, as it is, what the group that it is of told us.
//
// Spec: AP 7.1.2; Spec: FEP-8b32
func (s *Service) forwardCarried(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	d := in.Doc.Object().Doc()
	if d == nil || d.Is(as.PostTypes...) || !sig.HasProof(in.Doc.Bytes) {
		return nil
	}
	list, err := carriers(ctx, tx, in.Actor.ID, now())
	if err != nil {
		return err
	}
	inboxes, err := sisterInboxes(ctx, tx, list)
	if err != nil {
		return err
	}
	there := as.Host(in.Actor.URI) // which told us
	if inboxes = slices.DeleteFunc(inboxes, func(to string) bool { return as.Host(to) == there }); len(inboxes) == 0 {
		return nil
	}
	return outbox.Enqueue(ctx, tx, in.Doc.Bytes, list[0], outbox.Opts{}, inboxes)
}

// carriedThere notes that a group of another server carries a thread that is not its own, or no longer.
func carriedThere(ctx context.Context, tx *db.Tx, groupID int64, p *post.Post, yes bool) error {
	if !yes {
		_, err := tx.Exec(ctx, `delete from group_carried where group_id = $1 and thread_id = $2`, groupID, p.ID)
		return err
	}
	if p.Audience != post.Public || p.BoostOfID != 0 {
		return nil
	}
	t, err := threadOf(ctx, tx, p.ID)
	if err != nil || t == nil || t.GroupID == groupID {
		return err
	}
	_, err = tx.Exec(ctx, `insert into group_carried (group_id, thread_id, at) values ($1, $2, $3) on conflict do nothing`, groupID, p.ID, now())
	return err
}

// prepareGoverned meets the group that an announced thread is in, when another one carries it here.
func (s *Service) prepareGoverned(ctx context.Context, f route.Fetcher, in *route.Inbound) error {
	refs := in.Doc.Object()
	if in.Actor.Type != account.Group || in.Actor.Local || len(refs) != 1 || refs.ID() == "" {
		return nil
	}
	p, err := post.RawByURI(ctx, s.DB.Read(), refs.ID())
	if err != nil {
		return ignoreMissing(err)
	}
	if row, err := placed(ctx, s.DB.Read(), p.ID); err != nil || row != nil {
		return err
	}
	d, err := s.Posts.Document(ctx, s.DB.Read(), p.ID)
	if err != nil || d == nil {
		return err
	}
	for _, uri := range d.Audience() {
		if uri == in.Actor.URI || as.HasPublic([]string{uri}) {
			continue
		}
		if _, err := f.Resolve(ctx, uri); err != nil && ctx.Err() != nil {
			return err
		}
		return nil
	}
	return nil
}

// placedByOther gives a post that a group announced to the group of another server that it names.
func (s *Service) placedByOther(ctx context.Context, tx *db.Tx, p *post.Post) error {
	d, err := s.Posts.Document(ctx, tx, p.ID)
	if err != nil || d == nil {
		return err
	}
	if a, err := addressed(ctx, tx, d); err != nil || a == nil || a.Local() {
		return err
	}
	return s.take(ctx, tx, p, d)
}

// Drop takes a thread of another group, that a group of ours carries, out of that for good.
// Errors: KindForbidden, KindNotFound for what it does not carry.
func (s *Service) Drop(ctx context.Context, v *auth.Viewer, groupID, threadID int64) error {
	return s.by(ctx, v, groupID, Moderator, func(ctx context.Context, tx *db.Tx, g *Group, me *Membership) error {
		n, err := db.Exec(ctx, tx, `update group_carried set dropped = true where group_id = $1 and thread_id = $2 and not dropped`, g.AccountID, threadID)
		if err != nil {
			return err
		}
		if n == 0 {
			return apperr.NotFound("post.not_found")
		}
		p, err := post.Raw(ctx, tx, threadID)
		if err != nil {
			return err
		}
		if err := s.uncarryIn(ctx, tx, g.AccountID, p); err != nil {
			return err
		}
		return s.journal(ctx, tx, Line{GroupID: g.AccountID, ByID: me.AccountID, Act: "drop", AccountID: p.AccountID, PostID: p.ID})
	})
}
