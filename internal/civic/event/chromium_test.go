package event_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/post"
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
// the narrowest phone, and axe finds no fault with them.
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
	n.Person("bob", true)
	p := make1(t, n, "ana", func(d *event.Draft) {
		d.Audience, d.Capacity, d.RemoteUrl = post.Public, "40", "https://visio.example/x"
	})
	if _, err := say(n, "bob", p, event.Room, 0); err != nil {
		t.Fatal(err)
	}
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
		}
	}
	at := event.Path + "/" + idOf(p)
	weekly := "/agenda/" + idOf(weeklyMeeting(t, n, func(d *event.Draft) { d.Audience = post.Public }))
	make1(t, n, "ana", in("À Saint-Denis", "97400", "Saint-Denis"))
	look(event.Path+"?date="+soon(20), at, weekly, event.Path+"?vue=carte", event.Path+"?vue=liste&pres=38000", event.Path+"/texte", at+"/direct", at+"/affichette")
	act(chromedp.Navigate(n.URL+"/connexion"), chromedp.SendKeys(`input[name=login]`, "ana"), chromedp.SendKeys(`input[name=password]`, testkit.Password),
		chromedp.Submit(`input[name=password]`), chromedp.WaitVisible(`textarea[name=text]`))
	look(event.Path+"?date="+soon(20), at, at+"/affichette", event.Path+"/nouvelle", at+"/inscrits", at+"/etat", at+"/documents", at+"/inviter", at+"/direct", at+"/direct/video", at+"/questions", at+"/covoiturage", weekly+"/modifier", weekly+"/etat",
		event.Path+"?vue=carte&pres=grenoble", event.Path+"?vue=semaine&date="+soon(20), event.Path+"?vue=liste&pres=qsdf", event.Path+"/importer", event.Path+"/abonnement")
	if dir := os.Getenv("MAILLAGE_SCREENSHOTS"); dir != "" {
		for name, path := range map[string]string{"agenda": event.Path + "?date=" + soon(20), "meeting": at, "map": event.Path + "?vue=carte", "form": event.Path + "/nouvelle"} {
			for _, width := range []int64{320, 1280} {
				act(chromedp.EmulateViewport(width, 900), chromedp.Navigate(n.URL+path))
				shot, err := chromedp.Run(ctx, chromedp.FullScreenshot(90))
				if err != nil {
					t.Fatal(err)
				}
				file := filepath.Join(dir, name+map[int64]string{320: "-320", 1280: "-1280"}[width]+".jpg")
				if err := os.WriteFile(file, shot, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}
