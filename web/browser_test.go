package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browser opens one tab of a real Chromium; without it the test is skipped,
// unless MAILLAGE_NO_SKIP is set.
func browser(t *testing.T) context.Context {
	t.Helper()
	skip := t.Skip
	if os.Getenv("MAILLAGE_NO_SKIP") != "" {
		skip = t.Fatal
	}
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		skip("no Chromium on this machine")
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

func TestNothingScrollsSideways(t *testing.T) {
	ctx, site := browser(t), gallery(t)
	said := complaints(ctx)
	for _, name := range galleryNames {
		for _, width := range []int64{320, 360, 640, 900, 1280} {
			open(t, ctx, site.URL+"/"+name, width, false)
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

func TestAxeFindsNothing(t *testing.T) {
	axe, err := os.ReadFile(".npm/node_modules/axe-core/axe.min.js")
	if err != nil {
		if os.Getenv("MAILLAGE_NO_SKIP") != "" {
			t.Fatal(err)
		}
		t.Skip("axe-core is not installed: node web/install.mjs")
	}
	ctx, site := browser(t), gallery(t)
	for _, name := range galleryNames {
		for _, width := range []int64{1280, 360} {
			for _, dark := range []bool{false, true} {
				open(t, ctx, site.URL+"/"+name, width, dark)
				for _, v := range runAxe(t, ctx, string(axe)) {
					t.Errorf("%s at %d px, dark %v: %s", name, width, dark, v)
				}
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
func TestAudienceLineFollows(t *testing.T) {
	ctx, site := browser(t), gallery(t)
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

// MAILLAGE_SHOTS names a folder that receives a picture of every sample page.
func TestPictures(t *testing.T) {
	dir := os.Getenv("MAILLAGE_SHOTS")
	if dir == "" {
		t.Skip("MAILLAGE_SHOTS names no folder for pictures")
	}
	ctx, site := browser(t), gallery(t)
	for _, name := range galleryNames {
		if only := os.Getenv("MAILLAGE_SHOTS_ONLY"); only != "" && !strings.Contains(only, name) {
			continue
		}
		picture(t, ctx, site, dir, name, 1280, false)
		picture(t, ctx, site, dir, name, 1280, true)
		picture(t, ctx, site, dir, name, 360, false)
	}
}

func picture(t *testing.T, ctx context.Context, site *httptest.Server, dir, name string, width int64, dark bool) {
	t.Helper()
	open(t, ctx, site.URL+"/"+name, width, dark)
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	file := fmt.Sprintf("%s-%d", name, width)
	if dark {
		file += "-dark"
	}
	if err := os.WriteFile(filepath.Join(dir, file+".png"), png, 0o600); err != nil {
		t.Fatal(err)
	}
}
