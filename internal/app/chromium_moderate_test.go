package app_test

import (
	"context"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// by the mouse, or by the keyboard: the button in reach, then Enter.
func presses(t *testing.T, ctx context.Context, button string, keyboard bool) {
	t.Helper()
	if keyboard {
		act(t, ctx, chromedp.Focus(button), chromedp.SendKeys(button, kb.Enter))
		return
	}
	act(t, ctx, chromedp.Click(button))
}

// TestModeratingInChromium: in a real browser, somebody of another section is
// invited to a group and writes in it; a message is removed with a reason and
// restored, the thread is closed and opened, pinned and no longer, and its author
// banned and let back, by the mouse and again by the keyboard. The other section
// reads each of these.
func TestModeratingInChromium(t *testing.T) {
	c, ana, bob := twoSections(t)
	a, b := c[0], c[1]
	submits(t, ana, a.URL+"/groupes/nouveau", "/groupes/nouveau", map[string]string{"name": "Logement", "username": "logement",
		"note": "Les loyers de la ville", "access": "=open"}, "Le groupe Logement est créé")
	submits(t, ana, a.URL+"/groupes/logement/ecrire", "/publier", map[string]string{"title": "Encadrement des loyers", "text": "Que demander ?"}, "Encadrement des loyers")

	// Invited by his address, bob says yes and answers.
	here, there := a.URL+"/groupes/logement", b.URL+"/groupes/logement@"+a.Host
	submits(t, ana, here+"/membres", "/groupes/logement/inviter", map[string]string{"who": b.Handle("bob")}, "bob")
	c.Settle()
	shows(t, bob, b.URL+"/groupes", "Voir l’invitation")
	presses(t, bob, `a[href^="/groupes/invitations/"]`, false)
	waits(t, bob, "Accepter")
	presses(t, bob, `button[value="oui"]`, false)
	waits(t, bob, "Vous participez au groupe Logement")
	c.Settle()
	shows(t, bob, there, "Je participe")
	shows(t, bob, there, "Encadrement des loyers")
	act(t, bob, chromedp.Click(`.thread-title`))
	waits(t, bob, "Que demander")
	act(t, bob, chromedp.SendKeys(`form[action="/publier"] textarea[name=text]`, "Geler les charges."), chromedp.Submit(`form[action="/publier"] textarea[name=text]`))
	waits(t, bob, "Geler les charges")
	thereThread := address(t, bob)
	c.Settle()

	shows(t, ana, here, "2 messages")
	presses(t, ana, `.thread-title`, false)
	waits(t, ana, "Geler les charges")
	hereThread := address(t, ana)
	for _, keyboard := range []bool{false, true} {
		// Removed with a reason, and restored.
		act(t, ana, chromedp.Navigate(hereThread))
		presses(t, ana, `a[href$="/retirer"]`, keyboard)
		waits(t, ana, "Raison")
		act(t, ana, chromedp.SendKeys(`form[action$="/retirer"] [name=reason]`, "hors sujet"))
		presses(t, ana, `form[action$="/retirer"] button:not([type=button])`, keyboard)
		waits(t, ana, "Message retiré par la modération")
		c.Settle()
		shows(t, bob, thereThread, "hors sujet")
		presses(t, ana, `form[action$="/retablir"] button`, keyboard)
		waits(t, ana, "Le message est rétabli")
		c.Settle()
		shows(t, bob, thereThread, "Geler les charges")

		// Closed and opened, pinned and no longer.
		for _, x := range []struct{ act, says, there string }{
			{"lock", "Le fil est clos", "Ce fil est clos"}, {"unlock", "Le fil est rouvert", "Geler"},
			{"pin", "Le fil est épinglé", "Épinglé"}, {"unpin", "plus épinglé", "Geler"},
		} {
			presses(t, ana, `details:has(form[action$="/fil"]) > summary`, keyboard)
			presses(t, ana, `form[action$="/fil"]:has([value="`+x.act+`"]) button`, keyboard)
			waits(t, ana, x.says)
			c.Settle()
			at := thereThread
			if x.act == "pin" {
				at = there
			}
			shows(t, bob, at, x.there)
		}

		// Banned, after a page that asks, and let back.
		act(t, ana, chromedp.Navigate(here+"/membres"))
		presses(t, ana, `form[action*="/membres/"]:has([value="ban"]) button`, keyboard)
		waits(t, ana, "bob")
		act(t, ana, chromedp.WaitVisible(`form:has([name=sure]) [name=reason]`), chromedp.SendKeys(`form:has([name=sure]) [name=reason]`, "il insulte"))
		presses(t, ana, `form:has([name=sure]) button:not([type=button])`, keyboard)
		waits(t, ana, "Exclusions")
		c.Settle()
		shows(t, bob, there, "Participer") // he takes part no more
		presses(t, ana, `form[action*="/membres/"]:has([value="unban"]) button`, keyboard)
		waits(t, ana, "C’est fait")
		c.Settle()
		submits(t, bob, there, "/groupes/logement@"+a.Host+"/rejoindre", nil, "Logement")
		c.Settle()
		shows(t, bob, there, "Je participe")
	}
}

func address(t *testing.T, ctx context.Context) string {
	t.Helper()
	at, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.origin + location.pathname`))
	if err != nil {
		t.Fatal(err)
	}
	return at
}
