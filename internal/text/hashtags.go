package text

// Hashtags finds the hashtags of a post as they are written, without the #,
// in the order of the text. Those that are equal when folded come once.
func Hashtags(src string) []string {
	var out []string
	seen := map[string]bool{}
	scan(src, func(t token) {
		if t.kind != hashtag {
			return
		}
		if key := Fold(t.tag); !seen[key] {
			seen[key] = true
			out = append(out, t.tag)
		}
	})
	return out
}
