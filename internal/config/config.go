package config

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"
)

// FileName is the name of the file in the instance's folder.
const FileName = "config.yaml"

// Config is the configuration of one instance. The tags name each key in the
// file, say what it means, and give an example where the zero value is none.
type Config struct {
	Host      string `yaml:"host" doc:"The name that handles show, @ana@section.example. It can never be changed once people follow it." example:"section.example"`
	Listen    string `yaml:"listen" doc:"Address and port that the server listens on, behind the reverse proxy." example:"127.0.0.1:8080"`
	Scheme    string `yaml:"scheme" doc:"https; http only together with local_test." example:"https"`
	Name      string `yaml:"name" doc:"First name of the instance; later it is edited in the admin pages." example:"Section de Nulle-Part"`
	Level     string `yaml:"level" doc:"section, federation, national, or a word of your own." example:"section"`
	Database  string `yaml:"database" doc:"Empty: SQLite, in maillage.db beside this file. Or postgres://user:password@host/name."`
	Storage   string `yaml:"storage" doc:"Where pictures, sounds and films are. Empty: the folder media beside this file. Or s3://key:password@host/bucket, with ?region=… where the store wants one."`
	Mail      string `yaml:"mail" doc:"The server that takes letters: smtp://user:password@mail.example:587 or smtps://…:465. Empty: none are sent. folder: writes them to a folder, with local_test only."`
	MailFrom  string `yaml:"mail_from" doc:"The address that letters come from. Empty: maillage@ and the host."`
	LocalTest bool   `yaml:"local_test" doc:"true only to try things on one machine: talks to 127.0.0.0/8, no rate limits, loopback listen address."`

	// Dir is the instance's folder, where the file was read.
	Dir string `yaml:"-"`
}

// Path is where the file of this configuration is.
func (c *Config) Path() string { return filepath.Join(c.Dir, FileName) }

// BaseURL is the beginning of every address of the instance, without a slash at
// the end: "https://section.example".
func (c *Config) BaseURL() string { return c.Scheme + "://" + c.Host }

// DatabaseURL is what the database package opens: "sqlite:" and the path of the
// file, or the postgres URL.
func (c *Config) DatabaseURL() string {
	if c.Database == "" {
		return "sqlite:" + filepath.Join(c.Dir, "maillage.db")
	}
	return c.Database
}

// Validate fills in what was left empty, writes values in their one normal form
// and refuses what cannot work. The error is a *Problem.
func (c *Config) Validate() error {
	if c.Scheme == "" {
		c.Scheme = "https"
		if c.LocalTest {
			c.Scheme = "http"
		}
	}
	switch {
	case c.Scheme != "https" && c.Scheme != "http":
		return problem("scheme", "%q is not a scheme that people can open; write https", c.Scheme)
	case c.Scheme == "http" && !c.LocalTest:
		return problem("scheme", "http is only for tests on one machine; write https and put a reverse proxy with a certificate in front")
	}
	host, err := NormalHost(c.Host, c.Scheme, c.LocalTest)
	if err != nil {
		return problem("host", "%s", err)
	}
	c.Host = host
	if c.Listen == "" {
		c.Listen = defaultListen(c.Host, c.LocalTest)
	}
	if err := checkListen(c.Listen, c.LocalTest); err != nil {
		return problem("listen", "%s", err)
	}
	if c.Name == "" {
		c.Name = c.Host
	}
	if err := checkLabel(c.Name, 100); err != nil {
		return problem("name", "%s", err)
	}
	if c.Level == "" {
		c.Level = "section"
	}
	if err := checkLabel(c.Level, 40); err != nil {
		return problem("level", "%s", err)
	}
	if err := c.checkMail(); err != nil {
		return err
	}
	if err := c.checkStorage(); err != nil {
		return err
	}
	return c.checkDatabase()
}

func (c *Config) checkStorage() error {
	if c.Storage == "" {
		return nil
	}
	u, err := url.Parse(c.Storage)
	if err != nil || u.Scheme != "s3" && u.Scheme != "s3+http" || u.Host == "" || u.User.Username() == "" || strings.Trim(u.Path, "/") == "" {
		// The value holds a password: it is not repeated.
		return problem("storage", "the value must be empty (a folder) or be s3://key:password@host/bucket")
	}
	return nil
}

func (c *Config) checkDatabase() error {
	if c.Database == "" {
		return nil
	}
	u, err := url.Parse(c.Database)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		// The value may hold a password: it is not repeated.
		return problem("database", "the value must be empty (SQLite) or begin with postgres://")
	}
	return nil
}

// checkLabel refuses what is not one line of visible text.
func checkLabel(s string, max int) error {
	switch {
	case !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl):
		return fmt.Errorf("%q must be one line of text", s)
	case utf8.RuneCountInString(s) > max:
		return fmt.Errorf("the value is longer than %d characters", max)
	}
	return nil
}
