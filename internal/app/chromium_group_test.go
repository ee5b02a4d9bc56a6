package app_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// submits sends the form with an action from the page of an address, and waits for what the next page says.
func submits(t *testing.T, ctx context.Context, address, action string, fields map[string]string, says string) {
	t.Helper()
	act(t, ctx, chromedp.Navigate(address))
	for name, value := range fields {
		sel := `form[action="` + action + `"] [name="` + name + `"]`
		if strings.HasPrefix(value, "=") { // a choice
			act(t, ctx, chromedp.Click(sel+`[value="`+value[1:]+`"]`))
			continue
		}
		act(t, ctx, chromedp.SendKeys(sel, value))
	}
	const since = `performance.timeOrigin` // of the page that is open
	before, err := chromedp.Run(ctx, chromedp.Evaluate[float64](since))
	if err != nil {
		t.Fatal(err)
	}
	act(t, ctx, chromedp.Click(`form[action="`+action+`"] button.primary, form[action="`+action+`"] button:not([type=button])`))
	for now := before; now == before; { // the words may stand on the page before too
		if now, err = chromedp.Run(ctx, chromedp.Evaluate[float64](since)); err != nil {
			if ctx.Err() != nil {
				t.Fatal(ctx.Err())
			}
			now = before // it is just going
		}
	}
	waits(t, ctx, says)
}

// waits waits until the page holds words.
func waits(t *testing.T, ctx context.Context, words string) {
	t.Helper()
	js := `new Promise(done => { const end = Date.now() + 20000; const look = () => {
		const text = document.body ? document.body.innerText.replace(/\s+/g, " ") : "";
		if (text.includes(` + quoted(words) + `) || Date.now() > end) done(text); else setTimeout(look, 50) }; look() })`
	for range 3 { // a page that goes away takes the promise with it
		text, err := chromedp.Run(ctx, chromedp.Evaluate[string](js, chromedp.EvalAwaitPromise))
		if err == nil {
			if !strings.Contains(text, words) {
				t.Fatalf("the page does not say %q: %s", words, text)
			}
			return
		}
	}
	t.Fatalf("the page does not hold still for %q", words)
}

func quoted(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` }

// TestAGroupInChromium tells the story of a group in a real browser: somebody
// opens one, somebody of another section joins, they debate, a message is removed
// and a summary written; every page is then read by axe-core and at 320 px.
func TestAGroupInChromium(t *testing.T) {
	c, ana, bob := twoSections(t)
	a, b := c[0], c[1]

	submits(t, ana, a.URL+"/groupes/nouveau", "/groupes/nouveau", map[string]string{"name": "Logement", "username": "logement",
		"note": "Les loyers de la ville", "access": "=open", "charter": "On ne coupe pas la parole."}, "Le groupe Logement est créé")
	submits(t, ana, a.URL+"/groupes/logement/ecrire", "/publier", map[string]string{"title": "Encadrement des loyers", "text": "Que demander ?"}, "Encadrement des loyers")

	// Bob finds the group by its address, and joins from his own server.
	there := b.URL + "/groupes/logement@" + a.Host
	act(t, bob, chromedp.Navigate(b.URL+"/recherche?q="+a.Handle("logement")))
	waits(t, bob, "Logement")
	submits(t, bob, there, "/groupes/logement@"+a.Host+"/rejoindre", nil, "Logement")
	c.Settle()
	shows(t, bob, there, "Je participe")
	shows(t, bob, there, "Encadrement des loyers")
	act(t, bob, chromedp.Click(`.thread-title`))
	waits(t, bob, "Que demander")
	act(t, bob, chromedp.SendKeys(`form[action="/publier"] textarea[name=text]`, "Geler les charges."), chromedp.Submit(`form[action="/publier"] textarea[name=text]`))
	waits(t, bob, "Geler les charges")
	c.Settle()

	// Ana reads the answer with its number, with the keyboard alone, and answers it.
	shows(t, ana, a.URL+"/groupes/logement", "2 messages")
	act(t, ana, chromedp.Focus(`.thread-title`), chromedp.SendKeys(`.thread-title`, kb.Enter))
	waits(t, ana, "Geler les charges")
	path, err := chromedp.Run(ana, chromedp.Evaluate[string](`location.pathname`))
	if err != nil {
		t.Fatal(err)
	}
	number, err := chromedp.Run(ana, chromedp.Evaluate[string](`[...document.querySelectorAll(".in-thread .meta")].map(x => x.innerText).join("|")`))
	if err != nil || !strings.Contains(number, "répond au 1") {
		t.Errorf("no number leads to what is answered: %q %v", number, err)
	}
	submits(t, ana, a.URL+path+"/resume", path+"/resume", map[string]string{"agreed": "Geler les charges (2)", "next_step": "Un texte"}, "La synthèse est en haut du fil")
	remove, err := chromedp.Run(ana, chromedp.Evaluate[string](`[...document.querySelectorAll("a[href$='/retirer']")].map(x => x.getAttribute("href")).join("")`))
	if err != nil || remove == "" {
		t.Fatal(remove, err)
	}
	submits(t, ana, a.URL+remove, remove, map[string]string{"reason": "hors sujet"}, "Message retiré par la modération")
	c.Settle()
	shows(t, bob, there, "Encadrement des loyers")
	act(t, bob, chromedp.Click(`.thread-title`))
	waits(t, bob, "hors sujet")

	axe, err := os.ReadFile(filepath.Join("..", "..", "web", ".npm", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		missing(t, "axe-core is not installed; make deps installs it")
	}
	for _, page := range []string{"/groupes", "/groupes/nouveau", "/groupes/logement", path, "/groupes/logement/membres", "/groupes/logement/journal",
		"/groupes/logement/attente", "/groupes/logement/suivre", "/groupes/logement/themes", path + "/resume", path + "/theme"} {
		readable(t, ana, string(axe), a.URL+page)
	}
	readable(t, bob, string(axe), there)
}

// readable looks that a page holds on the narrowest phone and has nothing that axe-core finds.
func readable(t *testing.T, ctx context.Context, axe, address string) {
	t.Helper()
	act(t, ctx, chromedp.EmulateViewport(320, 800), chromedp.Navigate(address))
	wide, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > window.innerWidth`))
	if err != nil || wide {
		t.Errorf("%s is wider than 320 px (%v)", address, err)
	}
	act(t, ctx, chromedp.EmulateViewport(1280, 900))
	found, err := chromedp.Run(ctx, chromedp.Evaluate[string](axe+`;
		axe.run({runOnly: ["wcag2a","wcag2aa","wcag21a","wcag21aa","wcag22aa","best-practice"]}).then(r => r.violations.map(v => v.id + " " + v.nodes[0].html).join("\n"))`,
		chromedp.EvalAwaitPromise))
	if err != nil || found != "" {
		t.Errorf("axe on %s: %s (%v)", address, found, err)
	}
}
