package masto

// Status is a post, or a boost of one (Reblog set).
//
// With a token Favourited, Reblogged, Muted, Bookmarked and Filtered must be
// set; without one they are left out.
//
// Spec: Mastodon entities/Status
type Status struct {
	ID                 string            `json:"id"`
	CreatedAt          Time              `json:"created_at"`
	InReplyToID        *string           `json:"in_reply_to_id"`
	InReplyToAccountID *string           `json:"in_reply_to_account_id"`
	Sensitive          bool              `json:"sensitive"`
	SpoilerText        string            `json:"spoiler_text"`
	Visibility         string            `json:"visibility"` // public, unlisted, private, direct
	Language           *string           `json:"language"`
	URI                string            `json:"uri"`
	URL                *string           `json:"url"`
	RepliesCount       int64             `json:"replies_count"`
	ReblogsCount       int64             `json:"reblogs_count"`
	FavouritesCount    int64             `json:"favourites_count"`
	QuotesCount        int64             `json:"quotes_count"`
	EditedAt           *Time             `json:"edited_at"`
	Content            string            `json:"content"`        // HTML
	Text               *string           `json:"text,omitempty"` // the source, in the answer to a deletion only
	Reblog             *Status           `json:"reblog"`
	Quote              *Quote            `json:"quote"`
	QuoteApproval      *QuoteApproval    `json:"quote_approval,omitempty"`
	Application        *StatusApp        `json:"application,omitempty"`
	Account            Account           `json:"account"`
	MediaAttachments   Array[Media]      `json:"media_attachments"`
	Mentions           Array[Mention]    `json:"mentions"`
	Tags               Array[StatusTag]  `json:"tags"`
	Emojis             Array[Emoji]      `json:"emojis"`
	Card               *PreviewCard      `json:"card"`
	Poll               *Poll             `json:"poll"`
	Favourited         *bool             `json:"favourited,omitempty"`
	Reblogged          *bool             `json:"reblogged,omitempty"`
	Muted              *bool             `json:"muted,omitempty"`
	Bookmarked         *bool             `json:"bookmarked,omitempty"`
	Pinned             *bool             `json:"pinned,omitempty"` // the viewer's own only
	Filtered           *Array[FilterHit] `json:"filtered,omitempty"`
	Maillage           *StatusExtra      `json:"maillage,omitempty"`
}

// StatusExtra is what Maillage says of a post beyond Mastodon's words.
type StatusExtra struct {
	Audience string `json:"audience"` // section, movement, group, followers, public, direct
}

// StatusApp is the app that a post was written with.
type StatusApp struct {
	Name    string  `json:"name"`
	Website *string `json:"website"`
}

// Mention is somebody named in a post.
type Mention struct {
	ID       string `json:"id"`
	Username string `json:"username"`
	URL      string `json:"url"`
	Acct     string `json:"acct"`
}

// StatusTag is a hashtag in a post; its name is folded (text.TagName), unlike that of a Tag.
type StatusTag struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

// StatusSource is what the author edits.
//
// Spec: Mastodon entities/StatusSource
type StatusSource struct {
	ID          string `json:"id"`
	Text        string `json:"text"`
	SpoilerText string `json:"spoiler_text"`
}

// StatusEdit is one version of a post.
//
// Spec: Mastodon entities/StatusEdit
type StatusEdit struct {
	Content          string       `json:"content"`
	SpoilerText      string       `json:"spoiler_text"`
	Sensitive        bool         `json:"sensitive"`
	CreatedAt        Time         `json:"created_at"`
	Account          Account      `json:"account"`
	Poll             *Poll        `json:"poll,omitempty"` // whole, as Tusky decodes no less
	MediaAttachments Array[Media] `json:"media_attachments"`
	Emojis           Array[Emoji] `json:"emojis"`
	Quote            *Quote       `json:"quote,omitempty"`
}

// Context is what surrounds a post in its thread: ancestors oldest first,
// descendants parents before replies.
//
// Spec: Mastodon entities/Context
type Context struct {
	Ancestors   Array[Status] `json:"ancestors"`
	Descendants Array[Status] `json:"descendants"`
}

// Quote is the post that a post quotes. Inside a quote only QuotedStatusID is given.
//
// Spec: Mastodon entities/Quote
type Quote struct {
	State          string  `json:"state"` // pending, accepted, rejected, revoked, deleted, unauthorized …
	QuotedStatus   *Status `json:"quoted_status"`
	QuotedStatusID *string `json:"quoted_status_id,omitempty"`
}

// QuoteApproval says who may quote.
//
// Spec: Mastodon entities/QuoteApproval
type QuoteApproval struct {
	Automatic   Array[string] `json:"automatic"` // public, followers, following, unsupported_policy
	Manual      Array[string] `json:"manual"`
	CurrentUser string        `json:"current_user"` // automatic, manual, denied, unknown
}

