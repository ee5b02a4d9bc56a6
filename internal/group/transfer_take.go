package group

import (
	"context"
	"encoding/json"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/fetch"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/post"
)

// prepareOffered has the first post of a thread here that is offered to a group of ours.
func (s *Service) prepareOffered(ctx context.Context, f route.Fetcher, in *route.Inbound) error {
	d := in.Doc.Object().Doc()
	if d == nil || !d.Is("Move") {
		return nil
	}
	m := movingIn(d)
	a, err := account.ByURI(ctx, s.DB.Read(), m.To)
	if err != nil || !a.Local() || a.Kind != account.Group || !as.SameOrigin(m.From, in.Actor.URI) {
		return ignoreMissing(err)
	}
	if g, err := ByID(ctx, s.DB.Read(), a.ID); err != nil || g.Closed() {
		return ignoreMissing(err)
	}
	if _, err := f.Resolve(ctx, m.From); err != nil {
		return unlessOver(ctx, err)
	}
	if _, err := s.Posts.Ensure(ctx, f, m.Thread); err != nil {
		return unlessOver(ctx, err)
	}
	return nil
}

// onMoveOffered hears that a group of another server offers a thread to one of ours.
// Who may write there without being read first brings it in; of anybody else
// the moderators are asked. Nothing is said of a closed group.
func (s *Service) onMoveOffered(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	d := in.Doc.Object().Doc()
	if d == nil || in.Doc.ID() == "" {
		return nil
	}
	return s.offered(ctx, tx, in, movingIn(d), in.Doc.ID())
}

func (s *Service) offered(ctx context.Context, tx *db.Tx, in *route.Inbound, m moving, offerURI string) error {
	a, err := account.ByURI(ctx, tx, m.To)
	if err != nil || !a.Local() || a.Kind != account.Group || !as.SameOrigin(m.From, in.Actor.URI) {
		return ignoreMissing(err)
	}
	g, err := ByID(ctx, tx, a.ID)
	if err != nil || g.Closed() {
		return ignoreMissing(err)
	}
	from, err := account.ByURI(ctx, tx, m.From)
	if err != nil || from.Kind != account.Group || from.Gone() {
		return ignoreMissing(err)
	}
	no := func(key string) error {
		return s.refuseMove(ctx, tx, g, from, offerURI, in.Actor.URI, s.wordsOf(ctx, tx, g, key))
	}
	p, err := post.RawByURI(ctx, tx, m.Thread)
	if apperr.Is(err, apperr.KindNotFound) {
		return no("group.offer_missing")
	} else if err != nil {
		return err
	}
	if fits, err := s.fits(ctx, tx, p, from, g.Account); err != nil {
		return err
	} else if !fits {
		return no("group.offer_missing")
	}
	me, err := membership(ctx, tx, g.AccountID, in.Actor.ID)
	if err != nil {
		return err
	}
	author, err := membership(ctx, tx, g.AccountID, p.AccountID)
	if err != nil {
		return err
	}
	if me != nil && me.State == Banned || author != nil && author.State == Banned {
		return no("group.offer_banned")
	}
	n, err := db.Get[int](ctx, tx, `select count(*) from group_transfer where to_id = $1 and from_id = $2 and state = 'asked' and thread_id <> $3`, g.AccountID, from.ID, p.ID)
	if err != nil {
		return err
	}
	if n >= maxOffered {
		return no("group.offer_many")
	}
	if old, err := transferOf(ctx, tx, `thread_id = $1`, p.ID); err != nil {
		return err
	} else if old != nil && old.FromID == g.AccountID {
		return no("group.offer_missing") // it is ours, and on offer itself
	}
	x := transfer{p.ID, from.ID, g.AccountID, in.Actor.ID, offerURI, transferAsked, now(), ""}
	if err := dropTransfer(ctx, tx, p.ID); err != nil {
		return err
	}
	if err := db.Insert(ctx, tx, "group_transfer", x); err != nil {
		return err
	}
	if err := lapseLater(ctx, tx, p.ID, offerURI); err != nil {
		return err
	}
	if state, err := g.accepts(me); err != nil || state != Shown {
		return nil // its moderators decide
	}
	return s.takeOffer(ctx, tx, g, from, &x)
}

