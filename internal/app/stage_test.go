package app_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/app"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/guide"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/list"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// stage is an instance with a post of every audience, and everybody who may
// stand towards their authors: what the tests PV01 and PV06 look at.
type stage struct {
	*testkit.Node
	t       *testing.T
	posts   []*shown
	group   *group.Group
	list    int64
	tokens  map[string]string
	cookies map[string]*http.Client
	fan     *peer.Actor // follows ana from another server
	foe     *peer.Actor // there too, and blocked by her
	alien   *peer.Actor // of another server, a stranger
}

// shown is a post and who may read it.
type shown struct {
	*post.Post
	word    string   // stands in this post alone
	readers []string // of viewers
}

// viewers is everybody. nobody has no account; the last three ask from other servers.
var viewers = []string{"ana", "fan", "exfan", "nora", "mem", "mod", "gina", "guest", "enemy", "nobody", "far fan", "far foe", "alien"}

// members read what is for the section, unless there is a block.
var members = []string{"ana", "fan", "exfan", "nora", "mem", "mod", "gina"}

const common = "motcommun"

func newStage(t *testing.T) *stage {
	s := &stage{Node: testkit.New(t), t: t, tokens: map[string]string{}, cookies: map[string]*http.Client{}}
	for _, name := range viewers[:8] {
		if name != "guest" {
			s.Person(name, name == "ana" || name == "fan" || name == "exfan")
		}
	}
	s.Person("enemy", true)
	if _, err := s.CreatePerson(ctx, app.Person{Name: "guest", Email: "guest@section.example", Password: testkit.Password, Lang: "fr", Guest: true}); err != nil {
		t.Fatal(err)
	}
	moderator := s.Person("mod", false).ID
	s.must(s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return s.Auth.SetRole(ctx, tx, moderator, auth.RoleModerator)
	}))
	ana := s.Person("ana", true).ID
	for _, name := range []string{"fan", "exfan"} {
		s.must(s.Follows.Follow(ctx, s.Person(name, true).ID, ana, nil))
	}
	p := peer.New(peer.Options{AutoAccept: true})
	t.Cleanup(p.Close)
	s.fan, s.foe, s.alien = p.Actor("rui"), p.Actor("mal"), p.Actor("ivo")
	for _, a := range []*peer.Actor{s.fan, s.foe} {
		if _, answer, err := a.Follow(ctx, s.Person("ana", true).URI); err != nil || answer.Status != http.StatusAccepted {
			t.Fatal(answer, err)
		}
	}
	s.settle()
	g, err := s.Groups.Create(ctx, s.Viewer("ana"), group.New{Username: "taupe", Rules: group.Rules{Name: "Taupes", Access: group.Section, Secret: true, Joining: group.Invite, Posting: group.Members}})
	s.must(err)
	s.group = g
	s.must(s.Groups.Invite(ctx, s.Viewer("ana"), g.AccountID, s.Person("gina", false).ID))
	s.must(s.Groups.Join(ctx, s.Viewer("gina"), g.AccountID))

	bikes, err := s.Groups.Create(ctx, s.Viewer("mem"), group.New{Username: "velo", Rules: group.Rules{Name: "Vélo", Access: group.Section, Joining: group.Free, Posting: group.Members}})
	s.must(err)
	for _, who := range []string{"ana", "enemy"} {
		s.must(s.Groups.Join(ctx, s.Viewer(who), bikes.AccountID))
	}

	everyone := slices.DeleteFunc(slices.Clone(viewers), func(v string) bool { return v == "enemy" || v == "far foe" })
	s.add("ana", "zpublicz", everyone, post.Draft{Audience: post.Public})
	s.add("ana", "zfollowersz", []string{"ana", "fan", "far fan"}, post.Draft{Audience: post.Followers})
	s.add("ana", "zsectionz", members, post.Draft{Audience: post.Section})
	s.add("ana", "zmovementz", members, post.Draft{Audience: post.Section})
	s.must(s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { // as if we were affiliated
		_, err := tx.Exec(ctx, `update post set audience = 'movement' where id = $1`, s.post("zmovementz").ID)
		return err
	}))
	s.add("ana", "zdirectz", []string{"ana", "nora"}, post.Draft{Audience: post.Direct, Text: "@nora"})
	s.add("ana", "zgroupz", []string{"ana", "gina"}, post.Draft{Audience: post.Group, Title: "zgroupz", Parts: group.Into(g.AccountID)})
	s.add("ana", "zquietz", everyone, post.Draft{Audience: post.Public, Unlisted: true})
	withoutAna := slices.DeleteFunc(slices.Clone(viewers), func(v string) bool { return v == "ana" })
	s.add("enemy", "zenemyz", withoutAna, post.Draft{Audience: post.Public})
	// Somebody without a public profile writes for the section only.
	s.add("mem", "zpartz", append(slices.Clone(members), "enemy"), post.Draft{Audience: post.Section})
	// Answers beneath a post that all may read: each is a post of its own.
	top := s.posts[0]
	s.add("fan", "zanswerz", append(slices.Clone(members), "enemy"), post.Draft{Audience: post.Section, ReplyTo: top.ID})
	s.add("ana", "zwhisperz", []string{"ana", "nora"}, post.Draft{Audience: post.Direct, ReplyTo: top.ID, Text: "@nora"})

	// Two who will have a block, in one group and in one thread.
	s.add("ana", "zveloanaz", []string{"ana", "mem"}, post.Draft{Audience: post.Group, Title: "zveloanaz", Parts: group.Into(bikes.AccountID)})
	s.add("enemy", "zvelofoez", []string{"enemy", "mem"}, post.Draft{Audience: post.Group, Title: "zvelofoez", Parts: group.Into(bikes.AccountID)})
	s.add("fan", "zthreadz", viewers, post.Draft{Audience: post.Public})
	thread := s.post("zthreadz")
	s.add("ana", "zthreadanaz", everyone, post.Draft{Audience: post.Public, ReplyTo: thread.ID})
	s.add("enemy", "zthreadfoez", withoutAna, post.Draft{Audience: post.Public, ReplyTo: thread.ID})

	// What was done while it was allowed shows nothing afterwards.
	byEnemy := []int64{top.ID, s.post("zsectionz").ID, s.post("zquietz").ID}
	for _, id := range byEnemy {
		s.react("enemy", id)
	}
	s.react("ana", s.post("zenemyz").ID)
	for _, p := range []string{"zfollowersz", "zpublicz"} {
		s.react("exfan", s.post(p).ID)
		s.react("fan", s.post(p).ID)
	}
	s.react("gina", s.post("zgroupz").ID)
	if _, err := s.Posts.Boost(ctx, s.Viewer("fan"), top.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Posts.Boost(ctx, s.Viewer("enemy"), top.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Keep.Pin(ctx, s.Viewer("ana"), top.ID); err != nil {
		t.Fatal(err)
	}
	l, err := s.Lists.Create(ctx, s.Person("fan", true).ID, list.Change{Title: ptr("Amies")})
	s.must(err)
	s.list = l.ID
	s.must(s.Lists.Add(ctx, s.Viewer("fan"), l.ID, []int64{ana}))
	s.must(s.Follows.Unfollow(ctx, s.Person("exfan", true).ID, ana))
	s.must(s.Relations.Block(ctx, ana, s.Person("enemy", true).ID))
	foe, err := s.Engine.Account(ctx, s.foe.Name, p.Host)
	s.must(err)
	s.must(s.Relations.Block(ctx, ana, foe))
	s.settle()
	return s
}

func ptr[T any](v T) *T { return &v }

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) settle() { s.t.Helper(); s.must(s.Idle(ctx)) }

