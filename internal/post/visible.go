package post

import (
	"strconv"

	"github.com/maillage/maillage/internal/auth"
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
// A post is readable by its author, by the people it mentions (those who belong
// to its audience where the audience is closed), and: public by members, and by
// everyone else while its author is public too (by strangers if it is ours: what
// else we know of would tell whom the section listens to); followers by accepted followers; section by members here;
// movement by members here and actors of affiliated servers; group by the
// accounts granted its scope; direct by nobody else.
func Visible(r Reader, p string, args []any) (string, []any) {
	if r.AccountID == 0 {
		return "(" + p + ".deleted_at = 0 and " + p + ".audience = 'public' and " + p + ".local and " + authorPublic(p) + ")", args
	}
	args = append(args, r.AccountID)
	me := "$" + strconv.Itoa(len(args))
	closed := "'section'"
	if r.Member {
		closed = "''"
	}
	sql := "(" + p + ".deleted_at = 0 and (" + p + ".account_id = " + me
	if r.Member {
		sql += " or " + p + ".audience in ('public', 'section', 'movement')"
	} else {
		sql += " or (" + p + ".audience = 'public' and " + authorPublic(p) + ")"
	}
	if r.Host != "" {
		args = append(args, r.Host)
		sql += " or (" + p + ".audience = 'movement' and exists (select 1 from audience_host ah where ah.host = $" + strconv.Itoa(len(args)) + "))"
	}
	sql += " or (" + p + ".audience = 'followers' and exists (select 1 from follow vf where vf.account_id = " + me +
		" and vf.target_id = " + p + ".account_id and vf.accepted))" +
		" or (" + p + ".audience = 'group' and exists (select 1 from audience_account aa where aa.scope_id = " + p + ".scope_id and aa.account_id = " + me + "))" +
		" or (" + p + ".audience not in (" + closed + ", 'movement', 'group') and exists (select 1 from post_mention vm where vm.post_id = " + p + ".id and vm.account_id = " + me + "))))"
	return sql, args
}

// authorPublic is the condition that the author of the post aliased p is, and
// still wants to be, known to everyone.
func authorPublic(p string) string {
	return "exists (select 1 from account va where va.id = " + p + ".account_id and va.public)"
}

// Shown is Visible for lists: a boost in one must show a post that r may read
// too. A list that applies it has as many entries as posts.
func Shown(r Reader, p string, args []any) (string, []any) {
	outer, args := Visible(r, p, args)
	inner, args := Visible(r, "shown", args)
	return "(" + outer + " and (" + p + ".boost_of_id = 0 or exists (select 1 from post shown where shown.id = " + p + ".boost_of_id and " + inner + ")))", args
}
