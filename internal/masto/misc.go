package masto

// Error is the body of every error.
//
// Spec: Mastodon entities/Error
type Error struct {
	Error       string `json:"error"`
	Description string `json:"error_description,omitempty"`
}

// Application is a registered app.
//
// Spec: Mastodon entities/Application
type Application struct {
	ID           string        `json:"id"`
	Name         string        `json:"name"`
	Website      *string       `json:"website"`
	Scopes       Array[string] `json:"scopes"`
	RedirectURI  string        `json:"redirect_uri"` // all of them, one a line
	RedirectURIs Array[string] `json:"redirect_uris"`
	VapidKey     string        `json:"vapid_key"`
}

// CredentialApplication is an app with its secret, given at registration only.
//
// Spec: Mastodon entities/Application#CredentialApplication
type CredentialApplication struct {
	Application
	ClientID              string `json:"client_id"`
	ClientSecret          string `json:"client_secret"`
	ClientSecretExpiresAt int64  `json:"client_secret_expires_at"` // 0: never
}

// Token is an OAuth access token. CreatedAt is in unix seconds.
//
// Spec: Mastodon entities/Token
type Token struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"` // "Bearer"
	Scope       string `json:"scope"`
	CreatedAt   int64  `json:"created_at"`
}

// Tag is a hashtag. History has one entry a day, the latest first.
//
// Spec: Mastodon entities/Tag
type Tag struct {
	ID        string        `json:"id"`
	Name      string        `json:"name"`
	URL       string        `json:"url"`
	History   Array[TagDay] `json:"history"`
	Following *bool         `json:"following,omitempty"` // with a token
	Featuring *bool         `json:"featuring,omitempty"` // with a token
}

// TagDay counts the uses of a hashtag in a day; numbers are texts.
type TagDay struct {
	Day      string `json:"day"` // unix seconds of midnight
	Uses     string `json:"uses"`
	Accounts string `json:"accounts"`
}

// FeaturedTag is a hashtag shown on a profile.
type FeaturedTag struct {
	ID            string  `json:"id"`
	Name          string  `json:"name"`
	URL           string  `json:"url"`
	StatusesCount string  `json:"statuses_count"`
	LastStatusAt  *string `json:"last_status_at"`
}

// Search is what was found.
//
// Spec: Mastodon entities/Search
type Search struct {
	Accounts Array[Account] `json:"accounts"`
	Statuses Array[Status]  `json:"statuses"`
	Hashtags Array[Tag]     `json:"hashtags"`
}

// Filter hides or folds what the viewer does not want to read.
//
// Spec: Mastodon entities/Filter
type Filter struct {
	ID           string                `json:"id"`
	Title        string                `json:"title"`
	Context      Array[string]         `json:"context"` // home, notifications, public, thread, account
	ExpiresAt    *Time                 `json:"expires_at"`
	FilterAction string                `json:"filter_action"` // warn, hide, blur
	Keywords     Array[FilterKeyword]  `json:"keywords"`
	Statuses     Array[FilteredStatus] `json:"statuses"`
}

// FilterKeyword is a word that a filter looks for.
type FilterKeyword struct {
	ID        string `json:"id"`
	Keyword   string `json:"keyword"`
	WholeWord bool   `json:"whole_word"`
}

// FilteredStatus is a post that a filter names.
type FilteredStatus struct {
	ID       string `json:"id"`
	StatusID string `json:"status_id"`
}

// FilterHit says which filter a post met, and by what.
//
// Spec: Mastodon entities/FilterResult
type FilterHit struct {
	Filter         Filter        `json:"filter"`
	KeywordMatches Array[string] `json:"keyword_matches"`
	StatusMatches  Array[string] `json:"status_matches"`
}

// UserList is a list of accounts whose posts are read together.
//
// Spec: Mastodon entities/List
type UserList struct {
	ID            string `json:"id"`
	Title         string `json:"title"`
	RepliesPolicy string `json:"replies_policy"` // followed, list, none
	Exclusive     bool   `json:"exclusive"`
}

// Marker is how far the viewer has read. A map of them has no null values.
//
// Spec: Mastodon entities/Marker
type Marker struct {
	LastReadID string `json:"last_read_id"`
	Version    int    `json:"version"`
	UpdatedAt  Time   `json:"updated_at"`
}

// Preferences are the viewer's settings that apps follow.
//
// Spec: Mastodon entities/Preferences
type Preferences struct {
	Visibility  string  `json:"posting:default:visibility"`
	Sensitive   bool    `json:"posting:default:sensitive"`
	Language    *string `json:"posting:default:language"`
	QuotePolicy string  `json:"posting:default:quote_policy"`
	Media       string  `json:"reading:expand:media"` // default, show_all, hide_all
	Spoilers    bool    `json:"reading:expand:spoilers"`
	Autoplay    bool    `json:"reading:autoplay:gifs"`
}

// Announcement is a notice of the house.
//
// Spec: Mastodon entities/Announcement
type Announcement struct {
	ID          string           `json:"id"`
	Content     string           `json:"content"` // HTML
	StartsAt    *Time            `json:"starts_at"`
	EndsAt      *Time            `json:"ends_at"`
	AllDay      bool             `json:"all_day"`
	PublishedAt Time             `json:"published_at"`
	UpdatedAt   Time             `json:"updated_at"`
	Read        *bool            `json:"read,omitempty"`
	Mentions    Array[Mention]   `json:"mentions"`
	Statuses    Array[StatusRef] `json:"statuses"`
	Tags        Array[StatusTag] `json:"tags"`
	Emojis      Array[Emoji]     `json:"emojis"`
	Reactions   Array[Reaction]  `json:"reactions"`
}

// StatusRef names a post.
type StatusRef struct {
	ID  string `json:"id"`
	URL string `json:"url"`
}

// Reaction counts one emoji under an announcement.
type Reaction struct {
	Name      string  `json:"name"`
	Count     int     `json:"count"`
	Me        *bool   `json:"me,omitempty"`
	URL       *string `json:"url,omitempty"`
	StaticURL *string `json:"static_url,omitempty"`
}
