package post

import (
	"context"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
)

// How many people liked and boosted a post is known to its own server alone.
// Ours say it of posts for everybody: of others the number alone would tell how
// many are in the section. Of others' posts it is read where it stands in the
// document, and asked for when somebody opens the thread.
//
// Spec: AP 5.7, AP 5.8

const (
	maxTotal    = 1_000_000_000
	totalsAsked = 10 // posts of a thread whose totals are asked for
)

// Likes is how many people liked a post: what its server says, or what was seen here when that is more.
func (p *Post) Likes() int64 { return max(p.LikesCount, p.LikesSaid) }

// Boosts is how many boosted it, likewise.
func (p *Post) Boosts() int64 { return max(p.BoostsCount, p.BoostsSaid) }

// totals reads what a document says of its post, 0 for what it does not say.
func totals(d *as.Doc) (likes, boosts int64) {
	return totalOf(d.Likes().Doc), totalOf(d.Shares().Doc)
}

func totalOf(d *as.Doc) int64 {
	if d == nil {
		return 0
	}
	n, _ := d.TotalItems()
	return min(max(n, 0), maxTotal)
}

// saveTotals keeps what the server of a post says.
func saveTotals(ctx context.Context, tx *db.Tx, p *Post, likes, boosts int64) error {
	if p.Audience != Public || likes == p.LikesSaid && boosts == p.BoostsSaid {
		return nil
	}
	p.LikesSaid, p.BoostsSaid = likes, boosts
	_, err := tx.Exec(ctx, `update post set likes_said = $1, boosts_said = $2 where id = $3 and not local`, likes, boosts, p.ID)
	return err
}

// count asks for the totals of the first posts of a thread, with what is left of its budget.
func (w *walk) count(ctx context.Context, posts []Post) error {
	asked := 0
	for i := range posts {
		p := &posts[i]
		if asked == totalsAsked || w.spent(ctx) {
			return nil
		}
		if p.Local || p.BoostOfID != 0 {
			continue
		}
		body, err := document(ctx, w.s.DB.Read(), p.ID)
		if err != nil {
			if err = ignoreMissing(err); err != nil {
				return err
			}
			continue
		}
		if d, err := as.Parse(body); err == nil {
			asked++
			if err := w.totals(ctx, p, d); err != nil {
				return err
			}
		}
	}
	return nil
}

// totals asks the server of a post for what it says now.
func (w *walk) totals(ctx context.Context, p *Post, d *as.Doc) error {
	likes, boosts := p.LikesSaid, p.BoostsSaid
	ask := func(r as.Ref, n *int64) {
		if as.SameOrigin(r.ID(), p.URI) {
			if c := w.get(ctx, as.Ref{URI: r.ID()}); c != nil {
				*n = totalOf(c)
			}
		}
	}
	ask(d.Likes(), &likes)
	ask(d.Shares(), &boosts)
	return w.s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return saveTotals(ctx, tx, p, likes, boosts) })
}

// serveLikes and serveShares say how many, and never who.
//
// Spec: AP 5.7, AP 5.8
func (s *Service) serveLikes(ctx context.Context, r route.ObjectRequest) ([]byte, error) {
	return s.serveTotal(ctx, r, "/likes", (*Post).Likes)
}

func (s *Service) serveShares(ctx context.Context, r route.ObjectRequest) ([]byte, error) {
	return s.serveTotal(ctx, r, "/shares", (*Post).Boosts)
}

func (s *Service) serveTotal(ctx context.Context, r route.ObjectRequest, end string, of func(*Post) int64) ([]byte, error) {
	p, err := s.served(ctx, s.DB.Read(), r, s.noteURI(r))
	if err != nil {
		return nil, err
	}
	if p.Audience != Public {
		return nil, apperr.NotFound("post.not_found")
	}
	n := of(p)
	return as.Collection{ID: p.URI + end, TotalItems: &n, Unordered: true}.Build()
}
