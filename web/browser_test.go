package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// TestInBrowser looks at the sample pages with a real Chromium.
func TestInBrowser(t *testing.T) {
	ctx, site := browser(t), gallery(t)
	t.Run("nothing scrolls sideways", func(t *testing.T) { nothingScrollsSideways(t, ctx, site) })
	t.Run("axe finds nothing", func(t *testing.T) { axeFindsNothing(t, ctx, site) })
	t.Run("the audience line follows", func(t *testing.T) { audienceLineFollows(t, ctx, site) })
	t.Run("prints in ink", func(t *testing.T) { printsInInk(t, ctx, site) })
	t.Run("works by keyboard", func(t *testing.T) { worksByKeyboard(t, ctx, site) })
}

// missing skips the test, or fails it where nothing may be skipped.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("MAILLAGE_REQUIRE") != "" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// browser opens one tab of a real Chromium.
func browser(t *testing.T) context.Context {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		missing(t, "no Chromium on this machine")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox)
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 4*time.Minute)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return ctx
}

// complaints collects what the console says: errors, refused resources,
// breaches of the content policy.
func complaints(ctx context.Context) func() []string {
	var mu sync.Mutex
	var all []string
	add := func(s string) {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, s)
	}
	logs, thrown := chromedp.Events(ctx, log.EntryAdded), chromedp.Events(ctx, runtime.ExceptionThrown)
	go func() {
		for ev, err := range logs {
			if err != nil {
				return
			}
			if ev.Entry.Level == log.EntryLevelError || ev.Entry.Level == log.EntryLevelWarning {
				add(ev.Entry.Text + " " + ev.Entry.URL)
			}
		}
	}()
	go func() {
		for ev, err := range thrown {
			if err != nil {
				return
			}
			add(ev.ExceptionDetails.Text)
		}
	}()
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		out := all
		all = nil
		return out
	}
}

