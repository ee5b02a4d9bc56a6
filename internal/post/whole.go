package post

import (
	"context"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/fetch"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/jobs"
)

// A thread is made whole when somebody opens it: what other servers know of it
// and never sent us is asked of them, first of the collection of the whole
// conversation, then of the answers to each post. Everything found is a hint;
// each post is taken from its own server, one request after the other.
//
// Spec: FEP-f228, FEP-7888, FEP-7458; Spec: FE5

const kindThread = "post.thread"

// Bounds of one search.
const (
	threadBudget = 100 // requests
	threadPages  = 20  // pages of one collection
	threadPosts  = 40  // posts here whose answers are asked for
	threadPause  = 10 * time.Minute
)

// threadJob is the job that makes a thread whole.
type threadJob struct{ Thread int64 }

// Jobs are the kinds of work of this slice.
func (s *Service) Jobs() []jobs.Kind {
	return []jobs.Kind{{Name: kindThread, Handle: jobs.JSON(s.makeWhole), Timeout: 3 * time.Minute, Concurrency: 2, MaxTries: 2}}
}

// wantWhole has a public thread that others take part in made whole, once in a while.
func (s *Service) wantWhole(ctx context.Context, v *auth.Viewer, p *Post) error {
	if v == nil || s.Fetch == nil || p.Audience != Public || p.BoostOfID != 0 {
		return nil
	}
	n, err := db.Get[int](ctx, s.DB.Read(), `select count(*) from (select 1 from post t where t.thread_id = $1 and not t.local and t.deleted_at = 0
		and not exists (select 1 from thread_look l where l.thread_id = $1 and l.at > $2) limit 1) as n`, p.ThreadID, time.Now().Add(-threadPause).UnixMilli())
	if err != nil || n == 0 {
		return err
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `insert into thread_look (thread_id, at) values ($1, $2) on conflict (thread_id) do update set at = excluded.at`,
			p.ThreadID, time.Now().UnixMilli()); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `delete from thread_look where at < $1`, time.Now().Add(-24*time.Hour).UnixMilli()); err != nil {
			return err
		}
		return jobs.Enqueue(ctx, tx, kindThread, threadJob{p.ThreadID}, jobs.Key(ids.String(p.ThreadID)))
	})
}

// makeWhole asks for what is missing of a thread, upward and downward.
func (s *Service) makeWhole(ctx context.Context, j threadJob) error {
	ctx = fetch.WithBudget(ctx, threadBudget)
	root, err := Raw(ctx, s.DB.Read(), j.Thread)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	if root.ReplyToURI != "" && root.ReplyToID == 0 && root.DeletedAt == 0 {
		if top, err := s.Ensure(ctx, s.Fetch, root.ReplyToURI); err == nil {
			j.Thread = top.ThreadID
		}
	}
	w := &walk{s: s, f: s.Fetch, asked: map[string]bool{}}
	posts, err := db.All[Post](ctx, s.DB.Read(), `select `+columns+` from post p where p.thread_id = $1 and p.deleted_at = 0
		and p.audience = 'public' order by p.id limit $2`, j.Thread, threadPosts)
	if err != nil {
		return err
	}
	for i := range posts {
		if posts[i].Local {
			continue
		}
		if err := w.around(ctx, &posts[i]); err != nil {
			return err
		}
	}
	return w.count(ctx, posts)
}

// walk is one search for the posts of a thread.
type walk struct {
	s     *Service
	f     route.Fetcher
	asked map[string]bool // collections and pages
}

// spent reports whether the search is over.
func (w *walk) spent(ctx context.Context) bool {
	left, bounded := fetch.BudgetLeft(ctx)
	return ctx.Err() != nil || bounded && left == 0
}

// around asks for the conversation of a post and for the answers to it.
func (w *walk) around(ctx context.Context, p *Post) error {
	body, err := document(ctx, w.s.DB.Read(), p.ID)
	if err != nil {
		return ignoreMissing(err)
	}
	d, err := as.Parse(body)
	if err != nil {
		return nil
	}
	fresh, err := w.collection(ctx, as.Ref{URI: as.HTTPURL(d.Context())})
	if err != nil {
		return err
	}
	more, err := w.collection(ctx, d.Replies())
	if err != nil {
		return err
	}
	for _, q := range append(fresh, more...) {
		if w.spent(ctx) {
			return nil
		}
		if err := w.around(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// collection takes in the posts that a collection and its pages name, and gives
// those that were not here.
func (w *walk) collection(ctx context.Context, r as.Ref) ([]*Post, error) {
	var fresh []*Post
	d := w.get(ctx, r)
	for range threadPages {
		if d == nil || w.spent(ctx) {
			break
		}
		for _, uri := range d.Items().IDs() {
			p, err := w.take(ctx, uri)
			if err != nil {
				return fresh, err
			}
			if p != nil {
				fresh = append(fresh, p)
			}
		}
		next := d.Refs("first").First()
		if next == (as.Ref{}) {
			next = d.Refs("next").First()
		}
		d = w.get(ctx, next)
	}
	return fresh, nil
}

// get gives a collection or page, fetched unless it is embedded; nil when it
// cannot be had, was asked for before, or is ours.
func (w *walk) get(ctx context.Context, r as.Ref) *as.Doc {
	uri := r.ID()
	if uri != "" {
		if w.asked[uri] {
			return nil
		}
		w.asked[uri] = true
	}
	if r.Doc != nil && (r.Doc.Has("first") || r.Doc.Has("next") || len(r.Doc.Items()) > 0) {
		return r.Doc
	}
	if as.HTTPURL(uri) == "" || w.spent(ctx) {
		return nil
	}
	d, err := w.f.Fetch(ctx, uri)
	if err != nil || !d.Is("Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage") {
		return nil
	}
	return d
}

// take takes in a post, from its own server; nil when it is here or cannot be had.
func (w *walk) take(ctx context.Context, uri string) (*Post, error) {
	if as.HTTPURL(uri) == "" || w.asked[uri] || w.spent(ctx) {
		return nil, nil
	}
	w.asked[uri] = true
	n, err := db.Get[int](ctx, w.s.DB.Read(), `select count(*) from (select 1 from post where uri = $1 union all select 1 from tombstone where uri = $1 and by_id = 0) as n`, uri)
	if err != nil || n > 0 {
		return nil, err
	}
	p, err := w.s.Ensure(ctx, w.f, uri)
	if err != nil {
		return nil, nil // it stays away, the others may come
	}
	return p, nil
}

func ignoreMissing(err error) error {
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	}
	return err
}
