package masto

// Notification tells the viewer of something. ID is below 2^53. What slices above
// tell of has a type that all apps know, so none is told in words instead
// ("fallback"), whatever types an app supports.
//
// Spec: Mastodon entities/Notification
type Notification struct {
	ID        string  `json:"id"`
	Type      string  `json:"type"` // mention, status, reblog, follow, follow_request, favourite, poll, update, quote …
	CreatedAt Time    `json:"created_at"`
	GroupKey  string  `json:"group_key"` // "ungrouped-<id>" alone
	Account   Account `json:"account"`
	Status    *Status `json:"status,omitempty"`
	Report    *Report `json:"report,omitempty"`

	Warning *AccountWarning `json:"moderation_warning,omitempty"`
}

// AccountWarning tells somebody of a moderator's act.
//
// Spec: Mastodon entities/AccountWarning
type AccountWarning struct {
	ID            string        `json:"id"`
	Action        string        `json:"action"` // none, delete_statuses, silence, suspend …
	Text          string        `json:"text"`
	StatusIDs     Array[string] `json:"status_ids"`
	TargetAccount Account       `json:"target_account"`
	Appeal        *Appeal       `json:"appeal"`
	CreatedAt     Time          `json:"created_at"`
}

// Appeal is what somebody answers to a moderator's act; none is taken here.
//
// Spec: Mastodon entities/Appeal
type Appeal struct {
	Text  string `json:"text"`
	State string `json:"state"`
}

// NotificationGroup is several notifications of one kind about one thing.
//
// Spec: Mastodon entities/NotificationGroup
type NotificationGroup struct {
	GroupKey                 string          `json:"group_key"`
	NotificationsCount       int             `json:"notifications_count"`
	Type                     string          `json:"type"`
	MostRecentNotificationID int64           `json:"most_recent_notification_id"` // a JSON number
	PageMinID                *string         `json:"page_min_id,omitempty"`
	PageMaxID                *string         `json:"page_max_id,omitempty"`
	LatestPageNotificationAt Time            `json:"latest_page_notification_at"`
	SampleAccountIDs         Array[string]   `json:"sample_account_ids"`
	StatusID                 *string         `json:"status_id,omitempty"`
	Report                   *Report         `json:"report,omitempty"`
	Warning                  *AccountWarning `json:"moderation_warning,omitempty"`
}

// GroupedNotifications is a page of groups with what they name.
//
// Spec: Mastodon grouped_notifications
type GroupedNotifications struct {
	Accounts           Array[Account]           `json:"accounts"`
	PartialAccounts    *Array[PartialAccount]   `json:"partial_accounts,omitempty"` // asked for by expand_accounts=partial_avatars
	Statuses           Array[Status]            `json:"statuses"`
	NotificationGroups Array[NotificationGroup] `json:"notification_groups"`
}

// PartialAccount is what a picture of somebody needs.
type PartialAccount struct {
	ID           string `json:"id"`
	Acct         string `json:"acct"`
	URL          string `json:"url"`
	Avatar       string `json:"avatar"`
	AvatarStatic string `json:"avatar_static"`
	Locked       bool   `json:"locked"`
	Bot          bool   `json:"bot"`
}

// NotificationRequest is what was filtered from one person.
//
// Spec: Mastodon entities/NotificationRequest
type NotificationRequest struct {
	ID                 string  `json:"id"`
	CreatedAt          Time    `json:"created_at"`
	UpdatedAt          Time    `json:"updated_at"`
	NotificationsCount string  `json:"notifications_count"`
	Account            Account `json:"account"`
	LastStatus         *Status `json:"last_status"`
}

// Merged says whether what was accepted has joined the other notifications.
type Merged struct {
	Merged bool `json:"merged"`
}

// NotificationPolicyV1 is the first form of NotificationPolicy.
//
// Spec: Mastodon entities/V1_NotificationPolicy
type NotificationPolicyV1 struct {
	NotFollowing    bool          `json:"filter_not_following"`
	NotFollowers    bool          `json:"filter_not_followers"`
	NewAccounts     bool          `json:"filter_new_accounts"`
	PrivateMentions bool          `json:"filter_private_mentions"`
	Summary         PolicySummary `json:"summary"`
}

// NotificationPolicy says what happens to notifications from certain people.
//
// Spec: Mastodon entities/NotificationPolicy
type NotificationPolicy struct {
	ForNotFollowing    string        `json:"for_not_following"` // accept, filter, drop
	ForNotFollowers    string        `json:"for_not_followers"`
	ForNewAccounts     string        `json:"for_new_accounts"`
	ForPrivateMentions string        `json:"for_private_mentions"`
	ForLimitedAccounts string        `json:"for_limited_accounts"`
	Summary            PolicySummary `json:"summary"`
}

// PolicySummary counts what was filtered.
type PolicySummary struct {
	PendingRequestsCount      int `json:"pending_requests_count"`
	PendingNotificationsCount int `json:"pending_notifications_count"`
}

// Count is an answer that is a number.
type Count struct {
	Count int `json:"count"`
}

// Report is a complaint to the moderators.
//
// Spec: Mastodon entities/Report
type Report struct {
	ID            string        `json:"id"`
	ActionTaken   bool          `json:"action_taken"`
	ActionTakenAt *Time         `json:"action_taken_at"`
	Category      string        `json:"category"` // spam, legal, violation, other
	Comment       string        `json:"comment"`
	Forwarded     bool          `json:"forwarded"`
	CreatedAt     Time          `json:"created_at"`
	StatusIDs     Array[string] `json:"status_ids"`
	RuleIDs       Array[string] `json:"rule_ids"`
	CollectionIDs Array[string] `json:"collection_ids"`
	TargetAccount Account       `json:"target_account"`
	From          *Account      `json:"-"` // who complained, to moderators: the account of the notification
}

// Conversation is a thread of direct posts.
//
// Spec: Mastodon entities/Conversation
type Conversation struct {
	ID         string         `json:"id"`
	Unread     bool           `json:"unread"`
	Accounts   Array[Account] `json:"accounts"`
	LastStatus *Status        `json:"last_status"`
}
