package group

import (
	"context"
	"slices"
	"strings"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/post"
)

// addressed finds the group that a document is for: it names it as audience,
// addresses it or mentions it. Ours come first, and of those the closed ones that
// its author belongs to: what is for some is not brought to all by naming both.
// Others are as if not named, or it would show that they are there.
//
// Spec: FEP-1b12
func addressed(ctx context.Context, q db.Q, d *as.Doc) (*account.Account, error) {
	uris := addresses(d)
	kept := uris[:0]
	for _, u := range uris {
		if u != "" && !as.HasPublic([]string{u}) && len(kept) < maxAddressed {
			kept = append(kept, u)
		}
	}
	if len(kept) == 0 {
		return nil, nil
	}
	frag, args := db.In(3, kept)
	id, err := db.Get[int64](ctx, q, `select id from account where kind = $1 and deleted_at = 0 and suspended_at = 0 and uri in `+frag+`
		order by case when host = '' then 0 else 1 end, case when host = '' and not public and exists (select 1 from group_member m join account a on a.id = m.account_id
			where m.group_id = account.id and m.state = 'in' and a.uri = $2) then 0 when host = '' and not public then 2 else 1 end, id limit 1`,
		append([]any{account.Group, d.AttributedTo()}, args...)...)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	return account.ByID(ctx, q, id)
}

// threadOfContext finds the thread of a group by the conversation that a document
// names: a collection under its first post. 0 when it is not here.
//
// Spec: FEP-7888
func threadOfContext(ctx context.Context, q db.Q, d *as.Doc, groupID int64) (int64, error) {
	root, is := strings.CutSuffix(as.HTTPURL(d.Context()), "/context")
	if !is {
		return 0, nil
	}
	id, err := db.Get[int64](ctx, q, `select t.post_id from group_thread t join post p on p.id = t.post_id where p.uri = $1 and t.group_id = $2`, root, groupID)
	if apperr.Is(err, apperr.KindNotFound) {
		return 0, nil
	}
	return id, err
}

// addresses are all whom a document names, its group first.
func addresses(d *as.Doc) []string {
	uris := slices.Concat(d.Audience(), d.To(), d.Cc())
	for _, t := range d.Mentions() {
		uris = append(uris, t.Href)
	}
	return uris
}

// maxAddressed is among how many addresses of a document its group is looked for.
const maxAddressed = 40

// Concerns reports whether a document of another server matters to a group of
// ours, or to one that somebody here takes part in, though nobody here is named
// or follows its author.
func (s *Service) Concerns(ctx context.Context, q db.Q, d *as.Doc) (bool, error) {
	a, err := addressed(ctx, q, d)
	if a == nil || err != nil || a.Local() {
		return a != nil && a.Reachable, err
	}
	n, err := db.Get[int](ctx, q, `select count(*) from (select 1 from follow f join account m on m.id = f.account_id
		where f.target_id = $1 and f.accepted and m.host = '' limit 1) as t`, a.ID)
	return n > 0, err
}

// take gives a received post to the group that it is for, if its author may write there.
func (s *Service) take(ctx context.Context, tx *db.Tx, p *post.Post, d *as.Doc) error {
	have, err := placed(ctx, tx, p.ID)
	if err != nil || p.Audience != post.Public && p.Audience != post.Group {
		return err
	}
	if p.Audience == post.Group {
		if have != nil {
			return nil
		}
		return s.takeClosed(ctx, tx, p)
	}
	if have != nil {
		return s.renamed(ctx, tx, p, d, have)
	}
	row := &Post{PostID: p.ID, ThreadID: p.ThreadID, State: Shown}
	if p.ReplyToID != 0 {
		in, err := placed(ctx, tx, p.ReplyToID)
		if err != nil || in == nil {
			return err
		}
		row.GroupID, row.ThreadID = in.GroupID, in.ThreadID
		if in.State == Refused {
			return s.refusedToo(ctx, tx, row, d)
		}
	} else {
		a, err := addressed(ctx, tx, d)
		if err != nil || a == nil {
			return err
		}
		row.GroupID = a.ID
		if p.ReplyToURI != "" {
			// What it answers is not here, and may be gone for good: its conversation tells the thread.
			if row.ThreadID, err = threadOfContext(ctx, tx, d, a.ID); err != nil || row.ThreadID == 0 {
				return err
			}
		}
	}
	g, err := ByID(ctx, tx, row.GroupID)
	if apperr.Is(err, apperr.KindNotFound) {
		// Of another server, which decides itself.
		if err := settleRemote(ctx, tx, row, p.URI, p.ReplyToURI != "", p.CreatedAt); err != nil {
			return err
		}
		return s.put(ctx, tx, nil, row, p)
	} else if err != nil {
		return err
	}
	if g.Closed() {
		return nil // what is for everyone is not for a closed group
	}
	author, err := account.ByID(ctx, tx, p.AccountID)
	if err != nil {
		return err
	}
	me, err := standing(ctx, tx, g.AccountID, author)
	if err != nil {
		return err
	}
	state, why := g.accepts(me)
	if why == nil && p.ReplyToURI != "" {
		why = s.unlocked(ctx, tx, row.ThreadID, me)
	}
	if why != nil {
		if !apperr.Is(why, apperr.KindForbidden) {
			return why
		}
		e, _ := apperr.As(why)
		row.State, row.Reason = Refused, e.Key // its Create is answered so
		return db.Insert(ctx, tx, "group_post", row)
	}
	row.State = state
	return s.put(ctx, tx, g, row, p)
}

// refusedToo refuses an answer to what was refused, if it was meant for the group:
// its server waits for a word.
func (s *Service) refusedToo(ctx context.Context, tx *db.Tx, row *Post, d *as.Doc) error {
	a, err := addressed(ctx, tx, d)
	if err != nil || a == nil || a.ID != row.GroupID {
		return err
	}
	row.State, row.Reason = Refused, "group.parent_refused"
	return db.Insert(ctx, tx, "group_post", row)
}
