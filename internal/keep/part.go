package keep

import (
	"context"

	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/web"
)

// partName is the key of what a view knows of its reader's bookmark and pin.
const partName = "keep"

// state is whether the reader put a post aside, and whether its author pinned it.
type state struct{ kept, pinned bool }

// Part marks posts as put aside and pinned.
func (s *Service) Part() post.Part {
	return post.Part{Name: partName, Load: s.load, Entity: entity, Card: card, Bury: bury}
}

func (s *Service) load(ctx context.Context, q db.Q, v *auth.Viewer, views []*post.View) error {
	if v == nil {
		return nil
	}
	wanted := make([]int64, len(views))
	for i, w := range views {
		wanted[i] = w.ID
	}
	frag, args := db.In(2, db.Pad(wanted))
	rows, err := db.All[struct {
		PostID int64
		Pinned bool
	}](ctx, q, `select post_id, false as pinned from bookmark where account_id = $1 and post_id in `+frag+`
		union all select post_id, true from pin where account_id = $1 and post_id in `+frag, append([]any{v.AccountID}, args...)...)
	if err != nil || len(rows) == 0 {
		return err
	}
	found := make(map[int64]state, len(rows))
	for _, r := range rows {
		st := found[r.PostID]
		st.kept, st.pinned = st.kept || !r.Pinned, st.pinned || r.Pinned
		found[r.PostID] = st
	}
	for _, w := range views {
		if st, ok := found[w.ID]; ok {
			w.SetPart(partName, st)
		}
	}
	return nil
}

func entity(v *auth.Viewer, w *post.View, e *masto.Status) {
	if v == nil {
		return
	}
	st := post.PartOf[state](w, partName)
	e.Bookmarked = masto.Ptr(st.kept)
	if w.Mine {
		e.Pinned = masto.Ptr(st.pinned)
	}
}

func card(c *httpx.Ctx, w *post.View, k *web.PostCard) {
	if c.Viewer == nil {
		return
	}
	st := post.PartOf[state](w, partName)
	k.CanBookmark, k.Bookmarked = true, st.kept
	k.CanPin, k.Pinned = w.Mine && w.Audience != post.Direct && w.Audience != post.Group, st.pinned
}

// bury forgets a post that is gone.
func bury(ctx context.Context, tx *db.Tx, p *post.Post) error {
	for _, table := range []string{"bookmark", "pin"} {
		if _, err := tx.Exec(ctx, `delete from `+table+` where post_id = $1`, p.ID); err != nil {
			return err
		}
	}
	return nil
}
