package movement

import (
	"context"
	"slices"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/follow"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/web"
)

// Hook has the slices below ask and tell us.
func (s *Service) Hook(follows *follow.Service) {
	s.Posts.Parts = append(s.Posts.Parts, s.Part())
	s.Posts.Wider = append(s.Posts.Wider, s.wider)
	s.Posts.Concerns = append(s.Posts.Concerns, s.concerns)
	s.Posts.Affiliated = s.has
	s.Accounts.Affiliate = s.affiliate
	follows.Began = append(follows.Began, s.followed)
	s.Accounts.Rotated = append(s.Accounts.Rotated, s.rotated)
}

// has reports whether there is a movement here to write for.
func (s *Service) has(ctx context.Context, q db.Q) (bool, error) {
	n, err := db.Get[int](ctx, q, `select count(*) from audience_host where valid_until = 0 or valid_until > $1`, s.now().UnixMilli())
	return n > 0, err
}

// affiliate reports whether a server is of the movement, which may know of our
// private people.
func (s *Service) affiliate(ctx context.Context, q db.Q, host string) (bool, error) {
	return post.Affiliated(ctx, q, host, s.now())
}

// wider has posts for the movement go to our parent and children beside the
// servers of readers.
func (s *Service) wider(ctx context.Context, q db.Q, p *post.Post) ([]string, error) {
	if p.Audience != post.Movement || !p.Local {
		return nil, nil
	}
	return db.All[string](ctx, q, `select distinct case when a.shared_inbox <> '' then a.shared_inbox else a.inbox end
		from movement_link l join account a on a.uri = l.uri join audience_host h on h.host = l.host
		where l.state = 'joined' and a.inbox <> '' and a.deleted_at = 0 and a.suspended_at = 0 and (h.valid_until = 0 or h.valid_until > $1)`, s.now().UnixMilli())
}

// Inboxes are those of the other servers of the movement, as far as they are known here.
func (s *Service) Inboxes(ctx context.Context, q db.Q) ([]string, error) {
	return db.All[string](ctx, q, `select distinct case when a.shared_inbox <> '' then a.shared_inbox else a.inbox end
		from audience_host h join account a on a.host = h.host where (h.valid_until = 0 or h.valid_until > $1) and (a.shared_inbox <> '' or a.kind = $2)
		and a.inbox <> '' and a.deleted_at = 0 and a.suspended_at = 0`, s.now().UnixMilli(), account.Application)
}

// concerns has what a sister instance writes for the movement concern us all.
func (s *Service) concerns(ctx context.Context, q db.Q, d *as.Doc) (bool, error) {
	if by := d.AttributedTo(); by == "" || !slices.Contains(d.To(), by+collectionPath) {
		return false, nil
	}
	return post.Affiliated(ctx, q, as.Host(d.AttributedTo()), s.now())
}

// followed looks whether a new follower's server is of the movement.
func (s *Service) followed(ctx context.Context, tx *db.Tx, followerID, _ int64) error {
	a, err := account.ByID(ctx, tx, followerID)
	if err != nil || a.Local() {
		return err
	}
	return s.meetLater(ctx, tx, a.URI)
}

// Part shows people of sister sections as ours, with the name of their section.
func (s *Service) Part() post.Part {
	return post.Part{Name: "movement", Load: s.load, Card: card}
}

func (s *Service) load(ctx context.Context, q db.Q, _ *auth.Viewer, views []*post.View) error {
	var hosts []string
	for _, w := range views {
		if h := w.Author.Host; h != "" && !slices.Contains(hosts, h) {
			hosts = append(hosts, h)
		}
	}
	if len(hosts) == 0 {
		return nil
	}
	frag, args := db.In(2, db.Pad(hosts))
	rows, err := db.All[struct{ Host, Name string }](ctx, q, `select host, name from movement_member where until_ms > $1 and host in `+frag,
		append([]any{s.now().UnixMilli()}, args...)...)
	if err != nil {
		return err
	}
	for _, w := range views {
		for _, r := range rows {
			if r.Host == w.Author.Host {
				w.SetPart("movement", r.Name)
			}
		}
	}
	return nil
}

func card(_ *httpx.Ctx, w *post.View, out *web.PostCard) {
	if name := post.PartOf[string](w, "movement"); name != "" {
		out.Author.Outside, out.Author.Software, out.Author.Role = false, "", name
	}
}
