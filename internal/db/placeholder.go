package db

import "strings"

// positional rewrites $1, $2 … as ?, for SQLite's driver looks up the name of
// each parameter in a list, which is quadratic for statements with many. order
// says which argument each ? takes; it is nil when they take them in turn. A
// text that it does not understand comes back as it is.
func positional(text string) (out string, order []int) {
	var b strings.Builder
	inTurn := true
	for i := 0; i < len(text); {
		c := text[i]
		end := i + 1
		switch {
		case c == '\'' || c == '"' || c == '`':
			end = after(text, i+1, string(c))
		case strings.HasPrefix(text[i:], "--"):
			end = after(text, i+2, "\n")
		case strings.HasPrefix(text[i:], "/*"):
			end = after(text, i+2, "*/")
		case c == '?' || c == '[' || c == ':' || c == '@':
			return text, nil
		case c == '$':
			n := 0
			for ; end < len(text) && text[end] >= '0' && text[end] <= '9'; end++ {
				if n = n*10 + int(text[end]-'0'); n > 1<<16 {
					return text, nil
				}
			}
			if n == 0 {
				return text, nil
			}
			b.WriteByte('?')
			inTurn = inTurn && n == len(order)+1
			order = append(order, n-1)
			i = end
			continue
		}
		b.WriteString(text[i:end])
		i = end
	}
	if len(order) == 0 {
		return text, nil
	}
	if inTurn {
		order = nil
	}
	return b.String(), order
}

// after is the position behind the next end from i on, or the end of text. A
// doubled quote ends one string and begins the next, which is the same here.
func after(text string, i int, end string) int {
	if n := strings.Index(text[i:], end); n >= 0 {
		return i + n + len(end)
	}
	return len(text)
}

// arrange puts args in the order of the ? of a rewritten text.
func arrange(args []any, order []int) []any {
	if order == nil {
		return args
	}
	out := make([]any, len(order))
	for i, n := range order {
		if n >= len(args) {
			return args // the driver says what is missing
		}
		out[i] = args[n]
	}
	return out
}
