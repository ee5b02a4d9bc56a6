package app_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/maillage/maillage/internal/app"
	"github.com/maillage/maillage/internal/config"
	"github.com/maillage/maillage/internal/testkit"
)

// guarded is a mail server that takes one password.
type guarded struct{ smtp.Session }

func (guarded) AuthMechanisms() []string { return []string{sasl.Plain} }
func (guarded) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, _, password string) error {
		if password != "right" {
			return &smtp.SMTPError{Code: 535, Message: "no"}
		}
		return nil
	}), nil
}
func (guarded) Reset()        {}
func (guarded) Logout() error { return nil }

// TestDoctorLooksAtMail: each thing that can be wrong with the mail server is said
// in words, the password in none.
func TestDoctorLooksAtMail(t *testing.T) {
	srv := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return guarded{}, nil }))
	srv.Domain, srv.AllowInsecureAuth = "localhost", true
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go srv.Serve(l)
	defer srv.Close()
	nothing, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nothing.Close()
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	go func() {
		for {
			c, err := other.Accept()
			if err != nil {
				return
			}
			c.Write([]byte("SSH-2.0-x\r\n"))
			c.Close()
		}
	}()
	n := testkit.New(t)
	shared, err := app.NewShared(testkit.Logs())
	if err != nil {
		t.Fatal(err)
	}
	for what, x := range map[string]struct {
		mail, says string
		verdict    app.Verdict
	}{
		"none":             {"", "No letters are sent", app.Odd},
		"a folder":         {config.MailFolder, "Letters are written to", app.Fine},
		"right":            {"smtp://us:right@" + l.Addr().String(), "takes letters from", app.Fine},
		"a wrong password": {"smtp://us:secret@" + l.Addr().String(), "does not take the name and password", app.Wrong},
		"nobody there":     {"smtp://us:secret@" + nothing.Addr().String(), "does not answer on that port", app.Wrong},
		"another server":   {"smtp://us:secret@" + other.Addr().String(), "no mail server", app.Wrong},
		"no TLS":           {"smtps://us:secret@" + l.Addr().String(), "no TLS", app.Wrong},
	} {
		cfg := *n.Config
		cfg.Mail = x.mail
		found := errors.New("nothing is said")
		app.Examine(context.Background(), &cfg, shared, func(f app.Finding) {
			if strings.Contains(f.Text, "secret") {
				t.Errorf("%s: the password is said: %s", what, f.Text)
			}
			if strings.Contains(f.Text, x.says) && f.Verdict == x.verdict {
				found = nil
			}
		})
		if found != nil {
			t.Errorf("%s: %v", what, found)
		}
	}
}
