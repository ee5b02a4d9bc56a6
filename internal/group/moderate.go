package group

import (
	"context"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
)

func clip(reason string) string { return text.Clean(reason, MaxReason) }

// Remove takes a post out of the group, with a reason that everyone may read. It
// stays its author's.
func (s *Service) Remove(ctx context.Context, v *auth.Viewer, postID int64, reason string) error {
	return s.decide(ctx, v, postID, Removed, clip(reason))
}

// Restore puts a post back, and lets one in that waited.
func (s *Service) Restore(ctx context.Context, v *auth.Viewer, postID int64) error {
	return s.decide(ctx, v, postID, Shown, "")
}

func (s *Service) decide(ctx context.Context, v *auth.Viewer, postID int64, state, reason string) error {
	in, err := placed(ctx, s.DB.Read(), postID)
	if err != nil {
		return err
	}
	if in == nil || in.State == Refused {
		return unknown()
	}
	p, err := post.Raw(ctx, s.DB.Read(), postID)
	if err != nil {
		return err
	}
	if asked, err := s.ask(ctx, v, in.GroupID, Moderator, as.Activity{Type: "Delete", Object: p.URI, Summary: reason}, state == Shown,
		asking{Act: map[bool]string{true: "restore", false: "remove"}[state == Shown], PostID: postID}); asked || err != nil {
		return err
	}
	return s.by(ctx, v, in.GroupID, Moderator, func(ctx context.Context, tx *db.Tx, g *Group, me *Membership) error {
		p, err := post.Raw(ctx, tx, postID)
		if err != nil {
			return err
		}
		if p.DeletedAt != 0 {
			return unknown()
		}
		return s.judge(ctx, tx, g, me.AccountID, p, state, reason, nil)
	})
}

// judge takes a post out of a group or puts it in, in the name of a moderator, and
// tells the group's followers. passed is what a moderator of another server sent.
func (s *Service) judge(ctx context.Context, tx *db.Tx, g *Group, byID int64, p *post.Post, state, reason string, passed []byte) error {
	was, err := placed(ctx, tx, p.ID)
	if err != nil || was == nil || was.State == state || was.State == Refused {
		return err
	}
	teller := byID
	if byID == p.AccountID {
		teller = g.AccountID // by its author it would say, here and elsewhere, that the post is deleted
	}
	if _, err := tx.Exec(ctx, `update group_post set state = $1, by_id = $2, reason = $3, decided_at = $4 where post_id = $5`,
		state, teller, reason, now(), p.ID); err != nil {
		return err
	}
	if err := recount(ctx, tx, was.ThreadID); err != nil {
		return err
	}
	act := "remove"
	if state == Shown {
		act = "restore"
		if was.State == Waiting {
			act = "let_in"
		}
	}
	if p.ReplyToID == 0 {
		if err := s.show(ctx, tx, g, p, was.State, state); err != nil {
			return err
		}
	}
	if was.State == Shown || state == Shown {
		if err := s.tellWalls(ctx, tx, g.AccountID, p, state == Shown); err != nil {
			return err
		}
	}
	if state == Shown {
		if err := s.release(ctx, tx, p); err != nil {
			return err
		}
	}
	if was.State != Waiting && (p.Audience == post.Public || p.Audience == post.Group) {
		if err := s.governOr(ctx, tx, g, teller, as.Activity{Type: "Delete", Object: p.URI, Summary: reason}, state == Shown, passed); err != nil {
			return err
		}
		switch {
		case state == Shown:
			err = s.restoreInForums(ctx, tx, g, p)
		case state == Removed && p.ReplyToID == 0:
			err = s.withdraw(ctx, tx, g, p)
		}
		if err != nil {
			return err
		}
	}
	return s.journal(ctx, tx, Line{GroupID: g.AccountID, ByID: byID, Act: act, AccountID: p.AccountID, PostID: p.ID, Reason: reason})
}

