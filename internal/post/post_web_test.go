package post_test

import (
	"context"
	"html"
	"net/url"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
	"github.com/maillage/maillage/internal/timeline"
)

// This file uses the pages as people without scripts do.

// last is the newest post of somebody, as they see it.
func last(t *testing.T, n *testkit.Node, name string) *post.View {
	t.Helper()
	views, err := n.Timeline.Profile(context.Background(), n.Viewer(name), n.Person(name, false), page.Range{Limit: 1}, timeline.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(views) == 0 {
		t.Fatalf("%s has written nothing", name)
	}
	return views[0]
}

func count(t *testing.T, n *testkit.Node, sql string, args ...any) int {
	t.Helper()
	c, err := db.Get[int](context.Background(), n.DB.Read(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func must(t *testing.T, b *testkit.Browser, status int, words ...string) {
	t.Helper()
	if b.Status != status {
		t.Fatalf("%s: status %d, not %d: %s", b.URL, b.Status, status, b.Text())
	}
	for _, w := range words {
		if !b.Has(w) {
			t.Fatalf("%s does not say %q: %s", b.URL, w, b.Text())
		}
	}
}

// TestPages tells its stories on one instance, with the same two people.
func TestPages(t *testing.T) {
	n := testkit.New(t)
	ana, bob := n.SignIn("ana"), n.SignIn("bob")
	for name, story := range map[string]func(*testing.T, *testkit.Node, *testkit.Browser, *testkit.Browser){
		"write": writeForTheSection, "mistakes": mistakesKeepTheText, "thread": answerEditDelete, "react": reactWithPlainForms,
	} {
		t.Run(name, func(t *testing.T) {
			ana.T, bob.T = t, t
			story(t, n, ana, bob)
		})
	}
	t.Run("consent", func(t *testing.T) { publicNeedsConsentOnce(t, n) })
}

func writeForTheSection(t *testing.T, n *testkit.Node, ana, bob *testkit.Browser) {
	ana.Open("/")
	must(t, ana, 200, "Pour ma section : 2 personnes, rien ne sort d’ici", "personne ne vous suit encore")
	if strings.Contains(ana.Body, `value="movement"`) || strings.Contains(ana.Body, `value="group"`) {
		t.Error("an audience is offered that does not exist yet")
	}
	ana.Submit("/publier", map[string]string{"text": "Réunion d'équipe à 18h30 <b>x</b>"})
	must(t, ana, 200, "Votre message est publié pour la section.", "Réunion d’équipe", "<b>x</b>")
	if ana.URL.Path != "/" {
		t.Errorf("after writing one is at %s", ana.URL)
	}
	p := last(t, n, "ana")
	if p.Audience != post.Section || p.Lang != "fr" {
		t.Errorf("audience %s, language %q", p.Audience, p.Lang)
	}
	must(t, bob.Open(p.Path()), 200, "Réunion d’équipe", "Ce message reste dans la section : votre réponse aussi.")
	stranger := n.NewBrowser()
	must(t, stranger.Open(p.Path()), 404)
	must(t, stranger.Open("/"), 200)
	if stranger.Has("Réunion") {
		t.Error("a stranger reads what is for the section")
	}
	// The same form sent twice is one post.
	ana.Open("/ecrire").Submit("/publier", map[string]string{"text": "Une fois", "idempotency": "k"})
	ana.Open("/ecrire").Submit("/publier", map[string]string{"text": "Une fois", "idempotency": "k"})
	if c := count(t, n, `select count(*) from post where source = 'Une fois'`); c != 1 {
		t.Errorf("%d posts", c)
	}
}

func mistakesKeepTheText(t *testing.T, n *testkit.Node, ana, _ *testkit.Browser) {
	before := count(t, n, `select count(*) from post`)
	long := strings.Repeat("trop long ", 600)
	ana.Open("/").Submit("/publier", map[string]string{"text": long, "cw": "Attention"})
	must(t, ana, 422, "Une réponse à reprendre", "Le texte dépasse 5 000 signes")
	if !strings.Contains(ana.Body, long) || !strings.Contains(ana.Body, `value="Attention"`) || !strings.Contains(ana.Body, `aria-invalid="true"`) {
		t.Error("the text is not kept, or its field not marked")
	}
	ana.Open("/").Submit("/publier", map[string]string{"text": "   "})
	must(t, ana, 422, "Le texte manque")
	ana.Open("/").Submit("/publier", map[string]string{"text": "Bonjour", "audience": "movement"})
	must(t, ana, 422, "il n’y a pas de mouvement à qui écrire")
	ana.Open("/").Submit("/publier", map[string]string{"text": "Bonjour", "audience": "amis"})
	must(t, ana, 422, "choisissez parmi les destinataires proposés")
	if !strings.Contains(ana.Body, ">Bonjour</textarea>") {
		t.Error("the text is not kept")
	}
	ana.Open("/").Submit("/publier", map[string]string{"text": "Réponse à rien", "reply_to": "123"})
	must(t, ana, 422, "n’existe plus")
	if !strings.Contains(ana.Body, ">Réponse à rien</textarea>") {
		t.Error("the answer to a post that is gone is lost")
	}
	if c := count(t, n, `select count(*) from post`); c != before {
		t.Errorf("%d posts more", c-before)
	}
}

func publicNeedsConsentOnce(t *testing.T, n *testkit.Node) {
	eve := n.SignIn("eve")
	before := count(t, n, `select count(*) from post`)
	write := map[string]string{"text": "Bonjour à tout le monde", "audience": "public", "cw": "Salut"}
	eve.Open("/").Submit("/publier", write)
	must(t, eve, 422, "Écrire pour tout le monde", "Être ici dit une opinion politique", "@eve@"+n.Host, "Bonjour à tout le monde", "J’accepte et je publie")
	if c := count(t, n, `select count(*) from post`) + count(t, n, `select count(*) from consent`); c != before {
		t.Fatal("something was done before the answer")
	}
	eve.Submit("/publier", map[string]string{"instead": "section"})
	must(t, eve, 200, "publié pour la section")
	if p := last(t, n, "eve"); p.Audience != post.Section || p.Source != write["text"] || p.Warning != "Salut" {
		t.Errorf("%s %q %q", p.Audience, p.Source, p.Warning)
	}
	if count(t, n, `select count(*) from consent`) != 0 {
		t.Error("saying no is no consent")
	}
	eve.Open("/").Submit("/publier", write)
	eve.Submit("/publier", map[string]string{"consent": "public"})
	must(t, eve, 200, "publié pour tout le monde")
	words, err := db.Get[string](context.Background(), n.DB.Read(), `select words from consent where account_id = $1 and kind = 'public'`, n.Person("eve", false).ID)
	if err != nil || !strings.Contains(words, "opinion politique") || !strings.Contains(words, "@eve@"+n.Host) {
		t.Errorf("words %q, %v", words, err)
	}
	eve.Open("/").Submit("/publier", map[string]string{"text": "Encore", "audience": "public"})
	must(t, eve, 200, "publié pour tout le monde")
	p := last(t, n, "eve")
	stranger := n.NewBrowser()
	must(t, stranger.Open(p.Path()), 200, "Encore", "Cherchez @eve@"+n.Host)
	must(t, stranger.Open("/"), 200, "Encore", "eve")

	eve.Open("/reglages").Click("Redevenir privé").Submit("/reglages/retrait", nil)
	must(t, eve, 200, "de nouveau visible de la section seulement", "retiré")
	must(t, stranger.Open(p.Path()), 404)
	must(t, stranger.Open("/@eve"), 404)
	must(t, stranger.Open("/"), 200)
	if stranger.Has("Encore") || stranger.Has("@eve@") {
		t.Error("somebody private again is still shown to strangers")
	}
}

func answerEditDelete(t *testing.T, n *testkit.Node, ana, bob *testkit.Browser) {
	ana.Open("/").Submit("/publier", map[string]string{"text": "Qui vient samedi ?"})
	p := last(t, n, "ana")
	bob.Open(p.Path())
	if !strings.Contains(bob.Body, ">@ana </textarea>") {
		t.Error("the answer does not begin with the name of who is answered")
	}
	bob.Submit("/publier", map[string]string{"text": "@ana Moi"})
	must(t, bob, 200, "Votre message est publié", "1 réponse", "Moi")
	answer := last(t, n, "bob")
	if answer.ReplyToID != p.ID || answer.Audience != post.Section {
		t.Errorf("answer to %d for %s", answer.ReplyToID, answer.Audience)
	}
	must(t, ana.Open("/notifications"), 200, "bob vous répond", "Nouveau", "Moi")
	must(t, ana.Open("/notifications"), 200, "bob vous répond")
	if ana.Has("Nouveau") {
		t.Error("what was read is still new")
	}

	must(t, bob.Open(p.Path()+"/edit"), 404)
	ana.Open(p.Path()+"/edit").Submit(p.Path()+"/edit", map[string]string{"text": ""})
	must(t, ana, 422, "Le texte manque")
	ana.Submit(p.Path()+"/edit", map[string]string{"text": "Qui vient dimanche ?"})
	must(t, ana, 200, "Votre message est modifié.", "dimanche", "modifié", "Voir les versions précédentes")
	must(t, bob.Open(p.Path()+"/history"), 200, "dimanche", "samedi", "Version actuelle")

	must(t, bob.Open(p.Path()+"/delete"), 404)
	must(t, ana.Open(p.Path()+"/delete"), 200, "Cela ne peut pas être défait", "dimanche")
	ana.Submit(p.Path()+"/delete", nil)
	must(t, ana, 200, "Votre message est supprimé.")
	must(t, bob.Open(p.Path()), 404, "n’existe pas, ou plus")
	must(t, bob.Open(answer.Path()), 200, "Moi")
}

func reactWithPlainForms(t *testing.T, n *testkit.Node, ana, bob *testkit.Browser) {
	ana.Open("/").Submit("/publier", map[string]string{"text": "À relayer"})
	p := last(t, n, "ana")
	bob.Open("/").Submit(p.Path()+"/boost", nil)
	must(t, bob, 200, "Relayé")
	if bob.URL.Path != "/" {
		t.Errorf("after relaying one is at %s", bob.URL)
	}
	bob.Submit(p.Path()+"/favourite", nil)
	must(t, bob, 200, "Ne plus apprécier")
	must(t, ana.Open("/notifications"), 200, "bob apprécie votre message", "bob relaie votre message")
	must(t, bob.Open("/@bob"), 200, "Relayé par bob", "À relayer")
	bob.Open(p.Path()).Submit(p.Path()+"/unboost", nil).Submit(p.Path()+"/unfavourite", nil)
	if count(t, n, `select count(*) from post_like`)+count(t, n, `select count(*) from post where boost_of_id <> 0 and deleted_at = 0`) != 0 {
		t.Error("taking back left something")
	}
	// A direct message is found under no other address, and not relayed.
	ana.Open("/ecrire").Submit("/publier", map[string]string{"text": "Entre nous", "audience": "direct"})
	direct := last(t, n, "ana")
	must(t, bob.Open(direct.Path()), 404)
	must(t, ana.Open("/@bob/"+ids.String(direct.ID)), 200, "Entre nous")
	if ana.URL.Path != direct.Path() || strings.Contains(ana.Body, direct.Path()+"/boost") {
		t.Errorf("at %s", ana.URL)
	}
}

func TestActsOutsideNeedAnAddress(t *testing.T) {
	c := testkit.NewCluster(t, 2)
	a, b := c[0], c[1]
	b.Person("zoe", true)
	zoe := b.SignIn("zoe")
	zoe.Open("/").Submit("/publier", map[string]string{"text": "Depuis ailleurs", "audience": "public"})
	p := last(t, b, "zoe")
	ana := a.SignIn("ana")
	ana.Open("/recherche?q=" + url.QueryEscape(p.URL))
	must(t, ana, 200, "Depuis ailleurs", "Vient d’un ") // the server may have said already which software it runs
	path := "/@zoe@" + b.Host + "/"
	ana.Submit(path, nil) // the first act of the card
	must(t, ana, 422, "Être joignable depuis d’autres serveurs", "@ana@"+a.Host)
	if me, err := account.ByID(context.Background(), a.DB.Read(), a.Person("ana", false).ID); err != nil || me.Reachable {
		t.Fatalf("reachable before the answer: %v", err)
	}
	ana.Submit(path, map[string]string{"consent": "address"})
	must(t, ana, 200, "Depuis ailleurs")
	if me, err := account.ByID(context.Background(), a.DB.Read(), a.Person("ana", false).ID); err != nil || !me.Reachable || me.Public {
		t.Fatalf("reachable %v, public %v: %v", me.Reachable, me.Public, err)
	}
	// What comes from elsewhere is for members only.
	must(t, a.NewBrowser().Open("/@zoe@"+b.Host), 404)
}

// TestPagesNameTheirEmbedding follows what the page of a post that everybody may
// read says of showing it elsewhere; no other page says it.
//
// Spec: oEmbed 4
func TestPagesNameTheirEmbedding(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	const link = `<link rel="alternate" href="`
	for audience, named := range map[string]bool{"public": true, "section": false} {
		b := n.SignIn("ana").Open("/ecrire").Submit("/publier", map[string]string{"text": "Bonjour " + audience, "audience": audience})
		head, _, found := strings.Cut(b.Body, `" type="application/json&#43;oembed"`)
		if found != named {
			t.Fatalf("%s: %s names its embedding: %v", audience, b.URL, found)
		}
		if !named {
			continue
		}
		at := head[strings.LastIndex(head, link)+len(link):]
		var e struct{ HTML string }
		if c := n.Client("ana").Get(strings.TrimPrefix(html.UnescapeString(at), n.URL), &e); c.Status != 200 || !strings.Contains(e.HTML, "Bonjour public") {
			t.Errorf("%s: %d %q", at, c.Status, e.HTML)
		}
	}
}
