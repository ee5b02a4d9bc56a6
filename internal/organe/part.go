package organe

import (
	"context"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/post"
)

// PartName is the key of what a post has to do with a body.
const PartName = "organe"

// by says who writes in the name of a body.
type by struct{ AccountID int64 }

// acted is what those who may act in the name of the author know of its post.
type acted struct {
	By *account.Account // nil when nobody wrote it, as the next date of a series
}

// By notes in a draft that v writes it in the name of its author.
func By(d *post.Draft, v *auth.Viewer) { d.SetPart(PartName, by{v.AccountID}) }

// Acts reports whether the viewer of a post may act in the name of its author, and who wrote it.
func Acts(w *post.View) (who *account.Account, yes bool) {
	if a := post.PartOf[*acted](w, PartName); a != nil {
		return a.By, true
	}
	return nil, false
}

// Part is what bodies add to posts.
func (s *Service) Part() post.Part {
	return post.Part{Name: PartName, Store: store, Bury: bury, Load: load}
}

// store writes down who acts, if they still may.
func store(ctx context.Context, tx *db.Tx, p *post.Post, asked any) error {
	b, ok := asked.(by)
	if !ok {
		return nil
	}
	if yes, err := may(ctx, tx, p.AccountID, b.AccountID); err != nil {
		return err
	} else if !yes {
		return apperr.Forbidden("organe.may_not")
	}
	_, err := tx.Exec(ctx, `insert into organe_act (post_id, by_id) values ($1, $2) on conflict do nothing`, p.ID, b.AccountID)
	return err
}

func bury(ctx context.Context, tx *db.Tx, p *post.Post) error {
	_, err := tx.Exec(ctx, `delete from organe_act where post_id = $1`, p.ID)
	return err
}

// load marks the posts in whose author's name v may act.
func load(ctx context.Context, q db.Q, v *auth.Viewer, views []*post.View) error {
	if v == nil || !v.Member {
		return nil
	}
	of := map[int64][]*post.View{}
	var bodies []int64
	for _, w := range views {
		if w.Local && w.Author != nil && w.Author.Kind == account.Organization {
			if of[w.AccountID] == nil {
				bodies = append(bodies, w.AccountID)
			}
			of[w.AccountID] = append(of[w.AccountID], w)
		}
	}
	if len(bodies) == 0 {
		return nil
	}
	frag, args := db.In(2, bodies)
	mine, err := db.All[int64](ctx, q, `select m.organe_id from organe_member m join organe o on o.account_id = m.organe_id join account a on a.id = o.account_id
		where m.account_id = $1 and `+open+` and m.organe_id in `+frag, append([]any{v.AccountID}, args...)...)
	if err != nil || len(mine) == 0 {
		return err
	}
	var posts []int64
	for _, id := range mine {
		for _, w := range of[id] {
			posts = append(posts, w.ID)
			w.SetPart(PartName, &acted{})
		}
	}
	frag, args = db.In(1, posts)
	rows, err := db.All[struct{ PostID, ByID int64 }](ctx, q, `select post_id, by_id from organe_act where post_id in `+frag, args...)
	if err != nil {
		return err
	}
	var people []int64
	for _, r := range rows {
		people = append(people, r.ByID)
	}
	accounts, err := account.ByIDs(ctx, q, people)
	if err != nil {
		return err
	}
	for _, r := range rows {
		for _, id := range mine {
			for _, w := range of[id] {
				if w.ID == r.PostID {
					post.PartOf[*acted](w, PartName).By = accounts[r.ByID]
				}
			}
		}
	}
	return nil
}
