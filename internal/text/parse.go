package text

import "strings"

// Parse finds whom a post mentions and which hashtags it carries, each once, in
// the order of the text. Tags come folded (see Fold): "#Été" is "ete".
func Parse(src string) (mentions []Handle, tags []string) {
	if !strings.ContainsAny(src, "@#") {
		return nil, nil
	}
	seen := map[string]bool{}
	scan(src, func(t token) {
		switch t.kind {
		case mention:
			if key := strings.ToLower(t.handle.String()); !seen[key] {
				seen[key] = true
				mentions = append(mentions, t.handle)
			}
		case hashtag:
			tag := Fold(t.tag)
			if !seen["#"+tag] {
				seen["#"+tag] = true
				tags = append(tags, tag)
			}
		}
	})
	return mentions, tags
}

// urlLength is what a link counts for, whatever its length.
// Spec: Mastodon StatusLengthValidator::URL_PLACEHOLDER_CHARS
const urlLength = 23

// Count is the length of a post as Mastodon counts it: characters as people see
// them, a link for 23, a mention without its host.
// Spec: Mastodon statuses#create
func Count(src string) int {
	total := 0
	scan(src, func(t token) {
		switch t.kind {
		case link:
			total += urlLength
		case mention:
			total += 1 + len(t.handle.Name)
		default:
			total += Graphemes(t.src)
		}
	})
	return total
}