// fits reports whether a post is a thread that a group has to give to another one: everybody's,
// and in it or another one of its server, as far as is known here, or naming it, or already
// the other.
func (s *Service) fits(ctx context.Context, q db.Q, p *post.Post, from, to *account.Account) (bool, error) {
	if p.Audience != post.Public || p.BoostOfID != 0 || p.ReplyToURI != "" || p.DeletedAt != 0 {
		return false, nil
	}
	row, err := placed(ctx, q, p.ID)
	if err != nil {
		return false, err
	}
	if row != nil {
		if row.ThreadID != p.ID || row.GroupID == from.ID || row.GroupID == to.ID || from.Local() {
			return row.ThreadID == p.ID && (row.GroupID == from.ID || row.GroupID == to.ID), nil
		}
		in, err := account.ByID(ctx, q, row.GroupID)
		return err == nil && in.Host == from.Host, ignoreMissing(err)
	}
	if yes, err := s.names(ctx, q, p, from.URI); yes || err != nil {
		return yes, err
	}
	return s.names(ctx, q, p, to.URI)
}

// wordsOf says something in the language of a group.
func (s *Service) wordsOf(ctx context.Context, q db.Q, g *Group, key string, args ...any) string {
	if s.Words == nil {
		return ""
	}
	lang, err := langOf(ctx, q, g)
	if err != nil {
		return ""
	}
	return s.Words(lang).T(key, args...)
}

func (s *Service) takeOffer(ctx context.Context, tx *db.Tx, g *Group, from *account.Account, x *transfer) error {
	if _, err := tx.Exec(ctx, `update group_transfer set state = 'accepted' where thread_id = $1`, x.ThreadID); err != nil {
		return err
	}
	by, err := account.ByID(ctx, tx, x.ByID)
	if err != nil {
		return err
	}
	return s.acceptMove(ctx, tx, g, from, x.URI, by.URI)
}

// onMoveWithdrawn hears that a thread is offered no more.
func (s *Service) onMoveWithdrawn(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	x, err := transferOf(ctx, tx, `uri = $1`, in.ObjectURI)
	if err != nil || x == nil {
		return err
	}
	from, err := account.ByID(ctx, tx, x.FromID)
	if err != nil || from.Local() || !as.SameOrigin(from.URI, in.Actor.URI) {
		return ignoreMissing(err)
	}
	return s.offerOver(ctx, tx, x)
}

// Offered is a thread that another server's group offers to one of ours.
type Offered struct {
	PostID   int64
	From, By *account.Account
}

// Offers lists the threads that a group of ours is offered and has not answered for, oldest first.
func (s *Service) Offers(ctx context.Context, groupID int64) ([]Offered, error) {
	list, err := db.All[transfer](ctx, s.DB.Read(), `select `+transferColumns+` from group_transfer where to_id = $1 and state = 'asked' order by at limit 100`, groupID)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	var people []int64
	for _, x := range list {
		people = append(people, x.FromID, x.ByID)
	}
	accounts, err := account.ByIDs(ctx, s.DB.Read(), people)
	if err != nil {
		return nil, err
	}
	var out []Offered
	for _, x := range list {
		if accounts[x.FromID] != nil {
			out = append(out, Offered{x.ThreadID, accounts[x.FromID], accounts[x.ByID]})
		}
	}
	return out, nil
}

// AnswerOffer takes a thread that another server's group offers, or does not.
// Errors: KindForbidden, KindNotFound for what is not offered.
func (s *Service) AnswerOffer(ctx context.Context, v *auth.Viewer, groupID, threadID int64, yes bool) error {
	return s.by(ctx, v, groupID, Moderator, func(ctx context.Context, tx *db.Tx, g *Group, me *Membership) error {
		x, err := transferOf(ctx, tx, `thread_id = $1 and to_id = $2 and state = 'asked'`, threadID, g.AccountID)
		if err != nil {
			return err
		}
		if x == nil {
			return apperr.NotFound("post.not_found")
		}
		from, err := account.ByID(ctx, tx, x.FromID)
		if err != nil {
			return err
		}
		if yes && !g.Closed() {
			return s.takeOffer(ctx, tx, g, from, x)
		}
		by, err := account.ByID(ctx, tx, x.ByID)
		if err != nil {
			return err
		}
		if err := dropTransfer(ctx, tx, threadID); err != nil {
			return err
		}
		return s.refuseMove(ctx, tx, g, from, x.URI, by.URI, s.wordsOf(ctx, tx, g, "group.offer_declined"))
	})
}

