package event_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/organe"
	"github.com/maillage/maillage/internal/testkit"
)

// TestStoryOfABody is lived in real browsers: ana, who administers, makes a body
// and lets bob act in its name; mia, of another of our servers, follows it; bob calls
// a meeting, which comes to mia, who registers; bob sees her, and cancels.
func TestStoryOfABody(t *testing.T) {
	browser := tabs(t)
	n, far := testkit.New(t), testkit.New(t)
	both := testkit.Cluster{n, far}
	admin(t, n, "ana")
	n.Person("bob", false)
	far.Person("mia", true)

	ana := browser(n).signIn(n.URL, "ana").open(organe.AdminPath).reads("Aucun organe").sound("organes-empty")
	ana.open(organe.AdminPath+"/nouveau").sound("organe-new").do(chromedp.SendKeys(`input[name=name]`, "Bureau de la section"), chromedp.SendKeys(`input[name=username]`, "ana")).
		press(`main form button.primary`).reads("déjà").sound("organe-errors")
	ana.do(chromedp.SetValue(`input[name=username]`, "bureau"), chromedp.SendKeys(`textarea[name=note]`, "Neuf personnes, élues pour un an. Il se réunit le lundi.")).
		press(`main form button.primary`).reads("Bureau de la section est créé").reads("Personne encore")
	ana.do(chromedp.SendKeys(`input[name=who]`, "bob")).press(`form[action$="/gens"]:last-of-type button`).reads("bob peut agir au nom de l’organe").sound("organe-one")
	ana.open(organe.AdminPath).reads("1 personne").sound("organes")

	mia := browser(far).signIn(far.URL, "mia").open("/recherche?q=@bureau@" + n.Host).reads("Bureau de la section")
	id, err := far.Engine.Account(ctx, "bureau", n.Host)
	if err != nil {
		t.Fatal(err)
	}
	there, err := account.ByID(ctx, far.DB.Read(), id)
	if err != nil {
		t.Fatal(err)
	}
	mia.open(there.Path()).reads("Organe").press(`.account-acts button.primary`).do(chromedp.WaitNotPresent(`.account-acts button.primary`))
	both.Settle()
	mia.open(there.Path()).reads("Vous suivez").sound("organe-far")

	bob := browser(n).signIn(n.URL, "bob").open("/@bureau").reads("Aucune réunion à venir").sound("organe-page-empty").press(`a[href^="/agenda/nouvelle"]`).reads("Au nom de").sound("organe-call")
	bob.do(chromedp.SendKeys(`input[name=title]`, "Bureau ouvert"), chromedp.SetValue(`input[name=day]`, soon(9)), chromedp.SetValue(`input[name=from]`, "18:00"),
		chromedp.SetValue(`input[name=to]`, "20:00"), chromedp.SendKeys(`input[name=place]`, "Local")).press(`form[action="/agenda/nouvelle"] button.primary`).
		reads("La date est dans l’agenda").reads("proposée par Bureau de la section").reads("Convoquée par bob").sound("organe-meeting")
	both.Settle()
	at := event.Path + "/" + ids.String(lastPost(t, n))
	mia.open("/?onglet=fediverse").reads("Bureau ouvert").open(event.Path + "/" + ids.String(lastPost(t, far))).reads("Bureau de la section").press(`button[value=room]`).reads("Votre demande est partie")
	both.Settle()
	mia.open(event.Path + "/" + ids.String(lastPost(t, far))).reads("Votre place est retenue").sound("organe-meeting-far")
	mia.open(there.Path()).reads("Bureau ouvert")
	bob.open(at + "/inscrits").reads("mia")
	bob.open("/@bureau").reads("Bureau ouvert").sound("organe-page")
	bob.open(event.Path + "?vue=liste").reads("Organes").sound("organe-agenda")
	browser(n).open("/@bureau").reads("Bureau ouvert").reads("Organe").sound("organe-stranger")
	bob.open(at + "/etat").do(chromedp.Click(`input[name=status][value=cancelled]`)).press(`main form button.primary`).reads("Cette réunion est annulée")
	both.Settle()
	mia.open(event.Path + "/" + ids.String(lastPost(t, far))).reads("Cette réunion est annulée")
}
