package mail

import (
	"html"
	"strings"
)

// plain is a letter as text.
func plain(l Letter) string {
	var parts, small []string
	for _, b := range l.Blocks {
		switch {
		case b.Text != "":
			parts = append(parts, b.Text)
		case len(b.Facts) > 0:
			var lines []string
			for _, f := range b.Facts {
				lines = append(lines, oneLine(f[0])+" : "+oneLine(f[1]))
			}
			parts = append(parts, strings.Join(lines, "\n"))
		case b.URL != "":
			parts = append(parts, oneLine(b.Label)+" :\n"+b.URL)
		case b.Foot != "":
			small = append(small, b.Foot)
		}
	}
	s := strings.Join(parts, "\n\n")
	if len(small) > 0 {
		s += "\n\n-- \n" + strings.Join(small, "\n\n")
	}
	return s + "\n"
}

// styles are the few that mail programs keep; the colours are those of the pages by day.
const styles = `body{margin:0;padding:24px;background:#fbf9f5;color:#1f1b16;font:17px/1.5 Georgia,serif}` +
	`main{max-width:560px;margin:0 auto}a{color:#8f1d2f}` +
	`.button{display:inline-block;padding:12px 20px;background:#8f1d2f;color:#fff;text-decoration:none;border-radius:3px;font-family:sans-serif;font-weight:600}` +
	`table{border-collapse:collapse}th{text-align:left;padding:4px 16px 4px 0;font-weight:600;vertical-align:top}td{padding:4px 0}` +
	`.foot{margin-top:32px;border-top:1px solid #d8d2c7;padding-top:12px;font-size:14px;color:#5b554c}`

// markup is a letter as HTML. It loads nothing.
func markup(l Letter) string {
	var b, foot strings.Builder
	esc := html.EscapeString
	b.WriteString(`<!doctype html><html lang="` + esc(l.Lang) + `"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
		`<meta name="color-scheme" content="light"><title>` + esc(oneLine(l.Subject)) + `</title><style>` + styles + `</style></head><body><main>`)
	for _, x := range l.Blocks {
		switch {
		case x.Text != "":
			b.WriteString("<p>" + strings.ReplaceAll(esc(x.Text), "\n", "<br>") + "</p>")
		case len(x.Facts) > 0:
			b.WriteString("<table>")
			for _, f := range x.Facts {
				b.WriteString(`<tr><th scope="row">` + esc(f[0]) + "</th><td>" + link(f[1]) + "</td></tr>")
			}
			b.WriteString("</table>")
		case x.URL != "":
			b.WriteString(`<p><a class="button" href="` + esc(x.URL) + `">` + esc(x.Label) + "</a></p>")
		case x.Foot != "":
			foot.WriteString("<p>" + linked(x.Foot) + "</p>")
		}
	}
	if foot.Len() > 0 {
		b.WriteString(`<div class="foot">` + foot.String() + "</div>")
	}
	b.WriteString("</main></body></html>\n")
	return b.String()
}

// link is a value, a link when it is an address.
func link(s string) string {
	if (strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")) && !strings.ContainsAny(s, " \n") {
		return `<a href="` + html.EscapeString(s) + `">` + html.EscapeString(s) + "</a>"
	}
	return html.EscapeString(s)
}

// linked makes links of the addresses in a text.
func linked(s string) string {
	words := strings.Split(s, " ")
	for i, w := range words {
		words[i] = link(w)
	}
	return strings.Join(words, " ")
}