const kindMove = "group.move"

// moveJob is a thread of which both groups have said that it moves.
type moveJob struct{ Body []byte }

func (s *Service) wantMove(ctx context.Context, tx *db.Tx, m moving, body []byte) error {
	return jobs.Enqueue(ctx, tx, kindMove, moveJob{body}, jobs.Key(m.Thread+" "+m.From+" "+m.To))
}

// moveBudget is how many requests it may take to have the posts of a thread that moves.
const moveBudget = 2*maxMoved + 60

// arrive fetches what is missing of a thread that moves, and puts it where it goes.
func (s *Service) arrive(ctx context.Context, j moveJob) error {
	d, err := as.Parse(j.Body)
	if err != nil {
		return nil
	}
	m := movingIn(d)
	ctx = fetch.WithBudget(ctx, moveBudget)
	for _, uri := range []string{m.From, m.To} {
		if as.SameOrigin(uri, s.Accounts.Base) {
			continue
		}
		if _, err := s.Fetch.Resolve(ctx, uri); err != nil {
			return unlessOver(ctx, err)
		}
	}
	p, err := s.Posts.Ensure(ctx, s.Fetch, m.Thread)
	if err != nil {
		return unlessOver(ctx, err)
	}
	// What is in it is fetched where somebody reads one of the groups; to others it is what they have.
	read, err := s.readHere(ctx, m)
	if err != nil {
		return err
	}
	var list []*post.Post
	for i, uri := range d.Refs("posts").IDs() {
		if i == maxMoved {
			break
		}
		get := func() (*post.Post, error) { return post.RawByURI(ctx, s.DB.Read(), as.HTTPURL(uri)) }
		if read {
			get = func() (*post.Post, error) { return s.Posts.Ensure(ctx, s.Fetch, as.HTTPURL(uri)) }
		}
		x, err := get()
		if err == nil {
			list = append(list, x)
		} else if err := unlessOver(ctx, err); err != nil {
			return err
		}
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return s.arrived(ctx, tx, d, m, p, list) })
}

// readHere reports whether one of the groups is ours, or somebody here follows one.
func (s *Service) readHere(ctx context.Context, m moving) (bool, error) {
	n, err := db.Get[int](ctx, s.DB.Read(), `select count(*) from account g where g.uri in ($1, $2) and (g.host = ''
		or exists (select 1 from follow f join account a on a.id = f.account_id where f.target_id = g.id and f.accepted and a.host = ''))`, m.From, m.To)
	return n > 0, err
}

