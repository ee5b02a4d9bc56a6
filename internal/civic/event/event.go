package event

import (
	"time"
	_ "time/tzdata" // zones are right on machines without a table of them

	"github.com/maillage/maillage/internal/auth/limit"
	"github.com/maillage/maillage/internal/civic"
	"github.com/maillage/maillage/internal/i18n"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/web"
)

// Kind is the kind of a post that is a meeting, and the name of its part.
const Kind = "event"

// The kinds of meetings.
const (
	KindMeeting = "meeting"
	KindAction  = "action"
	KindLive    = "live"
)

// Kinds are all of them, in the order of the form.
var Kinds = []string{KindMeeting, KindAction, KindLive}

// The states of a meeting.
const (
	Confirmed = "confirmed"
	Postponed = "postponed" // the date does not hold, another is not known yet
	Cancelled = "cancelled"
	Tentative = "tentative" // only other servers say so; it is not sure yet that it takes place
)

// What somebody answers.
const (
	Room   = "room"
	Remote = "remote"
	No     = "no"
	Maybe  = "maybe" // only other servers say so; it keeps no seat
)

// The states of an answer.
const (
	In      = "in"
	Waiting = "waiting" // for a seat
	Asked   = "asked"   // of another server, which has not answered
	Refused = "refused" // by it
)

// Bounds.
const (
	MaxItems      = 40
	MaxCapacity   = 100000
	MaxCompanions = 9
	maxLine       = 300
	maxAt         = 20
	maxLength     = 31 * 24 * time.Hour
	usualLength   = 2 * time.Hour // of a meeting whose end nobody says
)

// Meeting is one row.
type Meeting struct {
	PostID      int64
	Kind        string
	Uid         string
	Sequence    int64
	StartsAt    int64
	EndsAt      int64
	Zone        string // IANA name
	Place       string
	Address     string
	Withheld    bool // the address is for those who come there
	Postcode    string
	City        string
	RemoteUrl   string // for those registered
	Website     string // its page elsewhere, for whoever may read the meeting
	Online      bool   // one can take part from afar
	Capacity    int64  // seats in the room, 0 for no bound
	Companions  int64  // most that one person brings
	Status      string
	StatusNote  string // why it is cancelled or postponed
	RegisterUrl string // of another server's meeting: its page to register
	NoJoin      bool   // that server takes no registrations but on its page
	OpenEnd     bool   // the end is for programs, and told to nobody
	GroupID     int64
	NextRank    int64
	KeepList    bool
	Minutes     string
	ReplayUrl   string
	ChangedAt   int64
}

const columns = `m.post_id, m.kind, m.uid, m.sequence, m.starts_at, m.ends_at, m.zone, m.place, m.address, m.postcode, m.city, m.remote_url, m.online,
	m.capacity, m.companions, m.status, m.status_note, m.register_url, m.group_id, m.next_rank, m.keep_list, m.minutes, m.replay_url, m.changed_at, m.website, m.withheld, m.no_join, m.open_end`

// Location is the zone of the place; UTC for one that nobody knows.
func (m *Meeting) Location() *time.Location { return location(m.Zone) }

func location(zone string) *time.Location {
	if loc, err := time.LoadLocation(zone); err == nil && zone != "" {
		return loc
	}
	return time.UTC
}

// Start and End are in the zone of the place.
func (m *Meeting) Start() time.Time { return time.UnixMilli(m.StartsAt).In(m.Location()) }

// End is when it ends.
func (m *Meeting) End() time.Time { return time.UnixMilli(m.EndsAt).In(m.Location()) }

// ending is when people are told that it ends; the start when they are not.
func (m *Meeting) ending() time.Time {
	if m.OpenEnd {
		return m.Start()
	}
	return m.End()
}

// Over reports whether it has ended. What is postponed has not, though the day that
// it had is gone.
func (m *Meeting) Over(now time.Time) bool {
	if m.Status == Postponed {
		return now.UnixMilli() >= m.forgottenAt()
	}
	return now.UnixMilli() >= m.EndsAt
}

