package officehours_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/maillage/maillage/internal/testkit"
)

func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("MAILLAGE_REQUIRE") != "" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// TestPagesForEverybody looks at the pages in a real browser: none is wider than
// the narrowest phone, and axe finds no fault with them. A moment is booked with
// the keyboard alone.
func TestPagesForEverybody(t *testing.T) {
	chrome, err := exec.LookPath("chromium")
	if err != nil {
		missing(t, "no Chromium on this machine")
	}
	axe, err := os.ReadFile(filepath.Join("..", "..", "..", "web", ".npm", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		missing(t, "axe-core is not installed; make deps installs it")
	}
	n := testkit.New(t)
	n.Person("ana", true)
	n.Person("bob", false)
	ana := n.SignIn("ana").Open("/permanences/nouvelle").Submit("/permanences/nouvelle", map[string]string{"title": "Permanence logement", "place": "Local", "phone": "1",
		"video_url": "https://visio.example/x", "open": "1"})
	at := ana.URL.Path
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chrome), chromedp.NoSandbox, chromedp.Flag("accept-lang", "fr"))...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(cancel)
	act := func(steps ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(ctx, steps...); err != nil {
			t.Fatal(err)
		}
	}
	look := func(paths ...string) {
		t.Helper()
		for _, path := range paths {
			act(chromedp.EmulateViewport(320, 800), chromedp.Navigate(n.URL+path))
			wide, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > window.innerWidth`))
			if err != nil || wide {
				t.Errorf("%s is wider than 320 px (%v)", path, err)
			}
			act(chromedp.EmulateViewport(1280, 900))
			found, err := chromedp.Run(ctx, chromedp.Evaluate[string](string(axe)+`;
				axe.run({runOnly: ["wcag2a","wcag2aa","wcag21a","wcag21aa","wcag22aa","best-practice"]}).then(r => r.violations.map(v => v.id + " " + v.nodes[0].html).join("\n"))`,
				chromedp.EvalAwaitPromise))
			if err != nil || found != "" {
				t.Errorf("axe on %s: %s (%v)", path, found, err)
			}
			if dir := os.Getenv("MAILLAGE_SCREENSHOTS"); dir != "" {
				shot, err := chromedp.Run(ctx, chromedp.FullScreenshot(90))
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, "office"+filepath.Base(path)+".jpg"), shot, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	signIn := func(who string) {
		t.Helper()
		act(chromedp.Navigate(n.URL+"/connexion"), chromedp.SendKeys(`input[name=login]`, who), chromedp.SendKeys(`input[name=password]`, testkit.Password),
			chromedp.Submit(`input[name=password]`), chromedp.WaitVisible(`textarea[name=text]`))
	}
	look("/permanences", at)
	signIn("bob")
	look("/permanences", "/permanences/nouvelle", at)
	act(chromedp.Navigate(n.URL+at), chromedp.Focus(`input[name=slot]`), chromedp.KeyEvent(" "), chromedp.Focus(`button.primary`), chromedp.KeyEvent("\r"), chromedp.WaitVisible(`.office-facts`))
	here, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.pathname`))
	if err != nil {
		t.Fatal(err)
	}
	look(here, "/permanences")
	act(chromedp.Navigate(n.URL+"/"), chromedp.Submit(`form[action="/deconnexion"] input`), chromedp.WaitReady(`a[href^="/connexion"]`))
	signIn("ana")
	look(at)
	if ana.Open(here); !ana.Has("bob") {
		t.Errorf("booked with the keyboard: %s", ana.Text())
	}
}
