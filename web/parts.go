package web

// Composer is the form to write, for the part "composer":
//
//	{{template "composer" .Data.Composer}}
//
// It posts csrf, text, cw, audience, lang, reply_to and idempotency to Action.
type Composer struct {
	Action      string
	CSRF        string
	Text        string
	CW          string
	Audience    string // key of the chosen audience
	Choices     []AudienceChoice
	ReplyTo     string // id of the parent, "" for a new post
	ReplyToName string // "Votre réponse à …"
	Language    string // "fr", "en" …
	Errors      []FieldError
	ButtonLabel string // "" = "Publier", or "Répondre"
	Placeholder string // "" = the question above the field
	MaxChars    int    // 0 = no count
	Idempotency string
	Back        string // where to return; "" = the page of the new post
	Folded      bool   // the field is one line until used
	Titled      bool   // asks for a title, which makes an article
	Title       string
	Hidden      []HiddenField
	Poll        *PollFields
	Quote       *QuoteField
	Media       *ComposerMedia
}

// ComposerMedia are the pictures, sounds and videos of what is being written.
//
// Files are posted as media_1 …, each with its words in media_alt_1 …; those
// sent before as media_id, with alt_ID, and drop_ID to take one away.
type ComposerMedia struct {
	Accept string // types of files, for the browser's choice
	Items  []ComposerMedium
	Slots  []int // numbers of the files that may be added
	MaxAlt int   // characters
}

// MediaError is the problem with the files, "" if none.
func (c Composer) MediaError() string {
	for _, name := range []string{"file", "media_ids", "description"} {
		if s := c.Error(name); s != "" {
			return s
		}
	}
	return ""
}

// ComposerMedium is a file that was sent before.
type ComposerMedium struct {
	ID, PreviewURL, Alt string
}

// Chosen is the current audience, the checked one, or the first.
func (c Composer) Chosen() AudienceChoice {
	for _, ch := range c.Choices {
		if ch.Key == c.Audience || c.Audience == "" && ch.Checked {
			return ch
		}
	}
	if len(c.Choices) > 0 {
		return c.Choices[0]
	}
	return AudienceChoice{Key: c.Audience}
}

// Error is the problem with a field of the composer, "" if none.
func (c Composer) Error(name string) string {
	for _, e := range c.Errors {
		if e.Name == name {
			return e.Text
		}
	}
	return ""
}

// AudienceChoice is one way to answer « à qui ». Empty words are the usual ones.
type AudienceChoice struct {
	Key         string // section, movement, group, followers, public, unlisted, direct
	Label       string // "Ma section"
	Line        string // "Pour ma section", above the field
	Consequence string // "142 personnes, rien ne sort d’ici"
	Icon        string
	Checked     bool
	Disabled    bool
}

// Leaves reports whether a post of this audience leaves the movement, which
// the button then says.
func (a AudienceChoice) Leaves() bool { return a.Key == "public" || a.Key == "unlisted" }

// FieldError is what is wrong with one field, in words that say what to do.
type FieldError struct{ Name, Text string }

// ErrorSummary stands on top of a form sent with errors, for the part
// "error-summary". Nothing is shown when Errors is empty.
type ErrorSummary struct {
	Title  string // "" = how many answers to take up again
	Text   string // "" = nothing is lost
	Errors []FieldError
}

// Field is one question of a form, for the part "field".
type Field struct {
	Name, Label, Hint, Error, Value string
	Type                            string // "" = text; email, password, number, search, url, date, time, textarea, checkbox, radio, select, file
	Autocomplete                    string
	InputMode                       string
	Placeholder                     string
	Rows                            int // textarea
	MaxLength                       int
	Required                        bool
	Optional                        bool // says « (facultatif) »
	Short                           bool // 240 px wide
	Checked                         bool // checkbox
	Spellcheck                      bool
	Choices                         []Choice // radio, select
}

// Choice is one answer among others.
type Choice struct {
	Value, Label, Hint, Icon string
	Checked, Disabled        bool
}

// Empty says that there is nothing here yet, what would be, and the next act.
type Empty struct {
	Icon, Title, Text string
	Link              *Link
}

// Pagination leads to the older (and back to the newer) part of a list.
type Pagination struct{ Older, Newer string }

// Tag is a state of an item, in one or two words.
type Tag struct {
	Text, Icon string
	Kind       string // "", accent, success, danger, official, outside
}

// Tab is one of the tabs above a list.
type Tab struct {
	Label, URL string
	Current    bool
}

// Task is a row of « À faire ».
type Task struct {
	Verb, Title, Text, URL string
	Deadline               string // words
	Late                   bool   // under a week: the deadline is red
}

// TasksShown is how many tasks stand there at most.
const TasksShown = 4

// Tasks is the block « À faire »; for the part "todo".
type Tasks struct {
	Rows   []Task // at most TasksShown
	Total  int
	AllURL string
}

// Module is a short list beside the feed, by date.
type Module struct {
	Title string
	Rows  []ModuleRow
	More  *Link
}

// ModuleRow is a line of it.
type ModuleRow struct {
	Block            DateBlock
	Title, URL, Text string
}
