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
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
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
var threadiverse = []string{"lemmy", "piefed", "mbin", "kbin", "discourse", "friendica", "wordpress", "maillage"}

// The families of servers, by what they are told of a thread.
const (
	boosts  = "boosts"  // an Announce of its first post: all that are not known to be of the others
	threads = "threads" // every activity, as it is, in an Announce
	forums  = "forums"  // NodeBB: as threads, but of nobody's activities but our server's, see forum.go
	walls   = "walls"   // Smithereen: an Add to the wall

	calendars = "calendars" // Mobilizon, Gancio: as boosts, but for what slices above send them as the group's own
)

// family is the SQL for the family of the account a, whose server's software is h; the names of the
// threadiverse stand from argument number first on. A server that does not say
// what it is, and has groups of its own, reads threads.
func family(first int) (string, []any) {
	frag, args := db.In(first, threadiverse)
	return `case when coalesce(h.name, '') in ` + frag + ` then 'threads' when h.name = 'smithereen' then 'walls' when h.name = 'nodebb' then 'forums' when h.name in ('mobilizon', 'gancio') then 'calendars'
		when coalesce(h.name, '') = '' and exists (select 1 from account o where o.host = a.host and o.kind = 'Group' and o.deleted_at = 0) then 'threads'
		else 'boosts' end`, args
}

// own reports whether slices above send a post as the group's own to calendars.
func (s *Service) own(p *post.Post) bool { return p.Local && s.OwnKind != nil && s.OwnKind(p) }

// Shows tells which group has a post, and whether it shows it; 0 when none has it.
func Shows(ctx context.Context, q db.Q, postID int64) (groupID int64, shown bool, err error) {
	in, err := placed(ctx, q, postID)
	if err != nil || in == nil {
		return 0, false, err
	}
	return in.GroupID, in.State == Shown, nil
}

// speaks gives the family of an actor's server.
func speaks(ctx context.Context, q db.Q, actorID int64) (string, error) {
	sql, args := family(2)
	return db.Get[string](ctx, q, `select `+sql+` from account a left join host_software h on h.host = a.host where a.id = $1`, append([]any{actorID}, args...)...)
}

// Withheld reports whether the activity that brought a post is kept from who asks for it.
// Of an answer in a group only threadiverse servers get it: others would show
// it as a boost, were it to stray to them. The answer itself is served to all.
func (s *Service) Withheld(ctx context.Context, q db.Q, p *post.Post, signer *route.Actor) (bool, error) {
	if p.ReplyToID == 0 {
		return false, nil
	}
	in, err := placed(ctx, q, p.ID)
	if err != nil || in == nil || signer == nil {
		return in != nil, err
	}
	is, err := speaks(ctx, q, signer.ID)
	return is != threads && is != forums, err
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
	out = append(out, route.Activity{Type: "Create", Object: "Note", Handle: s.onBallot})
	out = append(out, route.Activity{Type: "Move", Object: "*", Prepare: s.prepareGiven, Handle: s.onModerator}) // moved back is moved once more
	for _, t := range []string{"Delete", "Lock", "Block", "Add", "Remove"} {
		out = append(out, route.Activity{Type: t, Object: "*", Handle: s.onModerator}, route.Activity{Type: "Undo", Object: t, Handle: s.onModerator})
	}
	out = append(out, route.Activity{Type: "Offer", Object: "Thread", Handle: s.onSummary},
		route.Activity{Type: "Offer", Object: "Move", Prepare: s.prepareOffered, Handle: s.onMoveOffered}, route.Activity{Type: "Undo", Object: "Offer", Handle: s.onMoveWithdrawn},
		route.Activity{Type: "Accept", Object: "Offer", Handle: s.onMoveAnswered}, route.Activity{Type: "Reject", Object: "Offer", Handle: s.onMoveAnswered})
	return append(append(out, s.invitations()...), route.Activity{Type: "Undo", Object: "Accept", Handle: s.onUndoAccept},
		route.Activity{Type: "Announce", Object: "*", Prepare: s.prepareGoverned, Handle: s.onGoverned},
		route.Activity{Type: "Undo", Object: "Announce", Handle: s.onWithdrawn},
		route.Activity{Type: "Add", Object: "*", Prepare: s.prepareWall, Handle: s.onWall}, route.Activity{Type: "Reject", Object: "Create", Handle: s.onRefused},
		route.Activity{Type: "Reject", Object: "*", Handle: s.onActRefused},
		route.Activity{Type: "Flag", Object: "*", Handle: s.onFlag})
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
	if in.Doc.Is("Create") {
		if err := s.answerRefused(ctx, tx, p, in.Doc); err != nil {
			return err
		}
		if err := s.answerNarrow(ctx, tx, p); err != nil {
			return err
		}
	}
	row, err := whence(ctx, tx, p.ID)
	if err != nil || row == nil {
		return err
	}
	if err := s.tellHome(ctx, tx, p, row, in); err != nil {
		return err
	}
	if in.Doc.Is("Update") {
		if out, err := s.rewritten(ctx, tx, p, &row.Post, in); err != nil || out {
			return err
		}
	}
	return s.passOf(ctx, tx, p, &row.Post, in.Doc.Type(), in.Doc.Bytes, in.Actor)
}

