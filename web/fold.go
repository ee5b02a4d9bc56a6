package web

import (
	"fmt"
	"html/template"
	"text/template/parse"
)

// Most of what a page calls depends on its arguments and the language only.
// Called with constants, such functions are worked out once, when a set of
// templates is made, not on every page.

// fold replaces {{t "key"}}, {{icon "name" 16}} and {{asset "file"}} by their
// text in all templates of a set that was not executed yet.
//
// The text of t is escaped for HTML text and quoted attributes, which is where
// templates write sentences; there is no inline script or style to write to.
func fold(set *template.Template, funcs template.FuncMap) error {
	for _, t := range set.Templates() {
		if t.Tree == nil {
			continue
		}
		if err := foldList(t.Tree.Root, funcs); err != nil {
			return fmt.Errorf("template %s: %w", t.Name(), err)
		}
	}
	return nil
}

func foldList(list *parse.ListNode, funcs template.FuncMap) error {
	if list == nil {
		return nil
	}
	for i, node := range list.Nodes {
		var err error
		switch n := node.(type) {
		case *parse.ActionNode:
			var text string
			var ok bool
			if text, ok, err = constant(n.Pipe, funcs); ok {
				list.Nodes[i] = &parse.TextNode{NodeType: parse.NodeText, Pos: n.Pos, Text: []byte(text)}
			}
		case *parse.IfNode:
			err = foldBranches(&n.BranchNode, funcs)
		case *parse.RangeNode:
			err = foldBranches(&n.BranchNode, funcs)
		case *parse.WithNode:
			err = foldBranches(&n.BranchNode, funcs)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func foldBranches(n *parse.BranchNode, funcs template.FuncMap) error {
	if err := foldList(n.List, funcs); err != nil {
		return err
	}
	return foldList(n.ElseList, funcs)
}

// constant works out a pipeline that is one call of a foldable function with
// constant arguments.
func constant(p *parse.PipeNode, funcs template.FuncMap) (text string, ok bool, err error) {
	if len(p.Decl) > 0 || len(p.Cmds) != 1 {
		return "", false, nil
	}
	args := p.Cmds[0].Args
	if len(args) < 2 {
		return "", false, nil
	}
	name, isName := args[0].(*parse.IdentifierNode)
	first, isString := args[1].(*parse.StringNode)
	if !isName || !isString {
		return "", false, nil
	}
	switch name.Ident {
	case "t":
		if len(args) > 2 {
			return "", false, nil
		}
		say := funcs["t"].(func(string, ...any) string)
		return template.HTMLEscapeString(say(first.Text)), true, nil
	case "asset":
		url, err := funcs["asset"].(func(string) (string, error))(first.Text)
		return url, err == nil, err
	case "icon":
		var size []int
		if len(args) == 3 {
			n, isNumber := args[2].(*parse.NumberNode)
			if !isNumber || !n.IsInt {
				return "", false, nil
			}
			size = []int{int(n.Int64)}
		}
		svg, err := funcs["icon"].(func(string, ...int) (template.HTML, error))(first.Text, size...)
		return string(svg), err == nil, err
	}
	return "", false, nil
}
