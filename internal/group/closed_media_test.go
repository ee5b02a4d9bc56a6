package group_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/fetch"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// pictured writes a post with a picture as an app does, and gives it with the address of the
// picture in its document.
func pictured(t *testing.T, n *testkit.Node, who string, fields map[string]any) (p *post.Post, address string) {
	t.Helper()
	c := n.Client(who)
	var m masto.Media
	if c.Upload("POST", "/api/v2/media", "file", drawing(t), map[string]string{"description": "Une image"}, &m); c.Status != 200 {
		t.Fatalf("%s sends no picture: %d", who, c.Status)
	}
	fields["media_ids"] = []string{m.ID}
	var s masto.Status
	if c.Post("/api/v1/statuses", fields, &s); c.Status != 200 {
		t.Fatalf("%s: %d %v", who, c.Status, fields)
	}
	id, _ := ids.Parse(s.ID)
	p, err := post.Raw(ctx, n.DB.Read(), id)
	if err != nil {
		t.Fatal(err)
	}
	return p, addressOf(t, n, id)
}

// addressOf is the address of a picture in the document of its post.
func addressOf(t *testing.T, n *testkit.Node, postID int64) string {
	t.Helper()
	d, err := n.Posts.Document(ctx, n.DB.Read(), postID)
	if err != nil || d == nil || len(d.Attachments()) != 1 {
		t.Fatalf("the document of the post: %v %v", d, err)
	}
	return d.Attachments()[0].URL
}

// byName gives the status with which a file is answered to an instance that asks by its own actor.
func byName(t *testing.T, n *testkit.Node, address string) int {
	t.Helper()
	res, err := n.Engine.Client.File(ctx, address, "image/*", n.Engine.Key(ctx))
	var f *fetch.Error
	switch {
	case errors.As(err, &f) && f.Status != 0:
		return f.Status
	case err != nil:
		t.Fatal(err)
	case !strings.HasPrefix(res.ContentType, "image/"):
		t.Fatalf("no picture but %s", res.ContentType)
	}
	return http.StatusOK
}

