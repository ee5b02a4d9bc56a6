package tag

import (
	"context"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
)

// Bounds.
const (
	MaxFollowed = 500 // of one person
	MaxFeatured = 10
	historyDays = 7
	maxUses     = 5000 // counted of one hashtag in those days
)

// Service keeps what people follow and show of hashtags.
type Service struct {
	DB    *db.DB
	IDs   *ids.Maker
	Posts *post.Service
}

// Tag is a hashtag that somebody follows or shows.
type Tag struct {
	ID         int64
	Tag, Shown string
}

// parse reads a hashtag as people write it. KindNotFound for what can be none.
func parse(name string) (post.Tag, error) {
	shown := text.PlainName(strings.TrimPrefix(strings.TrimSpace(name), "#"), account.MaxName)
	found := text.Hashtags("#" + shown)
	if len(found) != 1 || found[0] != shown {
		return post.Tag{}, apperr.NotFound("tag.none")
	}
	return post.Tag{Tag: text.Fold(shown), Shown: shown}, nil
}

// Follow has posts with a hashtag come to somebody's home timeline from now on.
//
// Spec: Mastodon tags#follow
func (s *Service) Follow(ctx context.Context, accountID int64, t post.Tag) error {
	return s.put(ctx, "tag_follow", accountID, t, MaxFollowed)
}

// Feature shows a hashtag on somebody's profile.
//
// Spec: Mastodon featured_tags#create
func (s *Service) Feature(ctx context.Context, accountID int64, t post.Tag) error {
	return s.put(ctx, "tag_feature", accountID, t, MaxFeatured)
}

func (s *Service) put(ctx context.Context, table string, accountID int64, t post.Tag, most int) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `insert into `+table+` (account_id, tag, shown, id) values ($1, $2, $3, $4) on conflict (account_id, tag) do nothing`,
			accountID, t.Tag, t.Shown, s.IDs.New()); err != nil {
			return err
		}
		n, err := db.Get[int](ctx, tx, `select count(*) from `+table+` where account_id = $1`, accountID)
		if err == nil && n > most {
			err = apperr.Invalid("tag.too_many", most).Field("name", "tag.too_many", most)
		}
		return err
	})
}

// Unfollow ends a Follow. What came to the home timeline stays.
func (s *Service) Unfollow(ctx context.Context, accountID int64, t post.Tag) error {
	return s.drop(ctx, `delete from tag_follow where account_id = $1 and tag = $2`, accountID, t.Tag)
}

// Unfeature ends a Feature.
func (s *Service) Unfeature(ctx context.Context, accountID int64, t post.Tag) error {
	return s.drop(ctx, `delete from tag_feature where account_id = $1 and tag = $2`, accountID, t.Tag)
}

func (s *Service) drop(ctx context.Context, sql string, args ...any) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, sql, args...)
		return err
	})
}

// Followed lists the hashtags that somebody follows, the latest first, by the ids of the follows.
//
// Spec: Mastodon followed_tags#get
func (s *Service) Followed(ctx context.Context, accountID int64, r page.Range) ([]Tag, error) {
	rows, err := db.All[Tag](ctx, s.DB.Read(), `select id, tag, shown from tag_follow where account_id = $1 and id < $2 and id > $3
		order by id `+r.Order()+` limit $4`, accountID, r.Upper(), r.Lower(), r.Limit)
	return page.Fix(r, rows), err
}

// Follows tells which of some hashtags somebody follows, and which they show on their profile.
func (s *Service) Follows(ctx context.Context, accountID int64, tags []string) (followed, featured map[string]bool, err error) {
	followed, featured = map[string]bool{}, map[string]bool{}
	if len(tags) == 0 {
		return followed, featured, nil
	}
	frag, args := db.In(2, tags)
	rows, err := db.All[struct {
		Tag   string
		Shown bool
	}](ctx, s.DB.Read(), `select tag, false as shown from tag_follow where account_id = $1 and tag in `+frag+`
		union all select tag, true from tag_feature where account_id = $1 and tag in `+frag, append([]any{accountID}, args...)...)
	for _, r := range rows {
		if r.Shown {
			featured[r.Tag] = true
		} else {
			followed[r.Tag] = true
		}
	}
	return followed, featured, err
}

// Fan puts a new post into the home timelines of those who follow one of its
// hashtags. Whether they may read it is asked at each reading.
func (s *Service) Fan(ctx context.Context, tx *db.Tx, p *post.Post) error {
	if p.BoostOfID != 0 || !p.Listed || p.Audience != post.Public && p.Audience != post.Section && p.Audience != post.Movement {
		return nil
	}
	_, err := tx.Exec(ctx, `insert into home_entry (account_id, post_id, author_id)
		select distinct f.account_id, cast($1 as bigint), cast($2 as bigint) from post_tag t join tag_follow f on f.tag = t.tag where t.post_id = $1
		on conflict do nothing`, p.ID, p.AccountID)
	return err
}

// Followers gives who of ours follows a hashtag of a post: what is told to their streams.
func Followers(ctx context.Context, q db.Q, postID int64) ([]int64, error) {
	return db.All[int64](ctx, q, `select distinct f.account_id from post_tag t join tag_follow f on f.tag = t.tag where t.post_id = $1`, postID)
}

// Featured is a hashtag on a profile, with how often its owner used it in posts for everyone.
type Featured struct {
	Tag
	Count  int64
	LastAt int64 // unix milliseconds, 0 = never
}

