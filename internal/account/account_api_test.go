package account_test

import (
	"bytes"
	"context"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/testkit/apitest"
)

func TestVerifyCredentials(t *testing.T) {
	h := apitest.New(t)
	h.Person("ana", false)
	var me masto.CredentialAccount
	h.Client("ana").Get("/api/v1/accounts/verify_credentials").OK(&me)
	if me.Acct != "ana" || me.Source == nil || me.Source.Privacy != "private" || me.Role == nil {
		t.Errorf("me: %+v", me)
	}
	if !strings.HasPrefix(me.Avatar, h.URL+"/images/") || me.Header == "" || me.URI == "" || me.URL == "" {
		t.Errorf("addresses: %q %q %q %q", me.Avatar, me.Header, me.URI, me.URL)
	}
	h.Client("ana", "profile").Get("/api/v1/accounts/verify_credentials").OK(nil)
	h.Client("ana", "write").Get("/api/v1/accounts/verify_credentials").Fails(403)
	h.Stranger().Get("/api/v1/accounts/verify_credentials").Fails(401)
	bad := h.Stranger()
	bad.Token = strings.Repeat("x", 43)
	bad.Get("/api/v1/accounts/verify_credentials").Fails(401)
}

func TestFollowRequestsAreCounted(t *testing.T) {
	h := apitest.New(t)
	h.Person("ana", true)
	yes := true
	if _, err := h.Accounts.Update(context.Background(), h.Person("ana", true).ID, account.Profile{Locked: &yes}); err != nil {
		t.Fatal(err)
	}
	h.Person("bea", false)
	h.Follow("bea", "ana")
	var me masto.CredentialAccount
	h.Client("ana").Get("/api/v1/accounts/verify_credentials").OK(&me)
	if me.Source.FollowRequestsCount != 1 || !me.Locked {
		t.Errorf("requests %d, locked %v", me.Source.FollowRequestsCount, me.Locked)
	}
}

func TestUpdateCredentials(t *testing.T) {
	h := apitest.New(t)
	h.Person("ana", false)
	c := h.Client("ana")
	const path = "/api/v1/accounts/update_credentials"
	forms := []any{
		url.Values{"display_name": {"Ana <b>"}, "note": {"Bonjour\n\nici"}, "locked": {"1"}, "bot": {"false"}, "discoverable": {"true"},
			"fields_attributes[0][name]": {"Site"}, "fields_attributes[0][value]": {"https://ana.example"}, "fields_attributes[1][name]": {""}},
		map[string]any{"display_name": "Ana <b>", "note": "Bonjour\n\nici", "locked": true, "bot": false, "discoverable": true,
			"fields_attributes": []any{map[string]any{"name": "Site", "value": "https://ana.example"}}},
	}
	for i, body := range forms {
		for _, method := range []string{"PATCH", "PUT"} {
			var me masto.CredentialAccount
			c.Send(method, path, body).OK(&me)
			if me.DisplayName != "Ana <b>" || !me.Locked || !me.Discoverable || me.Source.Note != "Bonjour\n\nici" {
				t.Errorf("%d %s: %+v", i, method, me)
			}
			if strings.Count(me.Note, "<p>") != 2 {
				t.Errorf("%d: note %q", i, me.Note)
			}
			if len(me.Fields) != 1 || !strings.HasPrefix(me.Fields[0].Value, "<a href=") || !strings.HasSuffix(me.Fields[0].Value, "</a>") || me.Source.Fields[0].Value != "https://ana.example" {
				t.Errorf("%d: fields %+v, source %+v", i, me.Fields, me.Source.Fields)
			}
		}
	}
	// What is not given stays; an empty text clears.
	var me masto.CredentialAccount
	c.Send("PATCH", path, url.Values{"note": {""}}).OK(&me)
	if me.Note != "" || me.DisplayName != "Ana <b>" || !me.Locked {
		t.Errorf("after clearing the note: %+v", me)
	}
	c.Send("PATCH", path, url.Values{"display_name": {strings.Repeat("é", account.MaxName+1)}}).Fails(422)
	c.Send("PATCH", path, url.Values{"source[privacy]": {"nobody"}}).Fails(422)
	h.Client("ana", "read").Send("PATCH", path, url.Values{"note": {"x"}}).Fails(403)
	h.Stranger().Send("PATCH", path, url.Values{"note": {"x"}}).Fails(401)
}

