package auth

import (
	"slices"
	"strings"
)

// Scopes says what a token may be used for.
//
// Spec: Mastodon oauth-scopes
type Scopes []string

// all known scopes; the order is that of the consent page.
var knownScopes = []string{
	"profile",
	"read", "read:accounts", "read:blocks", "read:bookmarks", "read:collections", "read:favourites",
	"read:filters", "read:follows", "read:lists", "read:mutes", "read:notifications", "read:search", "read:statuses",
	"write", "write:accounts", "write:blocks", "write:bookmarks", "write:collections", "write:conversations",
	"write:favourites", "write:filters", "write:follows", "write:lists", "write:media", "write:mutes",
	"write:notifications", "write:reports", "write:statuses",
	"follow", "push",
	"admin:read", "admin:read:accounts", "admin:read:reports", "admin:read:domain_allows", "admin:read:domain_blocks",
	"admin:read:ip_blocks", "admin:read:email_domain_blocks", "admin:read:canonical_email_blocks",
	"admin:write", "admin:write:accounts", "admin:write:reports", "admin:write:domain_allows", "admin:write:domain_blocks",
	"admin:write:ip_blocks", "admin:write:email_domain_blocks", "admin:write:canonical_email_blocks",
}

// follow is the old name for the sum of these.
var followScopes = []string{
	"read:blocks", "write:blocks", "read:follows", "write:follows", "read:mutes", "write:mutes",
}

// KnownScopes lists every scope that an app may ask for.
func KnownScopes() []string { return slices.Clone(knownScopes) }

// ParseScopes reads scopes separated by spaces (or plus signs or commas, as
// some apps send). An empty text means read. ok is false when one is unknown.
func ParseScopes(s string) (sc Scopes, ok bool) {
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '+' || r == ',' || r == '\n' || r == '\t' })
	if len(parts) == 0 {
		return Scopes{"read"}, true
	}
	for _, p := range parts {
		if !slices.Contains(knownScopes, p) {
			return nil, false
		}
		if !slices.Contains(sc, p) {
			sc = append(sc, p)
		}
	}
	return sc, true
}

// Has reports whether the scopes allow what need asks: a sub-scope is allowed
// by its parent, and follow allows what it stood for.
func (s Scopes) Has(need string) bool {
	for _, have := range s {
		if have == need || strings.HasPrefix(need, have+":") {
			return true
		}
		if have == "follow" && slices.Contains(followScopes, need) {
			return true
		}
	}
	return false
}

// Covers reports whether every one of want is allowed.
func (s Scopes) Covers(want Scopes) bool {
	return !slices.ContainsFunc(want, func(w string) bool {
		if w == "follow" {
			return !slices.Contains(s, "follow") &&
				slices.ContainsFunc(followScopes, func(f string) bool { return !s.Has(f) })
		}
		return !s.Has(w)
	})
}

// String joins the scopes with spaces, as on the wire.
func (s Scopes) String() string { return strings.Join(s, " ") }
