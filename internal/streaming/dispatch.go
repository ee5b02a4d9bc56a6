package streaming

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/stream"
)

// take queues an event for the dispatcher; it is called after commits.
func (s *Service) take(e stream.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.sockets) == 0 || s.closed {
		return
	}
	if e.Missed || len(s.waiting) >= maxWaiting {
		// Apps that are dropped connect again and fetch what they do not have.
		s.waiting = nil
		for k := range s.sockets {
			go k.end(goingAway)
		}
		return
	}
	s.waiting = append(s.waiting, e)
	if !s.working {
		s.working = true
		s.wg.Add(1)
		go s.work()
	}
}

// work dispatches what waits, then ends: without events there is no dispatcher.
func (s *Service) work() {
	defer s.wg.Done()
	for {
		s.mu.Lock()
		n := min(len(s.waiting), batchSize)
		if n == 0 || s.closed {
			s.working, s.waiting = false, nil
			s.mu.Unlock()
			return
		}
		batch := s.waiting[:n]
		s.waiting = s.waiting[n:]
		s.mu.Unlock()
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		if err := s.dispatch(ctx, batch); err != nil {
			s.Log.Warn("live events were not sent", "events", len(batch), "err", err)
		}
		cancel()
	}
}

// audience is the sockets of one viewer and what a batch has for them.
type audience struct {
	viewer  *auth.Viewer
	sockets []*socket
	subs    [][]*sub // of each socket
}

// viewers groups the sockets by account. Two tokens of one account see the same.
func (s *Service) viewers() map[int64]*audience {
	out := map[int64]*audience{}
	for _, k := range s.all() {
		v, subs := k.viewer(), k.streams()
		if len(subs) == 0 {
			continue
		}
		a := out[v.AccountID]
		if a == nil {
			a = &audience{viewer: v}
			out[v.AccountID] = a
		}
		a.sockets, a.subs = append(a.sockets, k), append(a.subs, subs)
	}
	return out
}

// news is a batch with what is needed to say whom it concerns.
type news struct {
	events []stream.Event
	posts  map[int64]*post.Post
	tags   map[int64][]string
	home   map[homeKey]bool
	named  map[homeKey]bool // who is mentioned in a direct post, or wrote it
	lists  map[int64][]int64
	shared map[int64]*shared
	had    map[int64]map[int64]bool // of what is gone and was not public: who could read it
}

type homeKey struct{ account, post int64 }

// dispatch sends a batch to those whom it concerns.
func (s *Service) dispatch(ctx context.Context, events []stream.Event) error {
	all := s.viewers()
	if len(all) == 0 {
		return nil
	}
	n, err := s.gather(ctx, events, all)
	if err != nil {
		return err
	}
	if err := s.had(ctx, n, all); err != nil {
		return err
	}
	if err := s.share(ctx, n, all); err != nil {
		return err
	}
	work := make(chan *audience)
	var wg sync.WaitGroup
	for range min(renderers, len(all)) {
		wg.Go(func() {
			for a := range work {
				if err := s.serve(ctx, n, a); err != nil {
					s.Log.Warn("live events were not rendered", "err", err)
				}
			}
		})
	}
	for _, a := range all {
		work <- a
	}
	close(work)
	wg.Wait()
	return nil
}

// gather reads what a batch is about, in a fixed number of queries for a
// number of accounts.
func (s *Service) gather(ctx context.Context, events []stream.Event, all map[int64]*audience) (*news, error) {
	n := &news{events: events, posts: map[int64]*post.Post{}, tags: map[int64][]string{}, home: map[homeKey]bool{},
		named: map[homeKey]bool{}, lists: map[int64][]int64{}, shared: map[int64]*shared{}}
	var ids []int64
	for _, e := range events {
		if ofPost(e) && !slices.Contains(ids, e.ID) {
			ids = append(ids, e.ID)
		}
	}
	if len(ids) == 0 {
		return n, nil
	}
	q := s.DB.Read()
	frag, args := db.In(1, ids)
	rows, err := db.All[post.Post](ctx, q, `select `+post.Columns+` from post p where p.id in `+frag, args...)
	if err != nil {
		return nil, err
	}
	var direct []int64
	for i := range rows {
		p := &rows[i]
		n.posts[p.ID] = p
		if p.Audience == post.Direct {
			direct = append(direct, p.ID)
			n.named[homeKey{p.AccountID, p.ID}] = true
		}
	}
	tags, err := db.All[struct {
		PostID int64
		Tag    string
	}](ctx, q, `select post_id, tag from post_tag where post_id in `+frag, args...)
	if err != nil {
		return nil, err
	}
	for _, t := range tags {
		n.tags[t.PostID] = append(n.tags[t.PostID], t.Tag)
	}
	if len(direct) > 0 {
		frag, args := db.In(1, direct)
		named, err := db.All[struct{ PostID, AccountID int64 }](ctx, q, `select post_id, account_id from post_mention where post_id in `+frag, args...)
		if err != nil {
			return nil, err
		}
		for _, m := range named {
			n.named[homeKey{m.AccountID, m.PostID}] = true
		}
	}
	var at []int64
	var lists []int64
	for id, a := range all {
		for _, subs := range a.subs {
			if wanted(subs, user) {
				at = append(at, id)
				break
			}
		}
		for _, subs := range a.subs {
			for _, k := range subs {
				if k.kind == list && !slices.Contains(lists, k.listID) {
					lists = append(lists, k.listID)
				}
			}
		}
	}
	for some := range slices.Chunk(at, 500) {
		frag, args := db.In(1, ids)
		more, args2 := db.In(len(args)+1, some)
		home, err := db.All[struct{ AccountID, PostID int64 }](ctx, q, `select account_id, post_id from home_entry
			where account_id in `+more+` and post_id in `+frag, append(args, args2...)...)
		if err != nil {
			return nil, err
		}
		for _, h := range home {
			n.home[homeKey{h.AccountID, h.PostID}] = true
		}
	}
	if len(lists) > 0 && len(n.posts) > 0 {
		frag, args := db.In(1, lists)
		for id, p := range n.posts {
			n.lists[id], err = db.All[int64](ctx, q, `select list_id from list_member where list_id in `+frag+
				` and account_id = $`+strconv.Itoa(len(args)+1), append(slices.Clone(args), p.AccountID)...)
			if err != nil {
				return nil, err
			}
		}
	}
	return n, nil
}

func ofPost(e stream.Event) bool {
	return e.Kind == stream.Update || e.Kind == stream.StatusUpdate || e.Kind == stream.Delete
}

// concerns reports whether a post belongs to a stream of an account; whether it
// may be read is not asked here.
func (n *news) concerns(accountID int64, k *sub, p *post.Post) bool {
	key := homeKey{accountID, p.ID}
	switch k.kind {
	case user:
		return n.home[key]
	case direct:
		return n.named[key]
	case list:
		return slices.Contains(n.lists[p.ID], k.listID)
	case public:
		switch {
		case !p.Listed || p.BoostOfID != 0, k.remote && p.Local:
			return false
		case k.local:
			return p.Local && open(p)
		}
		return p.Audience == post.Public
	case hashtag:
		if !p.Listed || p.BoostOfID != 0 || k.local && !p.Local || !open(p) {
			return false
		}
		return p.DeletedAt != 0 || slices.Contains(n.tags[p.ID], k.tag)
	}
	return false
}

// open are the posts that timelines of many people show.
func open(p *post.Post) bool {
	return p.Audience == post.Public || p.Audience == post.Section || p.Audience == post.Movement
}
