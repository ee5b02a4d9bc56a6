package event_test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/media"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

func poster(t *testing.T, c color.Color) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 60, 40))
	for i := range 60 * 40 {
		img.Set(i%60, i/60, c)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func filesOf(t *testing.T, n *testkit.Node, postID int64) []*media.Media {
	t.Helper()
	list, err := media.Of(ctx, n.DB.Read(), postID)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

var shownAt = regexp.MustCompile(`<figure class="media meeting-picture"><a href="([^"]+)"><img src="[^"]+" alt="([^"]*)"`)

// TestPicture: an organiser gives a meeting a picture, sees it with its words, sees
// other fields' faults without choosing it again, replaces it, takes it away. What is
// for the section is opened by nobody else; of what is for everyone the page names it
// to those who link to it, and the document as readers of events look for it.
func TestPicture(t *testing.T) {
	for name, e := range engines() {
		t.Run(name, func(t *testing.T) { pictureStory(t, testkit.NewOn(t, e)) })
	}
}

func pictureStory(t *testing.T, n *testkit.Node) {
	n.Person("ana", true)
	n.Person("bob", true)
	ana := n.SignIn("ana").Open("/agenda/nouvelle")
	form := map[string]string{"title": "", "kind": "action", "audience": "section", "day": soon(3), "from": "18:00", "to": "20:00", "zone": "Europe/Paris", "place": "Marché",
		"picture_alt": "Affiche : distribution samedi"}
	red := map[string][]byte{"picture": poster(t, color.RGBA{200, 20, 20, 255})}
	if ana.SubmitFiles("/agenda/nouvelle", form, red); ana.Status != http.StatusUnprocessableEntity || !strings.Contains(ana.Body, `class="meeting-preview"`) {
		t.Fatalf("%d, the picture is lost with a fault elsewhere: %s", ana.Status, ana.Text())
	}
	form["title"] = "Distribution"
	ana.Submit("/agenda/nouvelle", form)
	id := lastPost(t, n)
	at := "/agenda/" + idOf(&post.Post{ID: id})
	seen := shownAt.FindStringSubmatch(ana.Body)
	if seen == nil || seen[2] != "Affiche : distribution samedi" || strings.Contains(ana.Body, "og:image") {
		t.Fatalf("on the page: %v", seen)
	}
	stranger := n.NewBrowser()
	closed := n.URL + filesOf(t, n, id)[0].Path()
	if _, res := get(t, closed); res != http.StatusNotFound {
		t.Errorf("the picture of a meeting of the section answers a stranger with %d", res)
	}
	var status masto.Status
	if n.Client("bob").Get("/api/v1/statuses/"+idOf(&post.Post{ID: id}), &status); len(status.MediaAttachments) != 1 || *status.MediaAttachments[0].Description != form["picture_alt"] {
		t.Errorf("to apps: %+v", status.MediaAttachments)
	}
	// What is no picture is told at its field, and changes nothing.
	if ana.Open(at+"/modifier").SubmitFiles(at+"/modifier", nil, map[string][]byte{"picture": []byte("%PDF-1.4")}); ana.Status != http.StatusUnprocessableEntity || !strings.Contains(ana.Body, `id="picture-error"`) {
		t.Errorf("%d: %s", ana.Status, ana.Text())
	}
	if ana.Open(at+"/modifier").SubmitFiles(at+"/modifier", nil, map[string][]byte{"picture": testkit.Drawn(t, "a.mp3", "sine=d=1")}); ana.Status != http.StatusUnprocessableEntity || !strings.Contains(ana.Body, `id="picture-error"`) {
		t.Errorf("a sound as the picture: %d %s", ana.Status, ana.Text())
	}
	// A change of something else leaves it; another file replaces it; and it goes.
	was := filesOf(t, n, id)[0].ID
	ana.Open(at+"/modifier").Submit(at+"/modifier", map[string]string{"place": "Halles"})
	if list := filesOf(t, n, id); len(list) != 1 || list[0].ID != was {
		t.Fatalf("after another change: %+v", list)
	}
	ana.Open(at+"/modifier").SubmitFiles(at+"/modifier", map[string]string{"picture_alt": "Vert"}, map[string][]byte{"picture": poster(t, color.RGBA{20, 200, 20, 255})})
	if list := filesOf(t, n, id); len(list) != 1 || list[0].ID == was || list[0].Description != "Vert" {
		t.Errorf("replaced: %+v", list)
	}
	if _, res := get(t, closed); res != http.StatusNotFound && res != http.StatusGone {
		t.Errorf("the one before answers with %d", res)
	}
	ana.Open(at+"/modifier").Submit(at+"/modifier", map[string]string{"drop_picture": "1"})
	if list := filesOf(t, n, id); len(list) != 0 || shownAt.MatchString(ana.Body) {
		t.Errorf("taken away: %+v", list)
	}
	// For everyone.
	form["audience"] = "public"
	ana.Open("/agenda/nouvelle").SubmitFiles("/agenda/nouvelle", form, red)
	id = lastPost(t, n)
	m := filesOf(t, n, id)[0]
	address := n.URL + m.Path()
	stranger.Open("/agenda/" + idOf(&post.Post{ID: id}))
	if !strings.Contains(stranger.Body, `<meta property="og:image" content="`+address+`">`) || !strings.Contains(stranger.Body, `og:image:alt" content="Affiche`) {
		t.Errorf("to those who link: %s", stranger.Body[:min(len(stranger.Body), 4000)])
	}
	if _, res := get(t, address); res != http.StatusOK {
		t.Errorf("an open picture: %d", res)
	}
	p, err := post.Raw(ctx, n.DB.Read(), id)
	if err != nil {
		t.Fatal(err)
	}
	far := peer.New(peer.Options{Software: "mobilizon"})
	defer far.Close()
	answer, err := far.Actor("zoe").Get(ctx, p.URI)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Attachment []struct{ Type, Name, Summary, URL, MediaType string }
		Image      struct{ Type, Name, URL string }
	}
	if err := json.Unmarshal(answer.Body, &doc); err != nil || len(doc.Attachment) != 1 || doc.Attachment[0].Type != "Document" || doc.Attachment[0].Name != "Banner" ||
		doc.Attachment[0].Summary != form["picture_alt"] || doc.Attachment[0].URL != address || doc.Image.URL != address || doc.Image.Name != form["picture_alt"] {
		t.Errorf("%v %s", err, answer.Body)
	}
	if list := mustParse(t, answer.Body).Attachments(); len(list) != 1 || list[0].Role != as.Banner || list[0].Name != form["picture_alt"] {
		t.Errorf("read back: %+v", list)
	}
}

// TestPictureOfDates: each date of a series has the picture, in a file of its own, also
// those that are made later; another for all that follow reaches each of them.
func TestPictureOfDates(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	add := func(c color.Color) *event.Picture {
		m, err := n.Media.Add(ctx, n.Person("ana", true).ID, media.Upload{File: bytes.NewReader(poster(t, c))})
		if err != nil {
			t.Fatal(err)
		}
		return &event.Picture{ID: m.ID, Alt: "Affiche"}
	}
	red := add(color.RGBA{200, 0, 0, 255})
	p := weeklyMeeting(t, n, func(d *event.Draft) { d.Picture = red })
	all := occasions(t, n, p)
	names := map[string]int{}
	hashes := map[string]int{}
	look := func() {
		clear(names)
		clear(hashes)
		for _, id := range all {
			for _, m := range filesOf(t, n, id) {
				names[m.File]++
				hashes[m.Blurhash+m.Description]++
			}
		}
	}
	if look(); len(all) != 5 || len(names) != 5 || len(hashes) != 1 {
		t.Fatalf("%d dates: %v %v", len(all), names, hashes)
	}
	d := draft(func(d *event.Draft) {
		d.Title, d.Day, d.Repeat, d.Zone, d.Scope = "Permanence du mardi", soon(6), "weekly", "Indian/Reunion", "following"
		d.Picture = add(color.RGBA{0, 0, 200, 255})
	})
	if err := service(n).EditFollowing(ctx, n.Viewer("ana"), p.ID, d); err != nil {
		t.Fatal(err)
	}
	if look(); len(names) != 5 || len(hashes) != 1 {
		t.Errorf("another for all: %v %v", names, hashes)
	}
	was := filesOf(t, n, all[3])[0].ID
	d.Picture = &event.Picture{ID: filesOf(t, n, p.ID)[0].ID, Alt: "Nouvelle description"}
	if err := service(n).EditFollowing(ctx, n.Viewer("ana"), p.ID, d); err != nil {
		t.Fatal(err)
	}
	if list := filesOf(t, n, all[3]); len(list) != 1 || list[0].ID != was || list[0].Description != "Nouvelle description" {
		t.Errorf("other words: %+v", list)
	}
	d.Picture = &event.Picture{}
	if err := service(n).EditFollowing(ctx, n.Viewer("ana"), p.ID, d); err != nil {
		t.Fatal(err)
	}
	if look(); len(names) != 0 {
		t.Errorf("taken away from all: %v", names)
	}
}

// TestPictureElsewhere: the banner of another server's meeting stands on its page, as
// Mobilizon, Gancio and the WordPress Event Bridge write it, and is asked for by us alone.
func TestPictureElsewhere(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	for software, extra := range map[string]map[string]any{
		"mobilizon": {"attachment": []any{map[string]any{"type": "Link", "name": "Website", "mediaType": "text/html", "href": "https://site.example"},
			map[string]any{"type": "Document", "mediaType": "image/png", "url": "/other.png", "name": nil}, map[string]any{"type": "Document", "mediaType": "image/png", "url": "/banner.png", "name": "Banner"}}},
		"gancio": {"attachment": []any{map[string]any{"type": "Document", "mediaType": "image/jpeg", "url": "/banner.png", "name": "Affiche", "focalPoint": []float64{0, 0}}}},
		"fep-8a8e": {"attachment": []any{map[string]any{"type": "Document", "mediaType": "image/png", "url": "/plan.png", "name": "Plan"},
			map[string]any{"type": "Image", "mediaType": "image/png", "url": "/banner.png", "name": "Affiche", "isBannerImage": true}}},
		"wordpress": {"image": map[string]any{"type": "Image", "mediaType": "image/png", "url": "/banner.png", "name": "Affiche"}},
	} {
		far := peer.New(peer.Options{Software: software})
		t.Cleanup(far.Close)
		far.Serve(far.URL+"/banner.png", poster(t, color.RGBA{0, 0, 200, 255}))
		bob := far.Actor("bob")
		note, create := bob.Note("<p>Venez</p> @ana", func(x *as.Note) {
			x.Type, x.Name = "Event", "Fête de "+software
			x.Tags = []as.Tag{{Type: "Mention", Href: n.Person("ana", true).URI, Name: n.Handle("ana")}}
			x.Extra = map[string]any{"startTime": time.Now().AddDate(0, 0, 9).UTC().Format(time.RFC3339)}
		})
		body, err := note.Build()
		if err != nil {
			t.Fatal(err)
		}
		var doc map[string]any
		if err := json.Unmarshal(body, &doc); err != nil {
			t.Fatal(err)
		}
		for k, v := range extra {
			doc[k] = absolute(v, far.URL)
		}
		if body, err = json.Marshal(doc); err != nil {
			t.Fatal(err)
		}
		create.Object = json.RawMessage(body)
		if answer, err := bob.Send(ctx, n.Person("ana", true).Inbox, create); err != nil || answer.Status != 202 {
			t.Fatal(answer, err)
		}
		settle(t, n)
		id := lastPost(t, n)
		b := n.SignIn("ana").Open("/agenda/" + idOf(&post.Post{ID: id}))
		seen := shownAt.FindStringSubmatch(b.Body)
		if seen == nil || strings.Contains(b.Body, far.URL+"/banner.png") || (seen[2] != "Affiche") != (software == "mobilizon") || seen[2] == "Banner" {
			t.Fatalf("%s: %v %s", software, seen, b.Text())
		}
		if list := filesOf(t, n, id); list[0].RemoteURL != far.URL+"/banner.png" {
			t.Errorf("%s: the banner does not come first: %+v", software, list[0])
		}
		if b.Open(strings.ReplaceAll(seen[1], "&amp;", "&")); b.Status != http.StatusOK {
			t.Errorf("%s: the picture answers with %d", software, b.Status)
		}
	}
}

// absolute puts a base before the addresses of a document.
func absolute(v any, base string) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = absolute(v[i], base)
		}
	case map[string]any:
		if u, ok := v["url"].(string); ok && strings.HasPrefix(u, "/") {
			v["url"] = base + u
		}
	}
	return v
}
