package app_test

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/movement"
)

// TestPicturesOfAClosedGroupInChromium: somebody writes with a picture in a closed group; a member
// in another section sees it in a browser, which asks nobody but that section for it.
//
// Spec: P13; Spec: ME6
func TestPicturesOfAClosedGroupInChromium(t *testing.T) {
	c, _, bob := twoSections(t)
	a, b := c[0], c[1]
	ctx := context.Background()
	if _, err := b.Movement.Ask(ctx, 0, a.Host); err != nil {
		t.Fatal(err)
	}
	c.Settle()
	if err := a.Movement.Accept(ctx, 0, b.Host, movement.Grant{Level: "section", Territory: "Isère"}); err != nil {
		t.Fatal(err)
	}
	c.Settle()
	if _, err := a.Groups.Create(ctx, a.Viewer("ana"), group.New{Username: "cellule", Rules: group.Rules{Name: "Cellule", Access: group.Movement, Joining: group.Free, Posting: group.Members}}); err != nil {
		t.Fatal(err)
	}
	there := b.URL + "/groupes/cellule@" + a.Host
	act(t, bob, chromedp.Navigate(b.URL+"/recherche?q="+a.Handle("cellule")))
	waits(t, bob, "Cellule")
	submits(t, bob, there, "/groupes/cellule@"+a.Host+"/rejoindre", nil, "Cellule")
	c.Settle()

	var drawn bytes.Buffer
	if err := png.Encode(&drawn, image.NewGray(image.Rect(0, 0, 320, 200))); err != nil {
		t.Fatal(err)
	}
	app := a.Client("ana")
	var m masto.Media
	if app.Upload("POST", "/api/v2/media", "file", drawn.Bytes(), map[string]string{"description": "Un carré gris"}, &m); app.Status != 200 {
		t.Fatal(app.Status)
	}
	if app.Post("/api/v1/statuses", map[string]any{"status": "@cellule Le tract de demain", "visibility": "public", "media_ids": []string{m.ID}}, nil); app.Status != 200 {
		t.Fatal(app.Status)
	}
	c.Settle()
	shows(t, bob, there, "Le tract de demain")
	act(t, bob, chromedp.Click(`.thread-title`))
	waits(t, bob, "Le tract de demain")
	seen, err := chromedp.Run(bob, chromedp.Evaluate[string](`(async () => {
		const img = [...document.images].find(x => x.alt === "Un carré gris");
		if (!img) return "no picture";
		await img.decode();
		const asked = performance.getEntriesByType("resource").map(x => new URL(x.name).origin).filter(x => x !== location.origin);
		return img.naturalWidth + "×" + img.naturalHeight + " " + new URL(img.currentSrc).origin + asked.join() })()`, chromedp.EvalAwaitPromise))
	if err != nil || seen != "320×200 "+b.URL {
		t.Errorf("bob sees %q: %v", seen, err)
	}
}
