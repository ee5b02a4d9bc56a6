package timeline_test

import (
	"context"
	"testing"

	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit/apitest"
)

// TestQueriesOfAPage: a page takes as many queries for forty posts as for five.
func TestQueriesOfAPage(t *testing.T) {
	h := apitest.New(t)
	fill(h, 60)
	v := h.Viewer("ana")
	for name, read := range map[string]func(context.Context, *auth.Viewer, page.Range) ([]*post.View, error){
		"home": h.Timeline.Home,
		"everyone": func(ctx context.Context, v *auth.Viewer, r page.Range) ([]*post.View, error) {
			return h.Timeline.Everyone(ctx, v, r, false, false)
		},
	} {
		count := func(limit int) int64 {
			var n db.Count
			views, err := read(db.Counting(context.Background(), &n), v, page.Range{Limit: limit})
			if err != nil || len(views) != limit {
				t.Fatalf("%s: %d posts, %v", name, len(views), err)
			}
			return n.Queries.Load()
		}
		few, many := count(5), count(40)
		t.Logf("%s: %d queries", name, many)
		if few == 0 || few != many {
			t.Errorf("%s: %d queries for 5 posts, %d for 40", name, few, many)
		}
		if many > mostQueries {
			t.Errorf("%s: %d queries, more than %d", name, many, mostQueries)
		}
	}
}

// mostQueries bounds those of one page, so that a new part of posts is weighed.
const mostQueries = 18
