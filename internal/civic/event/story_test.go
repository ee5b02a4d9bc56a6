package event_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// tab is one person's browser, which shares nothing with those of others.
type tab struct {
	t    *testing.T
	ctx  context.Context
	base string
	axe  string
}

// tabs opens real browsers.
func tabs(t *testing.T) func(n *testkit.Node) *tab {
	t.Helper()
	chrome, err := exec.LookPath("chromium")
	if err != nil {
		missing(t, "no Chromium on this machine")
	}
	axe, err := os.ReadFile(filepath.Join("..", "..", "..", "web", ".npm", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		missing(t, "axe-core is not installed; make deps installs it")
	}
	return func(n *testkit.Node) *tab {
		ctx, cancel := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chrome), chromedp.NoSandbox, chromedp.Flag("accept-lang", "fr"))...)
		t.Cleanup(cancel)
		ctx, cancel = chromedp.NewContext(ctx)
		t.Cleanup(cancel)
		ctx, cancel = context.WithTimeout(ctx, 5*time.Minute)
		t.Cleanup(cancel)
		return &tab{t, ctx, n.URL, string(axe)}
	}
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) *tab {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
	return b
}

func (b *tab) open(path string) *tab {
	b.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = b.base + path
	}
	return b.do(chromedp.Navigate(path))
}

// press sends a form by a button and waits for the page that follows.
func (b *tab) press(button string) *tab {
	b.t.Helper()
	return b.do(chromedp.WaitVisible(button), chromedp.Click(button), chromedp.WaitReady(`body`))
}

func (b *tab) signIn(base, name string) *tab {
	b.t.Helper()
	return b.do(chromedp.Navigate(base+"/connexion"), chromedp.SendKeys(`input[name=login]`, name), chromedp.SendKeys(`input[name=password]`, testkit.Password),
		chromedp.Submit(`input[name=password]`), chromedp.WaitVisible(`textarea[name=text]`))
}

// reads waits until the page says some words.
func (b *tab) reads(words string) *tab {
	b.t.Helper()
	var said string
	for range 400 { // twenty seconds: machines that test are busy
		got, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`(document.body ? document.body.innerText : "").replace(/\s+/g, " ")`))
		if err != nil {
			b.t.Fatal(err)
		}
		if said = got; strings.Contains(said, words) {
			return b
		}
		b.do(chromedp.Sleep(50 * time.Millisecond))
	}
	b.t.Fatalf("the page does not say %q: %s", words, said)
	return b
}

