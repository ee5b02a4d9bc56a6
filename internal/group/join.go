package group

import (
	"context"
	"encoding/json"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/post"
)

// admit makes somebody a member, with the follow that shows them the threads.
func (s *Service) admit(ctx context.Context, tx *db.Tx, g *Group, accountID int64, role string, byID int64) error {
	if err := saveMember(ctx, tx, &Membership{g.AccountID, accountID, role, In, byID, now()}); err != nil {
		return err
	}
	if err := grant(ctx, tx, g.AccountID, accountID, true); err != nil {
		return err
	}
	return s.Follows.Admit(ctx, tx, accountID, g.AccountID)
}

// Admits is asked by the follow slice whether somebody may follow a group at
// once, must wait, or may not. Whoever may not know of the group is told that
// there is none.
func (s *Service) Admits(ctx context.Context, tx *db.Tx, target, who *account.Account) (now bool, err error) {
	if target.Kind == account.Group && !target.Local() && !target.Public {
		return false, ofMovement(ctx, tx, who)
	}
	if target.Kind != account.Group || !target.Local() {
		return !target.Locked, nil
	}
	g, err := ByID(ctx, tx, target.ID)
	if apperr.Is(err, apperr.KindNotFound) {
		return !target.Locked, nil
	} else if err != nil {
		return false, err
	}
	m, err := standing(ctx, tx, g.AccountID, who)
	if err != nil {
		return false, err
	}
	if who.Kind == account.Group {
		return g.admitsGroup(ctx, tx, who, m)
	}
	if g.Closed() && !who.Local() {
		if err := g.admitsHost(ctx, tx, who.Host); err != nil {
			return false, err
		}
	}
	if m != nil {
		switch m.State {
		case Banned:
			return false, apperr.Forbidden("group.banned")
		case In, Invited:
			return true, nil
		}
	}
	switch {
	case g.Secret:
		return false, unknown()
	case g.Joining == Invite:
		return false, apperr.Forbidden("group.invite_only")
	}
	return g.Joining == Free, nil
}

// admitsHost refuses people of a server that a closed group may not go to: as if it
// did not exist where it may not be known, and without a reason otherwise.
func (g *Group) admitsHost(ctx context.Context, q db.Q, host string) error {
	if yes, err := affiliated(ctx, q, host); err != nil {
		return err
	} else if !yes || g.Access != Movement {
		return unknown()
	}
	if yes, err := mayHold(ctx, q, host); err != nil || yes {
		return err
	}
	return apperr.Forbidden("group.not_there")
}

// ofMovement lets only members into closed groups of other servers, which count on us for that.
func ofMovement(ctx context.Context, q db.Q, who *account.Account) error {
	members, err := auth.MembersAmong(ctx, q, []int64{who.ID})
	if err != nil || members[who.ID] {
		return err
	}
	return apperr.Forbidden("group.members_far")
}

