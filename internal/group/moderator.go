package group

import (
	"context"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/post"
)

// onModerator lets those who moderate a group of ours from another server act: it
// does here what they sent, and passes it on as it is. From anybody else the same
// activities mean nothing here.
//
// Spec: FEP-1b12
func (s *Service) onModerator(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	d, undo := in.Doc, in.Doc.Is("Undo")
	if undo {
		if d = d.Object().Doc(); d == nil || d.Actor() != "" && d.Actor() != in.Actor.URI {
			return nil
		}
	}
	switch {
	case in.Actor.Local, in.Inside && in.Actor.Type == account.Group: // see onGoverned, which knows when it was said
		return nil
	case in.Actor.Type == account.Group && d.Is("Delete"): // as Smithereen's act
		return s.said(ctx, tx, in, word{URI: as.HTTPURL(d.Object().ID()), Kind: wordIn, Yes: undo, Reason: clip(d.Summary())}, nil)
	case in.Actor.Type == account.Group && d.Is("Move") && !undo:
		return s.gives(ctx, tx, in, d)
	case in.Actor.Type == account.Group:
		return nil
	}
	switch {
	case d.Is("Move") && !undo:
		return s.moderatorMoves(ctx, tx, in, d)
	case d.Is("Block"):
		return s.moderatorBans(ctx, tx, in, d, undo)
	case d.Is("Delete", "Lock", "Add", "Remove"):
		return s.moderatorActs(ctx, tx, in, d, undo)
	}
	return nil
}

// moderated finds a group of ours that an account moderates: a closed one from a server that may have it now.
func moderated(ctx context.Context, tx *db.Tx, groupID, actorID int64) (*Group, *Membership, error) {
	g, err := ByID(ctx, tx, groupID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, nil, nil
	} else if err != nil {
		return nil, nil, err
	}
	me, err := membership(ctx, tx, g.AccountID, actorID)
	if err != nil || !me.May(Animator) {
		return nil, nil, err
	}
	if g.Closed() {
		who, err := account.ByID(ctx, tx, actorID)
		if err != nil {
			return nil, nil, err
		}
		if yes, err := mayHold(ctx, tx, who.Host); err != nil || !yes && !who.Local() {
			return nil, nil, err
		}
	}
	return g, me, nil
}

func (s *Service) moderatorBans(ctx context.Context, tx *db.Tx, in *route.Inbound, d *as.Doc, undo bool) error {
	a, err := account.ByURI(ctx, tx, d.Target().ID())
	if apperr.Is(err, apperr.KindNotFound) || err == nil && !(a.Local() && a.Kind == account.Group) {
		return nil
	} else if err != nil {
		return err
	}
	g, me, err := moderated(ctx, tx, a.ID, in.Actor.ID)
	if err != nil {
		return err
	}
	if g == nil || !me.May(Moderator) {
		return s.refuseAct(ctx, tx, in, a.ID, needs(Moderator))
	}
	who, err := account.ByURI(ctx, tx, d.Object().ID())
	if apperr.Is(err, apperr.KindNotFound) {
		return s.refuseAct(ctx, tx, in, a.ID, apperr.Invalid("group.ask_unknown"))
	} else if err != nil {
		return err
	}
	if undo {
		err = s.unban(ctx, tx, g, me, who.ID, in.Doc.Bytes)
	} else {
		err = s.ban(ctx, tx, g, me, who.ID, clip(d.Summary()), in.Doc.Bytes)
	}
	if apperr.Is(err, apperr.KindForbidden) { // of their own rank
		return s.refuseAct(ctx, tx, in, a.ID, err)
	}
	return err
}

// missing says that what an act is about is not in the group to which it was sent.
func (s *Service) missing(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	return s.refuseAct(ctx, tx, in, 0, apperr.Invalid("group.ask_missing"))
}

func (s *Service) moderatorActs(ctx context.Context, tx *db.Tx, in *route.Inbound, d *as.Doc, undo bool) error {
	p, err := post.RawByURI(ctx, tx, d.Object().ID())
	if apperr.Is(err, apperr.KindNotFound) {
		return s.missing(ctx, tx, in)
	} else if err != nil {
		return err
	}
	row, err := placed(ctx, tx, p.ID)
	if err != nil || p.AccountID == in.Actor.ID && d.Is("Delete") {
		return err
	}
	if row == nil || p.DeletedAt != 0 {
		return s.missing(ctx, tx, in)
	}
	if d.Is("Add", "Remove") {
		if a, err := account.ByID(ctx, tx, row.GroupID); err != nil || as.HTTPURL(d.Target().ID()) != a.Featured {
			return ignoreMissing(err)
		}
	}
	g, me, err := moderated(ctx, tx, row.GroupID, in.Actor.ID)
	if err != nil {
		return err
	}
	role := Moderator
	if d.Is("Add", "Remove") {
		role = Animator
	}
	if g == nil || !me.May(role) {
		return s.refuseAct(ctx, tx, in, row.GroupID, needs(role))
	}
	t, err := threadOf(ctx, tx, row.ThreadID)
	if err != nil || t == nil {
		return err
	}
	switch {
	case d.Is("Add", "Remove"):
		return s.mark(ctx, tx, g, me.AccountID, t, "pinned_at", d.Is("Add") != undo, in.Doc.Bytes)
	case d.Is("Lock"):
		return s.mark(ctx, tx, g, me.AccountID, t, "locked_at", !undo, in.Doc.Bytes)
	case undo:
		return s.judge(ctx, tx, g, me.AccountID, p, Shown, "", in.Doc.Bytes)
	default:
		return s.judge(ctx, tx, g, me.AccountID, p, Removed, clip(d.Summary()), in.Doc.Bytes)
	}
}

// Governs reports whether a Delete is the act of a group that the post is in, or of one who moderates
// it or thinks so, which takes it out of the group, or not, and deletes nothing.
func (s *Service) Governs(ctx context.Context, tx *db.Tx, in *route.Inbound) (bool, error) {
	n, err := db.Get[int](ctx, tx, `select count(*) from post p join group_post g on g.post_id = p.id
		where p.uri = $1 and (g.group_id = $2 or exists (select 1 from group_member m where m.group_id = g.group_id
			and m.account_id = $2 and m.state = 'in' and m.role in ('moderator', 'owner')))`, in.ObjectURI, in.Actor.ID)
	if err != nil || n > 0 {
		return n > 0, err
	}
	id, err := namedGroup(ctx, tx, in.Doc)
	if err != nil || id == 0 {
		return false, err
	}
	n, err = db.Get[int](ctx, tx, `select count(*) from post p join group_post g on g.post_id = p.id where p.uri = $1 and g.group_id = $2`, in.ObjectURI, id)
	return n > 0, err
}