// sound holds the page that is open to what every page must be: no wider than the
// narrowest phone, no fault for axe by day and by night.
func (b *tab) sound(name string) *tab {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(320, 800))
	wide, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > window.innerWidth`))
	if err != nil || wide {
		b.t.Errorf("%s is wider than 320 px (%v)", name, err)
	}
	b.shot(name + "-320")
	b.do(chromedp.EmulateViewport(1280, 900))
	found, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](b.axe+`;
		axe.run({runOnly: ["wcag2a","wcag2aa","wcag21a","wcag21aa","wcag22aa","best-practice"]}).then(r => r.violations.map(v => v.id + " " + v.nodes[0].html).join("\n"))`, chromedp.EvalAwaitPromise))
	if err != nil || found != "" {
		b.t.Errorf("axe on %s: %s (%v)", name, found, err)
	}
	b.shot(name + "-1280")
	return b
}

// media shows pages as another medium does; "" is as they are.
func (b *tab) media(name string) *tab {
	b.t.Helper()
	return b.do(chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: name})
		return err
	}))
}

// shot keeps a picture of the page where MAILLAGE_SCREENSHOTS says.
func (b *tab) shot(name string) {
	dir := os.Getenv("MAILLAGE_SCREENSHOTS")
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(90))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".jpg"), picture, 0o600)
	}
	if err != nil {
		b.t.Error(err)
	}
}

// TestStoryOfAMeeting is lived in real browsers: ana organises; a member, somebody
// of another of our servers, a visitor by mail and one by account register; the
// room fills, somebody gives up, the next moves up; the sheet is printed; it is
// cancelled.
func TestStoryOfAMeeting(t *testing.T) {
	browser := tabs(t)
	n, box := testkit.NewMailing(t, testkit.SQLite)
	far := testkit.New(t)
	n.Person("ana", true)
	n.Person("bob", false)
	far.Person("mia", true)
	far.Person("max", true)

	ana := browser(n).signIn(n.URL, "ana").open(event.Path + "/nouvelle")
	ana.do(chromedp.SendKeys(`input[name=title]`, "Fête du quartier"), chromedp.Click(`input[name=audience][value=public]`), chromedp.SetValue(`input[name=day]`, soon(9)),
		chromedp.SetValue(`input[name=from]`, "18:00"), chromedp.SetValue(`input[name=to]`, "20:00"), chromedp.SetValue(`input[name=capacity]`, "2"))
	ana.press(`form[action="/agenda/nouvelle"] button.primary`).reads("Le lieu manque").sound("errors")
	ana.do(chromedp.SendKeys(`input[name=place]`, "Place du marché")).press(`form[action="/agenda/nouvelle"] button.primary`).reads("La date est dans l’agenda")
	p, err := n.Posts.Get(ctx, n.Viewer("ana"), lastPost(t, n))
	if err != nil || p.Audience != post.Public {
		t.Fatal(p, err)
	}
	at := event.Path + "/" + idOf(p)

	bob := browser(n).signIn(n.URL, "bob").open(at).press(`button[value=room]`).reads("Votre place est retenue").sound("member")
	there, err := far.Posts.Ensure(ctx, far.Engine, p.URI)
	if err != nil {
		t.Fatal(err)
	}
	mia := browser(far).signIn(far.URL, "mia").open(event.Path + "/" + idOf(there)).sound("remote").press(`button[value=room]`).reads("Votre demande est partie")
	testkit.Cluster{n, far}.Settle()
	mia.open(event.Path + "/" + idOf(there)).reads("Votre place est retenue")

	zoe := browser(n).open(at).sound("stranger").press(`a[href$="/venir"]`).sound("come")
	zoe.do(chromedp.SendKeys(`input[name=name]`, "Zoé"), chromedp.SendKeys(`input[name=email]`, "zoe@dehors.example")).press(`button[value=mail]`).reads("Regardez vos courriels").sound("sent")
	settle(t, n)
	zoe.open(box.Last("zoe@dehors.example").Link("/visite/")).reads("Confirmer votre adresse").sound("confirm").press(`main form button.primary`).reads("en tête de la liste d’attente")

	max := browser(n).signIn(far.URL, "max").open(at + "/venir")
	max.do(chromedp.SendKeys(`input[name=handle]`, "max@"+far.Host)).press(`button[value=account]`).reads("Vous allez sur").sound("going").press(`a.button.primary`)
	max.press(`button[value=allow]`).reads("Vous revenez de").sound("returned").press(`main form button.primary`).reads("2e sur la liste d’attente")

	bob.open(at).press(`button[value=no]`).do(chromedp.WaitVisible(`button[value=no][aria-pressed=true]`))
	settle(t, n)
	if l := box.Last("zoe@dehors.example"); !strings.HasPrefix(l.Subject, "Une place pour vous") {
		t.Errorf("zoe was told %q", l.Subject)
	}
	zoe.open(at).reads("Votre place est retenue").sound("visitor")
	zoe.open(at + "/questions").sound("questions-empty").do(chromedp.SendKeys(`textarea[name=body]`, "Et la crèche ?")).press(`main form button.primary`).reads("Et la crèche").sound("questions")
	zoe.open(at+"/covoiturage").sound("rides-empty").do(chromedp.SendKeys(`input[name=place]`, "Échirolles"), chromedp.SendKeys(`input[name=contact]`, "06")).press(`main form button.primary`).reads("1 place libre").sound("rides")

	ana.open(at + "/inscrits").reads("Zoé").reads("max").sound("list")
	// On paper it goes from hand to hand: it names the meeting, and gives no address.
	ana.media("print").reads("Fête du quartier")
	if on, err := chromedp.Run(ana.ctx, chromedp.Evaluate[string](`document.querySelector("main").innerText`)); err != nil || strings.Contains(on, "dehors.example") || !strings.Contains(on, "Zoé") || strings.Contains(on, "@") {
		t.Errorf("printed: %s (%v)", on, err)
	}
	ana.media("")
	sheet, err := chromedp.Run(ana.ctx, chromedp.PrintToPDF())
	if err != nil || !bytes.HasPrefix(sheet, []byte("%PDF")) {
		t.Errorf("the sheet is not printed: %v", err)
	}
	tonight(t, n, p)
	ana.open(at + "/accueil").press(`main form button.primary`).reads("Changer de code").sound("door")
	zoe.open(at + "/present").sound("present")

	ana.open(at + "/etat").do(chromedp.Click(`input[name=status][value=cancelled]`)).press(`main form button.primary`).reads("Cette réunion est annulée").sound("cancelled")
	settle(t, n)
	if l := box.Last("zoe@dehors.example"); l.Method != "CANCEL" {
		t.Errorf("zoe was told %q", l.Subject)
	}
	testkit.Cluster{n, far}.Settle()
	mia.open(event.Path + "/" + idOf(there)).reads("Cette réunion est annulée")
}
