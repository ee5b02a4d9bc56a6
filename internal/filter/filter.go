package filter

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/stream"
	"github.com/maillage/maillage/internal/text"
)

// What a filter does with a post that meets it.
const (
	Warn = "warn" // folded behind the title of the filter
	Hide = "hide" // left out
	Blur = "blur" // its pictures covered
)

// Where a filter holds.
const (
	Home          = "home"
	Notifications = "notifications"
	Public        = "public"
	Thread        = "thread"
	Profile       = "account"
)

var (
	contexts = []string{Home, Notifications, Public, Thread, Profile}
	actions  = []string{Warn, Hide, Blur}
)

// Bounds.
const (
	MaxTitle    = 200 // characters
	MaxKeyword  = 200 // characters
	MaxFilters  = 200 // of one person
	MaxKeywords = 200 // of one filter, posts likewise
)

// Service keeps filters.
type Service struct {
	DB    *db.DB
	IDs   *ids.Maker
	Posts *post.Service

	// Changed is told, in the transaction, whose filters changed.
	Changed []func(ctx context.Context, tx *db.Tx, accountID int64) error

	mu    sync.Mutex
	cache map[int64]*compiled
}

// Filter is one filter.
type Filter struct {
	ID        int64
	AccountID int64
	Title     string
	Contexts  string // separated by spaces
	Action    string
	ExpiresAt int64 // unix milliseconds, 0 = never

	Keywords []Keyword
	Statuses []Status
}

// Keyword is a word or phrase that a filter looks for.
type Keyword struct {
	ID        int64
	FilterID  int64
	Keyword   string
	WholeWord bool
}

// Status is a post that a filter names.
type Status struct {
	ID       int64
	FilterID int64
	PostID   int64
}

// In reports whether the filter holds in a context.
func (f *Filter) In(where string) bool {
	return slices.Contains(strings.Fields(f.Contexts), where)
}

func (f *Filter) expired(now time.Time) bool {
	return f.ExpiresAt != 0 && f.ExpiresAt <= now.UnixMilli()
}

// Change is what is asked of a new filter or of a change; nil leaves as it is.
type Change struct {
	Title    *string
	Contexts []string
	Action   *string
	Expires  *time.Time // zero = never
	Keywords []KeywordChange
}

// KeywordChange adds a word (ID 0), changes or takes away one.
type KeywordChange struct {
	ID        int64
	Keyword   *string
	WholeWord *bool
	Destroy   bool
}

func (f *Filter) apply(c Change) error {
	if c.Title != nil {
		f.Title = text.PlainName(*c.Title, 4*MaxTitle)
	}
	if c.Contexts != nil {
		f.Contexts = strings.Join(c.Contexts, " ")
	}
	if c.Action != nil {
		f.Action = *c.Action
	}
	if c.Expires != nil {
		if f.ExpiresAt = c.Expires.UnixMilli(); c.Expires.IsZero() {
			f.ExpiresAt = 0
		}
	}
	bad := apperr.Invalid("filter.invalid")
	switch n := utf8.RuneCountInString(f.Title); {
	case n == 0:
		bad = apperr.Invalid("filter.no_title").Field("title", "filter.no_title")
	case n > MaxTitle:
		bad = apperr.Invalid("filter.long", MaxTitle).Field("title", "filter.long", MaxTitle)
	}
	in := strings.Fields(f.Contexts)
	slices.Sort(in)
	in = slices.Compact(in)
	if len(in) == 0 || slices.ContainsFunc(in, func(s string) bool { return !slices.Contains(contexts, s) }) {
		bad = apperr.Invalid("filter.bad_context").Field("context", "filter.bad_context")
	}
	f.Contexts = strings.Join(in, " ")
	if !slices.Contains(actions, f.Action) {
		bad = apperr.Invalid("filter.bad_action").Field("filter_action", "filter.bad_action")
	}
	if len(bad.Fields) > 0 {
		return bad
	}
	return nil
}

func cleanKeyword(s string) (string, error) {
	s = text.PlainName(s, 4*MaxKeyword)
	switch n := utf8.RuneCountInString(s); {
	case n == 0:
		return "", apperr.Invalid("filter.no_keyword").Field("keyword", "filter.no_keyword")
	case n > MaxKeyword:
		return "", apperr.Invalid("filter.long", MaxKeyword).Field("keyword", "filter.long", MaxKeyword)
	}
	return s, nil
}

