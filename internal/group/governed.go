package group

import (
	"context"
	"slices"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/post"
)

// onGoverned does here what a group of another server says of what is in it. The
// group announces it and is the one to decide; who asked for it is its own affair.
//
// Spec: FEP-1b12
func (s *Service) onGoverned(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	if in.Actor.Type != account.Group || in.Actor.Local {
		return nil
	}
	refs := in.Doc.Object()
	for _, r := range refs[:min(len(refs), maxBatch)] {
		if err := s.governed(ctx, tx, in, r); err != nil {
			return err
		}
	}
	return s.forwardCarried(ctx, tx, in)
}

// maxBatch is how many things one Announce may tell.
const maxBatch = 50

// governed is one thing that a group announced.
func (s *Service) governed(ctx context.Context, tx *db.Tx, in *route.Inbound, r as.Ref) error {
	d, undo := r.Doc, false
	if d == nil || d.Is(as.PostTypes...) {
		return s.said(ctx, tx, in, word{URI: r.ID(), Kind: wordIn, Yes: true}, nil)
	}
	by := d
	if !d.Is("Create", "Update") {
		if err := s.didAsked(ctx, tx, in.Actor.ID, d.ID()); err != nil {
			return err
		}
	}
	if d.Is("Undo") {
		if undo, d = true, d.Object().Doc(); d == nil {
			return nil
		}
	}
	uri := as.HTTPURL(d.Object().ID())
	w := word{URI: uri, Yes: !undo}
	switch {
	case d.Is("Create") && !undo:
		if err := heard(ctx, tx, in.Actor.ID); err != nil {
			return err
		}
		w.Kind = wordIn
	case d.Is("Delete"):
		p, err := post.RawByURI(ctx, tx, uri)
		if err == nil && isBy(ctx, tx, p, d.Actor()) {
			return nil // its author deletes it, which is more
		}
		w.Kind, w.Yes, w.Reason = wordIn, undo, clip(d.Summary())
	case d.Is("Lock"):
		w.Kind = wordLock
	case d.Is("Add", "Remove"):
		return s.governedAdd(ctx, tx, in, d, by, undo)
	case d.Is("Move") && !undo:
		return s.governedMove(ctx, tx, in, d, by)
	case d.Is("Update") && !undo && d.Actor() == in.Actor.URI:
		return s.governedKept(ctx, tx, in, d.Object().Doc())
	case d.Is("Block"):
		return s.governedBlock(ctx, tx, in, d, by, undo)
	default:
		return nil
	}
	return s.said(ctx, tx, in, w, by)
}

func isBy(ctx context.Context, q db.Q, p *post.Post, uri string) bool {
	a, err := account.ByID(ctx, q, p.AccountID)
	return err == nil && uri == a.URI
}

// governedAdd is for the collections of a group: its pinned threads, its moderators.
func (s *Service) governedAdd(ctx context.Context, tx *db.Tx, in *route.Inbound, d, by *as.Doc, undo bool) error {
	a, err := account.ByID(ctx, tx, in.Actor.ID)
	if err != nil {
		return err
	}
	yes, target, uri := d.Is("Add") != undo, as.HTTPURL(d.Target().ID()), as.HTTPURL(d.Object().ID())
	if target == "" || uri == "" {
		return nil
	}
	if target == a.Featured || target == a.URI+"/featured" {
		return s.said(ctx, tx, in, word{URI: uri, Kind: wordPin, Yes: yes}, by)
	}
	if target == animatorsURI(a) {
		return s.animates(ctx, tx, a.ID, uri, yes, actorOf(ctx, tx, by))
	}
	r, err := remoteOf(ctx, tx, a.ID)
	if err != nil || r.Moderators == "" || target != r.Moderators {
		return err
	}
	who, err := account.ByURI(ctx, tx, uri)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	role := Member
	if yes {
		role = Moderator
	}
	if _, err := setRole(ctx, tx, a.ID, who, role); err != nil {
		return err
	}
	return s.journal(ctx, tx, Line{GroupID: a.ID, ByID: actorOf(ctx, tx, by), Act: "role", AccountID: who.ID, Reason: role})
}

// setRole gives somebody a role in a group of another server. Strangers are kept there for their role alone.
func setRole(ctx context.Context, tx *db.Tx, groupID int64, who *account.Account, role string) (changed bool, err error) {
	m, err := membership(ctx, tx, groupID, who.ID)
	if err != nil {
		return false, err
	}
	switch {
	case m == nil && role == Member:
		return false, nil
	case m != nil && role == Member && !who.Local():
		_, err := tx.Exec(ctx, `delete from group_member where group_id = $1 and account_id = $2`, groupID, who.ID)
		return true, err
	case m == nil && who.Local():
		return false, nil // whoever acts from here takes part
	case m == nil:
		m = &Membership{GroupID: groupID, AccountID: who.ID, State: In, Since: now()}
	case m.Role == role:
		return false, nil
	}
	m.Role = role
	return true, saveMember(ctx, tx, m)
}