func (s *stage) add(who, word string, readers []string, d post.Draft) {
	s.t.Helper()
	d.Text = strings.TrimSpace(d.Text + " " + word + " " + common + " #marche https://page.example/lien")
	s.posts = append(s.posts, &shown{write(s.Node, who, d), word, readers})
}

func (s *stage) post(word string) *shown {
	return s.posts[slices.IndexFunc(s.posts, func(p *shown) bool { return p.word == word })]
}

// react does to a post what leaves a trace of it with who does it.
func (s *stage) react(who string, id int64) {
	s.t.Helper()
	if _, err := s.Posts.Like(ctx, s.Viewer(who), id); err != nil {
		s.t.Fatal(who, err)
	}
	if _, err := s.Keep.Bookmark(ctx, s.Viewer(who), id); err != nil {
		s.t.Fatal(who, err)
	}
}

// key is the last part of the address of a document.
func key(uri string) string { return uri[strings.LastIndex(uri, "/")+1:] }

// fill gives the addresses at which a route is asked: one for each post where it
// is of a post. A route with a variable that it does not know is named: whoever
// adds such a route says here what stands in it.
func (s *stage) fill(rt httpx.Route) (paths []string, known bool) {
	ana := s.Person("ana", true)
	each := func(f func(p *shown) string) {
		for _, p := range s.posts {
			paths = append(paths, f(p))
		}
	}
	set := func(path, name, value string) string {
		return variable.ReplaceAllStringFunc(path, func(v string) string {
			if variable.FindStringSubmatch(v)[1] == name {
				return value
			}
			return v
		})
	}
	var names []string
	for _, m := range variable.FindAllStringSubmatch(rt.Path, -1) {
		names = append(names, m[1])
	}
	has := func(prefix string) bool { return strings.HasPrefix(rt.Path, prefix) }
	switch vars := strings.Join(names, " "); {
	case vars == "":
		paths = []string{rt.Path}
	case vars == "guide":
		for _, name := range guide.Names {
			paths = append(paths, set(rt.Path, "guide", name))
		}
	case has("/api/v1/statuses/{id}"), has("/api/v1/polls/{id}"):
		each(func(p *shown) string {
			return set(set(rt.Path, "id", ids.String(p.ID)), "quoting", ids.String(s.posts[0].ID))
		})
	case has("/@{name}/{id"):
		each(func(p *shown) string { return set(set(rt.Path, "name", "ana"), "id", ids.String(p.ID)) })
	case has("/groupes/{name}/{id}"):
		each(func(p *shown) string { return set(set(rt.Path, "name", "taupe"), "id", ids.String(p.ID)) })
		each(func(p *shown) string { return set(set(rt.Path, "name", "velo"), "id", ids.String(p.ID)) })
	case has("/groupes/{name}"):
		paths = []string{set(rt.Path, "name", "taupe"), set(rt.Path, "name", "velo")}
	case has("/objects/{key}"), has("/activities/{key}"), has("/stamps/{key}"):
		each(func(p *shown) string { return set(rt.Path, "key", key(p.URI)) })
	case has("/agenda/"), has("/evenements/"):
		each(func(p *shown) string { return set(set(rt.Path, "id", ids.String(p.ID)), "key", key(p.URI)) })
	case has("/users/{key}"):
		paths = []string{set(rt.Path, "key", key(ana.URI)), set(rt.Path, "key", key(s.groupURI()))}
	case has("/api/v1/accounts/{id}"), has("/api/v1/admin/accounts/{id}"):
		paths = []string{set(rt.Path, "id", ids.String(ana.ID)), set(rt.Path, "id", ids.String(s.group.AccountID)), set(rt.Path, "id", ids.String(s.Person("mem", false).ID))}
	case has("/api/v1/timelines/list/{id}"), has("/api/v1/lists/{id}"), has("/listes/{id}"):
		paths = []string{set(rt.Path, "id", ids.String(s.list))}
	case vars == "tag" || vars == "hashtag" || has("/api/v1/tags/{name}"):
		paths = []string{set(set(set(rt.Path, "tag", "marche"), "hashtag", "marche"), "name", "marche")}
	case vars == "name" || vars == "handle" || vars == "acct":
		for _, who := range []string{"ana", "mem", "taupe"} {
			paths = append(paths, set(set(set(rt.Path, "name", who), "handle", who), "acct", who))
		}
	case vars == "host":
		paths = []string{set(rt.Path, "host", "ailleurs.example")}
	case vars == "id" || vars == "report" || vars == "key" || vars == "account" || vars == "token" || vars == "code" || vars == "date" || vars == "use":
		// Of what belongs to one person, or to nobody: see TestPV07.
		paths = []string{set(set(set(set(set(set(set(set(rt.Path, "id", "1"), "report", "1"), "key", "1"), "account", ids.String(ana.ID)), "token", "x"), "code", "x"), "date", "2026-01-01"), "use", "x")}
	case rt.Class == httpx.ClassStatic, has("/media/"), has("/static/"), has("/emoji/"), has("/avatars/"):
		return nil, true // files: TestME06
	default:
		return nil, false
	}
	return paths, true
}