// Poll is a vote attached to a post.
//
// Spec: Mastodon entities/Poll
type Poll struct {
	ID          string            `json:"id"`
	ExpiresAt   *Time             `json:"expires_at"`
	Expired     bool              `json:"expired"`
	Multiple    bool              `json:"multiple"`
	VotesCount  int64             `json:"votes_count"`
	VotersCount *int64            `json:"voters_count"`
	Options     Array[PollOption] `json:"options"`
	Emojis      Array[Emoji]      `json:"emojis"`
	Voted       *bool             `json:"voted,omitempty"`     // with a token
	OwnVotes    *Array[int]       `json:"own_votes,omitempty"` // with a token
}

// PollOption is one answer; VotesCount is null while results are hidden.
type PollOption struct {
	Title      string `json:"title"`
	VotesCount *int64 `json:"votes_count"`
}

// PreviewCard shows the page that a post links to.
//
// Spec: Mastodon entities/PreviewCard
type PreviewCard struct {
	URL          string            `json:"url"`
	Title        string            `json:"title"`
	Description  string            `json:"description"`
	Type         string            `json:"type"` // link, photo, video, rich
	AuthorName   string            `json:"author_name"`
	AuthorURL    string            `json:"author_url"`
	Authors      Array[CardAuthor] `json:"authors"`
	ProviderName string            `json:"provider_name"`
	ProviderURL  string            `json:"provider_url"`
	HTML         string            `json:"html"`
	Width        int               `json:"width"`
	Height       int               `json:"height"`
	Image        *string           `json:"image"`
	ImageAlt     string            `json:"image_description"`
	EmbedURL     string            `json:"embed_url"`
	Blurhash     *string           `json:"blurhash"`
	PublishedAt  *Time             `json:"published_at"`
	Language     *string           `json:"language"`
}

// CardAuthor is an author of the page behind a card.
type CardAuthor struct {
	Name    string   `json:"name"`
	URL     string   `json:"url"`
	Account *Account `json:"account"`
}

// Media is a picture, sound or video of a post.
//
// Spec: Mastodon entities/MediaAttachment
type Media struct {
	ID          string     `json:"id"`
	Type        string     `json:"type"` // image, gifv, video, audio, unknown
	URL         *string    `json:"url"`  // null while it is prepared
	PreviewURL  *string    `json:"preview_url"`
	RemoteURL   *string    `json:"remote_url"`
	Meta        *MediaMeta `json:"meta"`
	Description *string    `json:"description"`
	Blurhash    *string    `json:"blurhash"`
}

// MediaMeta holds sizes; absent parts are left out.
type MediaMeta struct {
	Focus    *MediaFocus `json:"focus,omitempty"`
	Original *MediaSize  `json:"original,omitempty"`
	Small    *MediaSize  `json:"small,omitempty"`
	Duration float64     `json:"duration,omitempty"` // seconds, of a sound or a video
}

// MediaFocus is the point to keep when cropping, -1…1 each.
type MediaFocus struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// MediaSize is a size in pixels, with the duration in seconds where there is one.
type MediaSize struct {
	Width    int     `json:"width"`
	Height   int     `json:"height"`
	Size     string  `json:"size"` // "640x480"
	Aspect   float64 `json:"aspect"`
	Duration float64 `json:"duration,omitempty"`
}

// ScheduledStatus is a post that waits for its time.
//
// Spec: Mastodon entities/ScheduledStatus
type ScheduledStatus struct {
	ID               string          `json:"id"`
	ScheduledAt      Time            `json:"scheduled_at"`
	Params           ScheduledParams `json:"params"`
	MediaAttachments Array[Media]    `json:"media_attachments"`
}

// ScheduledParams are the parameters the post was sent with.
type ScheduledParams struct {
	Text          string         `json:"text"`
	Poll          *ScheduledPoll `json:"poll"`
	MediaIDs      *Array[string] `json:"media_ids"`
	Sensitive     bool           `json:"sensitive"`
	SpoilerText   *string        `json:"spoiler_text"`
	Visibility    string         `json:"visibility"`
	InReplyToID   *int64         `json:"in_reply_to_id"`
	Language      *string        `json:"language"`
	ApplicationID int64          `json:"application_id"`
	ScheduledAt   *Time          `json:"scheduled_at"`
	Idempotency   *string        `json:"idempotency"`
	WithRateLimit bool           `json:"with_rate_limit"`
}

// ScheduledPoll is the poll of a post that waits.
type ScheduledPoll struct {
	Options    Array[string] `json:"options"`
	ExpiresIn  int           `json:"expires_in"`
	Multiple   bool          `json:"multiple"`
	HideTotals bool          `json:"hide_totals"`
}
