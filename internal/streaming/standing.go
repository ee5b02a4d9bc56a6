package streaming

import (
	"context"
	"maps"
	"slices"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/stream"
	"github.com/maillage/maillage/internal/timeline"
)

// standing is which posts of a batch stand in which timelines of a viewer.
type standing struct {
	payloads map[int64]*payload
	in       map[string]map[int64]bool // by the head of the stream
}

// own asks the timelines themselves which posts of a batch stand in them, but
// for those that are shared: a stream shows what its timeline would.
func (s *Service) own(ctx context.Context, n *news, a *audience) (*standing, error) {
	v := a.viewer
	out := &standing{payloads: map[int64]*payload{}, in: map[string]map[int64]bool{}}
	for _, subs := range a.subs {
		for _, k := range subs {
			if k.kind == direct || k.kind == notifications || out.in[k.head] != nil {
				continue
			}
			var need []int64
			for _, e := range n.events {
				p := n.posts[e.ID]
				if p == nil || e.Kind != stream.Update && e.Kind != stream.StatusUpdate || slices.Contains(need, p.ID) {
					continue
				}
				if n.concerns(v.AccountID, k, p) && (e.Kind != stream.Update || n.common(v, p.ID) == nil) {
					need = append(need, p.ID)
				}
			}
			out.in[k.head] = map[int64]bool{}
			views, err := s.among(ctx, v, k, need)
			if err != nil {
				return nil, err
			}
			for _, w := range views {
				out.in[k.head][w.ID] = true
				if out.payloads[w.ID] == nil {
					if out.payloads[w.ID], err = s.render(v, w); err != nil {
						return nil, err
					}
				}
			}
		}
	}
	return out, nil
}

// had finds which posts of a batch that are gone each viewer could read: of others not even the id
// is told. The number of queries depends on that of the posts, not of the viewers.
//
// Spec: P1
func (s *Service) had(ctx context.Context, n *news, all map[int64]*audience) error {
	n.had = map[int64]map[int64]bool{}
	accounts := slices.Collect(maps.Keys(all))
	for _, e := range n.events {
		p := n.posts[e.ID]
		if p == nil || e.Kind != stream.Delete || p.Audience == post.Public || n.had[p.ID] != nil {
			continue
		}
		readers, err := post.Readers(ctx, s.DB.Read(), p.ID, accounts)
		if err != nil {
			return err
		}
		n.had[p.ID] = readers
	}
	return nil
}

// couldRead reports whether a viewer could read a post of the batch before it was gone.
func (n *news) couldRead(accountID int64, p *post.Post) bool {
	return p.Audience == post.Public || n.had[p.ID][accountID]
}

// Posts whose ids are close are asked for as one page.
const (
	closeIDs = 60_000 << 16 // a minute, as ids count time
	together = 20
)

// among gives those of some posts that stand in a timeline of v.
func (s *Service) among(ctx context.Context, v *auth.Viewer, k *sub, ids []int64) ([]*post.View, error) {
	slices.Sort(ids)
	var out []*post.View
	for len(ids) > 0 {
		n := 1
		for n < len(ids) && n < together && ids[n]-ids[0] < closeIDs {
			n++
		}
		some := ids[:n]
		ids = ids[n:]
		views, err := s.page(ctx, v, k, some[0], some[n-1])
		if err != nil {
			return nil, err
		}
		if n > 1 && len(views) == page.MaxLimit { // others came between them
			views = nil
			for _, id := range some {
				one, err := s.page(ctx, v, k, id, id)
				if err != nil {
					return nil, err
				}
				views = append(views, one...)
			}
		}
		for _, w := range views {
			if slices.Contains(some, w.ID) {
				out = append(out, w)
			}
		}
	}
	return out, nil
}

// page is a timeline from one id to another.
func (s *Service) page(ctx context.Context, v *auth.Viewer, k *sub, from, to int64) (views []*post.View, err error) {
	r := page.Range{SinceID: from - 1, MaxID: to + 1, Limit: page.MaxLimit}
	switch {
	case k.kind == user:
		views, err = s.Timeline.Home(ctx, v, r)
	case k.kind == list:
		views, err = s.Timeline.List(ctx, v, k.listID, r)
	case k.kind == hashtag:
		views, err = s.Timeline.Tags(ctx, v, timeline.TagQuery{Any: []string{k.tag}, Local: k.local}, r)
	case k.local:
		views, err = s.Timeline.Section(ctx, v, r)
	default:
		views, err = s.Timeline.Everyone(ctx, v, r, false, k.remote)
	}
	if apperr.Is(err, apperr.KindNotFound) { // a list that is gone
		err = nil
	}
	return views, err
}

// particular are those of some accounts who have asked for something by which a
// post may look different to them, or be left out: each table that timelines
// heed is here.
func (s *Service) particular(ctx context.Context, accounts []int64) (map[int64]bool, error) {
	out := map[int64]bool{}
	for some := range slices.Chunk(accounts, 500) {
		in, args := db.In(1, some)
		ids, err := db.All[int64](ctx, s.DB.Read(), `select account_id from mute where account_id in `+in+`
			union select account_id from block where account_id in `+in+`
			union select target_id from block where target_id in `+in+`
			union select account_id from domain_block where account_id in `+in+`
			union select account_id from thread_mute where account_id in `+in+`
			union select account_id from filter where account_id in `+in+`
			union select account_id from person_list where exclusive and account_id in `+in, args...)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			out[id] = true
		}
	}
	return out, nil
}

// unlimited keeps the posts whose authors stand under no measure.
func (s *Service) unlimited(ctx context.Context, list []*post.Post) ([]*post.Post, error) {
	authors := map[int64]bool{}
	for _, p := range list {
		authors[p.AccountID] = true
	}
	in, args := db.In(1, slices.Collect(maps.Keys(authors)))
	fine, err := db.All[int64](ctx, s.DB.Read(), `select id from account where limited_at = 0 and suspended_at = 0 and id in `+in, args...)
	if err != nil {
		return nil, err
	}
	out := list[:0]
	for _, p := range list {
		if slices.Contains(fine, p.AccountID) {
			out = append(out, p)
		}
	}
	return out, nil
}
