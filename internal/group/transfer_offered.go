package group

import (
	"context"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
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