// Began makes the follower of a group its member.
func (s *Service) Began(ctx context.Context, tx *db.Tx, accountID, targetID int64) error {
	g, err := Any(ctx, tx, targetID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	who, err := account.ByID(ctx, tx, accountID)
	if err != nil {
		return err
	}
	if who.Kind == account.Group {
		return s.linked(ctx, tx, g, who)
	}
	if !g.Ours() {
		if _, err := tx.Exec(ctx, `delete from group_invitation where account_id = $1 and group_id = $2`, accountID, targetID); err != nil {
			return err
		}
		if err := s.wantLook(ctx, tx, g.AccountID); err != nil {
			return err
		}
	}
	m, err := membership(ctx, tx, g.AccountID, accountID)
	if err != nil || m.In() {
		return err
	}
	if err := saveMember(ctx, tx, &Membership{g.AccountID, accountID, Member, In, accountID, now()}); err != nil {
		return err
	}
	return grant(ctx, tx, g.AccountID, accountID, true)
}

// Ended ends the membership of somebody who follows a group no longer.
func (s *Service) Ended(ctx context.Context, tx *db.Tx, accountID, targetID int64) error {
	if ours, err := ByID(ctx, tx, accountID); err == nil {
		return s.unlinked(ctx, tx, ours.AccountID, targetID)
	} else if !apperr.Is(err, apperr.KindNotFound) {
		return err
	}
	if err := grant(ctx, tx, targetID, accountID, false); err != nil {
		return err
	}
	n, err := db.Exec(ctx, tx, `delete from group_member where group_id = $1 and account_id = $2 and state = 'in'`, targetID, accountID)
	if err != nil {
		return err
	}
	g, err := ByID(ctx, tx, targetID)
	if apperr.Is(err, apperr.KindNotFound) {
		return s.leftHere(ctx, tx, targetID)
	} else if err != nil || n == 0 {
		return err
	}
	who, err := account.ByID(ctx, tx, accountID)
	if err != nil {
		return err
	}
	return s.leftThere(ctx, tx, g, who)
}

// Join joins a group, or asks to.
func (s *Service) Join(ctx context.Context, v *auth.Viewer, groupID int64) error {
	if _, _, err := s.seen(ctx, s.DB.Read(), v, groupID); err != nil {
		return err
	}
	return s.Follows.Follow(ctx, v.AccountID, groupID, nil)
}

// Leave leaves a group. Its last owner hands it over first.
func (s *Service) Leave(ctx context.Context, v *auth.Viewer, groupID int64) error {
	_, me, err := s.seen(ctx, s.DB.Read(), v, groupID)
	if err != nil {
		return err
	}
	if me != nil && me.Role == Owner {
		return apperr.Invalid("group.owner_leaves")
	}
	return s.Follows.Unfollow(ctx, v.AccountID, groupID)
}

// Waiting lists the ids of who asks to join a group.
func (s *Service) Waiting(ctx context.Context, groupID int64) ([]int64, error) {
	return db.All[int64](ctx, s.DB.Read(), `select account_id from follow where target_id = $1 and not accepted order by created_at limit 200`, groupID)
}

// Answer lets somebody in who asked, or not.
func (s *Service) Answer(ctx context.Context, v *auth.Viewer, groupID, accountID int64, yes bool) error {
	if _, me, err := s.seen(ctx, s.DB.Read(), v, groupID); err != nil {
		return err
	} else if !me.May(Moderator) {
		return needs(Moderator)
	}
	if err := s.Follows.Answer(ctx, groupID, accountID, yes); err != nil {
		return err
	}
	act := "refuse"
	if yes {
		act = "accept"
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return s.journal(ctx, tx, Line{GroupID: groupID, ByID: v.AccountID, Act: act, AccountID: accountID})
	})
}

// Invite lets somebody in who may not know of the group yet.
func (s *Service) Invite(ctx context.Context, v *auth.Viewer, groupID, accountID int64) error {
	return s.by(ctx, v, groupID, Member, func(ctx context.Context, tx *db.Tx, g *Group, me *Membership) error {
		if g.Joining != Free && !me.May(Moderator) {
			return needs(Moderator)
		}
		a, err := account.ByID(ctx, tx, accountID)
		if err != nil || a.Gone() || a.Kind != account.Person || !a.VisibleTo(v) {
			return apperr.NotFound("account.not_found")
		}
		if err := g.mayInvite(ctx, tx, a); err != nil {
			return err
		}
		m, err := membership(ctx, tx, g.AccountID, a.ID)
		if err != nil || m.In() {
			return err
		}
		again := m != nil && m.State == Invited // told anew where that may have been lost, and no more
		if again && a.Local() {
			return nil
		}
		if m != nil && m.State == Banned && !me.May(Moderator) {
			return needs(Moderator)
		}
		if err := saveMember(ctx, tx, &Membership{g.AccountID, a.ID, Member, Invited, me.AccountID, now()}); err != nil {
			return err
		}
		if !again {
			err = s.journal(ctx, tx, Line{GroupID: g.AccountID, ByID: me.AccountID, Act: "invite", AccountID: a.ID})
		}
		if err != nil {
			return err
		}
		if a.Local() {
			return s.Notify.Add(ctx, tx, a.ID, notify.GroupInvite, g.AccountID, 0)
		}
		by, err := account.ByID(ctx, tx, me.AccountID)
		if err != nil {
			return err
		}
		if known, err := s.Accounts.KnownTo(ctx, tx, by, a.Host); err != nil {
			return err
		} else if !known {
			by = g.Account // who invites cannot be known there
		}
		return s.sendInvite(ctx, tx, g, by, a)
	})
}