// pass has a group of ours announce an activity about a post that it shows. from
// is the author's server when it is another one: it has its own copy.
func (s *Service) pass(ctx context.Context, tx *db.Tx, p *post.Post, kind string, body []byte, from *route.Actor) error {
	in, err := placed(ctx, tx, p.ID)
	if err != nil || in == nil {
		return err
	}
	return s.passOf(ctx, tx, p, in, kind, body, from)
}

// passOf is pass of a post whose place is known.
func (s *Service) passOf(ctx context.Context, tx *db.Tx, p *post.Post, in *Post, kind string, body []byte, from *route.Actor) error {
	if in.holds(kind) && (p.Audience == post.Group || p.Audience == post.Public) {
		_, err := tx.Exec(ctx, `insert into group_held (post_id, kind, body) values ($1, $2, $3)
			on conflict (post_id, kind) do update set body = excluded.body`, p.ID, kind, body)
		return err
	}
	own := in.State == Removed && in.ByID == p.AccountID // the author deletes it
	if in.State != Shown && !own || p.Audience != post.Public && p.Audience != post.Group {
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
	if err := s.announce(ctx, tx, g, body, threads); err != nil || g.Closed() {
		return err
	}
	if err := s.passToForums(ctx, tx, g, p, kind, body, from); err != nil {
		return err
	}
	var to []string // the walls are told of new posts and of deletions by the group
	switch kind {
	case "Update":
		to = []string{boosts, walls}
	case "Delete":
		to = []string{boosts}
	}
	for _, family := range to {
		if err := s.hand(ctx, tx, g, p, body, from, family); err != nil {
			return err
		}
	}
	return nil
}

// holds reports whether an activity about a post is kept until a moderator lets the post in.
func (in *Post) holds(kind string) bool {
	return in.State == Waiting && kind == "Create" || (in.State == Waiting || in.State == Removed) && kind == "Update"
}

// hand gives the followers' servers of one family an activity of a post's author as it
// is: signed by the author who is one of ours, else with the author's proof, with
// which it may come from anybody. Whoever has it from the author does not get it twice.
func (s *Service) hand(ctx context.Context, tx *db.Tx, g *Group, p *post.Post, body []byte, from *route.Actor, family string) error {
	if from != nil && !sig.HasProof(body) {
		return nil
	}
	inboxes, err := inboxesOf(ctx, tx, g, family)
	if family == boosts {
		inboxes, err = s.boostsOf(ctx, tx, g, p)
	}
	if err != nil || len(inboxes) == 0 {
		return err
	}
	sender := g.AccountID
	if from == nil {
		sender = p.AccountID
		if inboxes, err = without(ctx, tx, inboxes, p.ID); err != nil || len(inboxes) == 0 {
			return err
		}
	}
	return outbox.Enqueue(ctx, tx, body, sender, outbox.Opts{}, inboxes)
}

// without leaves out the inboxes that have a copy of a post from its author.
func without(ctx context.Context, q db.Q, inboxes []string, postID int64) ([]string, error) {
	have, err := db.All[string](ctx, q, `select inbox from post_copy where post_id = $1`, postID)
	return slices.DeleteFunc(inboxes, func(in string) bool { return slices.Contains(have, in) }), err
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

// announce sends an activity, whole, to the servers of some families of a group's followers.
func (s *Service) announce(ctx context.Context, tx *db.Tx, g *Group, activity []byte, families ...string) error {
	if g.Closed() {
		return s.announceClosed(ctx, tx, g, activity)
	}
	var inboxes []string
	for _, family := range families {
		more, err := inboxesOf(ctx, tx, g, family)
		if err != nil {
			return err
		}
		inboxes = append(inboxes, more...)
	}
	if slices.Contains(families, threads) {
		list, err := carriers(ctx, tx, g.AccountID, now())
		if err != nil {
			return err
		}
		more, err := sisterInboxes(ctx, tx, list)
		if err != nil {
			return err
		}
		inboxes = union(inboxes, more)
	}
	return s.announceTo(ctx, tx, g, json.RawMessage(activity), inboxes)
}

// announceTo sends an Announce of something to inboxes, with the proof of the group:
// a group that carries its threads hands that on.
//
// Spec: FEP-8b32
func (s *Service) announceTo(ctx context.Context, tx *db.Tx, g *Group, object any, inboxes []string) error {
	if len(inboxes) == 0 {
		return nil
	}
	body, err := ordered(as.Activity{Type: "Announce", ID: s.activityID(), Actor: g.Account.URI, Object: object,
		To: []string{as.Public}, Cc: []string{g.Account.Followers}}, time.Now()).Build()
	if err != nil {
		return err
	}
	if body, err = s.Accounts.Prove(ctx, tx, g.AccountID, body); err != nil {
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
	for _, hook := range s.Relayed {
		if err := hook(ctx, tx, g.Account, p, undo); err != nil {
			return err
		}
	}
	told, onWalls, err := s.told(ctx, tx, g, p, b, undo)
	if err != nil {
		return err
	}
	to, cc := []string{as.Public}, []string{g.Account.Followers}
	announce := ordered(as.Activity{Type: "Announce", ID: b.URI, Actor: g.Account.URI, Object: p.URI, To: to, Cc: cc}, b.Created())
	wall := as.Activity{Type: "Add", ID: b.URI + "#wall", Actor: g.Account.URI, Object: p.URI, Target: g.Account.URI + "/wall", To: to, Cc: cc, Published: b.Created()}
	if undo {
		inner, err := announce.Build()
		if err != nil {
			return err
		}
		announce = ordered(as.Activity{Type: "Undo", ID: b.URI + "#undo", Actor: g.Account.URI, Object: json.RawMessage(inner), To: to, Cc: cc}, time.Now())
		wall = as.Activity{Type: "Delete", ID: b.URI + "#delete", Actor: g.Account.URI, Object: p.URI, To: to, Cc: cc, Published: time.Now()}
	}
	if err := s.toInboxes(ctx, tx, g, announce, told); err != nil {
		return err
	}
	return s.toInboxes(ctx, tx, g, wall, onWalls)
}

// toInboxes sends an activity of a group.
func (s *Service) toInboxes(ctx context.Context, tx *db.Tx, g *Group, a as.Activity, inboxes []string) error {
	if len(inboxes) == 0 {
		return nil
	}
	body, err := a.Build()
	if err != nil {
		return err
	}
	return outbox.Enqueue(ctx, tx, body, g.AccountID, outbox.Opts{}, inboxes)
}

// told are the inboxes to tell of a boost, or, to take it back, those that were
// told; those with walls apart.
func (s *Service) told(ctx context.Context, tx *db.Tx, g *Group, p, b *post.Post, undo bool) (told, onWalls []string, err error) {
	if onWalls, err = s.onWalls(ctx, tx, g, p); err != nil {
		return nil, nil, err
	}
	if undo {
		all, err := db.All[string](ctx, tx, `select inbox from post_copy where post_id = $1`, b.ID)
		if err != nil {
			return nil, nil, err
		}
		isWall := func(in string) bool { return slices.Contains(onWalls, in) }
		told = slices.DeleteFunc(slices.Clone(all), isWall)
		return told, slices.DeleteFunc(all, func(in string) bool { return !isWall(in) }), nil
	}
	if told, err = s.boostsOf(ctx, tx, g, p); err != nil {
		return nil, nil, err
	}
	return told, onWalls, copied(ctx, tx, b.ID, told, onWalls)
}

// withdraw has the servers that know a post of ours through the group alone forget it.
func (s *Service) withdraw(ctx context.Context, tx *db.Tx, g *Group, p *post.Post) error {
	if !p.Local || p.Audience != post.Public {
		return nil
	}
	inboxes, err := s.boostsOf(ctx, tx, g, p)
	if err != nil {
		return err
	}
	if inboxes, err = without(ctx, tx, inboxes, p.ID); err != nil || len(inboxes) == 0 {
		return err
	}
	author, err := account.ByID(ctx, tx, p.AccountID)
	if err != nil {
		return err
	}
	body, err := as.Activity{Type: "Delete", ID: s.activityID(), Actor: author.URI, Object: as.Tombstone{ID: p.URI}, To: []string{as.Public}, Published: time.Now()}.Build()
	if err != nil {
		return err
	}
	return outbox.Enqueue(ctx, tx, body, author.ID, outbox.Opts{}, inboxes)
}
