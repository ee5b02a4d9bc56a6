package web

import (
	"html/template"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	dom "golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/maillage/maillage/internal/i18n"
)

var (
	summaryBlock = regexp.MustCompile(`(?s)<div class="error-summary".*?</div>`)
	summaryLine  = regexp.MustCompile(`<li><a href="#([^"]*)">([^<]*)</a></li>`)
)

// nameFields has each line of the summary of errors begin with its field, in the words
// that the page asks with, and lead to it: « Titre : 300 caractères au plus ». It reads
// them off the page, so that no form has to say its labels twice. A sentence that names
// the field itself stays as it is, and one whose field is not on the page leads nowhere.
func nameFields(main template.HTML, l *i18n.Localizer) template.HTML {
	page := string(main)
	at := summaryBlock.FindStringIndex(page)
	if at == nil {
		return main
	}
	nodes, err := dom.ParseFragment(strings.NewReader(page), &dom.Node{Type: dom.ElementNode, Data: "main", DataAtom: atom.Main})
	if err != nil {
		return main
	}
	root := &dom.Node{Type: dom.ElementNode}
	for _, n := range nodes {
		root.AppendChild(n)
	}
	block := summaryLine.ReplaceAllStringFunc(page[at[0]:at[1]], func(line string) string {
		parts := summaryLine.FindStringSubmatch(line)
		said := parts[2]
		name, id := labelled(root, dom.UnescapeString(parts[1]))
		if name != "" && !names(dom.UnescapeString(said), name) {
			colon := l.T("web.colon")
			if last, _ := utf8.DecodeLastRuneInString(name); strings.ContainsRune("?!:.…", last) {
				colon = " "
			}
			said = dom.EscapeString(name+colon) + said
		}
		if id == "" {
			return "<li>" + said + "</li>"
		}
		return `<li><a href="#` + dom.EscapeString(id) + `">` + said + "</a></li>"
	})
	return template.HTML(page[:at[0]] + block + page[at[1]:])
}

// names reports whether a sentence has the words of a label in it.
func names(said, label string) bool {
	words := func(s string) string {
		return " " + strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ") + " "
	}
	return strings.Contains(words(said), words(label))
}

// labelled is how the page calls a field, and the id that leads to it.
func labelled(root *dom.Node, name string) (label, id string) {
	n := find(root, func(n *dom.Node) bool { return attr(n, "id") == name })
	if n == nil {
		asked := func(n *dom.Node) bool {
			return attr(n, "name") == name && attr(n, "type") != "hidden" && attr(n, "id") != ""
		}
		if n = find(root, asked); n == nil {
			n = find(root, func(n *dom.Node) bool { return attr(n, "id") == "field-"+name })
		}
		if n == nil {
			return "", ""
		}
	}
	id = attr(n, "id")
	if n.DataAtom == atom.Details {
		return wording(find(n, is(atom.Summary))), id
	}
	for up := n; up != nil; up = up.Parent {
		if up.DataAtom == atom.Fieldset && (up == n || attr(up, "id") == "field-"+name) {
			return wording(find(up, is(atom.Legend))), id
		}
	}
	if said := attr(n, "aria-label"); said != "" {
		return said, id
	}
	if l := find(root, func(l *dom.Node) bool { return l.DataAtom == atom.Label && attr(l, "for") == id }); l != nil {
		return wording(l), id
	}
	for up := n.Parent; up != nil; up = up.Parent {
		if up.DataAtom == atom.Label {
			return wording(find(up, func(s *dom.Node) bool { return attr(s, "class") == "choice-label" })), id
		}
	}
	return "", id
}

func is(a atom.Atom) func(*dom.Node) bool {
	return func(n *dom.Node) bool { return n.DataAtom == a }
}

func find(n *dom.Node, ok func(*dom.Node) bool) *dom.Node {
	for x := range n.Descendants() {
		if x.Type == dom.ElementNode && ok(x) {
			return x
		}
	}
	return nil
}

func attr(n *dom.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// wording is the text of a label, but for « (facultatif) ».
func wording(n *dom.Node) string {
	if n == nil {
		return ""
	}
	var b strings.Builder
	for x := range n.Descendants() {
		if x.Type == dom.TextNode && attr(x.Parent, "class") != "optional" {
			b.WriteString(x.Data)
		}
	}
	return strings.TrimSpace(b.String())
}
