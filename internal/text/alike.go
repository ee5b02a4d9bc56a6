package text

import (
	"strings"
	"unicode"
)

// This file finds names that pass for others: by letters of another alphabet that
// are drawn the same, or by being the same but for case, accents and spaces.
// Spec: TX8; Spec: Unicode TR39

// drawnAs has letters and figures by the Latin letter as which they are drawn, or nearly; each stands once.
var drawnAs = map[rune]string{
	'a': "аαɑ", 'b': "ьвβ", 'c': "сϲ", 'd': "ԁ", 'e': "еєεҽ", 'g': "ɡԍ", 'h': "һнη", 'i': "іιɩ1l|ı", 'j': "јϳ", 'k': "кκ", 'm': "мμ",
	'n': "пո", 'o': "оοσօ0", 'p': "рρ", 'q': "ԛ", 'r': "гᴦ", 's': "ѕꜱ5", 't': "тτ", 'u': "υս", 'v': "ѵν", 'w': "ԝωш", 'x': "хχ", 'y': "уγү", 'z': "ᴢζ2",
}

var lookalikes = func() map[rune]rune {
	out := map[rune]rune{}
	for latin, others := range drawnAs {
		for _, r := range others {
			out[r] = latin
		}
	}
	return out
}()

// Skeleton reduces a name to what the eye keeps of it: two names with the same
// skeleton are taken for each other. It is compared, and never shown.
func Skeleton(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case lookalikes[r] != 0:
			return lookalikes[r]
		case unicode.IsLetter(r), unicode.IsDigit(r):
			return r
		}
		return -1
	}, Fold(name))
}

// alphabets have letters that are drawn alike. (Japanese is written in three
// scripts at once, and none of them looks like these.)
var alphabets = []*unicode.RangeTable{unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Armenian, unicode.Cherokee}

// MixedScripts reports whether a word has letters of several alphabets that look
// alike: people write no such word, and who wants to pass for another does.
func MixedScripts(s string) bool {
	seen := -1
	for _, r := range s {
		switch {
		case r < 0x80 && unicode.IsLetter(r):
			if seen > 0 {
				return true
			}
			seen = 0
		case unicode.IsLetter(r):
			for i, table := range alphabets {
				if !unicode.Is(table, r) {
					continue
				}
				if seen >= 0 && seen != i {
					return true
				}
				seen = i
			}
		case unicode.IsSpace(r), r == '-', r == '.', r == '_', r == '(', r == '/':
			seen = -1
		}
	}
	return false
}
