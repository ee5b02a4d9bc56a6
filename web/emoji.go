package web

import "strings"

// named writes a name, with pictures in the place of the words that have one.
func (h *html) named(name string, emoji map[string]string) {
	for len(emoji) > 0 {
		at := strings.IndexByte(name, ':')
		if at < 0 {
			break
		}
		end := strings.IndexByte(name[at+1:], ':')
		if end < 0 {
			break
		}
		word := name[at+1 : at+1+end]
		if src := emoji[word]; src != "" {
			h.say(name[:at])
			h.raw(`<img class="emoji" src="`)
			h.address(src)
			h.raw(`" alt=":`)
			h.say(word)
			h.raw(`:" width="20" height="20" loading="lazy" decoding="async">`)
			name = name[at+end+2:]
			continue
		}
		h.say(name[:at+1+end])
		name = name[at+1+end:]
	}
	h.say(name)
}
