package account

import (
	"strings"

	"github.com/maillage/maillage/internal/text"
)

// ParseAcct reads an address as people and apps write it: name, @name,
// name@host, @name@host, !group@host, acct:name@host. The host is "" when it
// is none or own; ok is false for what is no address.
//
// Spec: Mastodon accounts#lookup
func ParseAcct(s, own string) (name, host string, ok bool) {
	s = strings.TrimPrefix(strings.TrimSpace(s), "acct:")
	s = strings.TrimLeft(s, "@!")
	name, host, at := strings.Cut(s, "@")
	if name == "" || len(name) > MaxName || at && host == "" || len(host) > 255 || text.PlainName(s, len(s)) != s {
		return "", "", false
	}
	if strings.ContainsAny(name, " /?#:!") || strings.ContainsAny(host, " /?#@!") {
		return "", "", false
	}
	host = strings.ToLower(host)
	if host == strings.ToLower(own) {
		host = ""
	}
	return name, host, true
}
