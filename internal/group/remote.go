package group

import (
	"context"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
)

// A group of another server has its page here, with its threads in the order of
// all servers. It decides what is in it; here stands what it said.

// remote is one row: what is known of a group of another server.
type remote struct {
	AccountID  int64
	Moderators string // URI of their collection, "" when it names none
	Wall       string // URI, of Smithereen's groups and ours
	Restricted bool   // only moderators begin threads
	Tells      bool   // it announces answers too
	LookedAt   int64
}

// Ours reports whether g is a group of this server.
func (g *Group) Ours() bool { return g.Account.Local() }

// Any finds a group of ours or of another server, whoever asks. Only rules call it.
func Any(ctx context.Context, q db.Q, id int64) (*Group, error) {
	g, err := ByID(ctx, q, id)
	if !apperr.Is(err, apperr.KindNotFound) {
		return g, err
	}
	a, err := account.ByID(ctx, q, id)
	if err != nil || a.Local() || a.Kind != account.Group || a.Gone() {
		return nil, unknown()
	}
	return foreign(ctx, q, a)
}

// foreign is a group of another server, by what it says of itself.
func foreign(ctx context.Context, q db.Q, a *account.Account) (*Group, error) {
	r, err := remoteOf(ctx, q, a.ID)
	if err != nil {
		return nil, err
	}
	g := &Group{AccountID: a.ID, Access: Open, Joining: Free, Posting: Everyone, Icon: Icons[0], CreatedAt: a.CreatedAt, Account: a}
	if a.Locked {
		g.Joining = Request
	}
	if r.Restricted {
		g.Posting = Staff
	}
	if !a.Public {
		g.Access, g.Secret, g.Posting = Movement, a.Hidden, Members
	}
	return g, nil
}

func remoteOf(ctx context.Context, q db.Q, id int64) (remote, error) {
	r, err := db.Get[remote](ctx, q, `select account_id, moderators, wall, restricted, tells, looked_at from group_remote where account_id = $1`, id)
	if apperr.Is(err, apperr.KindNotFound) {
		return remote{AccountID: id}, nil
	}
	return r, err
}

func saveRemote(ctx context.Context, tx *db.Tx, r remote) error {
	_, err := tx.Exec(ctx, `insert into group_remote (account_id, moderators, wall, restricted, tells, looked_at) values ($1, $2, $3, $4, $5, $6)
		on conflict (account_id) do update set moderators = excluded.moderators, wall = excluded.wall, restricted = excluded.restricted,
			tells = excluded.tells, looked_at = excluded.looked_at`,
		r.AccountID, r.Moderators, r.Wall, r.Restricted, r.Tells, r.LookedAt)
	return err
}

// heard notes that a group announces every activity of its threads.
func heard(ctx context.Context, tx *db.Tx, groupID int64) error {
	_, err := tx.Exec(ctx, `insert into group_remote (account_id, tells) values ($1, true)
		on conflict (account_id) do update set tells = true where not group_remote.tells`, groupID)
	return err
}

// confirms reports whether a group of another server tells us by itself what it
// takes: what it has not told of then waits for its word. Of what was written
// before anybody here followed it, it told others.
func confirms(ctx context.Context, q db.Q, groupID int64, answer bool, writtenAt int64) (bool, error) {
	since, err := db.Get[int64](ctx, q, `select coalesce(min(f.created_at), 0) from follow f join account a on a.id = f.account_id
		where f.target_id = $1 and f.accepted and a.host = ''`, groupID)
	if err != nil || since == 0 || writtenAt/1000 < since/1000 { // dates are told to the second
		return false, err
	}
	if !answer {
		return true, nil
	}
	r, err := remoteOf(ctx, q, groupID)
	return r.Tells, err
}

// settleRemote gives a new post the state that its group, of another server, said or will say.
func settleRemote(ctx context.Context, tx *db.Tx, row *Post, uri string, answer bool, writtenAt int64) error {
	w, err := wordOf(ctx, tx, row.GroupID, uri, wordIn)
	if err != nil {
		return err
	}
	switch {
	case w != nil && w.Yes:
		row.State = Shown
	case w != nil:
		row.State, row.Reason, row.DecidedAt = Removed, w.Reason, w.At/1000
	default:
		waits, err := confirms(ctx, tx, row.GroupID, answer, writtenAt)
		if err != nil {
			return err
		}
		if row.State = Shown; waits {
			row.State = Waiting
		}
	}
	return nil
}

// settleThread gives a thread of another server's group what that said of it.
func settleThread(ctx context.Context, tx *db.Tx, groupID, threadID int64, uri string) error {
	for kind, column := range marks {
		w, err := wordOf(ctx, tx, groupID, uri, kind)
		if err != nil {
			return err
		}
		if w != nil {
			if err := setMark(ctx, tx, threadID, column, w.Yes, w.At/1000); err != nil {
				return err
			}
		}
	}
	return settleKept(ctx, tx, groupID, threadID, uri)
}
