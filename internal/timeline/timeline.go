// Package timeline puts posts in order: home, section, everyone, profile, tag.
//
// Order is by id alone, newest first; nothing is ranked. The home timeline is
// written when a post arrives (home_entry), of which the newest entries are kept,
// and read by key; the others are read from the posts. Each page is one query for the posts and a fixed number for
// what showing them needs. Each of them applies post.Visible.
//
// Spec: Mastodon timelines
package timeline

import (
	"context"
	"strconv"
	"sync/atomic"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/keep"
	"github.com/maillage/maillage/internal/list"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/tag"
)

// falloff is how many things after a post nobody is shown a boost of it again.
//
// Spec: Mastodon timelines#home
const falloff = 40

// backfill is how many posts of somebody newly followed enter the home timeline.
const backfill = 20

// Service reads timelines, and keeps the home timelines.
type Service struct {
	DB    *db.DB
	Posts *post.Service

	// Reports finds reports by their ids, for the notifications of moderators; the
	// slice on reports knows.
	Reports func(ctx context.Context, ids []int64) (map[int64]*masto.Report, error)
	// Warnings finds the acts of moderators that concern v, by their numbers.
	Warnings func(ctx context.Context, v *auth.Viewer, ids []int64) (map[int64]*masto.AccountWarning, error)

	Keep   *keep.Service // pins; nil for none
	Lists  *list.Service // nil for none
	Topics *tag.Service  // hashtags that people follow; nil for none
	// WithMedia is the condition of SQL that the post aliased p has pictures,
	// sounds or videos; "" while there is no such thing.
	WithMedia string
	// Origins is what the servers of people run, in words, by the ids of those
	// people; nil for not known.
	Origins func(ctx context.Context, q db.Q, people []*account.Account) (map[int64]string, error)

	// Asides say more of an account on its page; nil for nothing.
	Asides []func(c *httpx.Ctx, a *account.Account) (*Aside, error)

	// Beside are what slices above put on the home page of somebody signed in.
	Beside []func(c *httpx.Ctx) (Beside, error)

	kinds   map[string]Kind // of notifications, of slices above
	trimmed atomic.Int64    // the day on which home timelines were last to be looked at
}

// Fan puts a new post into the home timelines of its author and of those who
// follow them. A reply to somebody else enters only where that somebody is
// followed too; a boost only where boosts of its author are wanted, and what it
// boosts is not among the last things there; a post in a
// language only where that is wanted. Who wants every post of the author is
// notified of each that is no boost and no answer to somebody else.
func (s *Service) Fan(ctx context.Context, tx *db.Tx, p *post.Post) error {
	if p.Local {
		if _, err := tx.Exec(ctx, `insert into home_entry (account_id, post_id, author_id) values ($1, $2, $1) on conflict do nothing`,
			p.AccountID, p.ID); err != nil {
			return err
		}
	}
	sql := `insert into home_entry (account_id, post_id, author_id)
		select f.account_id, $1, f.target_id from follow f join account a on a.id = f.account_id
		where f.target_id = $2 and f.accepted and a.host = ''`
	args := []any{p.ID, p.AccountID}
	switch {
	case p.BoostOfID != 0:
		args = append(args, p.BoostOfID, falloff)
		sql += ` and f.boosts and not exists (select 1 from post o join home_entry h on h.post_id = o.id and h.account_id = f.account_id
			where (o.id = $3 or o.boost_of_id = $3) and o.deleted_at = 0 and o.id <> $1
			and (select count(*) from (select x.post_id from home_entry x where x.account_id = f.account_id and x.post_id > o.id limit $4) later) < $4)`
	case p.Audience == post.Direct:
		sql += ` and exists (select 1 from post_mention m where m.post_id = $1 and m.account_id = f.account_id)`
	case p.ReplyToURI != "" && p.ReplyToAccount != p.AccountID:
		args = append(args, p.ReplyToAccount)
		sql += ` and (f.account_id = $3 or exists (select 1 from follow g where g.account_id = f.account_id and g.target_id = $3 and g.accepted))`
	}
	if lang := firstLang(p.Lang); lang != "" {
		args = append(args, "%,"+lang+",%")
		sql += ` and (f.languages = '' or f.languages like $` + strconv.Itoa(len(args)) + `)`
	}
	if _, err := tx.Exec(ctx, sql+` on conflict do nothing`, args...); err != nil {
		return err
	}
	if p.BoostOfID == 0 {
		if err := overtaken(ctx, tx, p); err != nil {
			return err
		}
	}
	if p.BoostOfID != 0 || p.ReplyToURI != "" && p.ReplyToAccount != p.AccountID {
		return nil
	}
	return s.announce(ctx, tx, p)
}

