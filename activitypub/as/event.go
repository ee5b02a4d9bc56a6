package as

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// zoneName is what the names of time zones look like.
var zoneName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$`)

// Place is where an event takes place.
type Place struct {
	Name    string
	Address string // street, postal code and town, country; in one line
	URL     string // of a meeting online
}

// Event holds the facts of an event, in whichever of the known vocabularies
// they are written: Mobilizon's, Gancio's, FEP-8a8e's.
type Event struct {
	Start, End time.Time // in the event's own zone; zero when not told
	Zone       string    // IANA name, "" when not told
	Places     []Place
	Website    string
	Register   string // where one says that one comes
	Organizer  string
	Cancelled  bool
	Postponed  bool // the date does not hold
	Tentative  bool // it is not sure yet that it takes place
	// OpenEnd says that the end, if any, is for programs: people are told none.
	OpenEnd     bool
	NoJoin      bool // nobody registers by a Join
	MovedOnline bool
}

// ReadEvent reads the facts of an event.
//
// Spec: FEP-8a8e; Spec: Mobilizon
func ReadEvent(d *Doc) *Event {
	e := &Event{Organizer: d.Actor()}
	if z := d.String("timezone"); len(z) <= 64 && zoneName.MatchString(z) {
		e.Zone = z
	}
	e.Start, e.End = d.moment("startTime", e.Zone), d.moment("endTime", e.Zone)
	e.NoJoin = slices.Contains([]string{"none", "external"}, d.String("joinMode"))
	for _, r := range d.Refs("location") {
		if p := readPlace(r); p != (Place{}) {
			e.Places = append(e.Places, p)
		}
	}
	if u := HTTPURL(d.String("onlineLink")); u != "" {
		e.Places = append(e.Places, Place{URL: u})
	}
	e.Register = HTTPURL(d.String("externalParticipationUrl"))
	for _, a := range d.Attachments() {
		if a.Type == "Link" && (e.Website == "" || a.Name == "Website") {
			e.Website = a.URL
		}
	}
	status := strings.ToUpper(d.String("status") + " " + d.String("eventStatus"))
	e.MovedOnline = strings.Contains(status, "MOVEDONLINE")
	switch {
	case strings.Contains(status, "CANCELLED"):
		e.Cancelled = true
	case strings.Contains(status, "POSTPONED"): // FEP-8a8e alone has a word for it
		e.Postponed = true
	case strings.Contains(status, "TENTATIVE"):
		e.Tentative = true
	}
	if e.Start.IsZero() && e.Postponed {
		e.Start = d.moment("previousStartTime", e.Zone)
	}
	if e.End.Before(e.Start) {
		e.End = time.Time{}
	}
	e.OpenEnd = e.End.IsZero() || d.Has("displayEndTime") && !d.Bool("displayEndTime")
	return e
}

// moment reads a time as the clock on the wall shows it where it happens.
func (d *Doc) moment(key, zone string) time.Time {
	t := d.Time(key)
	if t.IsZero() {
		return t
	}
	if loc, err := time.LoadLocation(zone); err == nil && zone != "" {
		return t.In(loc)
	}
	if here, err := time.Parse(time.RFC3339, strings.TrimSpace(d.String(key))); err == nil {
		return here
	}
	return t
}

func readPlace(r Ref) Place {
	if r.Doc == nil {
		return Place{URL: HTTPURL(r.URI)}
	}
	d := r.Doc
	if d.Is("VirtualLocation") {
		return Place{Name: d.Name(), URL: d.URL()}
	}
	p := Place{Name: d.Name(), Address: strings.TrimSpace(d.String("address"))}
	if a := d.Refs("address").Doc(); a != nil {
		if a.Is("VirtualLocation") { // the WordPress Event Bridge
			return Place{Name: p.Name, URL: a.URL()}
		}
		town := strings.TrimSpace(a.String("postalCode") + " " + a.String("addressLocality"))
		var parts []string
		for _, s := range []string{a.String("streetAddress"), town, a.String("addressCountry")} {
			if s = strings.TrimSpace(s); s != "" {
				parts = append(parts, s)
			}
		}
		p.Address = strings.Join(parts, ", ")
	}
	if strings.EqualFold(p.Name, p.Address) {
		p.Address = ""
	}
	return p
}

// Poll is a question with its answers.
type Poll struct {
	Options  []Option
	Multiple bool
	Ends     time.Time
	Closed   bool
	Voters   int64
}

// Option is one answer, with the votes its server counted.
type Option struct {
	Name  string
	Votes int64
}

// ReadPoll reads the answers of a Question.
//
// Spec: FEP-9967
func ReadPoll(d *Doc) *Poll {
	p := &Poll{Ends: d.Time("endTime"), Closed: d.Has("closed") && string(d.Raw("closed")) != "false"}
	options := d.Refs("oneOf")
	if len(options) == 0 {
		options, p.Multiple = d.Refs("anyOf"), true
	}
	for _, o := range options.Docs() {
		votes, _ := o.Refs("replies").Doc().TotalItems()
		p.Options = append(p.Options, Option{o.Name(), votes})
	}
	if p.Voters, _ = d.Int("votersCount"); p.Ends.IsZero() {
		p.Ends = d.Time("closed")
	}
	return p
}
