package post

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
)

// Reader is somebody who asks to read: one of our people, an actor of another
// server whose signature was verified, or a stranger (the zero value).
type Reader struct {
	AccountID int64
	Member    bool   // one of ours, and no guest
	Host      string // of a remote actor
}

// ReaderOf is the reader behind a session or token; v may be nil.
func ReaderOf(v *auth.Viewer) Reader {
	if v == nil {
		return Reader{}
	}
	return Reader{AccountID: v.AccountID, Member: v.Member}
}

// Visible is the one rule on who may read a post, as a condition of SQL on the
// post aliased p. It appends its parameters to args, and gives both back.
//
// A post of somebody suspended is readable by nobody. Any other is readable by its author, by the people it mentions (those who belong
// to its audience where the audience is closed), and: public by members, and by
// everyone else while its author is public too (by strangers if it is ours: what
// else we know of would tell whom the section listens to); followers by accepted followers; section by members here;
// movement by members here and actors of servers affiliated now; group by the
// accounts granted its scope, and where the group is ours, by the affiliated
// servers of these whose software keeps our profile of closed groups; direct by nobody else. Of two people one of whom
// blocks the other, neither reads the other; nor does somebody of a server that
// the author blocks read them.
func Visible(r Reader, p string, args []any) (string, []any) {
	cond, args := Had(r, p, args)
	return "(" + p + ".deleted_at = 0 and " + cond + ")", args
}

// Had is Visible of posts that are no more: whether r may know that there was one. Whom
// it named it does not know any more.
func Had(r Reader, p string, args []any) (string, []any) {
	if r.AccountID == 0 {
		return "(" + p + ".audience = 'public' and " + p + ".local and " + authorPublic(p) + " and " + authorHere(p) + ")", args
	}
	args = append(args, r.AccountID)
	return had(r, "$"+strconv.Itoa(len(args)), p, args)
}

// had is Had for the account that the expression me names.
func had(r Reader, me, p string, args []any) (string, []any) {
	closed := "'section'"
	if r.Member {
		closed = "''"
	}
	sql := "(" + authorHere(p) + " and " + p + ".account_id not in (" + apart(me) + ")"
	if r.Host != "" {
		args = append(args, r.Host)
		sql += " and not exists (select 1 from domain_block vd where vd.account_id = " + p + ".account_id and vd.host = $" + strconv.Itoa(len(args)) + ")"
	}
	sql += " and (" + p + ".account_id = " + me
	if r.Member {
		sql += " or " + p + ".audience in ('public', 'section', 'movement')"
	} else {
		sql += " or (" + p + ".audience = 'public' and " + authorPublic(p) + ")"
	}
	if r.Host != "" {
		args = append(args, r.Host, time.Now().UnixMilli())
		sql += " or (" + p + ".audience = 'movement' and exists (select 1 from audience_host ah where ah.host = $" + strconv.Itoa(len(args)-1) +
			" and (ah.valid_until = 0 or ah.valid_until > $" + strconv.Itoa(len(args)) + ")))"
		// A server asks in the name of its people: of those it has in the group.
		sql += " or (" + p + ".audience = 'group' and exists (select 1 from audience_account ag join account am on am.id = ag.account_id join audience_host ai on ai.host = am.host join audience_keeper ak on ak.host = am.host" +
			" where ag.scope_id = " + p + ".scope_id and am.host = $" + strconv.Itoa(len(args)-1) + " and (ai.valid_until = 0 or ai.valid_until > $" + strconv.Itoa(len(args)) + ")))"
	}
	if r.Host == "" {
		sql += " or (" + p + ".audience = 'group' and exists (select 1 from audience_account aa where aa.scope_id = " + p + ".scope_id and aa.account_id = " + me + "))"
	}
	sql += " or (" + p + ".audience = 'followers' and exists (select 1 from follow vf where vf.account_id = " + me +
		" and vf.target_id = " + p + ".account_id and vf.accepted))" +
		" or (" + p + ".audience not in (" + closed + ", 'movement', 'group') and exists (select 1 from post_mention vm where vm.post_id = " + p + ".id and vm.account_id = " + me + "))))"
	return sql, args
}

