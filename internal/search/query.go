package search

import (
	"slices"
	"strings"
	"time"
)

// maxTerms bounds the words of one question.
const maxTerms = 16

// Query is a question about posts, read from what somebody typed.
type Query struct {
	Words   [][]string // each a word, or the words of a phrase; all must be there
	Without [][]string // none may be there
	From    string     // "me", or the address of the author; "" = anybody
	Has     []string   // media, image, video, audio, poll, link
	Is      []string   // reply, sensitive
	Lang    string
	Before  time.Time // zero = no bound
	After   time.Time
	Library bool // among what the asker wrote, liked, boosted, kept or is named in

	unknown bool // some operator asks for what there cannot be
}

// Parse reads a question: words, "phrases", -words, and the operators from:, has:,
// is:, before:, after:, during:, language: and in:library. An operator that is
// not known is a word; one with a value that means nothing finds nothing.
//
// Spec: Mastodon search operators
func Parse(s string) Query {
	var q Query
	for len(s) > 0 && len(q.Words)+len(q.Without) < maxTerms {
		s = strings.TrimLeft(s, " \t\n\u00a0\u202f")
		minus := strings.HasPrefix(s, "-") && len(s) > 1
		if minus {
			s = s[1:]
		}
		var term string
		if open, shut := quotes(s); open > 0 {
			end := strings.Index(s[open:], shut)
			if end < 0 {
				term, s = s[open:], ""
			} else {
				term, s = s[open:open+end], s[open+end+len(shut):]
			}
		} else {
			end := strings.IndexAny(s, " \t\n")
			if end < 0 {
				end = len(s)
			}
			term, s = s[:end], s[end:]
			if key, value, ok := strings.Cut(term, ":"); ok && !minus && q.operator(strings.ToLower(key), value) {
				continue
			}
		}
		words := Words(term)
		switch {
		case len(words) == 0:
		case minus:
			q.Without = append(q.Without, words)
		default:
			q.Words = append(q.Words, words)
		}
	}
	return q
}

// quotes tells how long the quotation mark is that s begins with, and what ends it.
func quotes(s string) (open int, shut string) {
	for _, m := range [][2]string{{`"`, `"`}, {"«", "»"}, {"“", "”"}} {
		if strings.HasPrefix(s, m[0]) {
			return len(m[0]), m[1]
		}
	}
	return 0, ""
}

// operator takes a word of the form key:value; false when it is a word like others.
func (q *Query) operator(key, value string) bool {
	value = strings.TrimSpace(value)
	low := strings.ToLower(value)
	switch key {
	case "from":
		q.From = strings.TrimPrefix(low, "@")
		q.unknown = q.unknown || q.From == ""
	case "has":
		q.Has = once(q.Has, low)
	case "is":
		q.Is = once(q.Is, low)
	case "language", "lang":
		q.Lang = low
	case "in":
		switch low {
		case "library":
			q.Library = true
		case "all", "public":
		default:
			q.unknown = true
		}
	case "before", "after", "during":
		day, err := time.Parse(time.DateOnly, low)
		if err != nil {
			q.unknown = true
			return true
		}
		next := day.AddDate(0, 0, 1)
		switch key {
		case "before":
			q.Before = day
		case "after":
			q.After = next
		default:
			q.After, q.Before = day, next
		}
	default:
		return false
	}
	return true
}

// once adds a value that is not there yet: each costs as much again.
func once(to []string, value string) []string {
	if slices.Contains(to, value) {
		return to
	}
	return append(to, value)
}

// nothing reports whether nothing is asked for.
func (q *Query) nothing() bool {
	return len(q.Words) == 0 && q.From == "" && q.Has == nil && q.Is == nil && q.Lang == "" && q.Before.IsZero() && q.After.IsZero() && !q.Library
}