// release passes on what waited for a moderator: the Create, then the last edit.
func (s *Service) release(ctx context.Context, tx *db.Tx, p *post.Post) error {
	type held struct {
		Kind string
		Body []byte
	}
	list, err := db.All[held](ctx, tx, `select kind, body from group_held where post_id = $1 order by kind`, p.ID)
	if err != nil || len(list) == 0 {
		return err
	}
	var from *route.Actor
	if !p.Local {
		author, err := account.ByID(ctx, tx, p.AccountID)
		if err != nil {
			return err
		}
		from = &route.Actor{ID: author.ID, URI: author.URI, Host: author.Host}
	}
	for _, h := range list {
		if err := s.pass(ctx, tx, p, h.Kind, h.Body, from); err != nil {
			return err
		}
	}
	return dropHeld(ctx, tx, p.ID)
}

func dropHeld(ctx context.Context, tx *db.Tx, postID int64) error {
	_, err := tx.Exec(ctx, `delete from group_held where post_id = $1`, postID)
	return err
}

// show has the group relay the first post of a thread, or take that back.
func (s *Service) show(ctx context.Context, tx *db.Tx, g *Group, p *post.Post, was, is string) error {
	if is != Shown && was != Shown {
		return nil // it never was
	}
	if err := s.carryOr(ctx, tx, g.AccountID, p, is == Shown); err != nil {
		return err
	}
	if is == Shown {
		return s.relay(ctx, tx, g, p)
	}
	return s.unrelay(ctx, tx, g, p)
}

// InQueue lists the posts that wait for a moderator, oldest first.
func (s *Service) InQueue(ctx context.Context, groupID int64) ([]int64, error) {
	return db.All[int64](ctx, s.DB.Read(), `select post_id from group_post g where g.group_id = $1 and g.state = 'waiting' order by post_id limit 100`, groupID)
}

// Journal gives the last lines of the journal of a group, newest first.
func (s *Service) Journal(ctx context.Context, groupID int64) ([]Line, error) {
	return db.All[Line](ctx, s.DB.Read(), `select id, group_id, by_id, act, account_id, post_id, reason, at from group_log where group_id = $1 order by id desc limit 200`, groupID)
}

// Erase forgets an account that is being deleted, a member or a group itself.
func (s *Service) Erase(ctx context.Context, tx *db.Tx, accountID int64) error {
	for _, sql := range []string{
		`delete from group_member where account_id = $1 or group_id = $1`,
		`delete from audience_account where account_id = $1 or scope_id = $1`,
		`delete from group_log where group_id = $1`,
		`delete from group_passed where group_id = $1`,
		`delete from group_refusal where group_id = $1`,
		`delete from group_quiet where account_id = $1 or group_id = $1`,
		`delete from group_topic where group_id = $1`,
		`delete from group_carried where group_id = $1 or thread_id in (select post_id from group_thread where group_id = $1)`,
		`delete from group_thread where group_id = $1`,
		`delete from group_post where group_id = $1`,
		`delete from group_word where group_id = $1`,
		`delete from group_report where group_id = $1`,
		`update group_report set account_id = 0 where account_id = $1`,
		`delete from group_remote where account_id = $1`,
		`delete from group_invitation where account_id = $1 or group_id = $1 or by_id = $1`,
		`delete from group_transfer where from_id = $1 or to_id = $1`,
		`delete from group_moved where group_id = $1 or to_id = $1`,
		`delete from group_ask where account_id = $1 or group_id = $1 or about_id = $1`,
		`update group_transfer set by_id = 0 where by_id = $1`,
		`delete from group_vouch where group_id = $1`,
		`delete from group_info where account_id = $1`,
		`update group_log set account_id = 0 where account_id = $1`,
		`update group_log set by_id = 0 where by_id = $1`,
		`update group_member set by_id = 0 where by_id = $1`,
		`update group_post set by_id = 0 where by_id = $1`,
		`update group_thread set summary_by = 0 where summary_by = $1`,
	} {
		if _, err := tx.Exec(ctx, sql, accountID); err != nil {
			return err
		}
	}
	return nil
}