// FeaturedBy lists the hashtags on a profile, the first chosen first, in one query.
//
// Spec: Mastodon accounts#featured_tags
func (s *Service) FeaturedBy(ctx context.Context, accountID int64) ([]Featured, error) {
	rows, err := db.All[struct {
		ID            int64
		Tag, Shown    string
		Count, LastAt int64
	}](ctx, s.DB.Read(), `select f.id as id, f.tag as tag, f.shown as shown, count(p.id) as count, coalesce(max(p.created_at), 0) as last_at
		from tag_feature f left join post_tag t on t.tag = f.tag and t.post_id in (select o.id from post o where o.account_id = $1)
		left join post p on p.id = t.post_id and p.audience = 'public' and p.deleted_at = 0
		where f.account_id = $1 group by f.id, f.tag, f.shown order by f.id`, accountID)
	out := make([]Featured, len(rows))
	for i, r := range rows {
		out[i] = Featured{Tag{r.ID, r.Tag, r.Shown}, r.Count, r.LastAt}
	}
	return out, err
}

// Suggested are the hashtags that somebody used most in their last posts for
// everyone, and does not show yet.
//
// Spec: Mastodon featured_tags#suggestions
func (s *Service) Suggested(ctx context.Context, accountID int64) ([]post.Tag, error) {
	return db.All[post.Tag](ctx, s.DB.Read(), `select t.tag as tag, max(t.shown) as shown from post_tag t
		join (select id from post where account_id = $1 and audience = 'public' and boost_of_id = 0 and deleted_at = 0 order by id desc limit 400) as p on p.id = t.post_id
		where t.tag not in (select tag from tag_feature where account_id = $1)
		group by t.tag order by count(*) desc, t.tag limit $2`, accountID, MaxFeatured)
}

// Day counts the uses of a hashtag in one day, UTC, in posts for everyone.
type Day struct {
	Start          time.Time
	Uses, Accounts int
}

// History counts the last seven days of some hashtags, today first. What is
// counted of one is bounded.
func (s *Service) History(ctx context.Context, tags []string) (map[string][]Day, error) {
	out := make(map[string][]Day, len(tags))
	if len(tags) == 0 {
		return out, nil
	}
	today := time.Now().UTC().Truncate(24 * time.Hour)
	since := today.AddDate(0, 0, 1-historyDays)
	frag, args := db.In(3, tags)
	rows, err := db.All[struct {
		Tag               string
		PostID, AccountID int64
	}](ctx, s.DB.Read(), `select t.tag as tag, t.post_id as post_id, p.account_id as account_id from post_tag t join post p on p.id = t.post_id
		where t.tag in `+frag+` and t.post_id >= $1 and p.audience = 'public' and p.deleted_at = 0 order by t.post_id desc limit $2`,
		append([]any{ids.At(since), maxUses}, args...)...)
	if err != nil {
		return nil, err
	}
	type by struct {
		tag string
		day int
		who int64
	}
	seen := make(map[by]bool, len(rows))
	for _, t := range tags {
		days := make([]Day, historyDays)
		for i := range days {
			days[i].Start = today.AddDate(0, 0, -i)
		}
		out[t] = days
	}
	for _, r := range rows {
		i := max(0, int(today.Sub(ids.Time(r.PostID).UTC().Truncate(24*time.Hour))/(24*time.Hour)))
		if i >= historyDays {
			continue
		}
		d := &out[r.Tag][i]
		d.Uses++
		if k := (by{r.Tag, i, r.AccountID}); !seen[k] {
			seen[k] = true
			d.Accounts++
		}
	}
	return out, nil
}

// Recent are the hashtags of the last posts for everyone, the one used last
// first: nothing is ranked.
//
// Spec: Mastodon trends#tags
func (s *Service) Recent(ctx context.Context, limit, offset int) ([]post.Tag, error) {
	return db.All[post.Tag](ctx, s.DB.Read(), `select t.tag as tag, max(t.shown) as shown from
		(select p.id from post p where p.audience = 'public' and p.listed and p.boost_of_id = 0 and p.deleted_at = 0 and p.id >= $1 order by p.id desc limit 400) as r
		join post_tag t on t.post_id = r.id group by t.tag order by max(t.post_id) desc, t.tag limit $2 offset $3`,
		ids.At(time.Now().AddDate(0, 0, -historyDays)), limit, offset)
}

// All lists the hashtags of posts for everyone by name, those after one.
//
// Spec: Mastodon admin/tags
func (s *Service) All(ctx context.Context, after string, limit int) ([]post.Tag, error) {
	return db.All[post.Tag](ctx, s.DB.Read(), `select t.tag as tag, max(t.shown) as shown from post_tag t join post p on p.id = t.post_id
		where t.tag > $1 and p.audience = 'public' and p.deleted_at = 0 group by t.tag order by t.tag limit $2`, text.Fold(after), limit)
}

// Used finds a hashtag that stands in a post for everyone; KindNotFound for any other.
func (s *Service) Used(ctx context.Context, name string) (post.Tag, error) {
	t, err := parse(name)
	if err != nil {
		return t, err
	}
	shown, err := db.Get[string](ctx, s.DB.Read(), `select t.shown from post_tag t join post p on p.id = t.post_id
		where t.tag = $1 and p.audience = 'public' and p.deleted_at = 0 order by t.post_id desc limit 1`, t.Tag)
	if apperr.Is(err, apperr.KindNotFound) {
		return t, apperr.NotFound("tag.none")
	}
	return post.Tag{Tag: t.Tag, Shown: shown}, err
}

// Erase forgets what an account followed and showed.
func (s *Service) Erase(ctx context.Context, tx *db.Tx, accountID int64) error {
	for _, table := range []string{"tag_follow", "tag_feature"} {
		if _, err := tx.Exec(ctx, `delete from `+table+` where account_id = $1`, accountID); err != nil {
			return err
		}
	}
	return nil
}
