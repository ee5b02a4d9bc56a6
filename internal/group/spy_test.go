package group_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/host"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// listeners are a Mastodon and a Lemmy that follow everybody whom they can, and record
// every byte they are sent.
type listeners struct {
	all    []*peer.Peer
	actors []*peer.Actor
}

func listen(t *testing.T, c testkit.Cluster, public map[*testkit.Node]string) *listeners {
	t.Helper()
	l := &listeners{}
	for _, software := range []string{"mastodon", "lemmy"} {
		p := peer.New(peer.Options{Software: software, AutoAccept: true})
		t.Cleanup(p.Close)
		a := p.Actor("hana")
		l.all, l.actors = append(l.all, p), append(l.actors, a)
		for n, who := range public {
			if _, _, err := a.Follow(ctx, n.Person(who, true).URI); err != nil {
				t.Fatal(err)
			}
			c.Settle()
			// Our people follow there too: their servers are known to ours in every way.
			x := found(n, "hana", p.Host)
			if err := n.Follows.Follow(ctx, n.Person(who, true).ID, x.ID, nil); err != nil {
				t.Fatal(err)
			}
			c.Settle()
		}
	}
	return l
}

// secrets are the bytes that nobody outside may see.
type secrets map[string]bool

func (s secrets) add(list ...string) {
	for _, x := range list {
		if x != "" {
			s[x] = true
		}
	}
}

func (s secrets) post(p *post.Post) { s.add(path.Base(p.URI), ids.String(p.ID)) }

func (s secrets) in(body string) string {
	for x := range s {
		if strings.Contains(body, x) {
			return x
		}
	}
	return ""
}

func status(t *testing.T, n *testkit.Node, who string, fields map[string]any) (masto.Status, *post.Post) {
	t.Helper()
	var s masto.Status
	if c := n.Client(who).Post("/api/v1/statuses", fields, &s); c.Status != 200 {
		t.Fatalf("%s: %d %v", who, c.Status, fields)
	}
	id, _ := ids.Parse(s.ID)
	p, err := post.Raw(ctx, n.DB.Read(), id)
	if err != nil {
		t.Fatal(err)
	}
	if p.Audience != post.Group {
		t.Fatalf("%s writes for %s: %v", who, p.Audience, fields)
	}
	return s, p
}

func drawing(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 64, 64))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestTheSpyHearsNothing: three of our instances live through everything that a closed
// group does, while a Mastodon and a Lemmy that know their people listen: not a byte of the
// group comes to them, its ids included, nor to a server that was cut off or blocked, nor
// to whoever asks any route.
//
// Spec: P1, P2
func TestTheSpyHearsNothing(t *testing.T) {
	for name, secret := range map[string]bool{"closed": false, "secret": true} {
		t.Run(name, func(t *testing.T) { spied(t, secret) })
	}
}

