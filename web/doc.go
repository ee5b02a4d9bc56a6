// Package web is the design system and the renderer of all pages: the style
// sheets, the icon sprite, the layouts, the parts that features share (margin
// mark, post, composer, fields, notes …) and the strings that belong to them.
//
// A feature brings its own templates (Renderer.Add) and strings, and renders a
// page by its name, "feature/page", with a typed view in Page.Data. A page
// file defines the blocks "title", "main" and, optionally, "context" and
// "head"; in each, the dot is the *Page. Files whose name starts with "_" hold
// templates for every feature, under the names that they define.
//
// Invariants: a page is rendered whole or not at all; it carries no inline
// style and no inline script (the content policy forbids both); it asks
// nothing of another host; it works without scripts and without the files
// that npm installs into vendor/ (then with system fonts).
//
// The looks are described by the style sheets themselves: tokens.css holds
// every value of colour, type and space.
package web
