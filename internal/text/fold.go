package text

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold reduces s to what people compare by: lower case, without accents,
// ligatures opened (œ → oe, æ → ae, ß → ss). Search, handles and hashtags are
// stored and looked up folded. Fold(Fold(s)) == Fold(s).
func Fold(s string) string { return fold(s, true) }

// TagName is what apps know the hashtag s by: lower case and without accents, but
// with its ligatures. They fold so what stands in a text, and look it up by that.
//
// Spec: Mastodon entities/Status#Tag
func TagName(s string) string { return fold(s, false) }

func fold(s string, open bool) string {
	if isFolded(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range norm.NFKD.String(strings.ToLower(s)) {
		if r >= 0x0300 && r <= 0x036f { // combining diacritical marks
			continue
		}
		if !open && strings.ContainsRune("œæßþ", r) {
			b.WriteRune(r)
			continue
		}
		switch r {
		case 'œ':
			b.WriteString("oe")
		case 'æ':
			b.WriteString("ae")
		case 'ß':
			b.WriteString("ss")
		case 'ø':
			b.WriteByte('o')
		case 'ł':
			b.WriteByte('l')
		case 'đ', 'ð':
			b.WriteByte('d')
		case 'þ':
			b.WriteString("th")
		case 'ı':
			b.WriteByte('i')
		default:
			b.WriteRune(r)
		}
	}
	// Compatibility forms may open into capitals (℃ → °C): a second lowering.
	return norm.NFC.String(strings.ToLower(b.String()))
}

func isFolded(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= utf8.RuneSelf || c >= 'A' && c <= 'Z' {
			return false
		}
	}
	return true
}
