package notify

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/page"
)

// span is how long what belongs together is put into one group, in milliseconds.
const span = 12 * 60 * 60 * 1000

// Groupable are the kinds of which several are shown as one: likes and boosts
// of one post, and follows.
var Groupable = []string{Favourite, Reblog, Follow}

// ungrouped begins the key of a notification that stands alone.
const ungrouped = "ungrouped-"

// Key names the group of a notification. It does not depend on who asks, nor on
// what else there is; grouped are the kinds to put together.
func (n *Notification) Key(grouped map[string]bool) string {
	if !grouped[n.Kind] {
		return ungrouped + strconv.FormatInt(n.ID, 10)
	}
	return fmt.Sprintf("%s-%d-%d", n.Kind, n.PostID, n.CreatedAt/span)
}

// Group is several notifications of one kind about one thing, within half a day.
type Group struct {
	Key   string
	Count int            // of all, at most those up to the page's newest
	Page  []Notification // those of the page, newest first; never empty
}

// maxScan bounds the notifications that one page of groups is made from.
const maxScan = 400

// Groups gives one page of groups, the one with the newest notification first,
// of at most r.Limit; a group may continue on the next page under the same key.
// more says that the page was full.
//
// Spec: Mastodon grouped_notifications#get-grouped
func (s *Service) Groups(ctx context.Context, accountID int64, r page.Range, f Filter, grouped map[string]bool) (out []*Group, more bool, err error) {
	scan := r
	scan.Limit = maxScan
	rows, err := s.List(ctx, accountID, scan, f)
	if err != nil {
		return nil, false, err
	}
	if r.MinID != 0 { // the oldest are the nearest to the bound: groups are made from there
		rows = nearest(rows, r.Limit, grouped)
	}
	byKey := map[string]*Group{}
	for _, n := range rows {
		key := n.Key(grouped)
		g := byKey[key]
		if g == nil {
			if len(out) == r.Limit {
				more = true
				break
			}
			g = &Group{Key: key}
			byKey[key] = g
			out = append(out, g)
		}
		g.Page = append(g.Page, n)
	}
	more = more || len(rows) == maxScan
	return out, more, s.countGroups(ctx, accountID, out, byKey, f)
}

// nearest cuts rows, newest first, to the last ones that make up to most groups.
func nearest(rows []Notification, most int, grouped map[string]bool) []Notification {
	seen := map[string]bool{}
	for i := len(rows) - 1; i >= 0; i-- {
		seen[rows[i].Key(grouped)] = true
		if len(seen) > most {
			return rows[i+1:]
		}
	}
	return rows
}

// countGroups counts what is in the groups that may go on below the page, in one query.
func (s *Service) countGroups(ctx context.Context, accountID int64, groups []*Group, byKey map[string]*Group, f Filter) error {
	var newest, since int64
	for _, g := range groups {
		g.Count = len(g.Page)
		if strings.HasPrefix(g.Key, ungrouped) {
			continue
		}
		newest = max(newest, g.Page[0].ID)
		if begin := g.Page[0].CreatedAt / span * span; since == 0 || begin < since {
			since = begin
		}
	}
	if newest == 0 {
		return nil
	}
	kinds, args := db.In(4, Groupable)
	apart := " and not filtered"
	if f.Filtered {
		apart = ""
	}
	rows, err := db.All[struct {
		Kind   string
		PostID int64
		Bucket int64
		Count  int
	}](ctx, s.DB.Read(), `select kind, post_id, created_at / `+strconv.Itoa(span)+` as bucket, count(*) as count from notification
		where account_id = $1 and id <= $2 and created_at >= $3`+apart+` and kind in `+kinds+` group by kind, post_id, created_at / `+strconv.Itoa(span),
		append([]any{accountID, newest, since}, args...)...)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if g := byKey[fmt.Sprintf("%s-%d-%d", row.Kind, row.PostID, row.Bucket)]; g != nil && f.FromID == 0 {
			g.Count = row.Count
		}
	}
	return nil
}

// keyed is the condition that a notification belongs to the group of a key;
// KindNotFound for what is no key.
func keyed(key string, args []any) (string, []any, error) {
	if rest, ok := strings.CutPrefix(key, ungrouped); ok {
		if id, valid := ids.Parse(rest); valid {
			args = append(args, id)
			return " and id = $" + strconv.Itoa(len(args)), args, nil
		}
	}
	if parts := strings.Split(key, "-"); len(parts) == 3 {
		postID, err1 := strconv.ParseInt(parts[1], 10, 64)
		bucket, err2 := strconv.ParseInt(parts[2], 10, 64)
		if err1 == nil && err2 == nil && postID >= 0 && bucket >= 0 && bucket < 1<<30 {
			args = append(args, parts[0], postID, bucket*span, (bucket+1)*span)
			n := len(args)
			return fmt.Sprintf(" and kind = $%d and post_id = $%d and created_at >= $%d and created_at < $%d", n-3, n-2, n-1, n), args, nil
		}
	}
	return "", nil, apperr.NotFound("notify.not_found")
}

// ByKey lists the notifications of a group, newest first; KindNotFound when
// there are none.
//
// Spec: Mastodon grouped_notifications#get-notification-group
func (s *Service) ByKey(ctx context.Context, accountID int64, key string, most int) ([]Notification, error) {
	where, args, err := keyed(key, []any{accountID, most})
	if err != nil {
		return nil, err
	}
	rows, err := db.All[Notification](ctx, s.DB.Read(), `select id, account_id, kind, from_id, post_id, created_at from notification
		where account_id = $1`+where+` order by id desc limit $2`, args...)
	if err == nil && len(rows) == 0 {
		err = apperr.NotFound("notify.not_found")
	}
	return rows, err
}

// DismissKey removes the notifications of a group.
//
// Spec: Mastodon grouped_notifications#dismiss-group
func (s *Service) DismissKey(ctx context.Context, accountID int64, key string) error {
	where, args, err := keyed(key, []any{accountID})
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `delete from notification where account_id = $1`+where, args...)
		return err
	})
}