// filesOf counts what lies in the folder of files of an instance.
func filesOf(t *testing.T, n *testkit.Node) (found int) {
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

// shownTo gives the picture of a post as an app of somebody here sees it.
func shownTo(t *testing.T, n *testkit.Node, who, uri string) masto.Media {
	t.Helper()
	var s masto.Status
	if c := n.Client(who).Get("/api/v1/statuses/"+ids.String(here(t, n, uri).ID), &s); c.Status != 200 || len(s.MediaAttachments) != 1 || s.MediaAttachments[0].PreviewURL == nil {
		t.Fatalf("%s is shown no picture: %d %+v", who, c.Status, s.MediaAttachments)
	}
	return s.MediaAttachments[0]
}

func stranger(t *testing.T) *peer.Actor {
	t.Helper()
	p := peer.New(peer.Options{Software: "mastodon"})
	t.Cleanup(p.Close)
	return p.Actor("hana")
}

// refused checks that an address of a file opens nothing, to whoever asks without a signature and to an
// actor of another server, and that both are told what they are told of what was never there.
func refused(t *testing.T, a *peer.Actor, address string) {
	t.Helper()
	u, rest, _ := strings.Cut(address, "/media/")
	never := u + "/media/" + strings.Repeat("a", 26) + rest[26:]
	for name, faults := range map[string][]peer.Fault{"signed": nil, "signed anew": {peer.Modern}, "unsigned": {peer.NoSignature}, "forged": {peer.WrongKey}} {
		r, err := a.Get(ctx, address, faults...)
		if err != nil {
			t.Fatal(err)
		}
		no, err := a.Get(ctx, never, faults...)
		if err != nil {
			t.Fatal(err)
		}
		want := 404
		if name == "forged" {
			want = 401
		}
		if r.Status != want || no.Status != want || !bytes.Equal(r.Body, no.Body) || r.Header.Get("Cache-Control") != no.Header.Get("Cache-Control") {
			t.Errorf("a stranger (%s) gets %s: %d %.80q %v, and of nothing %d %.80q", name, address, r.Status, r.Body, r.Header, no.Status, no.Body)
		}
	}
	for _, method := range []string{"HEAD", "GET"} {
		for _, x := range []string{address, address + "?e=zzzzzz&s=" + strings.Repeat("A", 24), strings.Replace(address, "/original", "/small", 1)} {
			req, err := http.NewRequest(method, x, nil)
			if err != nil {
				t.Fatal(err)
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			res.Body.Close()
			if err != nil || res.StatusCode != 404 || bytes.Contains(body, []byte("PNG")) {
				t.Errorf("%s %s: %d %v", method, x, res.StatusCode, err)
			}
		}
	}
}

// TestMediaOfAClosedGroup: the address of a picture in a document opens it to the servers of
// members alone, who ask by their name; people see it through their own server; with the last member
// of a server goes what was kept there.
//
// Spec: ME6; Spec: P1
func TestMediaOfAClosedGroup(t *testing.T) {
	x := newCircle(t, group.Rules{})
	hana := stranger(t)
	mention := "@cellule@" + x.home.Host
	type case_ struct {
		at      *testkit.Node
		p       *post.Post
		address string
	}
	var pictures []case_
	for _, a := range []struct {
		n   *testkit.Node
		who string
	}{{x.home, "ana"}, {x.c, "chloe"}} {
		p, address := pictured(t, a.n, a.who, map[string]any{"status": mention + " Voici", "visibility": "public"})
		if p.Audience != post.Group {
			t.Fatalf("%s writes for %s", a.who, p.Audience)
		}
		pictures = append(pictures, case_{a.n, p, address})
	}
	x.Settle()
	var seen []string
	for _, c := range pictures {
		if !regexp.MustCompile(`^` + regexp.QuoteMeta(c.at.URL) + `/media/[a-z2-7]{26}/original\.png$`).MatchString(c.address) {
			t.Errorf("the document names %s", c.address)
		}
		refused(t, hana, c.address)
		for _, n := range []*testkit.Node{x.home, x.b, x.c} {
			if n == c.at {
				continue
			}
			for _, address := range []string{c.address, strings.Replace(c.address, "/original", "/small", 1)} {
				if got := byName(t, n, address); got != 200 {
					t.Errorf("a server with a member gets %d of %s", got, address)
				}
			}
		}
		// Bea's app and her browser see it through their own server, with an address that ends.
		m := shownTo(t, x.b, "bea", c.p.URI)
		for _, address := range []string{*m.URL, *m.PreviewURL} {
			if !strings.HasPrefix(address, x.b.URL+"/media/") || plain(t, address).code != 200 {
				t.Errorf("bea does not see %s", address)
			}
			if bare, _, _ := strings.Cut(address, "?"); plain(t, bare).code != 404 {
				t.Errorf("it is shown without a signature")
			}
			refused(t, hana, strings.Split(address, "?")[0])
			seen = append(seen, address)
		}
		page := x.b.SignIn("bea").Open("/groupes/cellule@" + x.home.Host + "/" + ids.String(here(t, x.b, c.p.URI).ID))
		img := regexp.MustCompile(`src="(/media/[^"]+/small[^"]+)"`).FindStringSubmatch(page.Body)
		if img == nil || plain(t, x.b.URL+strings.ReplaceAll(img[1], "&amp;", "&")).code != 200 {
			t.Errorf("the page shows bea no picture: %v", img)
		}
		if c := x.b.Client("boris").Get("/api/v1/statuses/"+ids.String(here(t, x.b, c.p.URI).ID), nil); c.Status != 404 {
			t.Errorf("boris, who is no member: %d", c.Status)
		}
		// What was had for bea is not given to who knows the address on the other server.
		if got := plain(t, x.b.Media.Proxy(c.address, "post")).code; got != 404 {
			t.Errorf("the proxy shows it: %d", got)
		}
	}
	if filesOf(t, x.b) == 0 {
		t.Fatal("nothing is kept at B: the test would prove nothing")
	}
	// The last member of B leaves: nothing is left there, and nothing is given there any more.
	if err := x.b.Follows.Unfollow(ctx, x.b.Person("bea", false).ID, x.atB.ID); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	sql(t, x.c, `delete from group_vouch`) // a yes is believed for a minute
	for _, c := range pictures {
		if got := byName(t, x.b, c.address); got != 404 {
			t.Errorf("a server without members gets %d of %s", got, c.address)
		}
	}
	for _, address := range seen {
		if got := plain(t, address); got.code == 200 {
			t.Errorf("%s is still shown", address)
		}
	}
	if got := filesOf(t, x.b); got != 0 {
		t.Errorf("%d files are left", got)
	}
	// Their author deletes one: gone from the other member's server too, and no stranger hears that it was there.
	m := shownTo(t, x.home, "ana", pictures[1].p.URI)
	before := filesOf(t, x.home)
	if plain(t, *m.URL).code != 200 || filesOf(t, x.home) <= before {
		t.Fatal("ana does not see the picture")
	}
	if c := x.c.Client("chloe").Do("DELETE", "/api/v1/statuses/"+ids.String(pictures[1].p.ID)+"?delete_media=true", nil, nil); c.Status != 200 {
		t.Fatal(c.Status)
	}
	x.Settle()
	if got := plain(t, *m.URL).code; got != 410 || filesOf(t, x.home) != before {
		t.Errorf("after deletion %d, %d files of %d", got, filesOf(t, x.home), before)
	}
	refused(t, hana, pictures[1].address)
}

// TestFilmsOfAClosedGroup: a film, the picture that stands for it, and what is kept of both follow the same rule.
//
// Spec: ME6
func TestFilmsOfAClosedGroup(t *testing.T) {
	b := testkit.Drawn(t, "a.mp4", "testsrc=d=1:s=160x90:r=10")
	x := newCircle(t, group.Rules{})
	chloe := x.c.Client("chloe")
	var m masto.Media
	if chloe.Upload("POST", "/api/v2/media", "file", b, map[string]string{"description": "Une mire"}, &m); chloe.Status != 202 {
		t.Fatal(chloe.Status)
	}
	x.Settle()
	_, p := status(t, x.c, "chloe", map[string]any{"status": "@cellule@" + x.home.Host + " Voici", "visibility": "public", "media_ids": []string{m.ID}})
	x.Settle()
	d, err := x.c.Posts.Document(ctx, x.c.DB.Read(), p.ID)
	if err != nil || len(d.Attachments()) != 1 || d.Attachments()[0].Icon == "" {
		t.Fatalf("%v %v", d, err)
	}
	hana := stranger(t)
	for _, address := range []string{d.Attachments()[0].URL, d.Attachments()[0].Icon} {
		if strings.Contains(address, "?") {
			t.Errorf("the document names %s", address)
		}
		refused(t, hana, address)
	}
	seen := shownTo(t, x.b, "bea", p.URI)
	for _, address := range []string{*seen.URL, *seen.PreviewURL} {
		if got := plain(t, address); got.code != 200 || len(got.body) < 500 {
			t.Errorf("bea gets %d, %d bytes of %s", got.code, len(got.body), address)
		}
	}
	if filesOf(t, x.b) == 0 {
		t.Fatal("nothing is kept at B: the test would prove nothing")
	}
	if chloe.Do("DELETE", "/api/v1/statuses/"+ids.String(p.ID)+"?delete_media=true", nil, nil); chloe.Status != 200 {
		t.Fatal(chloe.Status)
	}
	x.Settle()
	if got := filesOf(t, x.b); got != 0 || plain(t, *seen.URL).code != 410 || plain(t, *seen.PreviewURL).code != 410 {
		t.Errorf("%d files are left, or shown", got)
	}
}

// TestMediaByAudience: what is for the movement is given to its servers that ask by name, what is for
// followers to whoever has the address of the document for a while: their servers ask in nobody's name.
//
// Spec: ME6
func TestMediaByAudience(t *testing.T) {
	c := testkit.Cluster{testkit.NewOn(t, testkit.Postgres), testkit.New(t), testkit.New(t)}
	affiliate(t, c[:2])
	home, child, out := c[0], c[1], c[2]
	home.Person("ana", true)
	hana := stranger(t)
	_, movement := pictured(t, home, "ana", map[string]any{"status": "Au mouvement", "audience": "movement"})
	_, section := pictured(t, home, "ana", map[string]any{"status": "Aux personnes qui me suivent", "audience": "followers"})
	gone, was := pictured(t, home, "ana", map[string]any{"status": "Au mouvement, puis effacé", "audience": "movement"})
	refused(t, hana, movement)
	if got := byName(t, child, movement); got != 200 {
		t.Errorf("a server of the movement: %d", got)
	}
	if got := byName(t, out, movement); got != 404 {
		t.Errorf("a server that is not: %d", got)
	}
	bare, _, signed := strings.Cut(section, "?")
	if !signed || plain(t, section).code != 200 {
		t.Errorf("followers' servers get nothing at %s", section)
	}
	refused(t, hana, bare)
	home.Media.Now = func() time.Time { return time.Now().AddDate(0, 0, 61) }
	if got := plain(t, section).code; got != 403 {
		t.Errorf("after its end: %d", got)
	}
	home.Media.Now = time.Now
	if ana := home.Client("ana").Do("DELETE", "/api/v1/statuses/"+ids.String(gone.ID)+"?delete_media=true", nil, nil); ana.Status != 200 {
		t.Fatal(ana.Status)
	}
	c.Settle()
	refused(t, hana, was)
	sql(t, home, `update audience_host set valid_until = $1 where host = $2`, time.Now().UnixMilli()-1, child.Host)
	if got := byName(t, child, movement); got != 404 {
		t.Errorf("a server whose certificate has run out: %d", got)
	}
}

// TestAddressesEndWithMembership: the addresses of pictures of a closed group that somebody was shown
// open nothing from when they belong to it no more, here and on another server, without anybody asking again;
// those of the others still do, and whoever sent a picture keeps it.
//
// Spec: PV1, ME6
func TestAddressesEndWithMembership(t *testing.T) {
	x := newCircle(t, group.Rules{})
	for _, who := range []string{"boris"} {
		x.follow(t, x.b, who, x.atB)
	}
	if err := x.home.Groups.Join(ctx, x.home.Viewer("aldo"), x.g.AccountID); err != nil {
		t.Fatal(err)
	}
	p, _ := pictured(t, x.home, "ana", map[string]any{"status": "@cellule Une image", "visibility": "public"})
	mine, _ := pictured(t, x.home, "aldo", map[string]any{"status": "@cellule La mienne", "visibility": "public"})
	x.Settle()
	type seen struct {
		n    *testkit.Node
		who  string
		both []string
	}
	var all []seen
	for _, r := range []struct {
		n   *testkit.Node
		who string
	}{{x.home, "ana"}, {x.home, "aldo"}, {x.b, "bea"}, {x.b, "boris"}} {
		m := shownTo(t, r.n, r.who, p.URI)
		all = append(all, seen{r.n, r.who, []string{deref(m.URL), deref(m.PreviewURL)}})
	}
	own := deref(shownTo(t, x.home, "aldo", mine.URI).URL)
	opens := func(s seen) (n int) {
		for _, u := range s.both {
			if r := plain(t, u); r.code == 200 {
				n++
			} else if r.code != 404 {
				t.Errorf("%s: %d", s.who, r.code)
			}
		}
		return n
	}
	for _, s := range all {
		if opens(s) != 2 {
			t.Fatalf("%s does not see it: %v", s.who, s.both)
		}
		for _, id := range []string{ids.String(s.n.Person(s.who, false).ID), s.who} {
			if strings.Contains(s.both[0], id) {
				t.Errorf("the address names %s: %s", s.who, s.both[0])
			}
		}
	}
	if all[0].both[0] == all[1].both[0] {
		t.Error("two readers have one address")
	}
	stolen := strings.Replace(all[1].both[0], between2(all[1].both[0], "&r=", "&"), between2(all[0].both[0], "&r=", "&"), 1)
	if r := plain(t, stolen); r.code != 404 {
		t.Errorf("an address made of two opens: %d", r.code)
	}
	bare := strings.Replace(all[0].both[0], "&r="+between2(all[0].both[0], "&r=", "&"), "", 1)
	if r := plain(t, bare); r.code != 404 {
		t.Errorf("an address for nobody opens: %d", r.code)
	}
	if err := x.home.Groups.Ban(ctx, x.home.Viewer("ana"), x.g.AccountID, x.home.Person("aldo", false).ID, ""); err != nil {
		t.Fatal(err)
	}
	if err := x.home.Groups.Ban(ctx, x.home.Viewer("ana"), x.g.AccountID, found(x.home, "boris", x.b.Host).ID, ""); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	for _, s := range all {
		want := map[string]int{"ana": 2, "bea": 2}[s.who]
		if got := opens(s); got != want {
			t.Errorf("%s opens %d of 2 addresses, want %d", s.who, got, want)
		}
	}
	if r := plain(t, own); r.code != 200 {
		t.Errorf("who is out has no picture of theirs any more: %d", r.code)
	}
}

func between2(s, from, to string) string {
	_, rest, _ := strings.Cut(s, from)
	out, _, _ := strings.Cut(rest, to)
	return out
}
