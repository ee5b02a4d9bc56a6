package servers

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/host"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/web"
)

// Bounds of what is remembered of the software of servers: it is a word beside a
// name, so it may be old by minutes.
const (
	originAge = 5 * time.Minute
	originMax = 2000
)

// origins remembers what servers run, "" for those of which nothing is known.
type origins struct {
	mu    sync.Mutex
	names map[string]string
	since time.Time
}

// Origins is what the servers of people run, in words, by the ids of those people;
// at most one query, and none for servers lately asked about.
func (s *Service) Origins(ctx context.Context, q db.Q, people []*account.Account) (map[int64]string, error) {
	out := make(map[int64]string, len(people))
	missing := map[string]bool{}
	o, now := &s.origins, s.Clock()
	o.mu.Lock()
	if o.names == nil || now.Sub(o.since) > originAge || len(o.names) > originMax {
		o.names, o.since = make(map[string]string), now
	}
	for _, a := range people {
		if a.Local() {
			continue
		}
		h := serverOf(a)
		name, known := o.names[h]
		if !known {
			missing[h] = true
		}
		out[a.ID] = name
	}
	o.mu.Unlock()
	if len(missing) == 0 {
		return out, nil
	}
	found, err := host.SoftwareOfAll(ctx, q, slices.Collect(maps.Keys(missing)))
	if err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for h := range missing {
		o.names[h] = found[h].Shown()
	}
	for _, a := range people {
		if h := serverOf(a); missing[h] {
			out[a.ID] = found[h].Shown()
		}
	}
	return out, nil
}

// serverOf is the server of an account: the host of its id, which may be another
// than that of its address.
func serverOf(a *account.Account) string {
	_, rest, _ := strings.Cut(a.URI, "://")
	h, _, _ := strings.Cut(rest, "/")
	return h
}

// partOrigin is the key of View.Parts.
const partOrigin = "origin"

// Part shows beside the names of people of other servers what those run.
func (s *Service) Part() post.Part {
	return post.Part{
		Name: partOrigin,
		Load: func(ctx context.Context, q db.Q, _ *auth.Viewer, views []*post.View) error {
			var people []*account.Account
			for _, w := range views {
				if !w.Author.Local() {
					people = append(people, w.Author)
				}
			}
			names, err := s.Origins(ctx, q, people)
			if err != nil {
				return err
			}
			for _, w := range views {
				if name := names[w.Author.ID]; name != "" {
					w.SetPart(partOrigin, name)
				}
			}
			return nil
		},
		Card: func(_ *httpx.Ctx, w *post.View, card *web.PostCard) {
			if card.Author.Outside {
				card.Author.Software = post.PartOf[string](w, partOrigin)
			}
		},
	}
}
