package emoji_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/testkit"
)

var ctx = context.Background()

func dot(t testing.TB) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 40, 40))
	img.Set(20, 20, color.NRGBA{200, 0, 0, 255})
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func fetch(t testing.TB, address string) (int, string, string) {
	t.Helper()
	res, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header.Get("Content-Type"), string(b)
}

// TestAdminsChooseEmoji adds one on the page, finds it in the list, in a post and on its page, and takes it out.
func TestAdminsChooseEmoji(t *testing.T) {
	n := testkit.New(t)
	ana := n.Person("ana", true)
	err := n.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return n.Auth.SetRole(ctx, tx, ana.ID, auth.RoleAdmin)
	})
	if err != nil {
		t.Fatal(err)
	}
	b := n.SignIn("ana").Open("/administration/emojis")
	if b.SubmitFiles("/administration/emojis", map[string]string{"shortcode": "point rouge"}, map[string][]byte{"file": dot(t)}); b.Status != 422 {
		t.Errorf("a bad word: %d", b.Status)
	}
	if b.SubmitFiles("/administration/emojis", map[string]string{"shortcode": "rond"}, map[string][]byte{"file": []byte("<svg/>")}); b.Status != 422 {
		t.Errorf("no picture: %d", b.Status)
	}
	if b.SubmitFiles("/administration/emojis", map[string]string{"shortcode": ":rond:", "category": "Formes"}, map[string][]byte{"file": dot(t)}); b.Status != 200 || !b.Has(":rond:") {
		t.Fatalf("added: %d", b.Status)
	}
	stranger := &testkit.Client{T: t, Base: n.URL}
	var list []masto.Emoji
	if stranger.Get("/api/v1/custom_emojis", &list); len(list) != 1 || list[0].Shortcode != "rond" || *list[0].Category != "Formes" || !list[0].VisibleInPicker {
		t.Fatalf("%+v", list)
	}
	if code, kind, body := fetch(t, list[0].URL); code != 200 || kind != "image/png" || !strings.HasPrefix(body, "\x89PNG") {
		t.Errorf("the picture: %d %s", code, kind)
	}
	var s masto.Status
	n.Client("ana").Post("/api/v1/statuses", map[string]any{"status": "Voici :rond: et :inconnu: à 10:30:45", "visibility": "public"}, &s)
	if len(s.Emojis) != 1 || s.Emojis[0].URL != list[0].URL || !strings.Contains(s.Content, ":rond:") {
		t.Errorf("%+v in %s", s.Emojis, s.Content)
	}
	page := n.NewBrowser().Open("/@ana/" + s.ID)
	if strings.Count(page.Body, `<img class="emoji"`) != 1 || !strings.Contains(page.Body, `alt=":rond:"`) || !page.Has(":inconnu: à 10:30:45") {
		t.Errorf("the page shows %d pictures", strings.Count(page.Body, `<img class="emoji"`))
	}
	b.Open("/administration/emojis").Submit("/administration/emojis/rond", nil)
	if stranger.Get("/api/v1/custom_emojis", &list); len(list) != 0 {
		t.Errorf("still there: %+v", list)
	}
	if bob := n.Person("bob", true); bob != nil {
		if got := n.SignIn("bob").Open("/administration/emojis").Status; got != 403 {
			t.Errorf("somebody else on the page: %d", got)
		}
	}
}

// TestEmojiFromElsewhere follows an emoji in a post and a name from one instance to another, shown from there.
//
// Spec: P13
func TestEmojiFromElsewhere(t *testing.T) {
	c := testkit.NewCluster(t, 2)
	here, there := c[0], c[1]
	here.Person("ana", true)
	bob := there.Person("bob", true)
	if _, err := there.Emoji.Add(ctx, "rond", "", bytes.NewReader(dot(t))); err != nil {
		t.Fatal(err)
	}
	name := "Bob :rond:"
	if _, err := there.Accounts.Update(ctx, bob.ID, account.Profile{Name: &name}); err != nil {
		t.Fatal(err)
	}
	c.Follow(here, "ana", there, "bob")
	there.Client("bob").Post("/api/v1/statuses", map[string]any{"status": "Un :rond: et <b>:rond:</b>", "visibility": "public"}, nil)
	c.Settle()
	var home []masto.Status
	here.Client("ana").Get("/api/v1/timelines/home", &home)
	if len(home) != 1 || len(home[0].Emojis) != 1 || home[0].Emojis[0].VisibleInPicker {
		t.Fatalf("%+v", home)
	}
	u := home[0].Emojis[0].URL
	if !strings.HasPrefix(u, here.URL+"/media/proxy/emoji/") {
		t.Errorf("the picture is at %s", u)
	}
	if code, kind, _ := fetch(t, u); code != 200 || kind != "image/png" {
		t.Errorf("the picture: %d %s", code, kind)
	}
	if len(home[0].Account.Emojis) != 1 {
		t.Errorf("in the name: %+v", home[0].Account.Emojis)
	}
	page := here.SignIn("ana").Open("/?onglet=fediverse")
	if strings.Count(page.Body, `<img class="emoji"`) < 2 || strings.Contains(page.Body, there.Host+"/media") {
		t.Errorf("the page shows %d pictures", strings.Count(page.Body, `<img class="emoji"`))
	}
}
