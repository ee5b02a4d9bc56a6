package config

import (
	"net/mail"
	"net/url"
	"path/filepath"
	"strings"
)

// MailFolder is the value of Mail that writes letters to a folder.
const MailFolder = "folder:"

// MailDir is the folder of MailFolder.
func (c *Config) MailDir() string { return filepath.Join(c.Dir, "mail") }

// Sender is the address that letters come from.
func (c *Config) Sender() string {
	if c.MailFrom != "" {
		return c.MailFrom
	}
	host, _, _ := strings.Cut(c.Host, ":")
	return "maillage@" + host
}

// checkMail refuses what no letter can be sent with. The address of the mail
// server may hold a password: it is not repeated.
func (c *Config) checkMail() error {
	if c.MailFrom != "" {
		if a, err := mail.ParseAddress(c.MailFrom); err != nil || a.Address != c.MailFrom {
			return problem("mail_from", "%q is not an address for mail; write agenda@section.example", c.MailFrom)
		}
	}
	switch u, err := url.Parse(c.Mail); {
	case c.Mail == "":
		return nil
	case c.Mail == MailFolder:
		if !c.LocalTest {
			return problem("mail", "folder: is only for tests on one machine; write the address of a mail server, smtp://user:password@mail.example:587")
		}
		return nil
	case err != nil || u.Scheme != "smtp" && u.Scheme != "smtps" || u.Hostname() == "":
		return problem("mail", "the value must be empty or the address of a mail server, smtp://user:password@mail.example:587")
	}
	return nil
}