func spied(t *testing.T, secret bool) {
	logs := testkit.KeepLogs(t)
	c := testkit.NewCluster(t, 4)
	affiliate(t, c)
	home, b, cc, dd := c[0], c[1], c[2], c[3]
	public := map[*testkit.Node]string{home: "ana", b: "bea", cc: "chloe", dd: "dora"}
	spies := listen(t, c, public)
	hidden := secrets{}

	g := create(t, home, "ana", "motcellule", group.Rules{Name: "Motnom", Note: "Motnote", Charter: "Motcharte", Access: group.Movement, Secret: secret, Joining: group.Invite})
	hidden.add("motcellule", "Motnom", "Motnote", "Motcharte", path.Base(g.Account.URI))
	for n, who := range map[*testkit.Node]string{b: "bea", cc: "chloe", dd: "dora"} {
		if err := home.Groups.Invite(ctx, home.Viewer("ana"), g.AccountID, found(home, who, n.Host).ID); err != nil {
			t.Fatal(err)
		}
		c.Settle()
		list, err := n.Groups.Invitations(ctx, n.Person(who, true).ID)
		if err != nil || len(list) != 1 {
			t.Fatalf("%s: %v %v", who, list, err)
		}
		if err := n.Groups.AnswerInvitation(ctx, n.Viewer(who), list[0].ID, true); err != nil {
			t.Fatal(err)
		}
		c.Settle()
	}
	// Threads, answers and pictures, by the pages' service and by an app.
	first, err := into(home, "ana", g.AccountID, "Motpremier, voir https://"+spies.all[0].Host+"/motlien #motmarque")
	if err != nil {
		t.Fatal(err)
	}
	c.Settle()
	hidden.post(first)
	hidden.add("Motpremier", "motmarque", "motlien")
	var pic masto.Media
	bea := b.Client("bea")
	bea.Upload("POST", "/api/v2/media", "file", drawing(t), map[string]string{"description": "Motimage"}, &pic)
	mention := "@motcellule@" + home.Host
	_, second := status(t, b, "bea", map[string]any{"status": mention + " Motsecond @hana@" + spies.all[0].Host, "visibility": "public", "media_ids": []string{pic.ID}})
	hidden.post(second)
	hidden.add("Motsecond", "Motimage")
	shown, atHome := pictured(t, home, "ana", map[string]any{"status": "@motcellule Motmontré", "visibility": "public"})
	hidden.post(shown)
	hidden.add("Motmontré")
	pictures := []string{atHome, addressOf(t, b, second.ID)}
	c.Settle()
	for n, who := range map[*testkit.Node]string{home: "ana", b: "bea", cc: "chloe", dd: "dora"} {
		for _, uri := range []string{shown.URI, second.URI} {
			m := shownTo(t, n, who, uri)
			for _, address := range []string{*m.URL, *m.PreviewURL} {
				res := plain(t, address)
				if res.code != 200 || len(res.body) < 50 {
					t.Fatalf("%s does not see the picture: %d", who, res.code)
				}
				hidden.add(res.body, path.Base(path.Dir(address)))
			}
		}
	}
	for n, who := range map[*testkit.Node]string{home: "ana", cc: "chloe"} {
		if !reads(t, n, who, second.URI) {
			t.Fatalf("%s does not read it", who)
		}
		var s masto.Status
		if n.Client(who).Get("/api/v1/statuses/"+ids.String(here(t, n, second.URI).ID), &s); len(s.MediaAttachments) != 1 || !strings.HasPrefix(deref(s.MediaAttachments[0].URL), n.URL) {
			t.Errorf("%s: the picture does not come through the own server: %+v", who, s.MediaAttachments)
		} else if res := plain(t, deref(s.MediaAttachments[0].URL)); res.code != 200 {
			t.Errorf("%s does not see the picture: %d", who, res.code)
		} else if res := plain(t, strings.Split(deref(s.MediaAttachments[0].URL), "?")[0]); res.code != 404 {
			t.Errorf("the picture is shown without a signature: %d", res.code)
		}
	}
	_, answer := status(t, cc, "chloe", map[string]any{"status": "Motréponse", "in_reply_to_id": ids.String(here(t, cc, second.URI).ID), "visibility": "public"})
	hidden.post(answer)
	hidden.add("Motréponse")
	c.Settle()
	// Likes, boosts, an edit, moderation, a public post that names the group.
	if _, err := cc.Posts.Like(ctx, cc.Viewer("chloe"), here(t, cc, first.URI).ID); err != nil {
		t.Error(err)
	}
	if _, err := cc.Posts.Boost(ctx, cc.Viewer("chloe"), here(t, cc, first.URI).ID); err == nil {
		t.Error("a post of a closed group was boosted")
	}
	if _, err := home.Posts.Boost(ctx, home.Viewer("ana"), here(t, home, second.URI).ID); err == nil {
		t.Error("a post of a closed group was boosted at its server")
	}
	if _, err := b.Posts.Edit(ctx, b.Viewer("bea"), second.ID, post.Draft{Text: mention + " Motcorrigé"}); err != nil {
		t.Fatal(err)
	}
	hidden.add("Motcorrigé")
	for _, err := range []error{
		home.Groups.Pin(ctx, home.Viewer("ana"), here(t, home, second.URI).ID, true),
		home.Groups.Lock(ctx, home.Viewer("ana"), here(t, home, second.URI).ID, true),
		home.Groups.Remove(ctx, home.Viewer("ana"), here(t, home, answer.URI).ID, "Motraison"),
		home.Groups.Restore(ctx, home.Viewer("ana"), here(t, home, answer.URI).ID),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	hidden.add("Motraison")
	c.Settle()
	if _, err := cc.Posts.Create(ctx, cc.Viewer("chloe"), post.Draft{Text: "encore", ReplyTo: here(t, cc, second.URI).ID, Audience: post.Group}); err == nil {
		t.Error("a closed thread was answered from another server")
	}
	// Whoever is no member, and whoever is, may name the group in public: words, and no more.
	b.Person("zoe", true)
	if _, err := b.Posts.Create(ctx, b.Viewer("zoe"), post.Draft{Text: "bonjour à tous", Audience: post.Public}); err != nil {
		t.Fatal(err)
	}
	// Each member writes in public too; nothing there speaks of the group.
	for n, who := range public {
		if _, err := n.Posts.Create(ctx, n.Viewer(who), post.Draft{Text: "Une chose publique", Audience: post.Public}); err != nil {
			t.Fatal(err)
		}
	}
	c.Settle()
	for _, p := range spies.all {
		if len(p.Received(peer.Posted("Create"))) == 0 {
			t.Fatal("the listeners hear nothing at all: the test would prove nothing")
		}
	}
	probe(t, c, spies, hidden, g, []*post.Post{first, second, answer, shown}, pictures)

	// Reports: to the moderators of the group, and to no other server.
	if err := cc.Groups.Report(ctx, cc.Viewer("chloe"), here(t, cc, second.URI).ID, "Motsignalement"); err != nil {
		t.Fatal(err)
	}
	if r := cc.Client("chloe").Post("/api/v1/reports", map[string]any{"account_id": ids.String(found(cc, "bea", b.Host).ID),
		"status_ids": []string{ids.String(here(t, cc, second.URI).ID)}, "comment": "Motplainte", "forward": true}, nil); r.Status != 200 {
		t.Fatalf("a report: %d", r.Status)
	}
	hidden.add("Motsignalement", "Motplainte")
	c.Settle()
	if list, err := home.Groups.Reports(ctx, g.AccountID); err != nil || len(list) != 1 || list[0].Reason != "Motsignalement" {
		t.Errorf("the moderators of the group are told: %+v %v", list, err)
	}
	if n, err := db.Get[int](ctx, b.DB.Read(), `select count(*) from report`); err != nil || n != 0 {
		t.Errorf("the author's server is told %d reports about a closed group: %v", n, err)
	}

	// Once its certificate has run out, D hears nothing more, is asked for nothing and has no vote.
	sql(t, home, `update audience_host set valid_until = $1 where host = $2`, time.Now().UnixMilli()-1, dd.Host)
	late, err := into(home, "ana", g.AccountID, "Motretard")
	if err != nil {
		t.Fatal(err)
	}
	hidden.post(late)
	hidden.add("Motretard")
	c.Settle()
	if here(t, dd, late.URI) != nil {
		t.Error("a server whose certificate has run out still gets the group's posts")
	}
	for _, uri := range []string{late.URI, g.Account.URI, g.Account.URI + "/moderators", g.Account.URI + "/threads", g.Account.Followers + "?is_follower=" + b.URL + "/actor"} {
		if _, err := dd.Engine.Ask(ctx, uri); err == nil {
			t.Errorf("a server whose certificate has run out reads %s", uri)
		}
	}
	if got := byName(t, dd, atHome); got != 404 {
		t.Errorf("a server whose certificate has run out sees a picture: %d", got)
	}
	if yes, err := home.Groups.Member(ctx, home.DB.Read(), g.AccountID, dd.URL+"/inbox"); err != nil || yes {
		t.Errorf("what waits for it is still sent: %v", err)
	}
	if _, err := into(dd, "dora", found(dd, "motcellule", home.Host).ID, "Motdora"); err == nil { // it does not know yet
		c.Settle()
		if n, err := db.Get[int](ctx, home.DB.Read(), `select count(*) from post where content like '%Motdora%' and scope_id <> 0`); err != nil || n != 0 {
			t.Errorf("the group takes what it writes: %v", err)
		}
	}
	if !reads(t, b, "bea", late.URI) {
		t.Error("the others lost the group too")
	}

	// Cut off, C hears nothing more; it keeps what it had.
	if err := home.Movement.Unlink(ctx, 0, cc.Host, "Motif"); err != nil {
		t.Fatal(err)
	}
	c.Settle()
	third, err := into(home, "ana", g.AccountID, "Mottroisième")
	if err != nil {
		t.Fatal(err)
	}
	hidden.post(third)
	hidden.add("Mottroisième")
	c.Settle()
	if here(t, cc, third.URI) != nil {
		t.Error("a server that was cut off still gets the group's posts")
	}
	if _, err := cc.Engine.Ask(ctx, third.URI); err == nil {
		t.Error("a server that was cut off reads a post")
	}
	if _, err := cc.Engine.Ask(ctx, g.Account.URI); err == nil {
		t.Error("a server that was cut off finds the group")
	}
	if got := byName(t, cc, atHome); got != 404 {
		t.Errorf("a server that was cut off sees a picture: %d", got)
	}
	if got := byName(t, b, atHome); got != 200 {
		t.Errorf("a server with a member sees no picture: %d", got)
	}
	if _, err := into(cc, "chloe", found(cc, "motcellule", home.Host).ID, "Motperdu"); err == nil {
		t.Error("one writes into the group from a server that was cut off")
	}
	if !reads(t, b, "bea", third.URI) {
		t.Error("the other server lost the group too")
	}
	// Bea leaves: what others wrote is gone from B, and nothing more comes.
	if err := b.Follows.Unfollow(ctx, b.Person("bea", true).ID, found(b, "motcellule", home.Host).ID); err != nil {
		t.Fatal(err)
	}
	c.Settle()
	if got := byName(t, b, atHome); got != 404 {
		t.Errorf("a server that has no member any more sees a picture: %d", got)
	}
	for _, p := range []*post.Post{first, answer, third, shown} {
		if here(t, b, p.URI) != nil {
			t.Error("still on a server that has no member any more")
		}
	}
	kept, err := db.Get[int](ctx, b.DB.Read(), `select count(*) from post_document d join post p on p.id = d.post_id where p.scope_id <> 0 and not p.local`)
	if err != nil || kept != 0 {
		t.Errorf("%d documents of the group are left: %v", kept, err)
	}
	// Blocked, a server loses its members at once.
	if _, err := home.Hosts.Set(ctx, host.Policy{Host: cc.Host, Level: host.Suspend}); err != nil {
		t.Fatal(err)
	}
	if err := home.Servers.Apply(ctx); err != nil {
		t.Fatal(err)
	}
	left, err := db.Get[int](ctx, home.DB.Read(), `select count(*) from group_member m join account a on a.id = m.account_id where m.group_id = $1 and a.host = $2 and m.state = 'in'`, g.AccountID, cc.Host)
	if err != nil || left != 0 {
		t.Errorf("%d members of a blocked server are left: %v", left, err)
	}
	for _, p := range []*post.Post{first, shown} {
		if _, err := home.Posts.Delete(ctx, home.Viewer("ana"), p.ID); err != nil {
			t.Fatal(err)
		}
	}
	c.Settle()
	probe(t, c, spies, hidden, g, []*post.Post{first, second, answer, third, shown}, pictures)
	written := logs()
	if !strings.Contains(written, "level=") {
		t.Fatal("no log was kept")
	}
	if x := hidden.in(written); x != "" {
		t.Errorf("the logs name %q: %s", x, around(written, x))
	}
	for i, p := range spies.all {
		for x := range hidden {
			if p.Mentions(x) {
				t.Errorf("listener %d was sent %q", i, x)
			}
		}
	}
}

// around is the line of a log that holds something.
func around(log, x string) string {
	for line := range strings.Lines(log) {
		if strings.Contains(line, x) {
			return line
		}
	}
	return ""
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

type got struct {
	code int
	body string
}

func plain(t *testing.T, url string) got {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	return got{res.StatusCode, string(b)}
}

// probe asks every route that answers a GET for the group and its posts, as a stranger and as
// a server that nobody affiliated; what is hidden and what does not exist look alike.
func probe(t *testing.T, c testkit.Cluster, l *listeners, hidden secrets, g *group.Group, posts []*post.Post, pictures []string) {
	t.Helper()
	for _, a := range l.actors {
		for _, address := range pictures {
			refused(t, a, address)
		}
	}
	keys := []string{path.Base(g.Account.URI)}
	numbers := []string{ids.String(g.AccountID)}
	for _, p := range posts {
		keys = append(keys, path.Base(p.URI))
		for _, n := range c {
			if q, err := post.RawByURI(ctx, n.DB.Read(), p.URI); err == nil {
				numbers = append(numbers, ids.String(q.ID))
			}
		}
	}
	none := "aaaaaaaaaaaaaaaaaaaaaaaaaa"
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	ask := func(n *testkit.Node, path, accept string) got {
		req, err := http.NewRequestWithContext(context.Background(), "GET", n.URL+path, nil)
		if err != nil {
			return got{}
		}
		req.Header.Set("Accept", accept)
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, _ := io.ReadAll(io.LimitReader(res.Body, 1<<20))
		return got{res.StatusCode, string(b) + fmt.Sprint(res.Header)}
	}
	for _, n := range c {
		for _, rt := range n.Routes() {
			if rt.Method != "GET" || strings.Contains(rt.Path, "streaming") && !strings.Contains(rt.Path, "health") {
				continue
			}
			for _, p := range fill(rt.Path, keys, numbers) {
				for _, accept := range []string{"text/html", "application/activity+json", "application/json"} {
					r := ask(n, p, accept)
					if x := hidden.in(strings.ReplaceAll(r.body, p, "")); x != "" && !strings.Contains(p, x) {
						t.Errorf("%s shows a stranger %q (%s)", p, x, accept)
					}
				}
			}
		}
		for i, key := range keys {
			kind := "/objects/"
			if i == 0 {
				kind = "/users/"
			}
			for _, tail := range []string{"", "/outbox", "/followers", "/followers_synchronization", "/moderators", "/wall", "/featured", "/activity", "/replies", "/context"} {
				for _, a := range l.actors {
					mine, err := a.Get(ctx, n.URL+kind+key+tail)
					if err != nil {
						t.Fatal(err)
					}
					no, err := a.Get(ctx, n.URL+kind+none+tail)
					if err != nil {
						t.Fatal(err)
					}
					if mine.Status != no.Status || !bytes.Equal(mine.Body, no.Body) {
						t.Errorf("a signed stranger sees that %s%s%s is there: %d %s, not %d %s", kind, key, tail, mine.Status, mine.Body, no.Status, no.Body)
					}
				}
			}
		}
	}
	for _, a := range l.actors {
		for _, acct := range []string{"acct:motcellule@" + c[0].Host, g.Account.URI, g.Account.URL} {
			r, err := a.Get(ctx, c[0].URL+"/.well-known/webfinger?resource="+acct)
			if err != nil || r.Status != 404 {
				t.Errorf("WebFinger answers %s: %v %v", acct, r, err)
			}
		}
		follow := as.Activity{Type: "Follow", ID: a.ID + "/follows/1", Actor: a.ID, Object: g.Account.URI, To: []string{g.Account.URI}}
		r, err := a.Send(ctx, g.Account.Inbox, follow)
		if err != nil || r.Status != 404 {
			t.Errorf("the group's inbox answers a stranger: %v %v", r, err)
		}
		if _, err := a.Send(ctx, c[0].URL+"/inbox", follow); err != nil {
			t.Error(err)
		}
	}
	c.Settle()
}

// fill puts the group and its posts into a pattern.
func fill(pattern string, keys, numbers []string) []string {
	if !strings.Contains(pattern, "{") {
		return []string{pattern, pattern + "?q=motcellule&resource=acct:motcellule", pattern + "?url=/@ana/" + numbers[len(numbers)-1]}
	}
	var out []string
	for _, v := range append(append([]string{"motcellule", "ana", "motmarque"}, keys...), numbers...) {
		p := pattern
		for strings.Contains(p, "{") {
			i := strings.Index(p, "{")
			depth, j := 0, i
			for ; j < len(p); j++ {
				if p[j] == '{' {
					depth++
				} else if p[j] == '}' {
					if depth--; depth == 0 {
						break
					}
				}
			}
			name, _, _ := strings.Cut(p[i+1:j], ":")
			with := v
			if name == "name" && v != "ana" {
				with = "motcellule"
				if strings.HasPrefix(pattern, "/@") {
					with = "ana"
				}
			}
			p = p[:i] + with + p[j+1:]
		}
		out = append(out, p)
	}
	return out
}
