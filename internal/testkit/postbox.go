package testkit

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"

	"github.com/maillage/maillage/internal/config"
)

// Postbox is a mail server that keeps what it is given.
type Postbox struct {
	t       testing.TB
	addr    string
	mu      sync.Mutex
	letters []*Letter
	// Refuse, when set, gives the SMTP error for an address.
	Refuse func(to string) error
}

// Letter is one that arrived.
type Letter struct {
	To      string // of the envelope
	Header  mail.Header
	Subject string
	Text    string
	HTML    string
	ICS     string            // the invitation, as a part
	Method  string            // of its type
	Files   map[string]string // attachments by name
	Raw     string
}

var linkInLetter = regexp.MustCompile(`https?://[^\s"<>]+`)

// Links are the addresses in the text of a letter.
func (l *Letter) Links() []string { return linkInLetter.FindAllString(l.Text, -1) }

// Link is the first one that holds part.
func (l *Letter) Link(part string) string {
	for _, u := range l.Links() {
		if strings.Contains(u, part) {
			return u
		}
	}
	return ""
}

// NewPostbox runs a mail server until the end of the test.
func NewPostbox(t testing.TB) *Postbox {
	t.Helper()
	p := &Postbox{t: t}
	srv := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &mailSession{box: p}, nil }))
	srv.Domain = "localhost"
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.addr = l.Addr().String()
	go srv.Serve(l)
	t.Cleanup(func() { srv.Close() })
	return p
}

// URL is what the configuration of an instance says to use it.
func (p *Postbox) URL() string { return "smtp://" + p.addr }

// NewMailing runs an instance that sends its letters to a postbox.
func NewMailing(t testing.TB, e Engine) (*Node, *Postbox) {
	t.Helper()
	p := NewPostbox(t)
	return NewWith(t, e, func(c *config.Config) { c.Mail, c.MailFrom = p.URL(), "agenda@section.example" }), p
}

// To are the letters for an address, the oldest first.
func (p *Postbox) To(address string) []*Letter {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []*Letter
	for _, l := range p.letters {
		if l.To == address {
			out = append(out, l)
		}
	}
	return out
}

// Last is the newest letter for an address; the test ends without one.
func (p *Postbox) Last(address string) *Letter {
	p.t.Helper()
	all := p.To(address)
	if len(all) == 0 {
		p.t.Fatalf("no letter for %s", address)
	}
	return all[len(all)-1]
}

// mailSession takes letters of one connection.
type mailSession struct {
	box *Postbox
	to  []string
}

func (s *mailSession) Mail(string, *smtp.MailOptions) error { return nil }

func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.box.Refuse != nil {
		if err := s.box.Refuse(to); err != nil {
			return err
		}
	}
	s.to = append(s.to, to)
	return nil
}

func (s *mailSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		s.box.t.Errorf("a letter cannot be read: %v", err)
		return err
	}
	l := &Letter{Header: m.Header, Raw: string(raw), Files: map[string]string{}}
	l.Subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		s.box.t.Errorf("subject: %v", err)
	}
	if err := l.read(m.Header.Get, m.Body); err != nil {
		s.box.t.Errorf("a letter cannot be read: %v", err)
	}
	s.box.mu.Lock()
	defer s.box.mu.Unlock()
	for _, to := range s.to {
		one := *l
		one.To = to
		s.box.letters = append(s.box.letters, &one)
	}
	return nil
}

func (s *mailSession) Reset()        { s.to = nil }
func (s *mailSession) Logout() error { return nil }

// read takes a part apart.
func (l *Letter) read(header func(string) string, body io.Reader) error {
	kind, params, err := mime.ParseMediaType(header("Content-Type"))
	if err != nil {
		return err
	}
	if strings.HasPrefix(kind, "multipart/") {
		for r := multipart.NewReader(body, params["boundary"]); ; {
			part, err := r.NextRawPart()
			if err == io.EOF {
				return nil
			} else if err != nil {
				return err
			}
			if err := l.read(part.Header.Get, part); err != nil {
				return err
			}
		}
	}
	switch strings.ToLower(header("Content-Transfer-Encoding")) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	b, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	if where, file, _ := mime.ParseMediaType(header("Content-Disposition")); where == "attachment" {
		l.Files[file["filename"]] = string(b)
		return nil
	}
	switch kind {
	case "text/plain":
		l.Text = string(b)
	case "text/html":
		l.HTML = string(b)
	case "text/calendar":
		l.ICS, l.Method = string(b), params["method"]
	}
	return nil
}
