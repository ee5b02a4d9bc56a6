package clients_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/testkit"
	"github.com/maillage/maillage/internal/testkit/apitest"
)

// operation says how one documented operation is reached, and refused. What
// every one is held to beside stands in walk.
type operation struct {
	name string // "POST /api/v1/statuses"

	// good prepares what the request needs and gives the request. It runs for
	// each way to send parameters, and for most refusals.
	good   func(w *world) call
	status int // of the good answer; 0 is 200

	scopes []string // beside those of the description, each enough
	open   bool     // strangers may ask
	own    bool     // what the path names is nobody else's: others get 404, or
	others int      // this
	linked bool     // the good answer pages with Link
	kind   string   // content type of the good answer; "" is JSON
	loose  bool     // an unknown id is answered like a known one: for what takes away
	empty  string   // how a GET answers a newcomer who has nothing, "" when that depends on more

	wrong []wrong
}

// call is a request; the operation has its method.
type call struct {
	path string         // with its query
	body map[string]any // sent as JSON, form, multipart and query
	file []byte         // goes as "file", by multipart only
	as   string         // whose token; "" is ana's
	app  bool           // the token of an app alone
}

// wrong is a request that is refused and changes nothing.
type wrong struct {
	why    string
	status int
	call   func(w *world) call
}

// bad is a wrong body for the path of the good request.
func bad(why string, status int, body dict) wrong { return wrong{why, status, with(body)} }

func with(body dict) func(w *world) call {
	return func(w *world) call {
		c := w.op.good(w)
		c.body, c.file = body, nil
		return c
	}
}

// to is a call to a fixed path.
func to(path string, body ...map[string]any) func(*world) call {
	c := call{path: path}
	if len(body) > 0 {
		c.body = body[0]
	}
	return func(*world) call { return c }
}

// ways are how parameters travel.
var ways = []string{"json", "form", "multipart", "query"}

// send sends a request one of the ways.
func (w *world) send(method string, c call, way, token string) *apitest.Answer {
	w.t.Helper()
	path, kind := c.path, ""
	var body io.Reader
	switch {
	case c.file != nil || c.body != nil && way == "multipart":
		var b bytes.Buffer
		m := multipart.NewWriter(&b)
		for _, kv := range pairs("", c.body) {
			m.WriteField(kv[0], kv[1])
		}
		if c.file != nil {
			f, _ := m.CreateFormFile("file", "photo.png")
			f.Write(c.file)
		}
		m.Close()
		body, kind = &b, m.FormDataContentType()
	case c.body == nil:
	case way == "json":
		raw, err := json.Marshal(c.body)
		if err != nil {
			w.t.Fatal(err)
		}
		body, kind = bytes.NewReader(raw), "application/json"
	default:
		var parts []string
		for _, kv := range pairs("", c.body) {
			parts = append(parts, url.QueryEscape(kv[0])+"="+url.QueryEscape(kv[1]))
		}
		if q := strings.Join(parts, "&"); way == "query" {
			path += map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")] + q
		} else {
			body, kind = strings.NewReader(q), "application/x-www-form-urlencoded"
		}
	}
	req, err := http.NewRequest(method, w.n.URL+path, body)
	if err != nil {
		w.t.Fatal(err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	a := &apitest.Answer{T: w.t, What: method + " " + path + " (" + way + ")", Status: res.StatusCode, Header: res.Header}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		return a // has no end
	}
	if a.Body, err = io.ReadAll(res.Body); err != nil {
		w.t.Fatal(err)
	}
	return a
}

// pairs writes parameters in the notation of Rails, in a fixed order.
func pairs(prefix string, v any) (out [][2]string) {
	switch v := v.(type) {
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			name := k
			if prefix != "" {
				name = prefix + "[" + k + "]"
			}
			out = append(out, pairs(name, v[k])...)
		}
	case []string:
		for _, e := range v {
			out = append(out, pairs(prefix+"[]", e)...)
		}
	case []map[string]any:
		for i, e := range v { // as browsers number them: multipart keeps no order between names
			out = append(out, pairs(fmt.Sprintf("%s[%d]", prefix, i), e)...)
		}
	default:
		out = append(out, [2]string{prefix, fmt.Sprint(v)})
	}
	return out
}

// TestOperations reaches every operation of the description of the API, with
// success and with each kind of refusal: without a token, with one that lacks
// the scope, with ids that are unknown or somebody else's, with bad input. What
// is refused changes nothing in the database.
func TestOperations(t *testing.T) {
	contract := apitest.LoadContract(t)
	for name, engine := range map[string]testkit.Engine{"sqlite": testkit.SQLite, "postgres": testkit.Postgres} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, testkit.NewOn(t, engine), contract)
			known := map[string]bool{}
			for _, op := range operations() {
				known[op.name] = true
				w.walk(op)
			}
			for _, op := range contract.Operations() {
				if !known[op] && !slices.Contains(absent, blank(op)) {
					t.Errorf("%s has no entry", op)
				}
			}
		})
	}
}

// walk holds one operation to its description.
func (w *world) walk(op operation) {
	w.t.Run(strings.ReplaceAll(op.name, "/", "·"), func(t *testing.T) {
		outer := w.t
		w.t, w.op = t, &op
		defer func() { w.t = outer }()
		method, template, _ := strings.Cut(op.name, " ")
		scopes := w.contract.Scopes(op.name)
		if op.scopes != nil {
			scopes = append(scopes, op.scopes...)
		}
		w.calm()
		w.succeeds(method, template, scopes)
		w.refuses(method, template, scopes)
	})
}

