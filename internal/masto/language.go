package masto

import (
	"regexp"
	"strings"
)

var language = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$`)

// Language reads a language as apps write it, "fr", "pt-BR" or "pt_BR"; ok is
// false for what can be none.
//
// Spec: RFC 5646 2.1
func Language(s string) (code string, ok bool) {
	if s = strings.ReplaceAll(s, "_", "-"); len(s) <= 12 && language.MatchString(s) {
		return s, true
	}
	return "", false
}
