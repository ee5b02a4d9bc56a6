package timeline_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

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

func write(t *testing.T, n *testkit.Node, who string, d post.Draft) *post.Post {
	t.Helper()
	p, err := n.Posts.Create(context.Background(), n.Viewer(who), d)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPagesOfPosts(t *testing.T) {
	n := testkit.New(t)
	n.Person("awa", true)
	ana := n.SignIn("ana")
	stranger := n.NewBrowser()

	must(t, ana.Open("/"), 200, "Rien encore dans la section", "Pour ma section : 2 personnes")
	must(t, ana.Open("/?onglet=fediverse"), 200, "Vous ne suivez personne encore", "Chercher une personne")
	must(t, ana.Open("/notifications"), 200, "Rien de nouveau pour vous")
	must(t, ana.Open("/@ana"), 200, "Vous n’avez rien publié encore", "Seule la section voit cette page.")

	for i := 1; i <= 45; i++ {
		write(t, n, "awa", post.Draft{Text: fmt.Sprintf("message-%02d.", i), Audience: post.Section})
	}
	public := write(t, n, "awa", post.Draft{Text: "Au marché #Été2026", Audience: post.Public})
	private := write(t, n, "awa", post.Draft{Text: "Réservé #été2026", Audience: post.Section})

	// Paging shows each post once and ends.
	seen, pages := map[string]int{}, 0
	for ana.Open("/"); ; pages++ {
		must(t, ana, 200)
		for i := 1; i <= 45; i++ {
			if w := fmt.Sprintf("message-%02d.", i); ana.Has(w) {
				seen[w]++
			}
		}
		if !ana.Has("Plus anciens") || pages > 5 {
			break
		}
		ana.Click("Plus anciens")
		if strings.Contains(ana.Body, `action="/publier"`) {
			t.Error("the form to write stands on an older page")
		}
	}
	if len(seen) != 45 || pages != 2 {
		t.Errorf("%d messages on %d pages", len(seen), pages+1)
	}
	for w, times := range seen {
		if times != 1 {
			t.Errorf("%s was shown %d times", w, times)
		}
	}
	must(t, ana.Open("/?max_id=1"), 200, "Il n’y a rien de plus ancien.")

	must(t, ana.Open("/tags/ÉTÉ2026"), 200, "#été2026", "Au marché", "Réservé")
	must(t, stranger.Open("/tags/été2026"), 200, "Au marché")
	must(t, stranger.Open("/@awa"), 200, "Au marché", "Suivre d’ailleurs", "@awa@"+n.Host)
	for _, path := range []string{"/", "/@awa", "/@awa?avec=reponses", "/tags/été2026", "/@awa/" + fmt.Sprint(public.ID)} {
		must(t, stranger.Open(path), 200)
		if stranger.Has("Réservé") || stranger.Has("message-") {
			t.Errorf("%s shows a stranger what is for the section", path)
		}
		if strings.Contains(stranger.Body, `name="csrf"`) {
			t.Errorf("%s has a form for a stranger, and cannot be cached", path)
		}
	}
	must(t, stranger.Open("/@awa/"+fmt.Sprint(private.ID)), 404)
	must(t, stranger.Open("/@ana"), 404)
	must(t, stranger.Open("/@nobody"), 404)
	if a, b := stranger.Open("/@ana").Text(), stranger.Open("/@nobody").Text(); a != b {
		t.Errorf("a private person can be told from nobody:\n%s\n%s", a, b)
	}
	must(t, ana.Open("/@AWA"), 200)
	if ana.URL.Path != "/@awa" {
		t.Errorf("at %s", ana.URL)
	}
}
