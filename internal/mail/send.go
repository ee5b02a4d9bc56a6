package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/maillage/maillage/internal/config"
)

// timeout of one letter.
const timeout = 30 * time.Second

// failure is a letter that was not sent, in words that name nobody.
type failure struct {
	code  int // of SMTP, 0 without an answer
	final bool
}

func (f *failure) Error() string {
	if f.code == 0 {
		return "mail: the mail server does not answer, or not as it should"
	}
	return fmt.Sprintf("mail: the mail server says %d", f.code)
}

func asFailure(err error, f **failure) bool { return errors.As(err, f) }

// send gives a letter to the mail server, or writes it to the folder.
func (s *Service) send(ctx context.Context, m *gomail.Msg) error {
	if s.o.URL == config.MailFolder {
		return s.keep(m)
	}
	c, err := s.client(timeout)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	err = c.DialAndSendWithContext(ctx, m)
	if err == nil {
		return nil
	}
	f := &failure{}
	if e := (*gomail.SendError)(nil); errors.As(err, &e) {
		f.code = e.ErrorCode()
		f.final = f.code >= 500 && f.code < 600 && f.code != 530 && f.code != 535 // those say that we may not send at all
	}
	return f
}

// client reads the address of the mail server.
func (s *Service) client(timeout time.Duration) (*gomail.Client, error) {
	u, err := url.Parse(s.o.URL)
	if err != nil {
		return nil, &failure{}
	}
	opts := []gomail.Option{gomail.WithTimeout(timeout), gomail.WithHELO(s.host())}
	port := 587
	if u.Scheme == "smtps" {
		port = 465
		opts = append(opts, gomail.WithSSL())
	} else if loopback(u.Hostname()) {
		opts = append(opts, gomail.WithTLSPolicy(gomail.NoTLS))
	} else {
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if n, err := strconv.Atoi(u.Port()); err == nil {
		port = n
	}
	opts = append(opts, gomail.WithPort(port))
	if name := u.User.Username(); name != "" {
		password, _ := u.User.Password()
		how := gomail.SMTPAuthAutoDiscover
		if u.Scheme != "smtps" && loopback(u.Hostname()) {
			how = gomail.SMTPAuthPlainNoEnc // nobody listens there
		}
		opts = append(opts, gomail.WithSMTPAuth(how), gomail.WithUsername(name), gomail.WithPassword(password))
	}
	return gomail.NewClient(u.Hostname(), opts...)
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// keep writes a letter to the folder, for tests on one machine.
func (s *Service) keep(m *gomail.Msg) error {
	if err := os.MkdirAll(s.o.Folder, 0o700); err != nil {
		return &failure{}
	}
	return m.WriteToFile(filepath.Join(s.o.Folder, strconv.FormatInt(time.Now().UnixMilli(), 10)+"-"+m.GetMessageID()[1:9]+".eml"))
}
