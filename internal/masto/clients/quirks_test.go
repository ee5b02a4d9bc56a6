package clients_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/testkit"
	"github.com/maillage/maillage/internal/testkit/apitest"
)

// TestQuirks holds the interface to what apps depend on and the description of
// the API does not say: how they read versions, parameters, dates and ids, and
// what makes one of them stop. Each was found in the source of an app.
func TestQuirks(t *testing.T) {
	w := newWorld(t, testkit.New(t), nil)
	for _, q := range append(quirks(), rows()...) {
		t.Run(q.name, func(t *testing.T) {
			outer := w.t
			w.t = t
			defer func() { w.t = outer }()
			w.calm()
			q.holds(w)
		})
	}
}

// quirk is one thing that apps depend on.
type quirk struct {
	name  string
	holds func(w *world)
}

// ask sends a request with headers, "" as token for a stranger, and gives the
// answer decoded; it never fails by itself.
func (w *world) ask(method, path, token, kind, body string, header ...string) (*apitest.Answer, any) {
	w.t.Helper()
	req, err := http.NewRequest(method, w.n.URL+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	a := &apitest.Answer{T: w.t, What: method + " " + path, Status: res.StatusCode, Header: res.Header}
	if a.Body, err = io.ReadAll(res.Body); err != nil {
		w.t.Fatal(err)
	}
	var v any
	dec := json.NewDecoder(bytes.NewReader(a.Body))
	dec.UseNumber()
	dec.Decode(&v)
	return a, v
}

const (
	asJSON = "application/json"
	asForm = "application/x-www-form-urlencoded"
)

// sends is ask as ana that must succeed.
func (w *world) sends(method, path, kind, body string) any {
	w.t.Helper()
	a, v := w.ask(method, path, w.token("ana", nil), kind, body)
	if a.Status != 200 {
		w.t.Fatalf("%s: %d %s", a.What, a.Status, a.Body)
	}
	return v
}

// gets is a GET as ana that must succeed.
func (w *world) gets(path string) any { w.t.Helper(); return w.sends("GET", path, "", "") }

// at goes into a decoded answer by names and places, nil where there is nothing.
func at(v any, path ...any) any {
	for _, p := range path {
		switch key := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[key]
		case int:
			list, _ := v.([]any)
			if key >= len(list) {
				return nil
			}
			v = list[key]
		}
	}
	return v
}

// is fails the test unless a part of an answer is written as want.
func (w *world) is(v any, want any, path ...any) {
	w.t.Helper()
	if got := at(v, path...); fmt.Sprint(got) != fmt.Sprint(want) {
		w.t.Errorf("%v is %v, want %v", path, got, want)
	}
}

// each calls f with every text of a decoded answer and the name it stands under.
func each(v any, name string, f func(name string, v any)) {
	switch x := v.(type) {
	case map[string]any:
		for k, e := range x {
			each(e, k, f)
		}
	case []any:
		for _, e := range x {
			each(e, name, f)
		}
	default:
		f(name, x)
	}
}

var (
	moment = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`)
	day    = regexp.MustCompile(`^\d{4}-\d\d-\d\d$`)
	digits = regexp.MustCompile(`^[1-9]\d*$`)
)

// busy gives ana something of everything.
func (w *world) busy() (status string) {
	w.t.Helper()
	status = w.posts("ana", dict{"status": "Réunion #marche avec @bea https://exemple.example/page", "media_ids": []string{w.media("ana")}})
	w.posts("ana", dict{"in_reply_to_id": status})
	w.asks("ana", "PUT", "/api/v1/statuses/"+status, dict{"status": "Réunion #marche avec @bea, corrigée", "media_ids": []string{w.media("ana")}}, nil)
	_, poll := w.poll()
	w.asks("ana", "POST", "/api/v1/statuses/"+poll+"/reblog", nil, nil)
	w.asks("bea", "POST", "/api/v1/statuses/"+status+"/favourite", nil, nil)
	w.told()
	w.list("bea")
	w.plans()
	w.asks("ana", "POST", "/api/v2/filters", dict{"title": "Trop", "context": []string{"home"}, "expires_in": 3600, "keywords_attributes": []dict{{"keyword": "trop"}}}, nil)
	w.asks("ana", "POST", "/api/v1/markers", dict{"home": dict{"last_read_id": status}}, nil)
	w.conversation()
	settle(w.n)
	return status
}

// read are the answers that most screens are made of.
func (w *world) read(status string) []string {
	return []string{"/api/v1/accounts/verify_credentials", "/api/v1/accounts/" + w.id("bea"), "/api/v1/timelines/home", "/api/v1/timelines/public",
		"/api/v1/statuses/" + status, "/api/v1/statuses/" + status + "/context", "/api/v1/statuses/" + status + "/history", "/api/v1/notifications", "/api/v2/notifications",
		"/api/v1/conversations", "/api/v1/lists", "/api/v1/scheduled_statuses", "/api/v2/filters", "/api/v1/filters", "/api/v1/markers", "/api/v2/instance", "/api/v1/instance",
		"/api/v2/search?q=marche", "/api/v1/tags/marche", "/api/v1/accounts/" + w.id("ana") + "/followers", "/api/v1/announcements"}
}
