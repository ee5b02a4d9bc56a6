package media_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/media/picture"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

var ctx = context.Background()

const planted = "PLANTED 45.1885N 5.7245E"

// photo is a JPEG with words where cameras write, of a colour by which it is known again.
func photo(t testing.TB, w, h int, c color.Color) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		img.Set(i%w, i/w, c)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	com := append([]byte{0xff, 0xfe, 0, byte(len(planted) + 2)}, planted...)
	return append(append(append([]byte{}, b.Bytes()[:2]...), com...), b.Bytes()[2:]...)
}

func drawing(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewNRGBA(image.Rect(0, 0, 30, 20))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var green = color.RGBA{20, 140, 60, 255}

// get asks for an address as a browser without a session does.
func get(t testing.TB, address string, header ...string) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequest("GET", address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, b
}

func status(t testing.TB, address string) int {
	t.Helper()
	res, _ := get(t, address)
	return res.StatusCode
}

// without cuts the signature from an address.
func without(address string) string {
	address, _, _ = strings.Cut(address, "?")
	return address
}

func upload(t testing.TB, c *testkit.Client, file []byte, fields map[string]string) masto.Media {
	t.Helper()
	var m masto.Media
	if c.Upload("POST", "/api/v2/media", "file", file, fields, &m); c.Status != 200 || m.ID == "" || m.URL == nil {
		t.Fatalf("upload: %d %+v", c.Status, m)
	}
	return m
}

func publish(t testing.TB, c *testkit.Client, fields map[string]any) masto.Status {
	t.Helper()
	var s masto.Status
	if c.Post("/api/v1/statuses", fields, &s); c.Status != 200 {
		t.Fatalf("post: %d %+v", c.Status, fields)
	}
	return s
}

// countFiles counts what lies in the instance's folder of files.
func countFiles(t testing.TB, n *testkit.Node) (found int) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(n.Config.Dir, "media"), func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			found++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestUploadDescribeAndDelete(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	n.Person("bob", true)
	ana, bob := n.Client("ana"), n.Client("bob")
	m := upload(t, ana, photo(t, 900, 600, green), map[string]string{"description": "Un champ.", "focus": "0.5,-0.25"})
	if m.Type != "image" || *m.Description != "Un champ." || m.Meta.Focus.X != 0.5 || m.Meta.Focus.Y != -0.25 || m.Meta.Original.Size != "900x600" ||
		m.Meta.Small.Width != 640 || m.Blurhash == nil || *m.URL == *m.PreviewURL || m.RemoteURL != nil {
		t.Errorf("%+v %+v", m, m.Meta)
	}
	for _, address := range []string{*m.URL, *m.PreviewURL} {
		if res, b := get(t, address); res.StatusCode != 200 || picture.Sniff(b) != "image/jpeg" || bytes.Contains(b, []byte("PLANTED")) {
			t.Errorf("%s: %d", address, res.StatusCode)
		}
	}
	path := "/api/v1/media/" + m.ID
	var again masto.Media
	if ana.Do("PUT", path, map[string]any{"description": "Un pré.", "focus": "0,0"}, &again); ana.Status != 200 || *again.Description != "Un pré." || again.Meta.Focus.X != 0 {
		t.Errorf("%d %+v", ana.Status, again)
	}
	for _, bad := range []map[string]any{{"focus": "2,0"}, {"focus": "x"}, {"description": strings.Repeat("é", 1501)}} {
		if ana.Do("PUT", path, bad, nil); ana.Status != 422 {
			t.Errorf("%v: %d", bad, ana.Status)
		}
	}
	for method, body := range map[string]any{"GET": nil, "PUT": map[string]any{"description": "x"}, "DELETE": nil} {
		if bob.Do(method, path, body, nil); bob.Status != 404 {
			t.Errorf("%s of another's: %d", method, bob.Status)
		}
	}
	if ana.Do("DELETE", path, nil, nil); ana.Status != 200 {
		t.Errorf("deletion: %d", ana.Status)
	}
	if err := n.Idle(ctx); err != nil {
		t.Fatal(err)
	}
	if ana.Get(path, nil); ana.Status != 404 || status(t, *m.URL) != 410 || countFiles(t, n) != 0 {
		t.Errorf("after deletion: %d, file %d, %d files", ana.Status, status(t, *m.URL), countFiles(t, n))
	}
}

// TestME01UploadsByContent sends what is no picture under the name of one.
//
// Spec: ME1
func TestME01UploadsByContent(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	c := n.Client("ana")
	for name, b := range map[string]string{"svg": "<svg xmlns='http://www.w3.org/2000/svg'/>", "html": "<!doctype html>", "json-ld": `{"type":"Note"}`, "empty": "", "cut": "\xff\xd8\xff\xe0"} {
		var e struct{ Error string }
		if c.Upload("POST", "/api/v2/media", "file", []byte(b), nil, &e); c.Status != 422 || e.Error == "" || strings.Contains(e.Error, "⟦") {
			t.Errorf("%s: %d %q", name, c.Status, e.Error)
		}
	}
	for _, kind := range []string{"avif", "heic"} { // which telephones make
		var e struct{ Error string }
		if c.Upload("POST", "/api/v2/media", "file", []byte("\x00\x00\x00\x1cftyp"+kind+"\x00\x00\x00\x00mif1"), nil, &e); c.Status != 422 || !strings.Contains(e.Error, "AVIF") {
			t.Errorf("%s: %d %q", kind, c.Status, e.Error)
		}
	}
	var house masto.Instance
	c.Get("/api/v2/instance", &house)
	if types := fmt.Sprint(house.Configuration.MediaAttachments.SupportedMimeTypes); strings.Contains(types, "avif") || strings.Contains(types, "heic") || !strings.Contains(types, "image/webp") {
		t.Errorf("advertised: %s", types)
	}
	if c.Upload("POST", "/api/v1/media", "file", nil, nil, nil); c.Status != 422 {
		t.Errorf("no file: %d", c.Status)
	}
	large := append(drawing(t), make([]byte, 17<<20)...)
	if c.Upload("POST", "/api/v1/media", "file", large, nil, nil); c.Status != 422 {
		t.Errorf("17 MB: %d", c.Status)
	}
	if got := countFiles(t, n); got != 0 {
		t.Errorf("%d files are left of what was refused", got)
	}
}

// TestME02ServedAsWhatItIs looks at how files are answered, whatever is asked for.
//
// Spec: ME2
func TestME02ServedAsWhatItIs(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	c := n.Client("ana")
	s := publish(t, c, map[string]any{"status": "Voici", "visibility": "public", "media_ids": []string{upload(t, c, drawing(t), nil).ID}})
	address := *s.MediaAttachments[0].URL
	if strings.Contains(address, "?") {
		t.Errorf("a public picture has the address %s", address)
	}
	for _, accept := range []string{"", "text/html", "application/activity+json", `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`} {
		res, b := get(t, address, "Accept", accept)
		h := res.Header
		if res.StatusCode != 200 || h.Get("Content-Type") != "image/png" || picture.Sniff(b) != "image/png" || h.Get("X-Content-Type-Options") != "nosniff" ||
			h.Get("Content-Security-Policy") != "default-src 'none'; sandbox" || !strings.HasPrefix(h.Get("Cache-Control"), "public, max-age=") || h.Get("Set-Cookie") != "" {
			t.Errorf("Accept %q: %d %v", accept, res.StatusCode, h)
		}
	}
	res, b := get(t, address, "Range", "bytes=0-3")
	if res.StatusCode != 206 || string(b) != "\x89PNG" {
		t.Errorf("range: %d %q", res.StatusCode, b)
	}
	if res, _ := get(t, address, "If-None-Match", res.Header.Get("ETag")); res.StatusCode != 304 {
		t.Errorf("same again: %d", res.StatusCode)
	}
	for _, path := range []string{"/media/", "/media/../config.yaml", "/media/%2e%2e/config.yaml", "/media/" + strings.Repeat("a", 26) + "/original.png", "/media/incoming/x"} {
		if got := status(t, n.URL+path); got != 404 {
			t.Errorf("%s: %d", path, got)
		}
	}
}

// TestME06ClosedMediaNeedASignature follows a picture for the section: its
// address is no good without the signature, after its end, or after deletion.
//
// Spec: ME6
func TestME06ClosedMediaNeedASignature(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	c := n.Client("ana")
	s := publish(t, c, map[string]any{"status": "Entre nous", "audience": "section", "media_ids": []string{upload(t, c, photo(t, 900, 500, green), nil).ID}})
	m := s.MediaAttachments[0]
	u, err := url.Parse(*m.URL)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	later := func(key, value string) string {
		other := u.Query()
		other.Set(key, value)
		return without(*m.URL) + "?" + other.Encode()
	}
	end, err := strconv.ParseInt(q.Get("e"), 36, 64)
	if err != nil || end < time.Now().Unix()+3600 || end > time.Now().Unix()+3*86400 {
		t.Errorf("the address ends at %d: %v", end, err)
	}
	res, _ := get(t, *m.URL)
	if res.StatusCode != 200 || !strings.HasPrefix(res.Header.Get("Cache-Control"), "private") {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
	for name, address := range map[string]string{"bare": without(*m.URL), "bare small": without(*m.PreviewURL), "forged": later("s", strings.Repeat("A", 24)),
		"longer": later("e", strconv.FormatInt(end+86400, 36)), "empty": later("s", "")} {
		if got := status(t, address); got != 404 {
			t.Errorf("%s: %d", name, got)
		}
	}
	n.Media.Now = func() time.Time { return time.Unix(end, 0) }
	if got := status(t, *m.URL); got != 403 {
		t.Errorf("after its end: %d", got)
	}
	n.Media.Now = time.Now
	if c.Do("DELETE", "/api/v1/statuses/"+s.ID+"?delete_media=true", nil, nil); c.Status != 200 {
		t.Fatal(c.Status)
	}
	if err := n.Idle(ctx); err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]int{*m.URL: 410, *m.PreviewURL: 410, without(*m.URL): 404} {
		if got := status(t, address); got != want {
			t.Errorf("deleted: %d, want %d", got, want)
		}
	}
	if got := countFiles(t, n); got != 0 {
		t.Errorf("%d files are left", got)
	}
}

// TestWithdrawnAccountClosesItsMedia: what was public needs a signature when its author no longer is.
func TestWithdrawnAccountClosesItsMedia(t *testing.T) {
	n := testkit.New(t)
	ana := n.Person("ana", true)
	c := n.Client("ana")
	s := publish(t, c, map[string]any{"visibility": "public", "media_ids": []string{upload(t, c, drawing(t), nil).ID}})
	if got := status(t, *s.MediaAttachments[0].URL); got != 200 || s.Content != "" {
		t.Errorf("public: %d, text %q", got, s.Content)
	}
	if err := n.Accounts.Withdraw(ctx, ana.ID); err != nil {
		t.Fatal(err)
	}
	if got := status(t, *s.MediaAttachments[0].URL); got != 404 {
		t.Errorf("withdrawn: %d", got)
	}
}

func TestMediaOfPosts(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	n.Person("bob", true)
	ana, bob := n.Client("ana"), n.Client("bob")
	var ids []string
	for i := range 5 {
		ids = append(ids, upload(t, ana, photo(t, 40+i, 40, green), map[string]string{"description": fmt.Sprint("image ", i)}).ID)
	}
	refuse := func(c *testkit.Client, what string, body map[string]any) {
		t.Helper()
		var e struct{ Error string }
		if c.Post("/api/v1/statuses", body, &e); c.Status != 422 || strings.Contains(e.Error, "⟦") || e.Error == "" {
			t.Errorf("%s: %d %q", what, c.Status, e.Error)
		}
	}
	refuse(ana, "five", map[string]any{"status": "x", "media_ids": ids})
	refuse(bob, "another's", map[string]any{"status": "x", "media_ids": ids[:1]})
	refuse(ana, "unknown", map[string]any{"status": "x", "media_ids": []string{"12345"}})
	refuse(ana, "nothing at all", map[string]any{"status": "", "media_ids": []string{}})
	s := publish(t, ana, map[string]any{"status": "", "visibility": "public", "media_ids": []string{ids[2], ids[0], ids[1]}})
	got := func(s masto.Status) (out []string) {
		for _, m := range s.MediaAttachments {
			out = append(out, *m.Description)
		}
		return out
	}
	if fmt.Sprint(got(s)) != "[image 2 image 0 image 1]" {
		t.Errorf("in the order %v", got(s))
	}
	refuse(ana, "in a post already", map[string]any{"status": "x", "media_ids": ids[:1]})
	if ana.Get("/api/v1/media/"+ids[0], nil); ana.Status != 404 {
		t.Errorf("of a post: %d", ana.Status)
	}
	edit := func(body map[string]any) masto.Status {
		t.Helper()
		var e masto.Status
		if ana.Do("PUT", "/api/v1/statuses/"+s.ID, body, &e); ana.Status != 200 {
			t.Fatalf("edit %v: %d", body, ana.Status)
		}
		return e
	}
	e := edit(map[string]any{"status": "Avec des mots", "media_attributes": []map[string]any{{"id": ids[0], "description": "changée"}}})
	if fmt.Sprint(got(e)) != "[image 2 changée image 1]" {
		t.Errorf("after an edit of words: %v", got(e))
	}
	away := *s.MediaAttachments[0].URL
	if e := edit(map[string]any{"status": "Avec des mots", "media_ids": []string{ids[3], ids[0]}}); fmt.Sprint(got(e)) != "[image 3 changée]" {
		t.Errorf("after an edit: %v", got(e))
	}
	if status(t, away) != 410 {
		t.Error("what an edit took away is still there")
	}
	if e := edit(map[string]any{"status": "Seulement des mots", "media_ids": []string{}}); len(e.MediaAttachments) != 0 {
		t.Errorf("an empty list leaves %v", got(e))
	}
	again := upload(t, ana, drawing(t), nil).ID
	if e := edit(map[string]any{"status": "Une image", "media_ids": []string{again}}); len(e.MediaAttachments) != 1 {
		t.Errorf("a list of one gives %v", got(e))
	}
	if e := edit(map[string]any{"status": "Sans elle"}); len(e.MediaAttachments) != 0 {
		t.Errorf("an edit that names no file leaves %v", got(e))
	}
}

// TestLooseUploadsExpire deletes what is in no post a day later.
func TestLooseUploadsExpire(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	c := n.Client("ana")
	upload(t, c, drawing(t), nil)
	kept := publish(t, c, map[string]any{"visibility": "public", "media_ids": []string{upload(t, c, drawing(t), nil).ID}})
	run := func() {
		t.Helper()
		for _, k := range n.Media.Jobs() {
			if k.Name == "media.expire" {
				if err := k.Handle(ctx, []byte("{}")); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := n.Idle(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if run(); countFiles(t, n) != 4 {
		t.Errorf("%d files before their time", countFiles(t, n))
	}
	n.Media.Now = func() time.Time { return time.Now().Add(25 * time.Hour) }
	if run(); countFiles(t, n) != 2 || status(t, *kept.MediaAttachments[0].URL) != 200 {
		t.Errorf("%d files a day later", countFiles(t, n))
	}
}

// TestME03ProfilePictures sets pictures by an app and by the page; nothing of the file is left.
//
// Spec: ME3
func TestME03ProfilePictures(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	n.Person("eve", false)
	for _, who := range []string{"ana", "eve"} {
		c := n.Client(who)
		var me masto.CredentialAccount
		c.Get("/api/v1/accounts/verify_credentials", &me)
		drawn := me.Avatar
		if c.Upload("PATCH", "/api/v1/accounts/update_credentials", "avatar", photo(t, 800, 600, green), map[string]string{"display_name": "A"}, &me); c.Status != 200 || me.Avatar == drawn || me.DisplayName != "A" {
			t.Fatalf("%d %s", c.Status, me.Avatar)
		}
		res, b := get(t, me.Avatar)
		cfg, _, err := image.DecodeConfig(bytes.NewReader(b))
		if res.StatusCode != 200 || err != nil || cfg.Width != 400 || cfg.Height != 400 || bytes.Contains(b, []byte("PLANTED")) {
			t.Errorf("%s: %d, %v, %v", who, res.StatusCode, cfg, err)
		}
		if open := status(t, without(me.Avatar)) == 200; open != (who == "ana") {
			t.Errorf("the avatar of %s is open: %v", who, open)
		}
		if c.Upload("PATCH", "/api/v1/accounts/update_credentials", "header", []byte("<svg/>"), map[string]string{"display_name": "B"}, nil); c.Status != 422 {
			t.Errorf("svg as header: %d", c.Status)
		}
		page := n.SignIn(who).Open("/reglages/images").SubmitFiles("/reglages/images", nil, map[string][]byte{"header": photo(t, 1800, 900, green)})
		if page.Status != 200 || !strings.Contains(page.Body, "portrait-band") {
			t.Errorf("page: %d", page.Status)
		}
		old := me.Avatar
		if c.Do("DELETE", "/api/v1/profile/avatar", nil, &me); c.Status != 200 || me.Avatar != drawn || status(t, old) != 410 || strings.Contains(me.Header, "/images/") {
			t.Errorf("after deletion: %d %s, header %s", c.Status, me.Avatar, me.Header)
		}
	}
	if left := traces(t, n.Config.Dir); left != 0 {
		t.Errorf("%d traces of cameras are left", left)
	}
}

// traces counts the planted words in all files of an instance.
func traces(t testing.TB, dir string) (found int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		found += bytes.Count(b, []byte("PLANTED"))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestComposerWithPictures writes on the page: a file, its words, an error in between, an edit.
func TestComposerWithPictures(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	b := n.SignIn("ana").Open("/ecrire")
	b.SubmitFiles("/publier", map[string]string{"text": strings.Repeat("x", post.MaxText+1), "audience": "section", "media_alt_1": "Un champ vert."},
		map[string][]byte{"media_1": photo(t, 300, 200, green)})
	if b.Status != 422 || !strings.Contains(b.Body, `name="media_id"`) || !strings.Contains(b.Body, "Un champ vert.") {
		t.Fatalf("after an error: %d", b.Status)
	}
	b.SubmitFiles("/publier", map[string]string{"text": "", "audience": "section", "media_alt_1": "Un second."}, map[string][]byte{"media_1": drawing(t)})
	if b.Status != 200 || strings.Count(b.Body, `<figure class="media"`) != 2 || !b.Has("Un champ vert.") || !b.Has("Un second.") || !strings.Contains(b.Body, `alt="Un champ vert."`) {
		t.Fatalf("the post: %d, %d pictures", b.Status, strings.Count(b.Body, `<figure class="media"`))
	}
	b.Open(b.URL.Path + "/edit")
	drop := b.Body[strings.Index(b.Body, `name="drop_`)+6:]
	drop = drop[:strings.Index(drop, `"`)]
	b.SubmitFiles(strings.TrimSuffix(b.URL.Path, "/edit")+"/edit", map[string]string{drop: "1", "text": "Une seule"}, nil)
	if b.Status != 200 || strings.Count(b.Body, `<figure class="media"`) != 1 || !b.Has("Une seule") {
		t.Errorf("after the edit: %d, %d pictures: %s", b.Status, strings.Count(b.Body, `<figure class="media"`), b.URL)
	}
	if left := traces(t, n.Config.Dir); left != 0 {
		t.Errorf("%d traces are left", left)
	}
	tmp, _ := filepath.Glob(filepath.Join(os.TempDir(), "multipart-*"))
	for _, f := range tmp {
		if b, err := os.ReadFile(f); err == nil && bytes.Contains(b, []byte("PLANTED")) {
			t.Errorf("%s is left of a form", f)
		}
	}
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