func open(t *testing.T, ctx context.Context, url string, width int64, dark bool) {
	t.Helper()
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	media := chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	})
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 900), media, chromedp.Navigate(url)); err != nil {
		t.Fatalf("%s: %v", url, err)
	}
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.fonts.ready.then(() => "ready")`, chromedp.EvalAwaitPromise)); err != nil {
		t.Fatalf("%s: fonts: %v", url, err)
	}
}

// overflowing names what sticks out of the page on the right.
const overflowing = `(() => {
  const w = document.documentElement.clientWidth, out = [];
  if (document.documentElement.scrollWidth > w) out.push("page scrolls: " + document.documentElement.scrollWidth + " > " + w);
  for (const e of document.querySelectorAll("body *")) {
    const r = e.getBoundingClientRect();
    if (r.width && r.right > w + 1 && !e.closest(".tabs, .vh, .public-nav ul, .skip, .invisible, .entry-label .long"))
      out.push(e.tagName + "." + (e.className.baseVal ?? e.className) + " " + Math.round(r.right));
  }
  return out.slice(0, 6).join("; ");
})()`

// widths are a small phone, a phone, a desktop at 200 %, a tablet, a desktop.
var widths = []int64{320, 360, 640, 900, 1280}

func nothingScrollsSideways(t *testing.T, ctx context.Context, site *httptest.Server) {
	said := complaints(ctx)
	for _, name := range galleryNames {
		open(t, ctx, site.URL+"/"+name, 1280, false)
		for _, width := range widths {
			if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 900)); err != nil {
				t.Fatal(err)
			}
			out, err := chromedp.Run(ctx, chromedp.Evaluate[string](overflowing))
			if err != nil || out != "" {
				t.Errorf("%s at %d px: %s %v", name, width, out, err)
			}
		}
	}
	for _, s := range said() {
		t.Errorf("console: %s", s)
	}
}

// axeFindsNothing also leaves pictures of the pages in the folder that
// MAILLAGE_SHOTS names, if any.
func axeFindsNothing(t *testing.T, ctx context.Context, site *httptest.Server) {
	axe, err := os.ReadFile(".npm/node_modules/axe-core/axe.min.js")
	if err != nil {
		missing(t, "axe-core is not installed: node web/install.mjs")
	}
	for _, name := range galleryNames {
		for _, look := range []struct {
			width int64
			dark  bool
		}{{1280, false}, {1280, true}, {360, false}} {
			open(t, ctx, site.URL+"/"+name, look.width, look.dark)
			if dir := os.Getenv("MAILLAGE_SHOTS"); dir != "" {
				picture(t, ctx, fmt.Sprintf("%s/%s-%d-dark_%v.png", dir, name, look.width, look.dark))
			}
			for _, v := range runAxe(t, ctx, string(axe)) {
				t.Errorf("%s at %d px, dark %v: %s", name, look.width, look.dark, v)
			}
		}
	}
}

func runAxe(t *testing.T, ctx context.Context, axe string) []string {
	t.Helper()
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[string](axe+`; "loaded"`)); err != nil {
		t.Fatalf("load axe: %v", err)
	}
	raw, err := chromedp.Run(ctx, chromedp.Evaluate[string](`(async () => {
      for (const d of document.querySelectorAll("details.to, details.cw")) d.open = true;
      const r = await axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]});
      return JSON.stringify(r.violations.map((v) => v.id + ": " + v.help + " → " + v.nodes.slice(0, 3).map((n) => n.html.slice(0, 120) + " " + n.failureSummary).join(" | ")));
    })()`, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("run axe: %v", err)
	}
	var out []string
	if err := json.Unmarshal([]byte(raw), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// The line above the field and the button follow the chosen audience by the
// style sheet alone.
func audienceLineFollows(t *testing.T, ctx context.Context, site *httptest.Server) {
	open(t, ctx, site.URL+"/home", 1280, false)
	for _, c := range []struct{ pick, line, button string }{
		{"section", "Pour ma section", "Publier"},
		{"public", "Pour tout le monde", "Publier pour tout le monde"},
	} {
		got, err := chromedp.Run(ctx, chromedp.Evaluate[string](fmt.Sprintf(`(() => {
          const f = document.querySelector(".composer");
          f.querySelector('[name=audience][value=%s]').checked = true;
          return [...f.querySelectorAll(".to-line")].filter((e) => e.offsetParent).map((e) => e.querySelector("b").textContent).join("+") + "/" + f.querySelector(".primary").innerText;
        })()`, c.pick)))
		if err != nil || got != c.line+"/"+c.button {
			t.Errorf("%s: shows %q, %v", c.pick, got, err)
		}
	}
}

// The first Tab shows the skip link; it leads past the entries.
func worksByKeyboard(t *testing.T, ctx context.Context, site *httptest.Server) {
	open(t, ctx, site.URL+"/home", 1280, false)
	where := func() string {
		got, err := chromedp.Run(ctx, chromedp.Evaluate[string](`(() => {
          const e = document.activeElement, s = getComputedStyle(e);
          return e.className + "|" + e.id + "|" + (e.getBoundingClientRect().top >= 0) + "|" + s.outlineStyle + " " + s.outlineWidth;
        })()`))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if err := chromedp.Do(ctx, chromedp.KeyEvent("\t")); err != nil {
		t.Fatal(err)
	}
	if got := where(); got != "skip||true|solid 3px" {
		t.Errorf("first Tab: %s", got)
	}
	if err := chromedp.Do(ctx, chromedp.KeyEvent("\r"), chromedp.KeyEvent("\t")); err != nil {
		t.Fatal(err)
	}
	got, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.querySelector("main").contains(document.activeElement)`))
	if err != nil || !got {
		t.Errorf("after the skip link: %s %v", where(), err)
	}
}

func picture(t *testing.T, ctx context.Context, file string) {
	t.Helper()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, png, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Paper is white and ink is black, also for someone whose screen is dark.
func printsInInk(t *testing.T, ctx context.Context, site *httptest.Server) {
	open(t, ctx, site.URL+"/thread", 1280, true)
	paper := chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Media: "print", Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}},
		})
		return err
	})
	if err := chromedp.Do(ctx, paper); err != nil {
		t.Fatal(err)
	}
	got, err := chromedp.Run(ctx, chromedp.Evaluate[string](`(() => {
      const s = getComputedStyle(document.documentElement);
      return s.backgroundColor + " " + s.color + " " + getComputedStyle(document.querySelector(".side")).display;
    })()`))
	if err != nil || got != "rgb(255, 255, 255) rgb(0, 0, 0) none" {
		t.Errorf("on paper: %s %v", got, err)
	}
	screen := chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "screen"})
		return err
	})
	if err := chromedp.Do(ctx, screen); err != nil {
		t.Fatal(err)
	}
}