// overtaken takes boosts of a post out of the home timelines that have the post
// itself, when they came before it: a group boosts what it takes at once.
func overtaken(ctx context.Context, tx *db.Tx, p *post.Post) error {
	n, err := db.Get[int](ctx, tx, `select count(*) from post where boost_of_id = $1 and boost_of_id <> 0 and deleted_at = 0`, p.ID)
	if err != nil || n == 0 {
		return err
	}
	// (The followers are named so that the key of home_entry leads to the rows.)
	_, err = tx.Exec(ctx, `delete from home_entry where account_id in (select f.account_id from follow f where f.target_id = $2 and f.accepted union all select $2)
		and post_id in (select b.id from post b where b.boost_of_id = $1 and b.boost_of_id <> 0 and b.deleted_at = 0)
		and exists (select 1 from home_entry o where o.account_id = home_entry.account_id and o.post_id = $1)`, p.ID, p.AccountID)
	return err
}

// Followed puts the last posts of somebody newly followed into the follower's home timeline.
func (s *Service) Followed(ctx context.Context, tx *db.Tx, accountID, targetID int64) error {
	_, err := tx.Exec(ctx, `insert into home_entry (account_id, post_id, author_id)
		select a.id, p.id, p.account_id from account a join post p on p.account_id = $1
		where a.id = $2 and a.host = '' and p.id in (select r.id from post r where r.account_id = $1 and r.deleted_at = 0
			and r.reply_to_uri = '' and r.audience <> 'direct' order by r.id desc limit $3)
		on conflict do nothing`, targetID, accountID, backfill)
	return err
}

// Unfollowed takes the posts of somebody no longer followed out again.
func (s *Service) Unfollowed(ctx context.Context, tx *db.Tx, accountID, targetID int64) error {
	_, err := tx.Exec(ctx, `delete from home_entry where account_id = $1 and author_id = $2`, accountID, targetID)
	return err
}

// firstArg is the number of the first parameter that a caller of read gives.
const firstArg = 4

// read gives a page of the posts that v may and wants to read among those of from and where.
func (s *Service) read(ctx context.Context, v *auth.Viewer, r page.Range, from, where string, args ...any) ([]*post.View, error) {
	wants, args := post.WantedShown(post.ReaderOf(v), "p", append([]any{r.Upper(), r.Lower(), r.Limit}, args...))
	return s.readAll(ctx, v, r, from, where+` and `+wants, args)
}

// readAll is read without what v has asked to be spared; the first three of args
// are the bounds of the page.
func (s *Service) readAll(ctx context.Context, v *auth.Viewer, r page.Range, from, where string, args []any) ([]*post.View, error) {
	cond, args := post.Shown(post.ReaderOf(v), "p", args)
	rows, err := db.All[post.Post](ctx, s.DB.Read(), `select `+post.Columns+` from `+from+`
		where `+where+` and p.id < $1 and p.id > $2 and `+cond+` order by p.id `+r.Order()+` limit $3`, args...)
	if err != nil {
		return nil, err
	}
	posts := make([]*post.Post, len(rows))
	for i := range rows {
		posts[i] = &rows[i]
	}
	return s.Posts.Views(ctx, v, page.Fix(r, posts))
}

// apart leaves the people of exclusive lists out of a home timeline; the inner
// query names nothing of the outer rows, so it runs once.
const apart = ` and p.account_id not in (select xm.account_id from person_list xl join list_member xm on xm.list_id = xl.id
	where xl.account_id = $4 and xl.exclusive and xm.account_id <> $4)`

// Home is what the people whom v follows publish, and v's own posts.
//
// Spec: Mastodon timelines#home
func (s *Service) Home(ctx context.Context, v *auth.Viewer, r page.Range) ([]*post.View, error) {
	return s.home(ctx, v, r, "")
}

// home is Home narrowed by a condition.
func (s *Service) home(ctx context.Context, v *auth.Viewer, r page.Range, narrow string) ([]*post.View, error) {
	r = r.Clamp(page.DefaultLimit, page.MaxLimit)
	if s.Lists != nil {
		narrow += apart
	}
	rows, err := s.homePosts(ctx, v, r, narrow)
	if err != nil {
		return nil, err
	}
	posts := make([]*post.Post, len(rows))
	for i := range rows {
		posts[i] = &rows[i]
	}
	return s.Posts.Views(ctx, v, page.Fix(r, posts))
}

// Section is what our own people publish, for the section or wider: the tab
// "Ma section", and Mastodon's local timeline.
func (s *Service) Section(ctx context.Context, v *auth.Viewer, r page.Range) ([]*post.View, error) {
	return s.section(ctx, v, r, "")
}

func (s *Service) section(ctx context.Context, v *auth.Viewer, r page.Range, narrow string) ([]*post.View, error) {
	return s.read(ctx, v, r.Clamp(page.DefaultLimit, page.MaxLimit), `post p`,
		`p.local and p.boost_of_id = 0 and p.deleted_at = 0 and p.audience in ('section', 'movement', 'public') and p.listed`+narrow)
}

// Movement is what is for the movement alone, from all its servers: the tab « Le mouvement ».
func (s *Service) Movement(ctx context.Context, v *auth.Viewer, r page.Range) ([]*post.View, error) {
	return s.read(ctx, v, r.Clamp(page.DefaultLimit, page.MaxLimit), `post p`, `p.audience = 'movement' and p.boost_of_id = 0 and p.deleted_at = 0`)
}

