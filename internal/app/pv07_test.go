package app_test

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// things are what belongs to ana, by the beginning of the routes that act on it.
type things map[string]string

// ownedBy has somebody make one of everything that has an id.
func ownedBy(t *testing.T, n *testkit.Node, who string) things {
	t.Helper()
	c := n.Client(who)
	made := things{}
	make := func(prefix, path string, body any) {
		t.Helper()
		var out struct{ ID string }
		if c.Post(path, body, &out); c.Status != 200 || out.ID == "" {
			t.Fatalf("%s: %d %+v", path, c.Status, out)
		}
		made[prefix] = out.ID
	}
	make("/api/v1/lists/", "/api/v1/lists", map[string]any{"title": "Amies"})
	make("/api/v1/timelines/list/", "/api/v1/lists", map[string]any{"title": "Amis"})
	var f struct {
		ID       string
		Keywords []struct{ ID string }
	}
	c.Post("/api/v2/filters", map[string]any{"title": "Secret", "context": []string{"home"}, "filter_action": "warn", "keywords_attributes": []any{map[string]any{"keyword": "zzz"}}}, &f)
	made["/api/v2/filters/"], made["/api/v1/filters/"], made["/api/v2/filters/keywords/"] = f.ID, f.Keywords[0].ID, f.Keywords[0].ID
	make("/api/v2/filters/statuses/", "/api/v2/filters/"+f.ID+"/statuses", map[string]any{"status_id": ids.String(write(n, who, post.Draft{Text: "x", Audience: post.Section}).ID)})
	make("/api/v1/scheduled_statuses/", "/api/v1/statuses", map[string]any{"status": "plus tard", "scheduled_at": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)})
	make("/api/v1/featured_tags/", "/api/v1/featured_tags", map[string]any{"name": "marche"})
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 6, 4))); err != nil {
		t.Fatal(err)
	}
	var m struct{ ID string }
	c.Upload("POST", "/api/v2/media", "file", b.Bytes(), nil, &m)
	made["/api/v1/media/"] = m.ID
	n.Person("nora", true)
	letter := write(n, "nora", post.Draft{Text: "@" + who + " secret", Audience: post.Direct})
	hidden := write(n, who, post.Draft{Text: "@nora secret", Audience: post.Direct, ReplyTo: letter.ID})
	made["/api/v1/statuses/"], made["/@{name}/"] = ids.String(hidden.ID), ids.String(hidden.ID)
	made["open post"] = ids.String(write(n, who, post.Draft{Text: "Bonjour", Audience: post.Public}).ID)
	var poll masto.Status
	c.Post("/api/v1/statuses", map[string]any{"status": "@nora ?", "visibility": "direct", "poll": map[string]any{"options": []string{"oui", "non"}, "expires_in": 3600}}, &poll)
	made["/api/v1/polls/"] = poll.Poll.ID
	var talks []struct{ ID string }
	c.Get("/api/v1/conversations", &talks)
	made["/api/v1/conversations/"] = talks[0].ID
	var told []masto.Notification
	c.Get("/api/v1/notifications", &told)
	made["/api/v1/notifications/"] = told[0].ID
	var groups struct {
		Groups []struct {
			Key string `json:"group_key"`
		} `json:"notification_groups"`
	}
	c.Get("/api/v2/notifications", &groups)
	made["/api/v2/notifications/"] = groups.Groups[0].Key
	return made
}

// ownActs are what anybody may do to a post that all may read, and to people and
// topics: things of the asker come of them, not of the owner.
var ownActs = regexp.MustCompile(`^/api/v1/(accounts/\{id\}|tags/|suggestions/|announcements/|follow_requests/|timelines/tag/|notifications/requests/|admin/)|^/api/v1/push|^/@\{name\}/[a-z]+$|^/tags/|^/groupes/`)

// onlyOwner is what nobody else may do to a post that all may read.
var onlyOwner = regexp.MustCompile(`^(PUT|PATCH|DELETE) /api/v1/statuses/\{id\}|^POST /api/v1/statuses/\{id\}/(pin|unpin)$|^GET /api/v1/statuses/\{id\}/source$|^(GET|POST) /@\{name\}/\{id[^}]*\}/(edit|delete|pin|unpin|envois)$`)