func (s *stage) groupURI() string {
	uri, err := db.Get[string](ctx, s.DB.Read(), `select uri from account where id = $1`, s.group.AccountID)
	s.must(err)
	return uri
}

// questions are what is asked of routes beside their address.
func (s *stage) questions(path string) []string {
	out := []string{""}
	switch path {
	case "/api/v1/search", "/api/v2/search", "/recherche", "/search":
		out = append(out, "?q="+common, "?q="+common+"&type=statuses&limit=40", "?q=marche", "?q="+common+"+from:ana", "?q="+common+"+in:library", "?type=statuses&account_id="+ids.String(s.Person("ana", true).ID)+"&q="+common)
		for _, p := range s.posts {
			out = append(out, "?resolve=true&q="+url.QueryEscape(p.URI), "?resolve=true&q="+url.QueryEscape(p.URL))
		}
	case "/api/oembed", "/.well-known/webfinger":
		for _, p := range s.posts {
			out = append(out, "?url="+url.QueryEscape(p.URL)+"&resource="+url.QueryEscape(p.URL))
		}
	case "/authorize_interaction", "/share", "/interagir":
		for _, p := range s.posts {
			out = append(out, "?uri="+url.QueryEscape(p.URI))
		}
	case "/api/v1/statuses", "/api/v1/statuses/":
		q := "?"
		for _, p := range s.posts {
			q += "id[]=" + ids.String(p.ID) + "&"
		}
		out = append(out, q)
	case "/api/v1/accounts/lookup":
		out = append(out, "?acct=ana", "?acct=taupe")
	case "/api/v1/timelines/link":
		out = append(out, "?url=https://page.example/lien")
	case "/api/v1/timelines/public":
		out = append(out, "?local=true", "?remote=true")
	case "/publier", "/ecrire", "/composer":
		for _, p := range s.posts {
			out = append(out, "?reply="+ids.String(p.ID)+"&quote="+ids.String(p.ID)+"&repondre="+ids.String(p.ID)+"&citer="+ids.String(p.ID)+"&in_reply_to="+ids.String(p.ID))
		}
	}
	if strings.HasPrefix(path, "/api/v1/accounts/") && strings.HasSuffix(path, "/statuses") {
		out = append(out, "?pinned=true", "?tagged=marche", "?exclude_reblogs=true", "?limit=40&exclude_replies=true")
	}
	return out
}