// Groups is the threads of the groups that v takes part in: the tab « Mes groupes ».
func (s *Service) Groups(ctx context.Context, v *auth.Viewer, r page.Range) ([]*post.View, error) {
	return s.read(ctx, v, r.Clamp(page.DefaultLimit, page.MaxLimit), group.ThreadsOf, group.OfMember(firstArg)+` and p.deleted_at = 0`, v.AccountID)
}

// Everyone is what is public, here and from the servers we know; remote narrows it to those.
//
// Spec: Mastodon timelines#public
func (s *Service) Everyone(ctx context.Context, v *auth.Viewer, r page.Range, local, remote bool) ([]*post.View, error) {
	narrow := ""
	switch {
	case local:
		narrow = ` and p.local`
	case remote:
		narrow = ` and not p.local`
	}
	return s.everyone(ctx, v, r, narrow)
}

func (s *Service) everyone(ctx context.Context, v *auth.Viewer, r page.Range, narrow string) ([]*post.View, error) {
	seen, args := unasked(v, nil)
	return s.read(ctx, v, r.Clamp(page.DefaultLimit, page.MaxLimit), `post p`,
		`p.audience = 'public' and p.listed and p.boost_of_id = 0 and p.deleted_at = 0`+narrow+` and `+seen, args...)
}

// Options narrow a profile.
type Options struct {
	WithoutReplies, WithoutBoosts bool
	Tag                           string // folded

	narrow string // a further condition
}

// Profile is what one account publishes, as far as v may read it.
//
// Spec: Mastodon accounts#statuses
func (s *Service) Profile(ctx context.Context, v *auth.Viewer, a *account.Account, r page.Range, o Options) ([]*post.View, error) {
	r = r.Clamp(page.DefaultLimit, page.MaxLimit)
	where, args := `p.account_id = $4`, []any{r.Upper(), r.Lower(), r.Limit, a.ID}
	if o.WithoutReplies {
		where += ` and (p.reply_to_uri = '' or p.reply_to_account = p.account_id)`
	}
	if o.WithoutBoosts {
		where += ` and p.boost_of_id = 0`
	}
	if o.Tag != "" {
		where += ` and exists (select 1 from post_tag t where t.post_id = p.id and t.tag = $5)`
		args = append(args, o.Tag)
	}
	// Whoever opens the profile of somebody they mute wants to read it.
	return s.readAll(ctx, v, r, `post p`, where+o.narrow, args)
}

// Tag is what carries a hashtag; tag is folded.
//
// Spec: Mastodon timelines#tag
func (s *Service) Tag(ctx context.Context, v *auth.Viewer, tag string, r page.Range) ([]*post.View, error) {
	return s.Tags(ctx, v, TagQuery{Any: []string{tag}}, r)
}

// TagQuery asks for posts by their hashtags, all folded: at least one of Any,
// each of All, none of None.
type TagQuery struct {
	Any, All, None []string
	Local, Remote  bool

	narrow string // a further condition
}

// Tags is what carries some hashtags and not others.
//
// Spec: Mastodon timelines#tag
func (s *Service) Tags(ctx context.Context, v *auth.Viewer, t TagQuery, r page.Range) ([]*post.View, error) {
	where, args := `p.boost_of_id = 0 and p.audience in ('public', 'section', 'movement') and p.listed`, []any{}
	tagged := func(not string, tags []string) {
		frag, more := db.In(firstArg+len(args), tags)
		where, args = where+` and `+not+`exists (select 1 from post_tag t where t.post_id = p.id and t.tag in `+frag+`)`, append(args, more...)
	}
	for _, tag := range t.All {
		tagged("", []string{tag})
	}
	if len(t.None) > 0 {
		tagged("not ", t.None)
	}
	switch {
	case t.Local:
		where += ` and p.local`
	case t.Remote:
		where += ` and not p.local`
	}
	seen, args := unasked(v, args)
	where += ` and ` + seen + t.narrow
	from := `post p`
	if len(t.Any) == 1 {
		// One tag is read in the order of its own index.
		from = `post_tag t join post p on p.id = t.post_id`
		where += ` and t.tag = $` + strconv.Itoa(firstArg+len(args))
		args = append(args, t.Any[0])
	} else {
		tagged("", t.Any)
	}
	return s.read(ctx, v, r.Clamp(page.DefaultLimit, page.MaxLimit), from, where, args...)
}

// Erase empties the home timeline of an account that is being deleted, and takes
// its posts out of those of others.
func (s *Service) Erase(ctx context.Context, tx *db.Tx, accountID int64) error {
	for _, table := range []string{"home_entry", "home_floor", "marker", "conversation_state"} {
		if _, err := tx.Exec(ctx, `delete from `+table+` where account_id = $1`, accountID); err != nil {
			return err
		}
	}
	// Named by whom they may be, so that the key leads to the rows: there are very many.
	_, err := tx.Exec(ctx, `delete from home_entry where author_id = $1 and account_id in (select f.account_id from follow f where f.target_id = $1
		union select tf.account_id from post p join post_tag t on t.post_id = p.id join tag_follow tf on tf.tag = t.tag where p.account_id = $1)`, accountID)
	return err
}