// mayInvite refuses, with the reason, to invite somebody of a server to which the group cannot go.
func (g *Group) mayInvite(ctx context.Context, q db.Q, a *account.Account) error {
	if a.Local() {
		return nil
	}
	no := func(key string) error { return apperr.Invalid(key, a.Host).Field("who", key, a.Host) }
	switch g.Access {
	case Section:
		return no("group.closed_outside")
	case Movement:
		if yes, err := affiliated(ctx, q, a.Host); err != nil {
			return err
		} else if !yes {
			return no("group.not_of_movement")
		}
	}
	n, err := db.Get[int](ctx, q, `select count(*) from audience_keeper where host = $1`, a.Host)
	if err == nil && n == 0 {
		err = no("group.no_invitations_there")
	}
	return err
}

// SetRole gives a member another role; only the owner may, and the owner's own
// role is given away by HandOver.
func (s *Service) SetRole(ctx context.Context, v *auth.Viewer, groupID, accountID int64, role string) error {
	return s.by(ctx, v, groupID, Owner, func(ctx context.Context, tx *db.Tx, g *Group, me *Membership) error {
		m, err := membership(ctx, tx, g.AccountID, accountID)
		if err != nil {
			return err
		}
		if !m.In() || ranks[role] == 0 || role == Owner {
			return apperr.Invalid("group.no_member")
		}
		if accountID == me.AccountID {
			return apperr.Invalid("group.own_role")
		}
		was, animated := ranks[m.Role] >= ranks[Moderator], m.Role == Animator
		m.Role, m.ByID = role, me.AccountID
		if err := saveMember(ctx, tx, m); err != nil {
			return err
		}
		if is := ranks[role] >= ranks[Moderator]; is != was {
			if err := s.governRole(ctx, tx, g, me.AccountID, accountID, is); err != nil {
				return err
			}
		}
		if role == Animator || animated && role == Member {
			if err := s.tellAnimator(ctx, tx, g, accountID, role == Animator); err != nil {
				return err
			}
		}
		return s.journal(ctx, tx, Line{GroupID: g.AccountID, ByID: me.AccountID, Act: "role", AccountID: accountID, Reason: role})
	})
}

// governRole tells other servers that somebody moderates a group, or no longer,
// if outsiders may know of it.
func (s *Service) governRole(ctx context.Context, tx *db.Tx, g *Group, byID, accountID int64, yes bool) error {
	a, err := account.ByID(ctx, tx, accountID)
	if err != nil || g.Closed() && a.Local() || a.Local() && !(a.Reachable && a.Public) {
		return err
	}
	kind := "Remove"
	if yes {
		kind = "Add"
	}
	if g.Closed() {
		return s.tellRole(ctx, tx, g, a, kind, g.Account.URI+"/moderators")
	}
	return s.govern(ctx, tx, g, byID, as.Activity{Type: kind, Object: a.URI, Target: g.Account.URI + "/moderators"}, false)
}

// tellRole tells the server of somebody, and no other, that they are added to those of a list, or taken out.
func (s *Service) tellRole(ctx context.Context, tx *db.Tx, g *Group, a *account.Account, kind, list string) error {
	to := []string{a.URI}
	inner, err := as.Activity{Type: kind, ID: s.activityID(), Actor: g.Account.URI, Object: a.URI, Target: list, To: to, Audience: g.Account.URI}.Build()
	if err != nil {
		return err
	}
	body, err := ordered(as.Activity{Type: "Announce", ID: s.activityID(), Actor: g.Account.URI, Object: json.RawMessage(inner), To: to}, time.Now()).Build()
	if err != nil {
		return err
	}
	var o outbox.Opts
	if g.Closed() {
		o.Audience = string(post.Group)
	}
	return outbox.Enqueue(ctx, tx, body, g.AccountID, o, []string{a.BestInbox()})
}

// Ban puts somebody out of a group for good, Unban lets them come back.
func (s *Service) Ban(ctx context.Context, v *auth.Viewer, groupID, accountID int64, reason string) error {
	if asked, err := s.askBan(ctx, v, groupID, accountID, clip(reason), false); asked || err != nil {
		return err
	}
	return s.by(ctx, v, groupID, Moderator, func(ctx context.Context, tx *db.Tx, g *Group, me *Membership) error {
		return s.ban(ctx, tx, g, me, accountID, clip(reason), nil)
	})
}

