package app_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/maillage/maillage/internal/testkit"
)

// missing skips a test, or fails it where nothing may be skipped.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("MAILLAGE_REQUIRE") != "" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// chromium starts a real browser; tab opens one that shares nothing with the others.
func chromium(t *testing.T) (tab func() context.Context) {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		missing(t, "no Chromium on this machine")
	}
	return func() context.Context {
		opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("accept-lang", "fr"))
		ctx, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
		t.Cleanup(cancel)
		ctx, cancel = chromedp.NewContext(ctx)
		t.Cleanup(cancel)
		ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
		t.Cleanup(cancel)
		return ctx
	}
}

// act does what a person does in a tab.
func act(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// twoSections begins a story in a real browser: ana is signed in on one server, bob on another.
func twoSections(t *testing.T) (c testkit.Cluster, ana, bob context.Context) {
	t.Helper()
	tab := chromium(t)
	c = testkit.NewCluster(t, 2)
	c[0].Person("ana", true)
	c[1].Person("bob", true)
	ana, bob = tab(), tab()
	signIn(t, ana, c[0], "ana")
	signIn(t, bob, c[1], "bob")
	return c, ana, bob
}

func signIn(t *testing.T, ctx context.Context, n *testkit.Node, name string) {
	t.Helper()
	act(t, ctx, chromedp.Navigate(n.URL+"/connexion"), chromedp.SendKeys(`input[name=login]`, name),
		chromedp.SendKeys(`input[name=password]`, testkit.Password), chromedp.Submit(`input[name=password]`),
		chromedp.WaitVisible(`textarea[name=text]`))
}

// shows waits until a page holds words, opening it again meanwhile.
func shows(t *testing.T, ctx context.Context, address, words string) {
	t.Helper()
	var text string
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		act(t, ctx, chromedp.Navigate(address))
		var err error
		if text, err = chromedp.Run(ctx, chromedp.Evaluate[string](`document.body.innerText`)); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(strings.Join(strings.Fields(text), " "), words) {
			return
		}
	}
	t.Fatalf("%s does not show %q: %s", address, words, text)
}

// TestInChromium tells the first story in a real browser: somebody signs in,
// somebody of another section follows her by her address, she writes for
// everyone, and it arrives there; a post for the section does not.
func TestInChromium(t *testing.T) {
	c, ana, bob := twoSections(t)
	a, b := c[0], c[1]

	act(t, bob, chromedp.Navigate(b.URL+"/recherche?q="+a.Handle("ana")), chromedp.Click(`form[action$="/follow"] button`), chromedp.Sleep(300*time.Millisecond))
	c.Settle()

	publish := func(text, audience string) {
		act(t, ana, chromedp.Navigate(a.URL+"/"))
		if _, err := chromedp.Run(ana, chromedp.Evaluate[bool](`(() => { document.querySelector('input[name=audience][value=`+audience+`]').checked = true; return true })()`)); err != nil {
			t.Fatal(err)
		}
		act(t, ana, chromedp.SendKeys(`textarea[name=text]`, text), chromedp.Submit(`textarea[name=text]`), chromedp.Sleep(300*time.Millisecond))
	}
	publish("Reunion demain, ouverte a tous", "public")
	publish("Entre nous seulement", "section")
	shows(t, ana, a.URL+"/", "Entre nous seulement")
	shows(t, bob, b.URL+"/?onglet=fediverse", "Reunion demain, ouverte a tous")
	text, err := chromedp.Run(bob, chromedp.Evaluate[string](`document.body.innerText`))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(text, "Entre nous") {
		t.Error("the other section shows what was for this one")
	}
}

// TestPagesForEverybody runs axe-core over the real pages, and looks that none
// is wider than the narrowest phone.
func TestPagesForEverybody(t *testing.T) {
	axe, err := os.ReadFile(filepath.Join("..", "..", "web", ".npm", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		missing(t, "axe-core is not installed; make deps installs it")
	}
	ctx := chromium(t)()
	n := testkit.New(t)
	admin(n, "ana")
	first := write(n, "ana", draft("Bonjour #marche"))
	reply := draft("Et encore")
	reply.ReplyTo = first.ID
	write(n, "ana", reply)
	paths := []string{"/", "/connexion", "/a-propos", "/aide", "/aide/membres", "/@ana"}
	look := func() {
		for _, path := range paths {
			act(t, ctx, chromedp.EmulateViewport(320, 800), chromedp.Navigate(n.URL+path))
			wide, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > window.innerWidth`))
			if err != nil || wide {
				t.Errorf("%s is wider than 320 px (%v)", path, err)
			}
			act(t, ctx, chromedp.EmulateViewport(1280, 900))
			found, err := chromedp.Run(ctx, chromedp.Evaluate[string](string(axe)+`;
				axe.run({runOnly: ["wcag2a","wcag2aa","wcag21a","wcag21aa","wcag22aa","best-practice"]}).then(r => r.violations.map(v => v.id + " " + v.nodes[0].html).join("\n"))`,
				chromedp.EvalAwaitPromise))
			if err != nil || found != "" {
				t.Errorf("axe on %s: %s (%v)", path, found, err)
			}
		}
	}
	look()
	signIn(t, ctx, n, "ana")
	paths = []string{"/", "/?onglet=fediverse", "/notifications", "/@ana", strings.TrimPrefix(first.URL, n.URL), "/reglages", "/recherche?q=ana", "/demandes", "/a-propos", "/aide/administration", "/tags/marche"}
	look()
}
