package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/textproto"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/maillage/maillage/internal/config"
)

// What is wrong with the mail server, for those who run the instance.
var (
	ErrUnknown  = errors.New("its name is not in the DNS")
	ErrSilent   = errors.New("it does not answer on that port")
	ErrNoTLS    = errors.New("it speaks no TLS with a certificate that holds")
	ErrNoMail   = errors.New("what answers there is no mail server")
	ErrPassword = errors.New("it does not take the name and password")
)

// checkTimeout is how long a mail server may take to say who it is.
const checkTimeout = 10 * time.Second

// Server is the host and port of the mail server, without the password; "" when
// letters go to a folder or nowhere.
func (s *Service) Server() string {
	if !s.Ready() || s.o.URL == config.MailFolder {
		return ""
	}
	c, err := s.client(timeout)
	if err != nil {
		return ""
	}
	return c.ServerAddr()
}

// Check speaks with the mail server as far as the password, and sends nothing. Its
// errors are those above, or hold one.
func (s *Service) Check(ctx context.Context) error {
	c, err := s.client(checkTimeout)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	err = c.DialWithContext(ctx)
	if err == nil {
		return c.Close()
	}
	var (
		dns  *net.DNSError
		dial *net.OpError
		said *textproto.Error
		cert *tls.CertificateVerificationError
		talk tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &dns):
		return ErrUnknown
	case errors.Is(err, gomail.ErrNoSupportedAuthDiscovered), errors.As(err, &said) && said.Code >= 530 && said.Code < 540:
		return ErrPassword
	case errors.As(err, &cert), errors.As(err, &talk):
		return ErrNoTLS
	case errors.As(err, &dial) && dial.Op == "dial", errors.Is(err, context.DeadlineExceeded):
		return ErrSilent
	case errors.As(err, &said), c.TLSPolicy() == gomail.TLSMandatory.String():
		return ErrNoTLS
	}
	return ErrNoMail
}
