package httpx

import (
	"bytes"
	"embed"
	"fmt"
	"html"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"sync"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/web"
)

//go:embed templates i18n
var files embed.FS

// Templates holds the error page; it belongs to the renderer under the name "httpx".
func Templates() fs.FS { return folder("templates") }

// Strings holds the words of errors, fr.yaml and en.yaml.
func Strings() fs.FS { return folder("i18n") }

func folder(name string) fs.FS {
	sub, err := fs.Sub(files, name)
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}

// Renderer writes a page, whole or not at all.
type Renderer interface {
	Render(w io.Writer, p *web.Page) error
}

// Chrome fills what all pages share: Site, Viewer, Nav, Groups. It runs after
// the page's own Lang, Path, CSRF and Flash are set.
type Chrome func(c *Ctx, p *web.Page) error

// publicPages may be kept a moment by shared caches, per cookie and language. A
// browser asks again, so that signing in shows at once.
const publicPages = "public, max-age=0, s-maxage=30, must-revalidate"

var pageBuffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Page answers 200 with a page; see PageStatus.
func (c *Ctx) Page(p *web.Page) error { return c.PageStatus(http.StatusOK, p) }

// PageStatus answers with a page. It sets Lang, Path, Flash and, for people
// signed in, CSRF; a form for strangers sets p.CSRF = c.CSRF() itself. Then it
// lets the chrome fill the rest. Pages of a viewer, and those that set a
// cookie, are private; others may be cached for a moment.
func (c *Ctx) PageStatus(status int, p *web.Page) error {
	if c.srv.opts.Renderer == nil {
		return apperr.New(apperr.KindInternal, "httpx.internal").Wrap(fmt.Errorf("no renderer for page %s", p.Name))
	}
	p.Lang = c.Lang
	if p.Path == "" {
		p.Path = c.R.URL.RequestURI()
	}
	if c.Viewer != nil && p.CSRF == "" {
		p.CSRF = c.CSRF()
	}
	if fl := c.Flashes(); len(fl) > 0 && p.Flash == nil {
		p.Flash = note(fl)
	}
	if c.srv.opts.Chrome != nil {
		if err := c.srv.opts.Chrome(c, p); err != nil {
			return err
		}
	}
	buf := pageBuffers.Get().(*bytes.Buffer)
	defer pageBuffers.Put(buf)
	buf.Reset()
	if err := c.srv.opts.Renderer.Render(buf, p); err != nil {
		return err
	}
	h := c.W.Header()
	h.Set("Content-Language", c.Lang)
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", publicPages)
	}
	return c.Bytes(status, "text/html; charset=utf-8", buf.Bytes())
}

// note joins the messages into the one that a page shows; the last decides on its kind.
func note(fl []Flash) *web.Note {
	texts := make([]string, len(fl))
	for i, f := range fl {
		texts[i] = f.Text
	}
	return &web.Note{Kind: fl[len(fl)-1].Kind, Title: strings.Join(texts, " ")}
}

// FieldErrors gives what is wrong with each field of a form, in words; nil when
// err is of another kind.
func (c *Ctx) FieldErrors(err error) []web.FieldError {
	e, ok := apperr.As(err)
	if !ok || e.Kind != apperr.KindInvalid {
		return nil
	}
	out := make([]web.FieldError, 0, len(e.Fields))
	for _, f := range e.Fields {
		out = append(out, web.FieldError{Name: f.Name, Text: c.T(f.Key, f.Args...)})
	}
	return out
}

// Partial answers with a piece of a page that a script puts in place.
func (c *Ctx) Partial(p *web.Page, name string, v any) error {
	r, ok := c.srv.opts.Renderer.(interface {
		Partial(w io.Writer, p *web.Page, name string, v any) error
	})
	if !ok {
		return apperr.New(apperr.KindInternal, "httpx.internal").Wrap(fmt.Errorf("the renderer knows no parts"))
	}
	p.Lang = c.Lang
	if c.Viewer != nil && p.CSRF == "" {
		p.CSRF = c.CSRF()
	}
	if c.srv.opts.Chrome != nil {
		if err := c.srv.opts.Chrome(c, p); err != nil {
			return err
		}
	}
	var buf bytes.Buffer
	if err := r.Partial(&buf, p, name, v); err != nil {
		return err
	}
	c.Private()
	return c.Bytes(http.StatusOK, "text/html; charset=utf-8", buf.Bytes())
}

// errorView is what the error page shows.
type errorView struct {
	Title, Text string
	RequestID   string // shown when it is our fault, so that it can be told to the admin
	SignIn      bool
}

// failPage answers with the error page, or with a bare one when even that fails.
func (c *Ctx) failPage(status int, err error) error {
	v := errorView{Title: c.T(kindKeys[status] + ".title"), Text: c.T(kindKeys[status])}
	if err != nil && status < 500 {
		v.Text = c.ErrorText(err)
		if e, ok := apperr.As(err); ok && e.Key != "" && c.Loc.Has(e.Key+".title") {
			v.Title = c.T(e.Key + ".title")
		}
	}
	if status >= 500 {
		v.RequestID = c.RequestID
	}
	v.SignIn = status == http.StatusUnauthorized
	c.Private()
	perr := c.PageStatus(status, &web.Page{Name: "httpx/error", Layout: web.LayoutPlain, Title: v.Title, NoIndex: true, Data: v})
	if perr == nil || perr == errClientGone {
		return perr
	}
	if c.srv.opts.Renderer != nil {
		c.srv.log.Warn("error page not rendered", "id", c.RequestID, "err", perr)
	}
	body := fmt.Sprintf("<!doctype html>\n<html lang=%q><meta charset=\"utf-8\"><title>%s</title>\n<h1>%s</h1>\n<p>%s</p>\n",
		c.Lang, html.EscapeString(v.Title), html.EscapeString(v.Title), html.EscapeString(v.Text))
	return c.Bytes(status, "text/html; charset=utf-8", []byte(body))
}
