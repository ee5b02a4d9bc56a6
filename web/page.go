package web

import (
	"html/template"
	"time"
)

// CSRFField is the name of the hidden field that carries the session's token
// in every form; CSRFHeader carries it in requests made by scripts.
const (
	CSRFField  = "csrf"
	CSRFHeader = "X-CSRF-Token"
)

// The layouts. "page" is the default.
const (
	LayoutPage   = "page"   // a member: entries, text, context
	LayoutPlain  = "plain"  // signing in, joining, errors
	LayoutPublic = "public" // no account: masthead
)

// Page is all that a template sees. Name and Site.Name are required.
type Page struct {
	Name   string // "feature/page"
	Layout string // "" = LayoutPage
	Wide   bool   // LayoutPage: one column of 944 instead of text and context
	Lang   string // "fr" or "en"; "" = the default
	Title  string // used when the page defines no block "title"

	Site   Site
	Viewer *Viewer   // nil without an account
	CSRF   string    // token for the hidden field CSRFField; set even without an account where there are forms
	Nav    []NavItem // the six entries; on a public page, the line under the masthead
	Groups []NavItem // "Mes groupes" under the entries
	Flash  *Note     // a message that survived a redirect
	Path   string    // path and query of this page, to come back to it after an act
	Theme  string    // "light", "dark" or "" (the system's choice)

	Data any // the typed view of the page

	Description string
	NoIndex     bool
	Canonical   string
	Picture     string // absolute address of what stands for the page where it is linked to, "" for nothing
	PictureAlt  string
	Alternates  []Alternate // feeds, ActivityPub document, other languages
	ThemeColor  string      // "" = the paper's
}

// Alternate is a <link rel="alternate">.
type Alternate struct{ Type, URL, Title, Lang string }

// Site is the instance.
type Site struct {
	Name       string // "Grenoble-Centre"
	LevelLabel string // "Section · Isère"; on a public page "Section de la fédération Isère"
	Host       string
	BaseURL    string
	Accent     string        // one of Accents; "" = the first
	ThemeCSS   string        // same-origin address of a style sheet with a free accent, or ""
	MarkSVG    template.HTML // the section's own drawing (trusted)
	MarkName   string        // else one of ours: Marks
	Initials   string        // else initials on the accent; "" = of Name
	Icon       string        // same-origin address of the icon in the browser's tab, "" = the product's
	Manifest   string        // same-origin address of the application manifest, or ""
	Levels     []Level
	Location   *time.Location // nil = the renderer's
	Routes     Routes
	Footer     []Link // legal pages in the colophon
	Colophon   string // who hosts; "" = the usual sentence
}

// Routes are the addresses that layouts link to. An empty one hides its link.
type Routes struct {
	Home          string // "" = "/"
	SignIn        string
	SignOut       string // POST
	Join          string
	Search        string // GET with q
	Notifications string
	Compose       string
	Settings      string
}

// Accents are the names that Site.Accent takes.
func Accents() []string {
	return []string{"petrole", "outremer", "framboise", "sapin", "brique", "prune", "ardoise"}
}

// Marks are the drawings that Site.MarkName takes, for an instance without one
// of its own.
func Marks() []string { return []string{"ridge", "river", "fold", "mesh"} }

// Level is one place of the level switch.
type Level struct {
	Label, Name, URL string
	Current          bool
}

// Viewer is the person signed in.
type Viewer struct {
	ID        string
	Name      string
	Handle    string
	Initials  string // "" = from Name
	Tint      int    // 1…6; 0 = from Handle
	AvatarURL string
	Role      string // "user", "moderator", "admin"
	URL       string // own profile; "" = "/@handle"
	Unread    int
	CSRF      string // the same as Page.CSRF
	Public    bool   // consented to writing for everyone
	Reachable bool   // consented to being known to other servers; Public includes it
}

// Mark is the viewer's margin mark.
func (v Viewer) Mark() Mark {
	return Author{Name: v.Name, Handle: v.Handle, Initials: v.Initials, Tint: v.Tint, AvatarURL: v.AvatarURL}.Mark()
}

// Profile is the address of the viewer's own page.
func (v Viewer) Profile() string {
	if v.URL != "" {
		return v.URL
	}
	return "/@" + v.Handle
}

// NavItem is an entry. An empty Label is the string "nav.<Key>"; on a phone,
// "nav.<Key>.short" where it exists.
type NavItem struct {
	Key, Label, Icon, URL string
	Current               bool
	Badge                 int
}

// Link is words with an address.
type Link struct{ Name, URL string }

// Note is a message: what happened, then what follows.
type Note struct {
	Kind  string // "success", "danger", "info" or "outside"; "" = "info"
	Title string
	Text  string
}