// apart selects those who block, or are blocked by, the account that the
// parameter me names. It does not depend on the row asked about, so that a
// database computes it once for a whole page.
func apart(me string) string {
	return "select vb.target_id from block vb where vb.account_id = " + me + " union all select vc.account_id from block vc where vc.target_id = " + me
}

// authorPublic is the condition that the author of the post aliased p is, and
// still wants to be, known to everyone.
func authorPublic(p string) string {
	return "exists (select 1 from account va where va.id = " + p + ".account_id and va.public)"
}

// authorHere is the condition that the author of the post aliased p is not
// suspended: what such a person wrote is hidden from all, and kept.
//
// Spec: OR16
func authorHere(p string) string {
	return "not exists (select 1 from account vs where vs.id = " + p + ".account_id and vs.suspended_at <> 0)"
}

// Shown is Visible for lists: a boost in one must show a post that r may read
// too. A list that applies it has as many entries as posts.
func Shown(r Reader, p string, args []any) (string, []any) {
	outer, args := Visible(r, p, args)
	inner, args := Visible(r, "shown", args)
	return "(" + outer + " and (" + p + ".boost_of_id = 0 or exists (select 1 from post shown where shown.id = " + p + ".boost_of_id and " + inner + ")))", args
}

// Wanted is the condition that r has not asked to be spared the post aliased p:
// that its author is not muted, nor of a server that r blocks. Where posts come
// unasked, in timelines and threads, it stands beside Visible.
func Wanted(r Reader, p string, args []any) (string, []any) {
	if r.AccountID == 0 {
		return "1 = 1", args
	}
	return wanted(r, p+".account_id", args)
}

// WantedShown is Wanted for timelines: it also leaves out boosts of such people,
// and what is said to them or to somebody with whom r has a block.
func WantedShown(r Reader, p string, args []any) (string, []any) {
	if r.AccountID == 0 {
		return "1 = 1", args
	}
	outer, args := wanted(r, p+".account_id", args)
	inner, args := wanted(r, "boosted.account_id", args)
	args = append(args, r.AccountID, time.Now().UnixMilli())
	me := "$" + strconv.Itoa(len(args)-1)
	return "(" + outer + " and (" + p + ".boost_of_id = 0 or exists (select 1 from post boosted where boosted.id = " + p + ".boost_of_id and " + inner + "))" +
		" and (" + p + ".reply_to_account = 0 or " + p + ".account_id = " + me + " or " + p + ".reply_to_account not in (" +
		muted(me, "$"+strconv.Itoa(len(args))) + " union all " + apart(me) + ")))", args
}

func wanted(r Reader, author string, args []any) (string, []any) {
	args = append(args, r.AccountID, time.Now().UnixMilli())
	me, now := "$"+strconv.Itoa(len(args)-1), "$"+strconv.Itoa(len(args))
	return "(" + author + " not in (" + muted(me, now) + ")" +
		" and not (exists (select 1 from domain_block wd where wd.account_id = " + me + ")" + // most people block no server
		" and exists (select 1 from account wa join domain_block we on we.host = wa.host where wa.id = " + author + " and we.account_id = " + me + ")))", args
}

func muted(me, now string) string {
	return "select vm.target_id from mute vm where vm.account_id = " + me + " and (vm.until = 0 or vm.until > " + now + ")"
}

// Readers are those of some accounts that may read a post, or could before it was deleted, as people
// of ours do: of other servers those alone who belong to a group of ours that it is for.
func Readers(ctx context.Context, q db.Q, postID int64, accounts []int64) (map[int64]bool, error) {
	out := map[int64]bool{}
	for some := range slices.Chunk(accounts, 500) {
		members, err := auth.MembersAmong(ctx, q, some)
		if err != nil {
			return nil, err
		}
		for _, member := range []bool{true, false} {
			among := slices.DeleteFunc(slices.Clone(some), func(id int64) bool { return members[id] != member })
			if len(among) == 0 {
				continue
			}
			frag, args := db.In(2, among)
			cond, args := had(Reader{Member: member}, "reader.id", "p", append([]any{postID}, args...))
			ids, err := db.All[int64](ctx, q, `select reader.id from account reader join post p on p.id = $1 where reader.id in `+frag+` and `+cond, args...)
			if err != nil {
				return nil, err
			}
			for _, id := range ids {
				out[id] = true
			}
		}
	}
	return out, nil
}
