package web

import (
	"hash/fnv"
	"html/template"
	"strings"
	"time"
	"unicode"
)

// Author is a person as cards, lines and marks show them.
type Author struct {
	Name      string
	Handle    string            // without the first @: "ana", "ana@section.example"
	Initials  string            // "" = from Name
	Tint      int               // 1…6; 0 = from Handle
	AvatarURL string            // same-origin
	Emoji     map[string]string // pictures of words in Name, same-origin, by word
	URL       string            // our page about them
	Role      string            // "référente logement", "section Échirolles"
	Outside   bool              // from a server that is not of the movement
	Doubt     string            // what is doubtful in the name, for Outside: "alike", "mixed"
	Guest     bool              // guest of a group
	Software  string            // "Mastodon", "Lemmy" …, where known, for Outside
}

// Mark is the author's margin mark.
func (a Author) Mark() Mark {
	m := Mark{Kind: "person", Name: a.Name, Initials: a.Initials, Tint: a.Tint, AvatarURL: a.AvatarURL, URL: a.URL}
	if m.Initials == "" {
		m.Initials = Initials(a.Name)
	}
	if m.Tint == 0 {
		m.Tint = Tint(a.Handle)
	}
	switch {
	case a.Outside:
		m.Kind = "outside"
	case a.Guest:
		m.Kind = "guest"
	}
	return m
}

// Mark is what stands in the margin of an item and tells its kind at a glance.
type Mark struct {
	Kind      string    // person, guest, outside, group, official, date, docket
	Name      string    // person, guest, outside: for the link's accessible name
	Initials  string    // person, guest, outside, official
	Tint      int       // person, guest
	AvatarURL string    // person, guest, outside
	URL       string    // optional link
	Icon      string    // group
	Small     bool      // 36 px instead of 52 (threads, side modules)
	When      time.Time // date
	Past      bool      // date
	Number    int       // docket
	Year      int       // docket
}

// PostCard is one post in a list or a thread, for the part "post-card":
//
//	{{template "post-card" (on $ .)}}
//
// Acts are plain forms, POST to URL + "/favourite", "/unfavourite", "/boost",
// "/unboost", "/bookmark", "/unbookmark" and "/delete", with the hidden fields
// csrf and back (where to return). Answering goes to URL + "#reply", editing
// to URL + "/edit". A script, where there is one, replaces the element whose
// id is "post-" + ID by its counterpart in the answer.
type PostCard struct {
	ID   string
	URL  string // our page of the post, a path
	At   string // where it is read among others, a path; "" = URL
	Kind string // "note"

	Author        Author
	Audience      string // section, movement, group, followers, public, unlisted, direct
	AudienceWords string // "" = the usual words of Audience
	CreatedAt     time.Time
	EditedAt      time.Time // zero = never
	ReplyTo       *Link
	BoostedBy     *Link
	Group         *Link // in whose thread it stands

	Meeting   *Meeting // what it is the post of
	Title     string
	CW        string // non-empty: the text is folded behind it
	HTML      template.HTML
	Lang      string // of HTML; "" = unknown
	Media     []Media
	Sensitive bool // Media are folded
	Preview   *LinkPreview
	Poll      *Poll
	Quote     *Quote

	QuoteURL string // where to write a quotation of it; "" when it may not be quoted

	RepliesCount int
	Favourited   bool // by the viewer, as are the next two
	Boosted      bool
	Bookmarked   bool
	CanReply     bool
	CanFavourite bool
	CanBoost     bool
	CanBookmark  bool
	ReportURL    string // where the viewer complains of it, "" for their own
	MuteURL      string // where the viewer mutes its author
	CanPin       bool
	Pinned       bool // by its author
	CanEdit      bool
	CanDelete    bool

	OriginalURL  string // on the server it comes from
	Removed      bool
	RemovedWords string // why, by whom, when; "" = the usual words

	Number        int  // position in a thread, 0 = none
	ReplyToNumber int  // "répond au 12"
	Focus         bool // the post that the page is about
}

// LinkPreview is what a page says of itself to which a post links.
type LinkPreview struct {
	URL, Title, Text, Site string
	Image                  string // same-origin
}

// Media is an attachment, served by ourselves.
type Media struct {
	Kind          string // image, video, audio, file
	URL           string
	PreviewURL    string
	Alt           string
	Name          string // file
	Width, Height int
}

// AccountLine is one account in a list, for the part "account-line":
//
//	{{template "account-line" (on $ .)}}
type AccountLine struct {
	Author Author
	Text   string // a line about them, plain
	Acts   []Act
}

// Act is a button that posts a form, with the token and where to return.
type Act struct {
	Label, URL, Icon string
	Style            string // "", "primary", "pressed", "danger"
	Fields           []HiddenField
}

// HiddenField travels with an Act.
type HiddenField struct{ Name, Value string }

// Initials are the first letters of the first and last words of a name, or
// one letter, or "?".
func Initials(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	switch len(words) {
	case 0:
		return "?"
	case 1:
		return firstLetter(words[0])
	}
	return firstLetter(words[0]) + firstLetter(words[len(words)-1])
}

func firstLetter(s string) string {
	for _, r := range s {
		return string(unicode.ToUpper(r))
	}
	return ""
}

// Tint picks one of the six avatar tints, 1…6, from what identifies an account.
func Tint(key string) int {
	h := fnv.New32a()
	h.Write([]byte(strings.ToLower(key)))
	return int(h.Sum32()%6) + 1
}

func (p *PostCard) at() string {
	if p.At != "" {
		return p.At
	}
	return p.URL
}
