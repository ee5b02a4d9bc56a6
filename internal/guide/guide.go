package guide

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"strings"
	text "text/template"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	markdown "github.com/yuin/goldmark/text"
)

// Names are the guides, by the last part of their address.
var Names = []string{"membres", "administration"}

// Guide is one guide in one language, ready to be shown.
type Guide struct {
	Title string
	Parts []Part
	HTML  template.HTML // without the title
}

// Part is a heading that a reader may jump to.
type Part struct{ ID, Title string }

// about is what a guide may say of the instance.
type about struct{ Host, Name string }

var reader = goldmark.New(goldmark.WithParserOptions(parser.WithAutoHeadingID()))

// read makes a guide of its text. The first heading is its title.
func read(files fs.FS, lang, name string, of about) (*Guide, error) {
	src, err := fs.ReadFile(files, lang+"/"+name+".md")
	if err != nil {
		return nil, err
	}
	words, err := text.New(name).Parse(string(src))
	if err != nil {
		return nil, fmt.Errorf("guide: %s/%s: %w", lang, name, err)
	}
	var filled bytes.Buffer
	of.Name = strings.NewReplacer("*", "", "_", "", "[", "", "`", "", "<", "").Replace(of.Name) // it is no markup
	if err := words.Execute(&filled, of); err != nil {
		return nil, fmt.Errorf("guide: %s/%s: %w", lang, name, err)
	}
	doc := reader.Parser().Parse(markdown.NewReader(filled.Bytes()))
	g := &Guide{}
	for n := doc.FirstChild(); n != nil; {
		next := n.NextSibling()
		if h, ok := n.(*ast.Heading); ok {
			id, _ := h.AttributeString("id")
			switch part, _ := id.([]byte); {
			case h.Level == 1:
				g.Title = titleOf(h, filled.Bytes())
				doc.RemoveChild(doc, n)
			case h.Level == 2:
				g.Parts = append(g.Parts, Part{string(part), titleOf(h, filled.Bytes())})
			}
		}
		n = next
	}
	var out bytes.Buffer
	if err := reader.Renderer().Render(&out, filled.Bytes(), doc); err != nil {
		return nil, fmt.Errorf("guide: %s/%s: %w", lang, name, err)
	}
	g.HTML = template.HTML(out.String())
	return g, nil
}

// titleOf is the text of a heading.
func titleOf(h *ast.Heading, src []byte) string { return string(h.Lines().Value(src)) }
