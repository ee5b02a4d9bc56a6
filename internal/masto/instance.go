package masto

// Instance is what apps read before anything else (v2). Every block must be there.
//
// Spec: Mastodon entities/Instance
type Instance struct {
	Domain        string                `json:"domain"`
	Title         string                `json:"title"`
	Version       string                `json:"version"` // "4.5.0 (compatible; Maillage …)"
	SourceURL     string                `json:"source_url"`
	Description   string                `json:"description"`
	Usage         InstanceUsage         `json:"usage"`
	Thumbnail     InstanceThumbnail     `json:"thumbnail"`
	Icon          Array[InstanceIcon]   `json:"icon"`
	Languages     Array[string]         `json:"languages"`
	Configuration InstanceConfiguration `json:"configuration"`
	Registrations InstanceRegistrations `json:"registrations"`
	APIVersions   map[string]int        `json:"api_versions"`
	Contact       InstanceContact       `json:"contact"`
	Rules         Array[Rule]           `json:"rules"`
	Wrapstodon    *string               `json:"wrapstodon"`
}

// InstanceUsage counts who uses the instance.
type InstanceUsage struct {
	Users struct {
		ActiveMonth int `json:"active_month"`
	} `json:"users"`
}

// InstanceThumbnail is the instance's picture.
type InstanceThumbnail struct {
	URL         string            `json:"url"`
	Description string            `json:"description"`
	Blurhash    *string           `json:"blurhash,omitempty"`
	Versions    map[string]string `json:"versions,omitempty"`
}

// InstanceIcon is the instance's mark in one size, "36x36".
type InstanceIcon struct {
	Src  string `json:"src"`
	Size string `json:"size"`
}

// InstanceConfiguration holds the limits that apps respect.
type InstanceConfiguration struct {
	URLs              InstanceURLs        `json:"urls"`
	Vapid             InstanceVapid       `json:"vapid"`
	Accounts          InstanceAccounts    `json:"accounts"`
	Statuses          InstanceStatuses    `json:"statuses"`
	MediaAttachments  InstanceMedia       `json:"media_attachments"`
	Polls             InstancePolls       `json:"polls"`
	Translation       InstanceTranslation `json:"translation"`
	TimelinesAccess   InstanceTimelines   `json:"timelines_access"`
	LimitedFederation bool                `json:"limited_federation"`
}

// InstanceURLs are addresses of the instance's pages.
type InstanceURLs struct {
	Streaming      string  `json:"streaming"` // "wss://host"
	Status         *string `json:"status"`
	About          string  `json:"about"`
	PrivacyPolicy  *string `json:"privacy_policy"`
	TermsOfService *string `json:"terms_of_service"`
}

// InstanceVapid is the key of web push: base64url of an uncompressed P-256 point.
type InstanceVapid struct {
	PublicKey string `json:"public_key"`
}

// InstanceAccounts are the limits of profiles.
type InstanceAccounts struct {
	MaxFeaturedTags            int `json:"max_featured_tags"`
	MaxPinnedStatuses          int `json:"max_pinned_statuses"`
	MaxProfileFields           int `json:"max_profile_fields"`
	ProfileFieldNameLimit      int `json:"profile_field_name_limit"`
	ProfileFieldValueLimit     int `json:"profile_field_value_limit"`
	MaxDisplayNameLength       int `json:"max_display_name_length"`
	MaxNoteLength              int `json:"max_note_length"`
	MaxAvatarDescriptionLength int `json:"max_avatar_description_length"`
	MaxHeaderDescriptionLength int `json:"max_header_description_length"`
}

// InstanceStatuses are the limits of posts.
type InstanceStatuses struct {
	MaxCharacters            int `json:"max_characters"`
	MaxMediaAttachments      int `json:"max_media_attachments"`
	CharactersReservedPerURL int `json:"characters_reserved_per_url"`
}

// InstanceMedia are the limits of attachments; sizes in bytes, matrices in pixels, all below 2^31.
type InstanceMedia struct {
	SupportedMimeTypes  Array[string] `json:"supported_mime_types"`
	DescriptionLimit    int           `json:"description_limit"`
	ImageSizeLimit      int           `json:"image_size_limit"`
	ImageMatrixLimit    int           `json:"image_matrix_limit"`
	VideoSizeLimit      int           `json:"video_size_limit"`
	VideoFrameRateLimit int           `json:"video_frame_rate_limit"`
	VideoMatrixLimit    int           `json:"video_matrix_limit"`
}

// InstancePolls are the limits of polls; expirations in seconds.
type InstancePolls struct {
	MaxOptions             int `json:"max_options"`
	MaxCharactersPerOption int `json:"max_characters_per_option"`
	MinExpiration          int `json:"min_expiration"`
	MaxExpiration          int `json:"max_expiration"`
}

// InstanceTranslation says whether posts can be translated.
type InstanceTranslation struct {
	Enabled bool `json:"enabled"`
}

// InstanceTimelines says who may read which timeline.
type InstanceTimelines struct {
	LiveFeeds         TimelineAccess `json:"live_feeds"`
	HashtagFeeds      TimelineAccess `json:"hashtag_feeds"`
	TrendingLinkFeeds TimelineAccess `json:"trending_link_feeds"`
}

// TimelineAccess is public, authenticated or disabled, for local and remote posts.
type TimelineAccess struct {
	Local  string `json:"local"`
	Remote string `json:"remote"`
}

// InstanceRegistrations says whether and how one may join.
type InstanceRegistrations struct {
	Enabled          bool    `json:"enabled"`
	ApprovalRequired bool    `json:"approval_required"`
	ReasonRequired   bool    `json:"reason_required"`
	Message          *string `json:"message"`
	MinAge           *int    `json:"min_age"`
	URL              *string `json:"url"`
}

// InstanceContact is whom to write to.
type InstanceContact struct {
	Email   string   `json:"email"`
	Account *Account `json:"account"`
}

// Rule is a rule of the house.
type Rule struct {
	ID   string `json:"id"`
	Text string `json:"text"`
	Hint string `json:"hint"`
}

// InstanceV1 is the older description of the instance, which many apps still ask for.
//
// Spec: Mastodon entities/V1_Instance
type InstanceV1 struct {
	URI              string                `json:"uri"` // the bare domain
	Title            string                `json:"title"`
	ShortDescription string                `json:"short_description"`
	Description      string                `json:"description"`
	Email            string                `json:"email"`
	Version          string                `json:"version"`
	URLs             InstanceV1URLs        `json:"urls"`
	Stats            InstanceV1Stats       `json:"stats"`
	Thumbnail        *string               `json:"thumbnail"`
	Languages        Array[string]         `json:"languages"`
	Registrations    bool                  `json:"registrations"`
	ApprovalRequired bool                  `json:"approval_required"`
	InvitesEnabled   bool                  `json:"invites_enabled"`
	Configuration    InstanceConfiguration `json:"configuration"`
	ContactAccount   *Account              `json:"contact_account"`
	Rules            Array[Rule]           `json:"rules"`
}

// InstanceV1URLs holds the origin of streaming, "wss://host".
type InstanceV1URLs struct {
	StreamingAPI string `json:"streaming_api"`
}

// InstanceV1Stats counts; 0 where the section hides its size.
type InstanceV1Stats struct {
	UserCount   int `json:"user_count"`
	StatusCount int `json:"status_count"`
	DomainCount int `json:"domain_count"`
}

// ExtendedDescription is the "about" page, in HTML.
type ExtendedDescription struct {
	UpdatedAt Time   `json:"updated_at"`
	Content   string `json:"content"`
}