// TestPV07 has somebody use every route that takes an id with the ids of what
// belongs to another: the answer is that there is no such thing, and nothing changes.
//
// Spec: PV7
func TestPV07(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	n.Person("mem", true)
	owned := ownedBy(t, n, "ana")
	if err := n.Idle(ctx); err != nil {
		t.Fatal(err)
	}
	s := &stage{Node: n, t: t, tokens: map[string]string{}, cookies: map[string]*http.Client{}}
	token, csrf := s.token("mem"), csrfOf(t, s, "mem")
	before := held(t, n)
	tried, used := 0, map[string]bool{}
	for _, rt := range n.Routes() {
		if !strings.Contains(rt.Path, "{") || ownActs.MatchString(rt.Path) || rt.Class != httpx.ClassAPI && rt.Class != httpx.ClassWeb || rt.Policy == httpx.Admin || rt.Policy == httpx.Moderator {
			continue
		}
		prefix := rt.Path[:strings.Index(rt.Path, "{")]
		if strings.HasPrefix(rt.Path, "/@{name}/{id") {
			prefix = "/@{name}/"
		}
		id, ok := owned[prefix]
		if !ok {
			if rt.Class == httpx.ClassAPI && rt.Policy == httpx.SignedIn {
				t.Errorf("%s %s: say in ownedBy what of somebody has such an id", rt.Method, rt.Path)
			}
			continue
		}
		used[prefix] = true
		all := []string{id}
		if onlyOwner.MatchString(rt.Method + " " + rt.Path) {
			all = append(all, owned["open post"])
		}
		for _, id := range all {
			path := variable.ReplaceAllStringFunc(rt.Path, func(v string) string {
				if variable.FindStringSubmatch(v)[1] == "name" {
					return "ana"
				}
				return url.PathEscape(id)
			})
			fields := url.Values{httpx.CSRFField: {csrf}, "text": {"changé"}, "status": {"changé"}, "title": {"changé"}, "choices[]": {"0"}, "choice": {"0"}, "keyword": {"x"}, "phrase": {"x"},
				"context[]": {"home"}, "scheduled_at": {time.Now().Add(2 * time.Hour).UTC().Format(time.RFC3339)}, "account_ids[]": {ids.String(n.Person("mem", true).ID)}, "status_id": {owned["open post"]}, "description": {"x"},
				"quote_approval_policy": {"nobody"}}
			req, err := http.NewRequest(rt.Method, n.URL+path, strings.NewReader(fields.Encode()))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			client := noRedirect
			if rt.Class == httpx.ClassAPI {
				req.Header.Set("Authorization", "Bearer "+token)
			} else {
				client = s.browser("mem")
			}
			res, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			body := bodyOf(t, res)
			res.Body.Close()
			tried++
			if strings.Contains(body, "secret") || strings.Contains(body, "Secret") {
				t.Errorf("%s %s shows what is another's", rt.Method, path)
			}
			if s := res.StatusCode; s != 404 && s != 403 && s != 401 && !(s == 422 && id == owned["open post"]) && !(rt.Class == httpx.ClassWeb && s == 303) {
				t.Errorf("%s %s answers %d: %.200s", rt.Method, path, s, body)
			}
			if now := held(t, n); !slices.Equal(now, before) {
				t.Errorf("%s %s changes what is another's:\n%s", rt.Method, path, difference(before, now))
				before = now
			}
		}
	}
	for prefix := range owned {
		if !used[prefix] && prefix != "open post" {
			t.Errorf("nothing was tried on %s", prefix)
		}
	}
	if tried < 50 {
		t.Errorf("only %d tries", tried)
	}
	// What was tried is there: its owner finds it.
	c := n.Client("ana")
	for prefix, id := range owned {
		if strings.HasPrefix(prefix, "/api/") {
			if c.Get(prefix+url.PathEscape(id), nil); c.Status != 200 && c.Status != 405 && c.Status != 206 {
				t.Errorf("the owner of %s%s gets %d", prefix, id, c.Status)
			}
		}
	}
}

// csrfOf is a token that forms of somebody carry.
func csrfOf(t *testing.T, s *stage, who string) string {
	t.Helper()
	_, body := ask(t, s.browser(who), "GET", s.URL+"/", "Accept", "text/html")
	m := regexp.MustCompile(`name="` + httpx.CSRFField + `" value="([^"]+)"`).FindStringSubmatch(body)
	if m == nil {
		t.Fatal("no form on the first page")
	}
	return m[1]
}

// fleeting are tables whose rows change by being asked.
var fleeting = []string{"token", "job", "login", "dest", "delivery", "delivery_body", "suggestion_refused"}

// held is all that the database holds, a line for each row.
func held(t *testing.T, n *testkit.Node) []string {
	t.Helper()
	values := map[string][]string{}
	for _, col := range columnsOf(t, n) {
		if !slices.Contains(fleeting, col.Table) && !strings.HasPrefix(col.Table, "post_fts") {
			values[col.Table] = append(values[col.Table], `coalesce(`+col.Text+`, 'null')`)
		}
	}
	var out []string
	for table, columns := range values {
		rows, err := db.All[string](ctx, n.DB.Read(), `select '`+table+`: ' || `+strings.Join(columns, ` || ' ' || `)+` from "`+table+`"`)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, rows...)
	}
	slices.Sort(out)
	return out
}

// difference are the lines of now that were not there before, and the reverse.
func difference(before, now []string) string {
	var b strings.Builder
	for _, l := range now {
		if !slices.Contains(before, l) {
			b.WriteString("+ " + l + "\n")
		}
	}
	for _, l := range before {
		if !slices.Contains(now, l) {
			b.WriteString("- " + l + "\n")
		}
	}
	return b.String()
}