func TestPicturesCannotBeSent(t *testing.T) {
	h := apitest.New(t)
	h.Person("ana", false)
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	f, err := w.CreateFormFile("avatar", "a.png")
	if err != nil {
		t.Fatal(err)
	}
	f.Write([]byte("not looked at"))
	w.Close()
	req, err := http.NewRequest("PATCH", h.URL+"/api/v1/accounts/update_credentials", &b)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	req.Header.Set("Authorization", "Bearer "+h.Client("ana").Token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != 422 {
		t.Errorf("status %d, want 422", res.StatusCode)
	}
}

func TestDefaultVisibility(t *testing.T) {
	h := apitest.New(t)
	h.Person("ana", false)
	h.Person("bea", true)
	const path = "/api/v1/accounts/update_credentials"
	for _, v := range []string{"public", "unlisted"} {
		h.Client("ana").Send("PATCH", path, url.Values{"source[privacy]": {v}}).Fails(422, h.URL+"/reglages/accord?pour=public")
	}
	h.Client("ana").Send("PATCH", path, url.Values{"source[privacy]": {"public"}, "note": {"changée"}}).Fails(422)
	var before masto.CredentialAccount
	if h.Client("ana").Get("/api/v1/accounts/verify_credentials").OK(&before); before.Note != "" {
		t.Errorf("a refused change leaves %q", before.Note)
	}
	for _, v := range []string{"public", "unlisted", "direct", "private"} {
		var me masto.CredentialAccount
		h.Client("bea").Send("PATCH", path, url.Values{"source[privacy]": {v}}).OK(&me)
		var pref masto.Preferences
		h.Client("bea").Get("/api/v1/preferences").OK(&pref)
		if me.Source.Privacy != v || pref.Visibility != v {
			t.Errorf("set %s: source %q, preferences %q", v, me.Source.Privacy, pref.Visibility)
		}
	}
	// From a default that was not the section, private means the followers.
	if a, err := h.Accounts.Defaults(context.Background(), h.DB.Read(), h.Person("bea", true).ID); err != nil || a.Audience != "followers" {
		t.Errorf("default %+v, %v", a, err)
	}
	// The section's own default stays when an app sends back what it was told.
	h.Client("ana").Send("PATCH", path, url.Values{"source[privacy]": {"private"}}).OK(nil)
	if a, err := h.Accounts.Defaults(context.Background(), h.DB.Read(), h.Person("ana", false).ID); err != nil || a.Audience != "section" {
		t.Errorf("default %+v, %v", a, err)
	}
}

func TestWhoSeesAnAccount(t *testing.T) {
	h := apitest.New(t)
	ana, bea, far := h.Person("ana", false), h.Person("bea", true), h.Remote("zoe", "loin.example")
	path := func(a *account.Account) string { return "/api/v1/accounts/" + masto.ID(a.ID) }
	for _, a := range []*account.Account{ana, bea, far} {
		var e masto.Account
		h.Client("bea").Get(path(a)).OK(&e)
		if e.ID != masto.ID(a.ID) || e.Acct != a.Acct() {
			t.Errorf("%s: %+v", a.Acct(), e)
		}
	}
	h.Guest("gus")
	gus := h.Client("gus")
	gus.Get(path(h.Guest("gus"))).OK(nil)
	gus.Get(path(bea)).OK(nil)
	gus.Get(path(far)).OK(nil)
	gus.Get(path(ana)).Fails(404) // guests do not know the members
	h.Stranger().Get(path(bea)).OK(nil)
	h.Stranger().Get(path(ana)).Fails(404)
	h.Stranger().Get(path(far)).Fails(404) // whom we know is nobody's business
	for _, id := range []string{"0", "-1", "abc", "1e3", "99999999999999999999", "123"} {
		h.Client("bea").Get("/api/v1/accounts/" + id).Fails(404)
	}
	h.Client("bea", "write").Get(path(ana)).Fails(403)

	var many []masto.Account
	h.Client("bea").Get("/api/v1/accounts?id[]=" + masto.ID(far.ID) + "&id[]=7&id[]=" + masto.ID(ana.ID)).OK(&many)
	if len(many) != 2 || many[0].Acct != "zoe@loin.example" || many[1].Acct != "ana" {
		t.Errorf("many: %+v", many)
	}
	h.Stranger().Get("/api/v1/accounts?id[]=" + masto.ID(ana.ID)).OK(&many)
	if len(many) != 0 {
		t.Errorf("a stranger sees %+v", many)
	}
	if a := h.Client("bea").Get("/api/v1/accounts").OK(nil); strings.TrimSpace(string(a.Body)) != "[]" {
		t.Errorf("no ids: %s", a.Body)
	}
}

func TestLookup(t *testing.T) {
	h := apitest.New(t)
	h.Person("ana", false)
	h.Remote("zoe", "loin.example")
	c := h.Client("ana")
	for _, acct := range []string{"ana", "@ana", "ANA", "acct:ana", "ana@" + h.Host, "@ana@" + h.Host} {
		var e masto.Account
		c.Get("/api/v1/accounts/lookup?acct=" + url.QueryEscape(acct)).OK(&e)
		if e.Acct != "ana" {
			t.Errorf("%q gives %q", acct, e.Acct)
		}
	}
	var e masto.Account
	c.Get("/api/v1/accounts/lookup?acct=@Zoe@LOIN.example").OK(&e)
	if e.Acct != "zoe@loin.example" {
		t.Errorf("got %q", e.Acct)
	}
	for _, acct := range []string{"", "nobody", "ana@", "@", "ana@loin.example", "a b", "ana/x"} {
		c.Get("/api/v1/accounts/lookup?acct=" + url.QueryEscape(acct)).Fails(404)
	}
	h.Stranger().Get("/api/v1/accounts/lookup?acct=ana").Fails(404)
}

func TestDrawnPictures(t *testing.T) {
	h := apitest.New(t)
	var me masto.Account
	h.Person("ana", true)
	h.Stranger().Get("/api/v1/accounts/" + masto.ID(h.Person("ana", true).ID)).OK(&me)
	for _, address := range []string{me.Avatar, me.AvatarStatic, me.Header, me.HeaderStatic} {
		a := h.Stranger().Get(strings.TrimPrefix(address, h.URL)).OK(nil)
		if _, err := png.Decode(bytes.NewReader(a.Body)); err != nil {
			t.Errorf("%s: %v", address, err)
		}
		if !strings.Contains(a.Header.Get("Cache-Control"), "public") {
			t.Errorf("%s is not cached: %q", address, a.Header.Get("Cache-Control"))
		}
	}
	if a := h.Stranger().Get("/images/avatar-9.png"); a.Status != 404 {
		t.Errorf("a tenth picture: %d", a.Status)
	}
}

func TestFindByName(t *testing.T) { apitest.Each(t, testFindByName) }

func testFindByName(t *testing.T, h *apitest.House) {
	ana := h.Person("ana_dupont", false)
	name := "Anaïs Dupont-Œuvré"
	if _, err := h.Accounts.Update(context.Background(), ana.ID, account.Profile{Name: &name}); err != nil {
		t.Fatal(err)
	}
	h.Person("bea", true)
	find := func(q account.Query) string {
		t.Helper()
		q.Limit = 10
		found, err := account.Find(context.Background(), h.DB.Read(), q)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, a := range found {
			names = append(names, a.Username)
		}
		return strings.Join(names, " ")
	}
	for _, q := range []string{"ana", "anais", "ANAÏS", "dup", "oeuvre", "anaïs dup", "dup ana", "ana_dupont", "@ana_d"} {
		if got := find(account.Query{Text: q, Private: true}); got != "ana_dupont" {
			t.Errorf("%q finds %q", q, got)
		}
		if got := find(account.Query{Text: q}); got != "" {
			t.Errorf("%q finds a private account for a guest: %q", q, got)
		}
	}
	for _, q := range []string{"", "  ", "naïs", "%", "anaïs bea", "---"} {
		if got := find(account.Query{Text: q, Private: true}); got != "" {
			t.Errorf("%q finds %q", q, got)
		}
	}
	if got := find(account.Query{Text: "be"}); got != "bea" {
		t.Errorf("public: %q", got)
	}
	if err := h.Accounts.Delete(context.Background(), ana.ID); err != nil {
		t.Fatal(err)
	}
	if n, err := db.Get[int](context.Background(), h.DB.Read(), `select count(*) from account_word where account_id = $1`, ana.ID); err != nil || n != 0 {
		t.Errorf("a deleted account leaves %d words, %v", n, err)
	}
}

func TestParseAcct(t *testing.T) {
	for in, want := range map[string][2]string{
		"ana": {"ana"}, "@ana": {"ana"}, "@ana@x.example": {"ana", "x.example"}, "!g@X.example": {"g", "x.example"}, "acct:a@ici": {"a"},
		" a@b:8080 ": {"a", "b:8080"},
	} {
		if name, host, ok := account.ParseAcct(in, "ici"); !ok || name != want[0] || host != want[1] {
			t.Errorf("%q: %q %q %v", in, name, host, ok)
		}
	}
	for _, in := range []string{"", "@", "a@", "@@", "a@b@c", "https://x/a", "a b", "a@b/c", strings.Repeat("a", 300)} {
		if name, host, ok := account.ParseAcct(in, "ici"); ok {
			t.Errorf("%q reads as %q %q", in, name, host)
		}
	}
}
