package timeline

import (
	"strconv"

	"github.com/maillage/maillage/internal/auth"
)

// unasked is the condition that the author of the post p may be shown to v in a
// list for everybody: a limited author only to those who follow them.
//
// Spec: Mastodon admin/domain_blocks
func unasked(v *auth.Viewer, args []any) (string, []any) {
	me := int64(0)
	if v != nil {
		me = v.AccountID
	}
	args = append(args, me)
	return `(not exists (select 1 from account la where la.id = p.account_id and la.limited_at <> 0)
		or exists (select 1 from follow lf where lf.account_id = $` + strconv.Itoa(firstArg+len(args)-1) + ` and lf.target_id = p.account_id and lf.accepted))`, args
}
