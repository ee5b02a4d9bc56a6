package mail

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	gomail "github.com/wneessen/go-mail"
)

// build writes a letter: its text, the same in HTML, and an invitation as a third
// way to show it and as a file, since some programs know only one of both.
func (s *Service) build(l Letter) (*gomail.Msg, error) {
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := m.FromFormat(s.o.Name, s.o.From); err != nil {
		return nil, err
	}
	to := m.AddToFormat(l.ToName, l.To)
	if to != nil {
		if err := m.To(l.To); err != nil {
			return nil, err
		}
	}
	m.Subject(oneLine(l.Subject))
	m.SetDate()
	m.SetMessageIDWithValue(strings.ToLower(rand.Text()) + "@" + s.host())
	m.SetGenHeader("Auto-Submitted", "auto-generated") // Spec: RFC 3834 5
	m.SetGenHeader("Content-Language", l.Lang)
	if l.About != "" {
		sum := sha256.Sum256([]byte(l.About))
		m.SetGenHeader(gomail.HeaderReferences, "<"+hex.EncodeToString(sum[:12])+"@"+s.host()+">")
	}
	if l.Leave != "" {
		m.SetListUnsubscribe(l.Leave)
	}
	m.SetBodyString(gomail.TypeTextPlain, plain(l))
	m.AddAlternativeString(gomail.TypeTextHTML, markup(l))
	if c := l.Calendar; c != nil {
		m.AddAlternativeString(gomail.ContentType(`text/calendar; method=`+c.Method), string(c.Body))
		name := "invitation.ics"
		if c.Method == "CANCEL" {
			name = "annulation.ics"
		}
		if err := m.AttachReader(name, bytes.NewReader(c.Body), gomail.WithFileContentType("application/ics")); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// host is what names of letters end in.
func (s *Service) host() string {
	host, _, _ := strings.Cut(s.o.Host, ":")
	return host
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