// get asks for an address of a route as one of the viewers does. Viewers of other
// servers ask for documents only.
func (s *stage) get(who string, rt httpx.Route, path string) (status int, body string, asked bool) {
	s.t.Helper()
	far := map[string]*peer.Actor{"far fan": s.fan, "far foe": s.foe, "alien": s.alien}[who]
	if far != nil {
		if rt.Class != httpx.ClassActivityPub {
			return 0, "", false
		}
		a, err := far.Get(ctx, s.URL+path)
		s.must(err)
		return a.Status, string(a.Body), true
	}
	if who != "nobody" && rt.Class == httpx.ClassActivityPub {
		return 0, "", false // there, a token or a cookie changes nothing
	}
	req, err := http.NewRequest(http.MethodGet, s.URL+path, nil)
	s.must(err)
	client := noRedirect
	switch {
	case rt.Class == httpx.ClassActivityPub:
		req.Header.Set("Accept", "application/activity+json")
	case who == "nobody":
	case rt.Class == httpx.ClassAPI:
		req.Header.Set("Authorization", "Bearer "+s.token(who))
	default:
		client = s.browser(who)
	}
	res, err := client.Do(req)
	s.must(err)
	defer res.Body.Close()
	return res.StatusCode, bodyOf(s.t, res) + res.Header.Get("Location") + res.Header.Get("Link"), true
}

var noRedirect = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// accountOf finds an account that the stage made without testkit, too.
func (s *stage) accountOf(who string) int64 {
	id, err := db.Get[int64](ctx, s.DB.Read(), `select id from account where host = '' and username = $1`, who)
	s.must(err)
	return id
}

func (s *stage) token(who string) string {
	if s.tokens[who] == "" {
		scopes := auth.Scopes{"read", "write", "follow", "push"}
		if who == "mod" {
			scopes = append(scopes, "admin:read", "admin:write")
		}
		tok, err := s.Auth.NewToken(ctx, s.accountOf(who), scopes)
		s.must(err)
		s.tokens[who] = tok
	}
	return s.tokens[who]
}

func (s *stage) browser(who string) *http.Client {
	if s.cookies[who] == nil {
		tok, err := s.Auth.OpenSession(ctx, s.accountOf(who))
		s.must(err)
		jar, err := cookiejar.New(nil)
		s.must(err)
		u, err := url.Parse(s.URL)
		s.must(err)
		jar.SetCookies(u, []*http.Cookie{{Name: "session_" + u.Port(), Value: tok, Path: "/"}})
		s.cookies[who] = &http.Client{Jar: jar, CheckRedirect: noRedirect.CheckRedirect}
	}
	return s.cookies[who]
}

// check reports what a viewer was shown and may not read.
func (s *stage) check(who string, rt httpx.Route, path, body string) {
	s.t.Helper()
	for _, p := range s.posts {
		if slices.Contains(p.readers, who) {
			continue
		}
		if strings.Contains(body, p.word) {
			s.t.Errorf("%s shows %s the post %s", name(rt, path), who, p.word)
		}
		if k := key(p.URI); strings.Contains(body, k) && !strings.Contains(path, k) {
			s.t.Errorf("%s tells %s the address of the post %s", name(rt, path), who, p.word)
		}
	}
}

func name(rt httpx.Route, path string) string {
	return fmt.Sprintf("%s %s (%s)", rt.Method, path, rt.Class)
}
