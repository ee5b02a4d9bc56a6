package list

import (
	"context"
	"unicode/utf8"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
)

// Which answers a list shows, beside those of its people to themselves.
const (
	RepliesFollowed = "followed" // to anybody whom the owner follows
	RepliesList     = "list"     // to people of the list
	RepliesNone     = "none"
)

// Bounds.
const (
	MaxTitle   = 120 // characters
	MaxLists   = 100 // of one person
	MaxMembers = 500 // of one list
)

// Service keeps lists.
type Service struct {
	DB       *db.DB
	IDs      *ids.Maker
	Accounts *account.Service
}

// List is one list.
type List struct {
	ID        int64
	AccountID int64
	Title     string
	Replies   string
	Exclusive bool
}

const columns = `l.id, l.account_id, l.title, l.replies, l.exclusive`

// Change is what is asked of a new list or of a change; nil leaves as it is.
type Change struct {
	Title, Replies *string
	Exclusive      *bool
}

func (c Change) apply(l *List) error {
	if c.Title != nil {
		l.Title = text.PlainName(*c.Title, 4*MaxTitle)
	}
	if c.Replies != nil {
		l.Replies = *c.Replies
	}
	if c.Exclusive != nil {
		l.Exclusive = *c.Exclusive
	}
	bad := apperr.Invalid("list.invalid")
	if l.Title == "" {
		bad = apperr.Invalid("list.no_title").Field("title", "list.no_title")
	} else if utf8.RuneCountInString(l.Title) > MaxTitle {
		bad = apperr.Invalid("list.title_long", MaxTitle).Field("title", "list.title_long", MaxTitle)
	}
	switch l.Replies {
	case RepliesFollowed, RepliesList, RepliesNone:
	default:
		bad = apperr.Invalid("list.bad_replies").Field("replies_policy", "list.bad_replies")
	}
	if len(bad.Fields) > 0 {
		return bad
	}
	return nil
}

// Of gives the lists of somebody, the oldest first.
func (s *Service) Of(ctx context.Context, accountID int64) ([]List, error) {
	return db.All[List](ctx, s.DB.Read(), `select `+columns+` from person_list l where l.account_id = $1 order by l.id`, accountID)
}

// Get gives one list of somebody; KindNotFound for another's.
func (s *Service) Get(ctx context.Context, accountID, id int64) (*List, error) {
	return get(ctx, s.DB.Read(), accountID, id)
}

func get(ctx context.Context, q db.Q, accountID, id int64) (*List, error) {
	l, err := db.Get[List](ctx, q, `select `+columns+` from person_list l where l.id = $1 and l.account_id = $2`, id, accountID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, apperr.NotFound("list.not_found").Wrap(err)
	}
	return &l, err
}

// Create makes a list. KindInvalid with the fields "title", "replies_policy".
func (s *Service) Create(ctx context.Context, accountID int64, c Change) (*List, error) {
	l := &List{ID: s.IDs.New(), AccountID: accountID, Replies: RepliesList}
	if err := c.apply(l); err != nil {
		return nil, err
	}
	return l, s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err := db.Get[int](ctx, tx, `select count(*) from person_list where account_id = $1`, accountID)
		if err != nil {
			return err
		}
		if n >= MaxLists {
			return apperr.Invalid("list.too_many", MaxLists)
		}
		return db.Insert(ctx, tx, "person_list", l)
	})
}

// Update changes a list.
func (s *Service) Update(ctx context.Context, accountID, id int64, c Change) (*List, error) {
	var out *List
	err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		l, err := get(ctx, tx, accountID, id)
		if err != nil {
			return err
		}
		if err := c.apply(l); err != nil {
			return err
		}
		out = l
		_, err = tx.Exec(ctx, `update person_list set title = $1, replies = $2, exclusive = $3 where id = $4`, l.Title, l.Replies, l.Exclusive, l.ID)
		return err
	})
	return out, err
}

// Delete erases a list.
func (s *Service) Delete(ctx context.Context, accountID, id int64) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := get(ctx, tx, accountID, id); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `delete from list_member where list_id = $1`, id); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `delete from person_list where id = $1`, id)
		return err
	})
}

// Add puts people on a list; whoever is on it stays. KindNotFound when one of
// them is unknown, KindInvalid when the owner does not follow one.
//
// Spec: Mastodon lists#accounts-add
func (s *Service) Add(ctx context.Context, v *auth.Viewer, id int64, people []int64) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := get(ctx, tx, v.AccountID, id); err != nil {
			return err
		}
		known, err := account.ByIDs(ctx, tx, people)
		if err != nil {
			return err
		}
		for _, p := range people {
			if a := known[p]; a == nil || !a.VisibleTo(v) {
				return apperr.NotFound("list.nobody")
			}
			if err := s.add(ctx, tx, v.AccountID, id, p); err != nil {
				return err
			}
		}
		n, err := db.Get[int](ctx, tx, `select count(*) from list_member where list_id = $1`, id)
		if err == nil && n > MaxMembers {
			err = apperr.Invalid("list.full", MaxMembers)
		}
		return err
	})
}