// HasRoom reports whether one can come in person.
func (m *Meeting) HasRoom() bool { return m.Place != "" || !m.Online }

// Item is one point of the agenda of a meeting.
type Item struct {
	PostID   int64
	Position int64
	At       string // "18 h 15", as typed
	Title    string
	Note     string // who, how long
	Decision bool   // something is decided there
	Outcome  string // what was
	BeganAt  int64  // noted as it happened, 0 for not yet
}

// Seat is what somebody answered to a meeting.
type Seat struct {
	ID         int64
	PostID     int64
	AccountID  int64  // 0 for a visitor
	VisitorID  int64  // 0 for an account
	Name       string // of a visitor, or of somebody noted at the door
	Message    string // a word to the organiser
	Answer     string
	State      string
	Companions int64
	Rank       int64
	JoinUri    string // of the activity that said so
	PresentAt  int64
	OfGroup    bool // joined the meeting that a group sends as its own
	There      bool // answered from their own server, which says not how they take part
	CreatedAt  int64
}

const seatColumns = `s.id, s.post_id, s.account_id, s.visitor_id, s.name, s.message, s.answer, s.state, s.companions, s.rank, s.join_uri, s.present_at, s.of_group, s.there, s.created_at`

// size is how many seats it takes.
func (s *Seat) size() int64 { return 1 + s.Companions }

// registered reports whether the person takes part; s may be nil.
func (s *Seat) registered() bool {
	return s != nil && s.State == In && (s.Answer == Room || s.Answer == Remote)
}

// knowsLink reports whether the person is told the link to take part from afar: who said
// that they do, and who answered from their own server, where nobody asked them how. These
// follow from afar while they wait for a seat in the room.
func (s *Seat) knowsLink() bool {
	return s.registered() && s.Answer == Remote || s.coming() && s.There
}

// knowsStreet reports whether the person is told a street that is withheld.
func (s *Seat) knowsStreet() bool { return s.registered() && s.Answer == Room }

// coming reports whether the person takes part, or waits for a seat.
func (s *Seat) coming() bool { return s.registered() || s != nil && s.State == Waiting }

// Count is how many come to a meeting.
type Count struct {
	PostID  int64
	Room    int64 // people, companions included
	Remote  int64
	Waiting int64 // people who wait, companions included
}

// Service holds the rules on meetings.
type Service struct {
	civic.Trunk

	bundle      func() *i18n.Bundle
	guesses     *limit.Limiter // of codes at the door
	invitations *limit.Limiter // of one organiser
	readings    *limit.Limiter // of calendars elsewhere, by one person
	talks       *limit.Limiter // of one person during meetings
	insides     *limit.Limiter // of messages to one person of another server about one meeting
	listeners   listeners
}

// found is a meeting as views carry it.
type found struct {
	Meeting
	Items []Item
	Count Count
	Mine  *Seat // the reader's answer
}

// tellsRemote reports whether the reader of a meeting is told the link to take part
// from afar: who is registered for that, who comes or waits from their own server, and who organises it. That of another
// server's meeting stands in its document, for all who read it.
func (f *found) tellsRemote(w *post.View) bool {
	return f.RemoteUrl != "" && (!w.Local || organises(w) || f.Mine.knowsLink())
}

// tellsAddress reports whether the reader of a meeting is told its whole address:
// anybody, unless it is withheld; then who has a seat in the room, and who organises it.
func (f *found) tellsAddress(w *post.View) bool {
	return !f.Withheld || organises(w) || f.Mine.knowsStreet()
}

// of is the meeting of a view, nil when it has none.
func of(w *post.View) *found { return post.PartOf[*found](w, Kind) }

// words are the sentences of a language, for what no page shows: documents and mails.
func (s *Service) words(lang string) *i18n.Localizer {
	if !i18n.Known(lang) {
		lang = i18n.Languages()[0]
	}
	return s.bundle().Localizer(lang)
}

// newBundle reads the words of this slice.
func newBundle() *i18n.Bundle {
	b := web.NewBundle()
	if err := b.AddFS(wordFiles()); err != nil {
		panic(err) // the folder is embedded
	}
	return b
}
