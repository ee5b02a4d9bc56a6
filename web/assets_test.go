package web

import (
	"compress/gzip"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

func get(h http.Handler, path string, header ...string) *http.Response {
	req := httptest.NewRequest("GET", path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	return rec.Result()
}

func TestStatic(t *testing.T) {
	r := newGallery(t)
	h, style := r.Static(), r.assets.page.Style
	res := get(h, style)
	body, _ := io.ReadAll(res.Body)
	if res.StatusCode != 200 || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/css") {
		t.Errorf("style sheet: %d %v", res.StatusCode, res.Header)
	}
	zipped := get(h, style, "Accept-Encoding", "gzip, br")
	zr, err := gzip.NewReader(zipped.Body)
	if err != nil {
		t.Fatal(err)
	}
	if plain, _ := io.ReadAll(zr); string(plain) != string(body) {
		t.Error("the zipped style sheet differs")
	}
	if res := get(h, style, "If-None-Match", res.Header.Get("ETag")); res.StatusCode != http.StatusNotModified {
		t.Errorf("known ETag: %d", res.StatusCode)
	}
	if res := get(h, "/static/older/app.css"); res.StatusCode != 200 || strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("older version: %d %v", res.StatusCode, res.Header)
	}
	for _, path := range []string{"/static/", "/static/x", "/static/x/", "/static/x/css/10-tokens.css", "/static/x/../embed.go", "/static/x/vendor/README.md"} {
		if res := get(h, path); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest("POST", style, nil))
	if rec.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", rec.Code)
	}
}

// Without the files that npm installs, pages link to neither fonts nor htmx.
func TestWithoutVendor(t *testing.T) {
	a, err := loadAssets()
	if err != nil {
		t.Fatal(err)
	}
	for name := range a.files {
		if strings.HasPrefix(name, "vendor/") {
			delete(a.files, name)
		}
	}
	p := a.link()
	if p.Fonts != "" || len(p.Preload) != 0 || len(p.Scripts) != 1 || p.Style == "" {
		t.Errorf("links: %+v", p)
	}
}

// Every address in the style sheets is one of ours.
func TestStyleSheetAddresses(t *testing.T) {
	a, err := loadAssets()
	if err != nil {
		t.Fatal(err)
	}
	sheets := string(a.files["app.css"].body)
	if a.page.Fonts != "" {
		sheets += string(a.files["fonts.css"].body)
	}
	urls := regexp.MustCompile(`url\("([^"]*)"\)`).FindAllStringSubmatch(sheets, -1)
	if len(urls) == 0 {
		t.Fatal("no address found")
	}
	for _, m := range urls {
		if a.files[m[1]] == nil {
			t.Errorf("no file %s", m[1])
		}
	}
	if n := strings.Count(sheets, "url("); n != len(urls) {
		t.Errorf("%d addresses, %d of them quoted", n, len(urls))
	}
}

// Dark by the system's choice and dark by the account's hold the same values.
func TestDarkIsWrittenTwiceAlike(t *testing.T) {
	raw, err := files.ReadFile("static/css/10-tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	css, _, _ := strings.Cut(string(raw), "@media (prefers-contrast")
	values := func(selector string) []string {
		var out []string
		for _, m := range regexp.MustCompile(regexp.QuoteMeta(selector)+`(\[data-accent="\w+"\])? \{([^}]*)\}`).FindAllStringSubmatch(css, -1) {
			for _, v := range regexp.MustCompile(`--[\w-]+: [^;]+;`).FindAllString(m[2], -1) {
				out = append(out, m[1]+v)
			}
		}
		return out
	}
	system, account := values(`:root:not([data-theme="light"])`), values(`:root[data-theme="dark"]`)
	if len(system) < 30 || strings.Join(system, "\n") != strings.Join(account, "\n") {
		t.Errorf("system:\n%s\naccount:\n%s", strings.Join(system, "\n"), strings.Join(account, "\n"))
	}
}

// Every accent is readable on the paper, and text on it is.
func TestAccentsAreReadable(t *testing.T) {
	raw, err := files.ReadFile("static/css/10-tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	css := string(raw)
	for _, c := range []struct{ rule, paper, text string }{
		{`:where\(\[data-accent="%s"\]\) \{ --accent-light: (#\w+);`, "#fcfaf5", "#fffefb"},
		{`:root\[data-theme="dark"\]\[data-accent="%s"\] \{ --accent: (#\w+);`, "#191815", "#15140f"},
	} {
		for _, name := range Accents()[1:] {
			m := regexp.MustCompile(strings.Replace(c.rule, "%s", name, 1)).FindStringSubmatch(css)
			if m == nil {
				t.Errorf("no accent %s", name)
				continue
			}
			for _, other := range []string{c.paper, c.text} {
				if r := contrast(m[1], other); r < 4.5 {
					t.Errorf("%s %s on %s: %.1f", name, m[1], other, r)
				}
			}
		}
	}
	if r := contrast("#000000", "#ffffff"); math.Abs(r-21) > 0.01 {
		t.Errorf("black on white is %.2f", r)
	}
}

// contrast is WCAG 2's ratio of two colours written #rrggbb.
func contrast(a, b string) float64 {
	la, lb := luminance(a), luminance(b)
	return (math.Max(la, lb) + 0.05) / (math.Min(la, lb) + 0.05)
}

func luminance(hex string) float64 {
	n, err := strconv.ParseUint(hex[1:], 16, 32)
	if err != nil {
		return math.NaN()
	}
	lin := func(v uint64) float64 {
		c := float64(v&255) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*lin(n>>16) + 0.7152*lin(n>>8) + 0.0722*lin(n)
}

// The sheets of features follow ours; what concerns print comes last.
func TestFeatureStyles(t *testing.T) {
	a, err := loadAssets(fstest.MapFS{"a.css": {Data: []byte(".first-leaf { color: red }\n")}}, fstest.MapFS{"b.css": {Data: []byte(".second-leaf { color: red }\n")}})
	if err != nil {
		t.Fatal(err)
	}
	plain, err := loadAssets()
	if err != nil {
		t.Fatal(err)
	}
	css := string(a.files["app.css"].body)
	first, second, table, print := strings.Index(css, ".first-leaf"), strings.Index(css, ".second-leaf"), strings.LastIndex(css, "caption"), strings.LastIndex(css, "@media print")
	if table < 0 || first < table || second < first || print < second {
		t.Errorf("order: %d %d %d %d", table, first, second, print)
	}
	if a.version == plain.version {
		t.Error("another sheet has the same address")
	}
}
