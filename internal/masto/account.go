package masto

// Account is somebody's profile.
//
// Spec: Mastodon entities/Account
type Account struct {
	ID                string       `json:"id"`
	Username          string       `json:"username"`
	Acct              string       `json:"acct"`
	DisplayName       string       `json:"display_name"`
	Locked            bool         `json:"locked"`
	Bot               bool         `json:"bot"`
	Discoverable      bool         `json:"discoverable"`
	Indexable         bool         `json:"indexable"`
	Group             bool         `json:"group"`
	CreatedAt         Time         `json:"created_at"` // midnight UTC suffices
	Note              string       `json:"note"`       // HTML
	URL               string       `json:"url"`
	URI               string       `json:"uri"`
	Avatar            string       `json:"avatar"`
	AvatarStatic      string       `json:"avatar_static"`
	AvatarDescription string       `json:"avatar_description"`
	Header            string       `json:"header"`
	HeaderStatic      string       `json:"header_static"`
	HeaderDescription string       `json:"header_description"`
	FollowersCount    int64        `json:"followers_count"`
	FollowingCount    int64        `json:"following_count"`
	StatusesCount     int64        `json:"statuses_count"`
	LastStatusAt      *string      `json:"last_status_at"` // date only
	HideCollections   bool         `json:"hide_collections"`
	Noindex           bool         `json:"noindex"`
	Emojis            Array[Emoji] `json:"emojis"`
	Roles             Array[Role]  `json:"roles"`
	Fields            Array[Field] `json:"fields"`
	Moved             *Account     `json:"moved,omitempty"`
	GroupInfo         *GroupInfo   `json:"group_info,omitempty"` // of a group that was asked for
	Suspended         bool         `json:"suspended,omitempty"`
	Limited           bool         `json:"limited,omitempty"`
	Memorial          bool         `json:"memorial,omitempty"`
	MuteExpiresAt     *Time        `json:"mute_expires_at,omitempty"` // in the list of mutes only
	Source            *Source      `json:"source,omitempty"`          // in CredentialAccount only
	Role              *FullRole    `json:"role,omitempty"`            // in CredentialAccount only
}

// CredentialAccount is the account that the token belongs to: an Account with Source and Role set.
//
// Spec: Mastodon entities/Account#CredentialAccount
type CredentialAccount = Account

// GroupInfo is what joining a group means to the viewer, an extension of ours.
type GroupInfo struct {
	Role          string `json:"role"`           // none, member, moderator, admin
	JoinPolicy    string `json:"join_policy"`    // free, request, invite
	PostingPolicy string `json:"posting_policy"` // everyone, members, moderated, staff
	MembersCount  int64  `json:"members_count"`  // 0 where it is not shown
}

// Field is a line of a profile. Value is HTML.
type Field struct {
	Name       string `json:"name"`
	Value      string `json:"value"`
	VerifiedAt *Time  `json:"verified_at"`
}

// Source is what the owner edits: plain texts and defaults.
type Source struct {
	Privacy             string        `json:"privacy"` // public, unlisted, private, direct
	Sensitive           bool          `json:"sensitive"`
	Language            string        `json:"language"`
	Note                string        `json:"note"`
	Fields              Array[Field]  `json:"fields"`
	FollowRequestsCount int64         `json:"follow_requests_count"`
	HideCollections     bool          `json:"hide_collections"`
	Discoverable        bool          `json:"discoverable"`
	Indexable           bool          `json:"indexable"`
	AttributionDomains  Array[string] `json:"attribution_domains"`
	QuotePolicy         string        `json:"quote_policy"`
}

// Role is a role shown on a profile.
type Role struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Color string `json:"color"`
}

// FullRole is a role with its rights, a bit mask written in decimal.
//
// Spec: Mastodon entities/Role
type FullRole struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Color       string `json:"color"`
	Permissions string `json:"permissions"`
	Highlighted bool   `json:"highlighted"`
}

// Relationship is what stands between the viewer and an account.
//
// Spec: Mastodon entities/Relationship
type Relationship struct {
	ID                  string        `json:"id"`
	Following           bool          `json:"following"`
	ShowingReblogs      bool          `json:"showing_reblogs"`
	Notifying           bool          `json:"notifying"`
	Languages           Array[string] `json:"languages"`
	FollowedBy          bool          `json:"followed_by"`
	Blocking            bool          `json:"blocking"`
	BlockedBy           bool          `json:"blocked_by"`
	Muting              bool          `json:"muting"`
	MutingNotifications bool          `json:"muting_notifications"`
	MutingExpiresAt     *Time         `json:"muting_expires_at"`
	Requested           bool          `json:"requested"`
	RequestedBy         bool          `json:"requested_by"`
	DomainBlocking      bool          `json:"domain_blocking"`
	Endorsed            bool          `json:"endorsed"`
	Note                string        `json:"note"`
}

// FamiliarFollowers are people whom the viewer follows and who follow the account.
type FamiliarFollowers struct {
	ID       string         `json:"id"`
	Accounts Array[Account] `json:"accounts"`
}

// Suggestion is somebody whom the viewer may want to follow.
type Suggestion struct {
	Source  string        `json:"source"`
	Sources Array[string] `json:"sources"`
	Account Account       `json:"account"`
}

// Emoji is a custom emoji.
//
// Spec: Mastodon entities/CustomEmoji
type Emoji struct {
	Shortcode       string  `json:"shortcode"`
	URL             string  `json:"url"`
	StaticURL       string  `json:"static_url"`
	VisibleInPicker bool    `json:"visible_in_picker"`
	Category        *string `json:"category"`
}