func (s *Service) ban(ctx context.Context, tx *db.Tx, g *Group, me *Membership, accountID int64, reason string, passed []byte) error {
	m, err := membership(ctx, tx, g.AccountID, accountID)
	if err != nil {
		return err
	}
	if m != nil && m.State == Banned {
		return nil
	}
	if m.In() && ranks[m.Role] >= ranks[me.Role] {
		return apperr.Forbidden("group.ban_equal")
	}
	if err := s.Follows.Expel(ctx, tx, accountID, g.AccountID); err != nil {
		return err
	}
	if err := saveMember(ctx, tx, &Membership{g.AccountID, accountID, Member, Banned, me.AccountID, now()}); err != nil {
		return err
	}
	if err := grant(ctx, tx, g.AccountID, accountID, false); err != nil {
		return err
	}
	if err := s.governBan(ctx, tx, g, me.AccountID, accountID, reason, false, passed); err != nil {
		return err
	}
	return s.journal(ctx, tx, Line{GroupID: g.AccountID, ByID: me.AccountID, Act: "ban", AccountID: accountID, Reason: reason})
}

// Unban takes a ban back; it makes nobody a member.
func (s *Service) Unban(ctx context.Context, v *auth.Viewer, groupID, accountID int64) error {
	if asked, err := s.askBan(ctx, v, groupID, accountID, "", true); asked || err != nil {
		return err
	}
	return s.by(ctx, v, groupID, Moderator, func(ctx context.Context, tx *db.Tx, g *Group, me *Membership) error {
		return s.unban(ctx, tx, g, me, accountID, nil)
	})
}

func (s *Service) unban(ctx context.Context, tx *db.Tx, g *Group, me *Membership, accountID int64, passed []byte) error {
	n, err := db.Exec(ctx, tx, `delete from group_member where group_id = $1 and account_id = $2 and state = 'banned'`, g.AccountID, accountID)
	if err != nil || n == 0 {
		return err
	}
	if err := s.governBan(ctx, tx, g, me.AccountID, accountID, "", true, passed); err != nil {
		return err
	}
	return s.journal(ctx, tx, Line{GroupID: g.AccountID, ByID: me.AccountID, Act: "unban", AccountID: accountID})
}

// governBan tells other servers whom a group put out, or lets in again.
func (s *Service) governBan(ctx context.Context, tx *db.Tx, g *Group, byID, accountID int64, reason string, undo bool, passed []byte) error {
	if g.Closed() {
		return nil
	}
	a, err := account.ByID(ctx, tx, accountID)
	if err != nil {
		return err
	}
	if a.Local() && !a.Reachable {
		return nil // whom outsiders do not know of
	}
	block := as.Activity{Type: "Block", Object: a.URI, Target: g.Account.URI, Summary: reason}
	if err := s.governOr(ctx, tx, g, byID, block, undo, passed); err != nil {
		return err
	}
	inboxes, err := inboxesOf(ctx, tx, g, walls)
	if err != nil {
		return err
	}
	// GoToSocial ends no follow that was accepted, but for a Block by the group itself.
	if !a.Local() {
		if is, err := speaks(ctx, tx, a.ID); err != nil {
			return err
		} else if (is == boosts || is == calendars) && a.Inbox != "" {
			inboxes = append(inboxes, a.Inbox)
		}
	}
	// One id for both, by which GoToSocial finds what is undone.
	block.ID = g.Account.URI + "#block-" + ids.String(a.ID)
	block.Actor, block.To, block.Published = g.Account.URI, []string{as.Public, a.URI}, time.Now()
	if !undo {
		return s.toInboxes(ctx, tx, g, block, inboxes)
	}
	inner, err := block.Build()
	if err != nil {
		return err
	}
	return s.toInboxes(ctx, tx, g, as.Activity{Type: "Undo", ID: s.activityID(), Actor: g.Account.URI, Object: json.RawMessage(inner), To: block.To, Published: time.Now()}, inboxes)
}