// Create makes a filter. KindInvalid with the fields "title", "context", "filter_action", "keyword".
//
// Spec: Mastodon filters#create
func (s *Service) Create(ctx context.Context, accountID int64, c Change) (*Filter, error) {
	f := &Filter{ID: s.IDs.New(), AccountID: accountID, Action: Warn}
	if err := f.apply(c); err != nil {
		return nil, err
	}
	err := s.change(ctx, accountID, func(ctx context.Context, tx *db.Tx) error {
		n, err := db.Get[int](ctx, tx, `select count(*) from filter where account_id = $1`, accountID)
		if err != nil {
			return err
		}
		if n >= MaxFilters {
			return apperr.Invalid("filter.too_many", MaxFilters)
		}
		if _, err := tx.Exec(ctx, `insert into filter (id, account_id, title, contexts, action, expires_at) values ($1, $2, $3, $4, $5, $6)`,
			f.ID, f.AccountID, f.Title, f.Contexts, f.Action, f.ExpiresAt); err != nil {
			return err
		}
		return s.words(ctx, tx, f.ID, c.Keywords)
	})
	if err != nil {
		return nil, err
	}
	return s.Get(ctx, accountID, f.ID)
}

// Update changes a filter.
//
// Spec: Mastodon filters#update
func (s *Service) Update(ctx context.Context, accountID, id int64, c Change) (*Filter, error) {
	err := s.change(ctx, accountID, func(ctx context.Context, tx *db.Tx) error {
		f, err := s.one(ctx, tx, accountID, id)
		if err != nil {
			return err
		}
		if err := f.apply(c); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update filter set title = $1, contexts = $2, action = $3, expires_at = $4 where id = $5`,
			f.Title, f.Contexts, f.Action, f.ExpiresAt, f.ID); err != nil {
			return err
		}
		return s.words(ctx, tx, id, c.Keywords)
	})
	if err != nil {
		return nil, err
	}
	return s.Get(ctx, accountID, id)
}

// words adds, changes and takes away the words of a filter.
func (s *Service) words(ctx context.Context, tx *db.Tx, filterID int64, changes []KeywordChange) error {
	for _, c := range changes {
		if c.ID == 0 {
			if c.Destroy {
				continue
			}
			word := ""
			if c.Keyword != nil {
				word = *c.Keyword
			}
			if _, err := s.addWord(ctx, tx, filterID, word, c.WholeWord != nil && *c.WholeWord); err != nil {
				return err
			}
			continue
		}
		k, err := db.Get[Keyword](ctx, tx, `select id, filter_id, keyword, whole_word from filter_keyword where id = $1 and filter_id = $2`, c.ID, filterID)
		if err != nil {
			return unknown(err)
		}
		if c.Destroy {
			if _, err := tx.Exec(ctx, `delete from filter_keyword where id = $1`, k.ID); err != nil {
				return err
			}
			continue
		}
		if err := setWord(ctx, tx, &k, c); err != nil {
			return err
		}
	}
	return nil
}

func setWord(ctx context.Context, tx *db.Tx, k *Keyword, c KeywordChange) error {
	if c.Keyword != nil {
		word, err := cleanKeyword(*c.Keyword)
		if err != nil {
			return err
		}
		k.Keyword = word
	}
	if c.WholeWord != nil {
		k.WholeWord = *c.WholeWord
	}
	_, err := tx.Exec(ctx, `update filter_keyword set keyword = $1, whole_word = $2 where id = $3`, k.Keyword, k.WholeWord, k.ID)
	return err
}

func (s *Service) addWord(ctx context.Context, tx *db.Tx, filterID int64, word string, whole bool) (*Keyword, error) {
	word, err := cleanKeyword(word)
	if err != nil {
		return nil, err
	}
	n, err := db.Get[int](ctx, tx, `select count(*) from filter_keyword where filter_id = $1`, filterID)
	if err != nil {
		return nil, err
	}
	if n >= MaxKeywords {
		return nil, apperr.Invalid("filter.too_many_words", MaxKeywords)
	}
	k := &Keyword{ID: s.IDs.New(), FilterID: filterID, Keyword: word, WholeWord: whole}
	return k, db.Insert(ctx, tx, "filter_keyword", k)
}

// Delete erases a filter.
func (s *Service) Delete(ctx context.Context, accountID, id int64) error {
	return s.change(ctx, accountID, func(ctx context.Context, tx *db.Tx) error {
		if _, err := s.one(ctx, tx, accountID, id); err != nil {
			return err
		}
		return deleteFilters(ctx, tx, `id = $1`, id)
	})
}

// deleteFilters erases the filters of a condition on one parameter, with what they hold.
func deleteFilters(ctx context.Context, tx *db.Tx, where string, arg int64) error {
	for _, table := range []string{"filter_keyword", "filter_status"} {
		if _, err := tx.Exec(ctx, `delete from `+table+` where filter_id in (select id from filter where `+where+`)`, arg); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, `delete from filter where `+where, arg)
	return err
}

// change runs one change of somebody's filters and has every node notice.
func (s *Service) change(ctx context.Context, accountID int64, f func(ctx context.Context, tx *db.Tx) error) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := f(ctx, tx); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `insert into filter_version (account_id, version) values ($1, $2)
			on conflict (account_id) do update set version = excluded.version`, accountID, s.IDs.New()); err != nil {
			return err
		}
		if err := stream.Publish(tx, stream.Event{Kind: stream.FiltersChanged, Account: accountID}); err != nil {
			return err
		}
		for _, hook := range s.Changed {
			if err := hook(ctx, tx, accountID); err != nil {
				return err
			}
		}
		return nil
	})
}

func unknown(err error) error {
	if apperr.Is(err, apperr.KindNotFound) {
		return apperr.NotFound("filter.not_found").Wrap(err)
	}
	return err
}

// Erase forgets the filters of an account.
func (s *Service) Erase(ctx context.Context, tx *db.Tx, accountID int64) error {
	if err := deleteFilters(ctx, tx, `account_id = $1`, accountID); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `delete from filter_version where account_id = $1`, accountID)
	return err
}

// AddKeyword adds a word to a filter.
func (s *Service) AddKeyword(ctx context.Context, accountID, filterID int64, word string, whole bool) (out *Keyword, err error) {
	err = s.change(ctx, accountID, func(ctx context.Context, tx *db.Tx) error {
		if _, err := s.one(ctx, tx, accountID, filterID); err != nil {
			return err
		}
		out, err = s.addWord(ctx, tx, filterID, word, whole)
		return err
	})
	return out, err
}

// SetKeyword changes a word, or takes it away.
func (s *Service) SetKeyword(ctx context.Context, accountID int64, c KeywordChange) (out *Keyword, err error) {
	err = s.change(ctx, accountID, func(ctx context.Context, tx *db.Tx) error {
		if out, err = keyword(ctx, tx, accountID, c.ID); err != nil {
			return err
		}
		if c.Destroy {
			_, err := tx.Exec(ctx, `delete from filter_keyword where id = $1`, c.ID)
			return err
		}
		return setWord(ctx, tx, out, c)
	})
	return out, err
}

// AddStatus adds a post, that v may read, to a filter.
func (s *Service) AddStatus(ctx context.Context, v *auth.Viewer, filterID, postID int64) (out *Status, err error) {
	p, err := s.Posts.Get(ctx, v, postID)
	if err != nil {
		return nil, err
	}
	if p.BoostOfID != 0 {
		postID = p.BoostOfID
	}
	err = s.change(ctx, v.AccountID, func(ctx context.Context, tx *db.Tx) error {
		if _, err := s.one(ctx, tx, v.AccountID, filterID); err != nil {
			return err
		}
		n, err := db.Get[int](ctx, tx, `select count(*) from filter_status where filter_id = $1`, filterID)
		if err != nil {
			return err
		}
		if n >= MaxKeywords {
			return apperr.Invalid("filter.too_many_words", MaxKeywords)
		}
		if _, err := tx.Exec(ctx, `insert into filter_status (id, filter_id, post_id) values ($1, $2, $3) on conflict (filter_id, post_id) do nothing`,
			s.IDs.New(), filterID, postID); err != nil {
			return err
		}
		st, err := db.Get[Status](ctx, tx, `select id, filter_id, post_id from filter_status where filter_id = $1 and post_id = $2`, filterID, postID)
		out = &st
		return err
	})
	return out, err
}

// DropStatus takes a post from a filter.
func (s *Service) DropStatus(ctx context.Context, accountID, id int64) (out *Status, err error) {
	err = s.change(ctx, accountID, func(ctx context.Context, tx *db.Tx) error {
		if out, err = statusOf(ctx, tx, accountID, id); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `delete from filter_status where id = $1`, id)
		return err
	})
	return out, err
}
