package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
)

// StaticPrefix is where Renderer.Static expects to be mounted.
const StaticPrefix = "/static/"

// assets are the files that pages refer to: static/, vendor/ (as vendor/…)
// and app.css, which is the style sheets of static/css and of the features one
// after another.
type assets struct {
	version string // of all files together; part of every address
	files   map[string]*asset
	icons   map[iconKey]template.HTML
	page    pageAssets
}

type asset struct {
	body, gzipped []byte
	kind, etag    string
}

// pageAssets is what a layout links to; what is not installed is left out.
type pageAssets struct {
	Style, Fonts string
	Preload      []string // fonts
	Scripts      []string
}

// The installed files that pages refer to by name.
var (
	preloadedFonts = []string{"vendor/source-sans-3-latin.woff2", "vendor/source-serif-4-latin.woff2"}
	htmxFile       = "vendor/htmx.min.js"
)

// printSheet is the first name of what stays last in app.css.
const printSheet = "css/80-"

func loadAssets(styles ...fs.FS) (*assets, error) {
	a := &assets{files: map[string]*asset{}}
	for prefix, fsys := range map[string]fs.FS{"": folder("static"), "vendor/": folder("vendor")} {
		err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || path.Ext(name) == ".md" {
				return err
			}
			body, err := fs.ReadFile(fsys, name)
			if err != nil {
				return err
			}
			return a.add(prefix+name, body)
		})
		if err != nil {
			return nil, err
		}
	}
	var sheets []string
	for name := range a.files {
		if path.Dir(name) == "css" {
			sheets = append(sheets, name)
		}
	}
	slices.Sort(sheets) // their names begin with their order
	var all, last bytes.Buffer
	for _, name := range sheets {
		to := &all
		if name >= printSheet {
			to = &last
		}
		to.Write(a.files[name].body)
		delete(a.files, name)
	}
	for _, fsys := range styles {
		if err := join(&all, fsys); err != nil {
			return nil, err
		}
	}
	all.Write(last.Bytes())
	if err := a.add("app.css", all.Bytes()); err != nil {
		return nil, err
	}
	a.version = a.digest()
	a.draw()
	a.page = a.link()
	return a, nil
}

// join appends the style sheets at the root of a folder.
func join(to *bytes.Buffer, fsys fs.FS) error {
	names, err := fs.Glob(fsys, "*.css")
	for _, name := range names {
		body, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		to.Write(body)
	}
	return err
}

func (a *assets) add(name string, body []byte) error {
	f := &asset{body: body}
	switch path.Ext(name) {
	case ".css":
		f.kind = "text/css; charset=utf-8"
	case ".js":
		f.kind = "text/javascript; charset=utf-8"
	case ".svg":
		f.kind = "image/svg+xml"
	case ".woff2":
		f.kind = "font/woff2"
	case ".otf":
		f.kind = "font/otf"
	case ".png":
		f.kind = "image/png"
	default:
		return fmt.Errorf("static file %s: unknown kind", name)
	}
	if f.kind[:5] == "text/" || path.Ext(name) == ".svg" {
		var z bytes.Buffer
		w, _ := gzip.NewWriterLevel(&z, gzip.BestCompression)
		_, err := w.Write(body)
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			return err
		}
		f.gzipped = z.Bytes()
	}
	sum := sha256.Sum256(body)
	f.etag = `"` + hex.EncodeToString(sum[:8]) + `"`
	a.files[name] = f
	return nil
}

func (a *assets) digest() string {
	names := make([]string, 0, len(a.files))
	for n := range a.files {
		names = append(names, n)
	}
	slices.Sort(names)
	h := sha256.New()
	for _, n := range names {
		fmt.Fprintln(h, n, a.files[n].etag)
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}

func (a *assets) link() pageAssets {
	has := func(name string) bool { return a.files[name] != nil }
	url := func(name string) string { return StaticPrefix + a.version + "/" + name }
	p := pageAssets{Style: url("app.css")}
	if has(preloadedFonts[0]) && has(preloadedFonts[1]) {
		p.Fonts = url("fonts.css")
		for _, f := range preloadedFonts {
			p.Preload = append(p.Preload, url(f))
		}
	}
	if has(htmxFile) {
		p.Scripts = append(p.Scripts, url(htmxFile))
	}
	p.Scripts = append(p.Scripts, url("app.js"))
	return p
}

// url is the address of a static file; an unknown name is an error.
func (a *assets) url(name string) (string, error) {
	if a.files[name] == nil {
		return "", fmt.Errorf("no static file %q", name)
	}
	return StaticPrefix + a.version + "/" + name, nil
}

// iconKey is an icon at a size.
type iconKey struct {
	name string
	px   int
}

// iconSizes are those of the design, in pixels.
var iconSizes = []int{16, 20, 26, 36}

// draw writes the markup of every icon of the sprite at every size, once.
func (a *assets) draw() {
	a.icons = map[iconKey]template.HTML{}
	for _, m := range regexp.MustCompile(`<symbol id="([a-z0-9-]+)"`).FindAllSubmatch(a.files["icons.svg"].body, -1) {
		for _, px := range iconSizes {
			a.icons[iconKey{string(m[1]), px}] = template.HTML(fmt.Sprintf(
				`<svg class="i i%d" width="%d" height="%d" aria-hidden="true" focusable="false"><use href="%s%s/icons.svg#%s"/></svg>`,
				px, px, px, StaticPrefix, a.version, m[1]))
		}
	}
}

// icon is an icon of the sprite, 20 px wide unless told otherwise; it is
// hidden from assistive technology: words stand beside it or name its button.
func (a *assets) icon(name string, size ...int) (template.HTML, error) {
	px := 20
	if len(size) > 0 {
		px = size[0]
	}
	svg, ok := a.icons[iconKey{name, px}]
	if !ok {
		return "", fmt.Errorf("no icon %q of %d px", name, px)
	}
	return svg, nil
}

// Static serves the files under StaticPrefix. An address with the version at
// hand may be kept for ever; another version gets today's file, not to be kept.
func (r *Renderer) Static() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Method != http.MethodGet && req.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		version, name, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, StaticPrefix), "/")
		f := r.assets.files[name]
		if f == nil {
			http.NotFound(w, req)
			return
		}
		h := w.Header()
		h.Set("Content-Type", f.kind)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("ETag", f.etag)
		if version == r.assets.version {
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
		} else {
			h.Set("Cache-Control", "no-cache")
		}
		if req.Header.Get("If-None-Match") == f.etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		body := f.body
		if f.gzipped != nil {
			h.Add("Vary", "Accept-Encoding")
			if strings.Contains(req.Header.Get("Accept-Encoding"), "gzip") {
				h.Set("Content-Encoding", "gzip")
				body = f.gzipped
			}
		}
		h.Set("Content-Length", fmt.Sprint(len(body)))
		if req.Method == http.MethodGet {
			w.Write(body)
		}
	})
}
