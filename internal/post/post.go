package post

import (
	"time"
)

// The kinds of the trunk; slices above register their own.
const (
	KindNote    = "note"
	KindArticle = "article"
	KindBoost   = "boost"
)

// Bounds on what is written here, in characters as Count counts them, and on
// what is stored from other servers.
const (
	MaxText    = 5000
	MaxWarning = 500
	MaxTitle   = 200
	MaxStored  = 50000
	maxMention = 50 // people notified by one post
	maxTags    = 100
)

// Post is one row. Times are unix milliseconds, 0 for never; ids are 0 for none.
type Post struct {
	ID             int64
	URI            string
	URL            string
	AccountID      int64
	Local          bool
	Kind           string
	Audience       Audience
	Listed         bool // public posts only: shown in public timelines
	ScopeID        int64
	Title          string
	Content        string // sanitised HTML
	Source         string // as typed, ours only
	Warning        string
	Sensitive      bool
	Lang           string
	ReplyToID      int64
	ReplyToAccount int64
	ReplyToURI     string // also of a parent not known here
	ThreadID       int64  // the first post of the thread; its own id when it is the first
	BoostOfID      int64
	AppID          int64
	RepliesCount   int64
	BoostsCount    int64
	LikesCount     int64
	LikesSaid      int64 // by the server of the post, see Likes
	BoostsSaid     int64
	CreatedAt      int64
	EditedAt       int64
	DeletedAt      int64
}

const columns = `p.id, p.uri, p.url, p.account_id, p.local, p.kind, p.audience, p.listed, p.scope_id, p.title, p.content, p.source,
	p.warning, p.sensitive, p.lang, p.reply_to_id, p.reply_to_account, p.reply_to_uri, p.thread_id, p.boost_of_id, p.app_id,
	p.replies_count, p.boosts_count, p.likes_count, p.likes_said, p.boosts_said, p.created_at, p.edited_at, p.deleted_at`

// Columns are the columns that a query for []Post selects, of the post aliased p.
const Columns = columns

// Created is the moment of writing, as its author's server says.
func (p *Post) Created() time.Time { return time.UnixMilli(p.CreatedAt) }

// Tag is a hashtag: folded for looking up, shown as written.
type Tag struct{ Tag, Shown string }
