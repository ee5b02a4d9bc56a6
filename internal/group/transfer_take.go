package group

import (
	"context"
	"encoding/json"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/fetch"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/post"
)

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

// maxMoveBody is how much of a Move is kept, in bytes.
const maxMoveBody = 512 << 10

// moveKept is how long the page of a group says where its threads went.
const moveKept = 30 * 24 * time.Hour