// succeeds sends the good request each way, with a token that has no more than
// a documented scope.
func (w *world) succeeds(method, template string, scopes []string) {
	w.t.Helper()
	op := w.op
	for _, way := range ways {
		c := op.good(w)
		if way != "json" && (c.body == nil || w.n.DB.Dialect() == db.Postgres) {
			break // how parameters travel is nothing to the database
		}
		if c.file != nil && way != "json" {
			break // it goes as multipart anyhow
		}
		token := ""
		switch {
		case c.app:
			token = w.app
		case !op.open || c.as != "":
			token = w.token(c.as, scopes)
		}
		a := w.send(method, c, way, token)
		want := op.status
		if want == 0 {
			want = 200
		}
		if a.Status != want {
			w.t.Errorf("%s: %d, want %d: %s", a.What, a.Status, want, a.Body)
			continue
		}
		w.headers(a, op)
		switch {
		case want == 200 && op.kind == "":
			w.contract.Conforms(a, strings.ToLower(method)+" "+template)
		case want >= 400:
			w.refusal(a, want)
		}
		if op.linked && a.Next() == "" {
			w.t.Errorf("%s has no next page in its Link: %q", a.What, a.Header.Get("Link"))
		}
	}
	if op.empty != "" {
		c := op.good(w)
		path, query, _ := strings.Cut(c.path, "?")
		if query != "" {
			path += "?" + query
		}
		a := w.send(method, call{path: path}, "json", w.token("nina", nil))
		if got := strings.TrimSpace(string(a.Body)); a.Status != 200 || got != op.empty {
			w.t.Errorf("%s answers a newcomer %d %s, want %s", a.What, a.Status, got, op.empty)
		}
		w.contract.Conforms(a, strings.ToLower(method)+" "+template)
	}
}

// headers are those that every answer of the API has.
func (w *world) headers(a *apitest.Answer, op *operation) {
	w.t.Helper()
	kind := op.kind
	if kind == "" || a.Status >= 400 {
		kind = "application/json"
	}
	if got := a.Header.Get("Content-Type"); !strings.HasPrefix(got, kind) {
		w.t.Errorf("%s: content type %q, want %s", a.What, got, kind)
	}
	if kind == "text/html" || a.Status == 303 {
		return // a page, not of the API
	}
	for _, h := range []string{"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"} {
		if a.Header.Get(h) == "" {
			w.t.Errorf("%s has no %s", a.What, h)
		}
	}
	if a.Header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(a.Header.Get("Access-Control-Expose-Headers"), "Link") {
		w.t.Errorf("%s is not for pages of other origins: %v", a.What, a.Header)
	}
}

// refusal holds an answer to the form of errors.
func (w *world) refusal(a *apitest.Answer, status int) {
	w.t.Helper()
	a.Fails(status)
	w.headers(a, w.op)
	w.contract.ConformsAs(a, "Error")
}

// refuses sends what must be refused, and compares what is stored before and after.
func (w *world) refuses(method, template string, scopes []string) {
	w.t.Helper()
	op := w.op
	type attempt struct {
		wrong
		c          call
		way, token string
	}
	var all []attempt
	deny := func(why string, status int, c call, way, token string) {
		all = append(all, attempt{wrong{why: why, status: status}, c, way, token})
	}
	if !op.open {
		deny("without a token", 401, op.good(w), "json", "")
		deny("with a token that is none", 401, op.good(w), "json", "nothing")
	}
	if len(scopes) > 0 {
		deny("without the scope", 403, op.good(w), "json", w.token("ana", without(scopes)))
	}
	if op.own {
		deny("of somebody else", cmp.Or(op.others, 404), op.good(w), "json", w.token("dora", nil))
	}
	for i, part := range strings.Split(template, "/") {
		if op.loose || !strings.HasPrefix(part, "{") {
			continue
		}
		for _, id := range unknown(part) {
			c := op.good(w)
			path, query, asked := strings.Cut(c.path, "?")
			parts := strings.Split(path, "/")
			parts[i] = id
			if c.path = strings.Join(parts, "/"); asked {
				c.path += "?" + query
			}
			deny("with an unknown "+part, 404, c, "json", w.token(c.as, nil))
		}
	}
	for i, x := range op.wrong {
		c := x.call(w)
		token := w.token(c.as, nil)
		if c.app {
			token = w.app
		}
		deny(x.why, x.status, c, ways[i%2], token)
	}
	before := stored{}
	if method != "GET" {
		settle(w.n)
		before = w.everything()
	}
	for _, x := range all {
		a := w.send(method, x.c, x.way, x.token)
		a.What += ", " + x.why
		w.refusal(a, x.status)
	}
	if method == "GET" {
		return
	}
	settle(w.n)
	for _, change := range changes(before, w.everything()) {
		w.t.Errorf("%s: what was refused changed something: %s", op.name, change)
	}
}

// unknown are values of a variable that name nothing.
func unknown(variable string) []string {
	switch variable {
	case "{name}", "{hashtag}", "{date}":
		return nil // any name is one
	case "{group_key}":
		return []string{"ungrouped-9999999", "nothing"}
	}
	return []string{"116700000000000001", "abc"}
}

// without is every scope but those that hold one of them.
func without(scopes []string) []string {
	var rest []string
	for _, s := range auth.KnownScopes() {
		if !slices.ContainsFunc(scopes, func(need string) bool { return (auth.Scopes{s}).Has(need) }) {
			rest = append(rest, s)
		}
	}
	return rest
}