func (s *Service) add(ctx context.Context, tx *db.Tx, owner, id, who int64) error {
	if who != owner {
		n, err := db.Get[int](ctx, tx, `select count(*) from follow where account_id = $1 and target_id = $2`, owner, who)
		if err != nil {
			return err
		}
		if n == 0 {
			return apperr.Invalid("list.not_followed").Field("account_ids", "list.not_followed")
		}
	}
	_, err := tx.Exec(ctx, `insert into list_member (list_id, account_id, id) values ($1, $2, $3) on conflict (list_id, account_id) do nothing`, id, who, s.IDs.New())
	return err
}

// Remove takes people off a list; whoever is not on it stays off.
func (s *Service) Remove(ctx context.Context, accountID, id int64, people []int64) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := get(ctx, tx, accountID, id); err != nil {
			return err
		}
		frag, args := db.In(2, people)
		_, err := tx.Exec(ctx, `delete from list_member where list_id = $1 and account_id in `+frag, append([]any{id}, args...)...)
		return err
	})
}

// Members is a page of the people on a list.
type Members struct {
	Accounts    []*account.Account
	First, Last int64 // ids by which it is paged, 0 when empty
	Full        bool
}

// Members lists who is on a list of v's, who came last first.
func (s *Service) Members(ctx context.Context, v *auth.Viewer, id int64, r page.Range) (Members, error) {
	q := s.DB.Read()
	if _, err := get(ctx, q, v.AccountID, id); err != nil {
		return Members{}, err
	}
	rows, err := db.All[struct{ ID, AccountID int64 }](ctx, q, `select id, account_id from list_member
		where list_id = $1 and id < $2 and id > $3 order by id `+r.Order()+` limit $4`, id, r.Upper(), r.Lower(), r.Limit)
	if err != nil {
		return Members{}, err
	}
	rows = page.Fix(r, rows)
	wanted := make([]int64, len(rows))
	for i, row := range rows {
		wanted[i] = row.AccountID
	}
	found, err := account.ByIDs(ctx, q, wanted)
	if err != nil {
		return Members{}, err
	}
	var out Members
	for _, id := range wanted {
		if a := found[id]; a != nil && !a.Gone() {
			out.Accounts = append(out.Accounts, a)
		}
	}
	if len(rows) > 0 {
		out.First, out.Last, out.Full = rows[0].ID, rows[len(rows)-1].ID, len(rows) >= r.Limit
	}
	return out, nil
}

// Holding gives the lists of somebody that hold an account.
//
// Spec: Mastodon accounts#lists
func (s *Service) Holding(ctx context.Context, accountID, who int64) ([]List, error) {
	return db.All[List](ctx, s.DB.Read(), `select `+columns+` from person_list l join list_member m on m.list_id = l.id
		where l.account_id = $1 and m.account_id = $2 order by l.id`, accountID, who)
}

// For gives the lists that a new post belongs to, by those who own them: what
// is told to their streams. Whether each owner may read the post is asked apart.
func For(ctx context.Context, q db.Q, p *post.Post) ([]List, error) {
	return db.All[List](ctx, q, `select `+columns+` from person_list l join list_member m on m.list_id = l.id
		where m.account_id = $1 and ((cast($2 as bigint) = 0 and $3 = '') or $2 = $1
			or l.replies = 'list' and exists (select 1 from list_member o where o.list_id = l.id and o.account_id = $2)
			or l.replies = 'followed' and ($2 = l.account_id or exists (select 1 from follow f where f.account_id = l.account_id and f.target_id = $2 and f.accepted)))
		order by l.id`, p.AccountID, p.ReplyToAccount, p.ReplyToURI)
}

// Left takes somebody who is no longer followed off the lists of who followed.
func (s *Service) Left(ctx context.Context, tx *db.Tx, accountID, targetID int64) error {
	_, err := tx.Exec(ctx, `delete from list_member where account_id = $2 and $1 <> $2 and list_id in (select id from person_list where account_id = $1)`, accountID, targetID)
	return err
}

// Erase forgets the lists of an account, and takes it off those of others.
func (s *Service) Erase(ctx context.Context, tx *db.Tx, accountID int64) error {
	for _, sql := range []string{
		`delete from list_member where account_id = $1 or list_id in (select id from person_list where account_id = $1)`,
		`delete from person_list where account_id = $1`,
	} {
		if _, err := tx.Exec(ctx, sql, accountID); err != nil {
			return err
		}
	}
	return nil
}