// governedBlock writes down whom a group put out, or lets in again.
func (s *Service) governedBlock(ctx context.Context, tx *db.Tx, in *route.Inbound, d, by *as.Doc, undo bool) error {
	if as.HTTPURL(d.Target().ID()) != in.Actor.URI {
		return nil
	}
	who, err := account.ByURI(ctx, tx, as.HTTPURL(d.Object().ID()))
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	w := word{GroupID: in.Actor.ID, URI: who.URI, Kind: "ban", Yes: !undo, At: saidAt(in), Reason: clip(d.Summary())}
	if newest, err := hear(ctx, tx, w); err != nil || !newest {
		return err
	}
	if who.Local() {
		if err := s.bannedThere(ctx, tx, in.Actor.ID, who.ID, !undo); err != nil {
			return err
		}
	}
	act := "ban"
	if undo {
		act = "unban"
	}
	return s.journal(ctx, tx, Line{GroupID: in.Actor.ID, ByID: actorOf(ctx, tx, by), Act: act, AccountID: who.ID, Reason: w.Reason})
}

// bannedThere notes that one of ours may write in a group no more, or again.
func (s *Service) bannedThere(ctx context.Context, tx *db.Tx, groupID, accountID int64, yes bool) error {
	if yes {
		return saveMember(ctx, tx, &Membership{groupID, accountID, Member, Banned, 0, now()})
	}
	_, err := tx.Exec(ctx, `delete from group_member where group_id = $1 and account_id = $2 and state = 'banned'`, groupID, accountID)
	return err
}

func actorOf(ctx context.Context, q db.Q, d *as.Doc) int64 {
	if d == nil {
		return 0
	}
	a, err := account.ByURI(ctx, q, d.Actor())
	if err != nil || a.Kind == account.Group {
		return 0
	}
	return a.ID
}

// onWithdrawn takes a thread out of a group that takes its boost of it back.
func (s *Service) onWithdrawn(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	if in.Actor.Type != account.Group || in.Actor.Local {
		return nil
	}
	d := in.Doc.Object().Doc()
	if d == nil || d.Object().Doc() != nil && !d.Object().Doc().Is(as.PostTypes...) {
		return nil
	}
	return s.said(ctx, tx, in, word{URI: as.HTTPURL(d.Object().ID()), Kind: wordIn}, nil)
}

