package account

import (
	"encoding/json"
	"regexp"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/text"
)

// The actor types that an account may have.
const (
	Person       = "Person"
	Group        = "Group"
	Organization = "Organization"
	Robot        = "Service"
	Application  = "Application"
)

// Bounds on what is stored, in characters.
const (
	MaxName       = 200
	MaxNote       = 10000
	MaxFields     = 8
	MaxFieldValue = 2000
	MaxPictureAlt = 420 // of the words on an avatar or header
)

// Account is one row of the book of actors. Times are unix milliseconds, 0 for never.
type Account struct {
	ID             int64
	URI            string
	Kind           string
	Username       string
	Host           string // "" for ours
	Handle         string // folded, unique
	DisplayName    string
	Note           string // sanitised HTML
	NoteSource     string
	Fields         string // JSON of []Field
	URL            string
	Inbox          string
	SharedInbox    string
	Outbox         string
	Followers      string
	Following      string
	Featured       string
	Avatar         string
	Header         string
	AvatarAlt      string // what it shows
	HeaderAlt      string
	Attribution    string // see Attributes
	KeyID          string
	PublicKey      string
	Locked         bool
	Bot            bool
	Discoverable   bool
	Indexable      bool
	Reachable      bool
	Public         bool
	Hidden         bool // known to nobody but through the slice that owns it
	PostsCount     int64
	FollowersCount int64
	FollowingCount int64
	LastPostAt     int64
	MovedTo        string
	SuspendedAt    int64
	SensitiveAt    int64 // since when moderators have its pictures covered
	DeletedAt      int64
	CreatedAt      int64
	UpdatedAt      int64
	FetchedAt      int64
	Alike          bool // of another server, with the name of somebody here
}

// Field is one line of a profile; Value is sanitised HTML.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Local reports whether the account is ours.
func (a *Account) Local() bool { return a.Host == "" }

// Gone reports whether the account was deleted or suspended.
func (a *Account) Gone() bool { return a.DeletedAt != 0 || a.SuspendedAt != 0 }

// Name is what to show: the display name, else the user name.
func (a *Account) Name() string {
	if a.DisplayName != "" {
		return a.DisplayName
	}
	return a.Username
}

// Acct is Mastodon's acct: "name" of ours, "name@host" of others.
func (a *Account) Acct() string {
	if a.Local() {
		return a.Username
	}
	return a.Username + "@" + a.Host
}

// FieldList reads the profile fields.
func (a *Account) FieldList() []Field {
	if a.Fields == "[]" || a.Fields == "" {
		return nil // the common case, on every author of every page
	}
	var f []Field
	if err := json.Unmarshal([]byte(a.Fields), &f); err != nil {
		return nil
	}
	return f
}

// BestInbox is where one delivery serves all of the account's server.
func (a *Account) BestInbox() string {
	if a.SharedInbox != "" {
		return a.SharedInbox
	}
	return a.Inbox
}

// Created is the moment in which the account was made.
func (a *Account) Created() time.Time { return time.UnixMilli(a.CreatedAt) }

// VisibleTo is the one rule on who may know of an account: the section's members
// know each other; guests and strangers see what is public here, and guests
// those of other servers too. v is nil for a stranger.
func (a *Account) VisibleTo(v *auth.Viewer) bool {
	switch {
	case a.Gone(), a.Hidden:
		return false
	case a.Local() && a.Public:
		return true
	case v == nil:
		// Accounts of others are shown to our people only: a list of those we met
		// would tell a stranger whom the section listens to.
		return false
	default:
		// A group of another server that is not public is known to our members.
		return !a.Local() && a.Public || v.Member || v.AccountID == a.ID
	}
}

var localName = regexp.MustCompile(`^[a-z0-9_]{1,30}$`)

// ValidName reports whether s may be the user name of a local account.
func ValidName(s string) bool { return localName.MatchString(s) }

// foldHandle makes the unique form of a name and host.
func foldHandle(name, host string) string {
	h := strings.ToLower(name)
	if host != "" {
		h += "@" + strings.ToLower(host)
	}
	return h
}

// Initials are one or two letters for the round mark of somebody without a picture.
func (a *Account) Initials() string {
	var out []rune
	for _, w := range strings.FieldsFunc(text.PlainName(a.Name(), MaxName), func(r rune) bool { return r == ' ' || r == '-' || r == '_' }) {
		out = append(out, []rune(strings.ToUpper(w))[0])
		if len(out) == 2 {
			break
		}
	}
	return string(out)
}
