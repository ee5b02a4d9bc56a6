package mail

import (
	"context"
	"log/slog"
	"net/mail"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/jobs"
)

// kindSend is the job of one letter.
const kindSend = "mail.send"

// maxAge is how long a letter is tried, unless it says so itself.
const maxAge = 2 * 24 * time.Hour

// MaxAddress is the length of the longest address, in bytes.
//
// Spec: RFC 5321 4.5.3.1.3
const MaxAddress = 254

// Letter is one message to one person.
type Letter struct {
	To      string // an address alone
	ToName  string
	Lang    string // of the words, "fr"
	Subject string
	Blocks  []Block
	// Leave is the address of a page where one ends such letters.
	Leave string
	// About names what it is about, so that mail programs put letters on it
	// together: any text without spaces.
	About    string
	Calendar *Calendar
	// Until is when it is no longer worth sending, unix ms; 0 is two days from now.
	Until int64
}

// Block is one part of a letter: exactly one of its fields is set, but Label goes with URL.
type Block struct {
	Text  string      // a paragraph
	Facts [][2]string // lines of a name and a value
	Label string      // the words of a button
	URL   string      // where it leads
	Foot  string      // a paragraph in small print
}

// Calendar is an invitation that goes along.
//
// Spec: RFC 6047 2.4
type Calendar struct {
	Method string // REQUEST, CANCEL
	Body   []byte // iCalendar
}

// Options says where letters go. The zero value sends none.
type Options struct {
	URL    string // smtp://user:password@host:587, smtps://host, folder:
	From   string // the address that letters come from
	Name   string // its name
	Host   string // of the instance, for names of letters
	Folder string // where "folder:" writes
	Log    *slog.Logger
}

// Service sends letters.
type Service struct{ o Options }

// New makes a service. The configuration has checked o.
func New(o Options) *Service {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &Service{o: o}
}

// Ready reports whether the instance can send letters at all; features that
// need them are not offered otherwise.
func (s *Service) Ready() bool { return s != nil && s.o.URL != "" }

// Enqueue has a letter sent once the transaction is durable. Without a way to
// send letters it does nothing.
func (s *Service) Enqueue(ctx context.Context, tx *db.Tx, l Letter) error {
	if !s.Ready() || l.To == "" {
		return nil
	}
	if l.Until == 0 {
		l.Until = time.Now().Add(maxAge).UnixMilli()
	}
	return jobs.Enqueue(ctx, tx, kindSend, l)
}

// Jobs are the kinds of work of letters.
func (s *Service) Jobs() []jobs.Kind {
	return []jobs.Kind{{Name: kindSend, Handle: jobs.JSON(s.run), MaxTries: 100, Concurrency: 2}}
}

// run sends one letter, or gives it up.
func (s *Service) run(ctx context.Context, l Letter) error {
	if !s.Ready() || time.Now().UnixMilli() > l.Until {
		s.o.Log.WarnContext(ctx, "a letter could not be sent in time and is dropped")
		return nil
	}
	m, err := s.build(l)
	if err != nil {
		s.o.Log.WarnContext(ctx, "a letter cannot be written and is dropped")
		return nil
	}
	err = s.send(ctx, m)
	if f := (*failure)(nil); asFailure(err, &f) && f.final {
		s.o.Log.WarnContext(ctx, "a letter was refused and is dropped", "code", f.code)
		return nil
	}
	return err
}

// Address reads what somebody typed as their address: one address, no name, in
// the one form in which it is compared. KindInvalid "mail.bad_address".
func Address(typed string) (string, error) {
	typed = strings.TrimSpace(typed)
	a, err := mail.ParseAddress(typed)
	if err != nil || a.Name != "" || a.Address != typed || len(typed) > MaxAddress || strings.ContainsAny(typed, "\r\n\x00\"\\ ") {
		return "", apperr.Invalid("mail.bad_address").Field("email", "mail.bad_address")
	}
	local, host, _ := strings.Cut(typed, "@")
	if local == "" || !strings.Contains(host, ".") || strings.Contains(host, "@") {
		return "", apperr.Invalid("mail.bad_address").Field("email", "mail.bad_address")
	}
	return local + "@" + strings.ToLower(host), nil
}
