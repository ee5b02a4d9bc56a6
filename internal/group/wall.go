package group

import (
	"context"
	"slices"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/post"
)

// Smithereen has walls: collections that belong to a group, onto which others
// write. A post says in target on whose wall it is; the group tells its followers
// with Add, of answers too, and takes down with Delete. The author's Create goes to the
// owner of the wall alone: every other Smithereen server refuses it.
//
// Spec: FEP-400e

// wallOf names the wall of a group in a post that is on it; nil when the group has none.
func wallOf(ctx context.Context, q db.Q, a *account.Account) (map[string]any, error) {
	id := a.URI + "/wall"
	if !a.Local() {
		r, err := remoteOf(ctx, q, a.ID)
		if err != nil || r.Wall == "" {
			return nil, err
		}
		id = r.Wall
	}
	return map[string]any{"type": "OrderedCollection", "id": id, "attributedTo": a.URI}, nil
}

// onWalls are the inboxes of the followers of a group that have walls, and that of
// the post's author who does, following or not.
func (s *Service) onWalls(ctx context.Context, q db.Q, g *Group, p *post.Post) ([]string, error) {
	inboxes, err := inboxesOf(ctx, q, g, walls)
	if err != nil || p.Local {
		return inboxes, err
	}
	if is, err := speaks(ctx, q, p.AccountID); err != nil || is != walls {
		return inboxes, err
	}
	author, err := account.ByID(ctx, q, p.AccountID)
	if err != nil || author.Gone() {
		return inboxes, err
	}
	if in := author.BestInbox(); in != "" && !slices.Contains(inboxes, in) {
		inboxes = append(inboxes, in)
	}
	return inboxes, nil
}

// tellWalls puts an answer on the wall of a group of ours, or takes it down. Threads
// are told with their boost.
func (s *Service) tellWalls(ctx context.Context, tx *db.Tx, groupID int64, p *post.Post, shown bool) error {
	if p.ReplyToURI == "" || p.Audience != post.Public {
		return nil
	}
	g, err := ByID(ctx, tx, groupID)
	if apperr.Is(err, apperr.KindNotFound) || err == nil && (!g.Ours() || g.Closed()) {
		return nil
	} else if err != nil {
		return err
	}
	inboxes, err := s.onWalls(ctx, tx, g, p)
	if err != nil || len(inboxes) == 0 {
		return err
	}
	a := as.Activity{Type: "Add", ID: s.activityID(), Actor: g.Account.URI, Object: p.URI, Target: g.Account.URI + "/wall",
		To: []string{as.Public}, Cc: []string{g.Account.Followers}, Published: time.Now()}
	if !shown {
		a.Type, a.Target = "Delete", ""
	}
	body, err := a.Build()
	if err != nil {
		return err
	}
	return outbox.Enqueue(ctx, tx, body, g.AccountID, outbox.Opts{}, inboxes)
}

// answered tells of a new answer those who are told of answers by the group.
func (s *Service) answered(ctx context.Context, tx *db.Tx, g *Group, p *post.Post) error {
	return s.tellWalls(ctx, tx, g.AccountID, p, true)
}

// onWallOf is the post that a group of another server says is on its wall, ""
// when it says something else.
func onWallOf(in *route.Inbound) string {
	if in.Actor.Type != account.Group || in.Actor.Local || !as.SameOrigin(in.Doc.Target().ID(), in.Actor.URI) {
		return ""
	}
	return as.HTTPURL(in.ObjectURI)
}

// onWallBy reports whether a post says that it is on the wall of a group.
func onWallBy(d *as.Doc, groupURI string) bool {
	wall := d.Target().Doc()
	return wall != nil && wall.AttributedTo() == groupURI && as.SameOrigin(wall.ID(), groupURI)
}

// prepareWall fetches what a group that people here follow says is on its wall.
func (s *Service) prepareWall(ctx context.Context, f route.Fetcher, in *route.Inbound) error {
	uri := onWallOf(in)
	if uri == "" {
		return nil
	}
	n, err := db.Get[int](ctx, s.DB.Read(), `select count(*) from follow f join account a on a.id = f.account_id
		where f.target_id = $1 and f.accepted and a.host = ''`, in.Actor.ID)
	if err != nil || n == 0 {
		return err
	}
	if _, err = s.Posts.Ensure(ctx, f, uri); err != nil && !apperr.Is(err, apperr.KindUnavailable) && !apperr.Is(err, apperr.KindInternal) && ctx.Err() == nil {
		return nil // not to be had
	}
	return err
}

// onWall is Smithereen's word that a post is on the wall of a group. A thread comes
// to the group's followers as by a boost.
func (s *Service) onWall(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	uri := onWallOf(in)
	if uri == "" {
		return nil
	}
	a, err := account.ByID(ctx, tx, in.Actor.ID)
	if err != nil || as.HTTPURL(in.Doc.Target().ID()) == a.Featured {
		return err
	}
	if err := s.said(ctx, tx, in, word{URI: uri, Kind: wordIn, Yes: true}, nil); err != nil {
		return err
	}
	p, err := post.RawByURI(ctx, tx, uri)
	if err != nil || p.DeletedAt != 0 || p.ReplyToID != 0 || p.Audience != post.Public {
		return ignoreMissing(err)
	}
	row, err := placed(ctx, tx, p.ID)
	if err != nil || row == nil || row.GroupID != in.Actor.ID || row.State != Shown {
		return err
	}
	return s.relayed(ctx, tx, row.GroupID, p, true)
}