func (s *Service) arrived(ctx context.Context, tx *db.Tx, d *as.Doc, m moving, p *post.Post, posts []*post.Post) error {
	from, err := account.ByURI(ctx, tx, m.From)
	if err != nil {
		return ignoreMissing(err)
	}
	a, err := account.ByURI(ctx, tx, m.To)
	if err != nil {
		return ignoreMissing(err)
	}
	to, err := Any(ctx, tx, a.ID)
	if err != nil || to.Closed() {
		return ignoreMissing(err)
	}
	if fits, err := s.fits(ctx, tx, p, from, a); err != nil || !fits {
		return err
	}
	var x *transfer
	if to.Ours() {
		if x, err = transferOf(ctx, tx, `thread_id = $1 and from_id = $2 and to_id = $3 and state = 'accepted'`, p.ID, from.ID, to.AccountID); err != nil || x == nil {
			return err // not awaited, or taken in already
		}
	} else if newer, err := movedOn(ctx, tx, from.ID, to.AccountID, p.URI); err != nil || newer {
		return err
	}
	if row, err := placed(ctx, tx, p.ID); err != nil || x == nil && row != nil && row.GroupID == a.ID && row.State != Waiting {
		return err // it is there
	}
	var list []int64
	for _, q := range posts {
		if ok, err := belongs(ctx, tx, p, q, from.ID); err != nil {
			return err
		} else if ok {
			list = append(list, q.ID)
		}
	}
	if err := s.rehome(ctx, tx, p, from, to.Account, list); err != nil {
		return err
	}
	if !to.Ours() {
		if err := s.journal(ctx, tx, Line{GroupID: from.ID, ByID: actorOf(ctx, tx, d), Act: "moved_out", AccountID: to.AccountID, PostID: p.ID}); err != nil {
			return err
		}
		return s.journal(ctx, tx, Line{GroupID: to.AccountID, ByID: actorOf(ctx, tx, d), Act: "moved_in", AccountID: from.ID, PostID: p.ID})
	}
	return s.tookIn(ctx, tx, to, from, x, d, p)
}

// tookIn has a group of ours show a thread that it took in, and tell everybody.
func (s *Service) tookIn(ctx context.Context, tx *db.Tx, g *Group, from *account.Account, x *transfer, d *as.Doc, p *post.Post) error {
	if err := dropTransfer(ctx, tx, p.ID); err != nil {
		return err
	}
	if err := s.tellMove(ctx, tx, g, d.Bytes); err != nil {
		return err
	}
	// The other group's server passes it on to its own readers.
	if err := s.announceTo(ctx, tx, g, json.RawMessage(d.Bytes), []string{from.BestInbox()}); err != nil {
		return err
	}
	if err := s.relay(ctx, tx, g, p); err != nil {
		return err
	}
	if err := s.Posts.Refresh(ctx, tx, p); err != nil {
		return err
	}
	if err := s.bring(ctx, tx, g, p.ID, broughtBy(d)); err != nil {
		return err
	}
	// Whom it has put out has no word in it.
	banned, err := db.All[int64](ctx, tx, `select g.post_id from group_post g join post p on p.id = g.post_id join group_member m on m.group_id = g.group_id and m.account_id = p.account_id
		where g.thread_id = $1 and g.group_id = $2 and g.state = 'shown' and m.state = 'banned'`, p.ID, g.AccountID)
	if err != nil {
		return err
	}
	for _, id := range banned {
		b, err := post.Raw(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.judge(ctx, tx, g, g.AccountID, b, Removed, "", nil); err != nil {
			return err
		}
	}
	return s.journal(ctx, tx, Line{GroupID: g.AccountID, ByID: x.ByID, Act: "moved_in", AccountID: from.ID, PostID: p.ID})
}

// belongs reports whether a post that a group counts to a thread is of its conversation, or
// of one that the group has and put together with it.
func belongs(ctx context.Context, q db.Q, thread, p *post.Post, fromID int64) (bool, error) {
	if p.Audience != post.Public || p.BoostOfID != 0 || p.DeletedAt != 0 {
		return false, nil
	}
	if p.ThreadID == thread.ThreadID {
		return true, nil
	}
	row, err := placed(ctx, q, p.ID)
	return row != nil && row.GroupID == fromID, err
}

// The kinds of words on threads that move, of groups of other servers: that it gave
// one away, with what it said; that it took one in, with the group that it is from.
const (
	wordGave = "gave"
	wordTook = "took"
)

// movedOn reports whether a group has given away since what another gave it.
func movedOn(ctx context.Context, q db.Q, fromID, toID int64, uri string) (bool, error) {
	gave, err := wordOf(ctx, q, fromID, uri, wordGave)
	if err != nil {
		return false, err
	}
	next, err := wordOf(ctx, q, toID, uri, wordGave)
	return gave != nil && next != nil && next.At > gave.At, err
}

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

// maxMoveBody is how much of a Move is kept, in bytes.
const maxMoveBody = 512 << 10

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

// moveKept is how long the page of a group says where its threads went.
const moveKept = 30 * 24 * time.Hour