// said takes in a word of a group and does what it means here.
func (s *Service) said(ctx context.Context, tx *db.Tx, in *route.Inbound, w word, by *as.Doc) error {
	if w.URI == "" {
		return nil
	}
	w.GroupID, w.At = in.Actor.ID, saidAt(in)
	newest, err := hear(ctx, tx, w)
	if err != nil {
		return err
	}
	p, err := post.RawByURI(ctx, tx, w.URI)
	if apperr.Is(err, apperr.KindNotFound) || err == nil && p.DeletedAt != 0 {
		return nil
	} else if err != nil {
		return err
	}
	row, err := placed(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	if row == nil && w.Kind == wordIn && w.Yes {
		if err := s.claimed(ctx, tx, in.Actor.ID, in.Actor.URI, p); err != nil {
			return err
		}
		if row, err = placed(ctx, tx, p.ID); err != nil || row != nil {
			return err
		}
		if err := s.placedByOther(ctx, tx, p); err != nil {
			return err
		}
		if row, err = placed(ctx, tx, p.ID); err != nil {
			return err
		}
	}
	if row != nil && row.GroupID != in.Actor.ID && w.Kind == wordIn && newest {
		return carriedThere(ctx, tx, in.Actor.ID, p, w.Yes)
	}
	if row == nil || row.GroupID != in.Actor.ID {
		return nil
	}
	if w.Kind == wordIn {
		if !newest {
			// An older boost may just have come in of what is out since.
			if row.State == Removed && p.ReplyToID == 0 {
				return s.relayed(ctx, tx, row.GroupID, p, false)
			}
			return nil
		}
		return s.saidIn(ctx, tx, row, p, w, actorOf(ctx, tx, by))
	}
	if !newest || row.ThreadID != p.ID {
		return nil
	}
	return s.saidMark(ctx, tx, row, w, actorOf(ctx, tx, by))
}

// saidIn puts a post into another server's group, or takes it out.
func (s *Service) saidIn(ctx context.Context, tx *db.Tx, row *Post, p *post.Post, w word, byID int64) error {
	state, act := Shown, "restore"
	if !w.Yes {
		state, act = Removed, "remove"
	}
	if row.State == state || row.State == Removed && row.ByID == p.AccountID && row.ByID != 0 {
		return nil
	}
	waited := row.State == Waiting || row.State == Refused
	if _, err := tx.Exec(ctx, `update group_post set state = $1, by_id = 0, reason = $2, decided_at = $3 where post_id = $4`, state, w.Reason, w.At/1000, p.ID); err != nil {
		return err
	}
	if p.ReplyToID == 0 && (!waited || p.Audience == post.Group) { // what is closed comes as no boost
		if err := s.relayed(ctx, tx, row.GroupID, p, w.Yes); err != nil {
			return err
		}
	}
	if row.ThreadID == p.ID {
		if err := s.carryOr(ctx, tx, row.GroupID, p, w.Yes); err != nil {
			return err
		}
	}
	if err := recount(ctx, tx, row.ThreadID); err != nil || waited {
		return err
	}
	return s.journal(ctx, tx, Line{GroupID: row.GroupID, ByID: byID, Act: act, AccountID: p.AccountID, PostID: p.ID, Reason: w.Reason})
}

func (s *Service) saidMark(ctx context.Context, tx *db.Tx, row *Post, w word, byID int64) error {
	t, err := threadOf(ctx, tx, row.ThreadID)
	if err != nil || t == nil {
		return err
	}
	act, is := "pin", t.PinnedAt != 0
	if w.Kind == wordLock {
		act, is = "lock", t.LockedAt != 0
	}
	if is == w.Yes {
		return nil
	}
	if !w.Yes {
		act = "un" + act
	}
	if err := setMark(ctx, tx, row.ThreadID, marks[w.Kind], w.Yes, w.At/1000); err != nil {
		return err
	}
	return s.journal(ctx, tx, Line{GroupID: row.GroupID, ByID: byID, Act: act, PostID: row.ThreadID})
}

// claimed makes a post a thread of the group that announced it, if it names the
// group or comes from its server, and an answer one of its parent's thread.
func (s *Service) claimed(ctx context.Context, tx *db.Tx, groupID int64, groupURI string, p *post.Post) error {
	if p.Audience != post.Public || p.BoostOfID != 0 {
		return nil
	}
	row := &Post{PostID: p.ID, GroupID: groupID, ThreadID: p.ThreadID, State: Shown}
	if p.ReplyToID != 0 {
		parent, err := placed(ctx, tx, p.ReplyToID)
		if err != nil || parent == nil || parent.GroupID != groupID {
			return err
		}
		row.ThreadID = parent.ThreadID
		return s.put(ctx, tx, nil, row, p)
	}
	if p.ReplyToURI != "" {
		return nil
	}
	if yes, err := s.names(ctx, tx, p, groupURI); err != nil || !yes {
		return err
	}
	return s.put(ctx, tx, nil, row, p)
}

// names reports whether a post names a group, or comes from its server.
func (s *Service) names(ctx context.Context, q db.Q, p *post.Post, groupURI string) (bool, error) {
	if as.Host(p.URI) == as.Host(groupURI) {
		return true, nil
	}
	d, err := s.Posts.Document(ctx, q, p.ID)
	if err != nil || d == nil {
		return false, err
	}
	return slices.Contains(addresses(d), groupURI) || onWallBy(d, groupURI), nil
}

// relayed shows a thread of another server's group in home timelines, or no longer.
func (s *Service) relayed(ctx context.Context, tx *db.Tx, groupID int64, p *post.Post, yes bool) error {
	if yes {
		a, err := account.ByID(ctx, tx, groupID)
		if err != nil {
			return err
		}
		_, err = s.Posts.Relay(ctx, tx, a, p)
		return err
	}
	_, err := s.Posts.Unrelay(ctx, tx, groupID, p)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	}
	return err
}

func setMark(ctx context.Context, tx *db.Tx, threadID int64, column string, yes bool, at int64) error {
	if !yes {
		at = 0
	}
	_, err := tx.Exec(ctx, `update group_thread set `+column+` = $1 where post_id = $2`, at, threadID)
	return err
}

// onRefused notes that a group of another server did not take what one of ours wrote.
func (s *Service) onRefused(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	if in.Actor.Type != account.Group || in.Actor.Local {
		return nil
	}
	uri := in.ObjectURI
	if d := in.Doc.Object().Doc(); d != nil {
		uri = as.HTTPURL(d.Object().ID())
	}
	p, err := post.RawByURI(ctx, tx, uri)
	if apperr.Is(err, apperr.KindNotFound) || err == nil && !p.Local {
		return nil
	} else if err != nil {
		return err
	}
	row, err := placed(ctx, tx, p.ID)
	if err != nil || row == nil || row.GroupID != in.Actor.ID || row.State != Waiting && row.State != Shown {
		return err
	}
	if _, err := tx.Exec(ctx, `update group_post set state = 'refused', decided_at = $1 where post_id = $2`, now(), p.ID); err != nil {
		return err
	}
	return recount(ctx, tx, row.ThreadID)
}
