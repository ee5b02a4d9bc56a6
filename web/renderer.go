package web

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/maillage/maillage/internal/i18n"
	"github.com/maillage/maillage/internal/text"
)

// Options of a Renderer. The zero value works.
type Options struct {
	// Bundle has the strings; New adds those of the layouts to it, once. nil
	// makes a bundle with those only.
	Bundle *i18n.Bundle
	// Location in which times are written when a Site names none; nil = UTC.
	Location *time.Location
	// Now is the clock; nil = time.Now.
	Now func() time.Time
	// Styles are style sheets of features, *.css at the root of each: they follow
	// ours in app.css, in this order, and only what concerns print comes after.
	Styles []fs.FS
}

// Renderer writes pages. Add everything first, then render: from the first
// page on it takes nothing more. It is safe for concurrent use and serves any
// number of instances.
type Renderer struct {
	bundle *i18n.Bundle
	loc    *time.Location
	now    func() time.Time
	assets *assets

	mu     sync.Mutex
	base   *template.Template // all that was added, with functions that no page uses
	pages  map[string]bool
	sealed bool
	sets   sync.Map // setKey → *template.Template
}

type setKey struct{ lang, loc string }

// New makes a renderer with the layouts and shared parts.
func New(o Options) (*Renderer, error) {
	r := &Renderer{bundle: o.Bundle, loc: o.Location, now: o.Now, pages: map[string]bool{}}
	if r.loc == nil {
		r.loc = time.UTC
	}
	if r.now == nil {
		r.now = time.Now
	}
	if r.bundle == nil {
		r.bundle = NewBundle()
	}
	if err := r.bundle.AddFS(Locales()); err != nil {
		return nil, err
	}
	var err error
	if r.assets, err = loadAssets(o.Styles...); err != nil {
		return nil, err
	}
	r.base = template.New("").Funcs(r.funcs(i18n.Default, r.loc))
	for _, dir := range []string{"layouts", "partials"} {
		if err := r.addShared(folder("templates/" + dir)); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// Bundle is where features add their strings.
func (r *Renderer) Bundle() *i18n.Bundle { return r.bundle }

// Add brings in the templates of a feature: every .html file at the root of
// fsys, or in its folder "templates", is the page "name/file", and files that
// start with "_" hold templates for all.
func (r *Renderer) Add(name string, fsys fs.FS) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sealed {
		return fmt.Errorf("templates of %s come after the first page", name)
	}
	if sub, err := fs.Sub(fsys, "templates"); err == nil {
		if _, err := fs.Stat(fsys, "templates"); err == nil {
			fsys = sub
		}
	}
	names, err := fs.Glob(fsys, "*.html")
	if err != nil {
		return err
	}
	for _, file := range names {
		if strings.HasPrefix(file, "_") {
			if err := r.parse(fsys, file, func(block string) string { return block }); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			continue
		}
		page := name + "/" + strings.TrimSuffix(file, ".html")
		if r.pages[page] {
			return fmt.Errorf("page %s is defined twice", page)
		}
		err := r.parse(fsys, file, func(block string) string {
			if slices.Contains(blocks, block) {
				return page + "#" + block
			}
			return block
		})
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if r.base.Lookup(page+"#main") == nil {
			return fmt.Errorf("page %s defines no block %q", page, "main")
		}
		r.pages[page] = true
	}
	return nil
}

// blocks are the names that each page defines for itself.
var blocks = []string{"title", "head", "main", "context"}

func (r *Renderer) addShared(fsys fs.FS) error {
	names, err := fs.Glob(fsys, "*.html")
	if err != nil {
		return err
	}
	for _, file := range names {
		if err := r.parse(fsys, file, func(block string) string { return block }); err != nil {
			return err
		}
	}
	return nil
}

// parse adds the templates that a file defines, renamed; a name that is taken
// is an error.
func (r *Renderer) parse(fsys fs.FS, file string, rename func(string) string) error {
	raw, err := fs.ReadFile(fsys, file)
	if err != nil {
		return err
	}
	t, err := template.New(file).Funcs(r.funcs(i18n.Default, r.loc)).Parse(string(raw))
	if err != nil {
		return err
	}
	for _, def := range t.Templates() {
		if def.Name() == file || def.Tree == nil {
			continue // what stands outside the definitions
		}
		name := rename(def.Name())
		if r.base.Lookup(name) != nil {
			return fmt.Errorf("%s: template %q is defined twice", path.Base(file), name)
		}
		if _, err := r.base.AddParseTree(name, def.Tree); err != nil {
			return err
		}
	}
	return nil
}

// Pages lists the names of all pages, sorted.
func (r *Renderer) Pages() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	names := make([]string, 0, len(r.pages))
	for n := range r.pages {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// frame is what a layout sees: the page and its parts, already rendered.
type frame struct {
	*Page
	Heading template.HTML // the page's own title, without the instance's
	Head    template.HTML
	Main    template.HTML
	Aside   template.HTML
	Assets  pageAssets
}

// Render writes the whole page, or returns an error and writes nothing.
func (r *Renderer) Render(w io.Writer, p *Page) error {
	set, err := r.set(p)
	if err != nil {
		return err
	}
	if !r.pages[p.Name] {
		return fmt.Errorf("no page %q", p.Name)
	}
	f := frame{Page: p, Assets: r.assets.page}
	for _, part := range []struct {
		block string
		to    *template.HTML
	}{{"title", &f.Heading}, {"head", &f.Head}, {"main", &f.Main}, {"context", &f.Aside}} {
		html, err := execute(set, p.Name+"#"+part.block, p)
		if err != nil {
			return fmt.Errorf("page %s: %w", p.Name, err)
		}
		*part.to = html
	}
	f.Main = nameFields(f.Main, r.bundle.Localizer(p.Lang))
	if f.Heading = template.HTML(strings.TrimSpace(string(f.Heading))); f.Heading == "" {
		f.Heading = template.HTML(template.HTMLEscapeString(p.Title))
	}
	f.Aside = template.HTML(strings.TrimSpace(string(f.Aside)))
	layout := p.Layout
	if layout == "" {
		layout = LayoutPage
	}
	return r.write(w, p.Lang, set, "layout-"+layout, f)
}

// Partial writes one shared part for a script that replaces a piece of a page:
// r.Partial(w, page, "post-card", card). The part sees Bound{page, v}.
func (r *Renderer) Partial(w io.Writer, p *Page, name string, v any) error {
	set, err := r.set(p)
	if err != nil {
		return err
	}
	return r.write(w, p.Lang, set, name, Bound{Page: p, V: v})
}

// Bound is a value together with the page that shows it, made by the template
// function "on", for parts that need the token, the path or the viewer.
type Bound struct {
	*Page
	V any
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// write writes what is shown. Here, where text and attributes can be told apart, the
// ordinals of dates get their raised letters.
func (r *Renderer) write(w io.Writer, lang string, set *template.Template, name string, data any) error {
	if set.Lookup(name) == nil {
		return fmt.Errorf("no template %q", name)
	}
	buf := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buf)
	buf.Reset()
	if err := set.ExecuteTemplate(buf, name, data); err != nil {
		return err
	}
	out := buf.Bytes()
	if lang == "fr" {
		out = text.RaiseFirst(out)
	}
	_, err := w.Write(out)
	return err
}

// execute renders a block; one that is not defined is empty.
func execute(set *template.Template, name string, data any) (template.HTML, error) {
	if set.Lookup(name) == nil {
		return "", nil
	}
	buf := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buf)
	buf.Reset()
	if err := set.ExecuteTemplate(buf, name, data); err != nil {
		return "", err
	}
	return template.HTML(buf.String()), nil
}

// set is the templates speaking the page's language at its place's time.
func (r *Renderer) set(p *Page) (*template.Template, error) {
	if p == nil {
		return nil, errors.New("no page")
	}
	if !i18n.Known(p.Lang) {
		p.Lang = i18n.Default
	}
	loc := p.Site.Location
	if loc == nil {
		loc = r.loc
	}
	key := setKey{p.Lang, loc.String()}
	if set, ok := r.sets.Load(key); ok {
		return set.(*template.Template), nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sealed = true
	if set, ok := r.sets.Load(key); ok {
		return set.(*template.Template), nil
	}
	set, err := r.base.Clone()
	if err != nil {
		return nil, err
	}
	funcs := r.funcs(p.Lang, loc)
	set.Funcs(funcs)
	if err := fold(set, funcs); err != nil {
		return nil, err
	}
	r.sets.Store(key, set)
	return set, nil
}
