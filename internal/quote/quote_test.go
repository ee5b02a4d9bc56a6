package quote_test

import (
	"context"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/quote"
	"github.com/maillage/maillage/internal/testkit"
	"github.com/maillage/maillage/internal/testkit/apitest"
)

var ctx = context.Background()

const statuses = "/api/v1/statuses"

func app(n *testkit.Node, who string) *apitest.Client {
	return &apitest.Client{T: n.T, Base: n.URL, Token: n.Token(who)}
}

func write(n *testkit.Node, who string, form url.Values) masto.Status {
	n.T.Helper()
	all := url.Values{"status": {"Bonjour"}, "visibility": {"public"}}
	for k, v := range form {
		all[k] = v
	}
	var s masto.Status
	app(n, who).Post(statuses, all).OK(&s)
	return s
}

func read(n *testkit.Node, who, id string) masto.Status {
	n.T.Helper()
	var s masto.Status
	app(n, who).Get(statuses + "/" + id).OK(&s)
	return s
}

// there is the id by which an instance knows a post.
func there(n *testkit.Node, uri string) string {
	n.T.Helper()
	p, err := post.RawByURI(ctx, n.DB.Read(), uri)
	if err != nil {
		n.T.Fatalf("%s does not know %s: %v", n.Host, uri, err)
	}
	return ids.String(p.ID)
}

func told(n *testkit.Node, who string) (kinds string) {
	n.T.Helper()
	list, err := n.Notify.List(ctx, n.Person(who, false).ID, page.Range{Limit: 40}, notify.Filter{})
	if err != nil {
		n.T.Fatal(err)
	}
	for _, x := range list {
		kinds += x.Kind + " "
	}
	return kinds
}

func document(n *testkit.Node, uri string) string {
	n.T.Helper()
	body, err := post.Document(ctx, n.DB.Read(), post.Reader{}, uri)
	if err != nil {
		n.T.Fatal(err)
	}
	return string(body)
}

func TestQuoteHere(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	n.Person("bea", true)
	top := write(n, "ana", url.Values{"status": {"À citer"}})
	if a := top.QuoteApproval; a == nil || len(a.Automatic) != 1 || a.Automatic[0] != "public" || a.CurrentUser != "automatic" {
		t.Errorf("approval: %+v", a)
	}
	s := write(n, "bea", url.Values{"quoted_status_id": {top.ID}})
	if s.Quote == nil || s.Quote.State != "accepted" || s.Quote.QuotedStatus == nil || s.Quote.QuotedStatus.ID != top.ID {
		t.Fatalf("quote: %+v", s.Quote)
	}
	if kinds := told(n, "ana"); kinds != "quote " {
		t.Errorf("the quoted author is told %q", kinds)
	}
	if got := read(n, "ana", top.ID); got.QuotesCount != 1 {
		t.Errorf("counted %d", got.QuotesCount)
	}
	for _, want := range []string{`"quote":"` + top.URI, `"quoteUri"`, `"_misskey_quote"`, `"quoteAuthorization"`, "quote-inline", "interactionPolicy",
		`"rel":"https://misskey-hub.net/ns#_misskey_quote"`, `"name":"RE: ` + *top.URL + `"`} {
		if doc := document(n, s.URI); !strings.Contains(doc, want) {
			t.Errorf("the document lacks %s: %s", want, doc)
		}
	}
	nested := write(n, "ana", url.Values{"quoted_status_id": {s.ID}})
	if q := nested.Quote.QuotedStatus.Quote; q == nil || q.QuotedStatus != nil || q.QuotedStatusID == nil || *q.QuotedStatusID != top.ID {
		t.Errorf("a quotation in a quotation: %+v", q)
	}
	app(n, "ana").Send("PUT", statuses+"/"+top.ID, url.Values{"status": {"Corrigé"}}).OK(nil)
	if kinds := told(n, "bea"); !strings.Contains(kinds, "quoted_update") {
		t.Errorf("who quotes is told %q", kinds)
	}
	app(n, "bea").Post(statuses+"/"+top.ID+"/quotes/"+s.ID+"/revoke", nil).Fails(403)
	var list []masto.Status
	app(n, "ana").Get(statuses + "/" + top.ID + "/quotes").OK(&list)
	if len(list) != 1 || list[0].ID != s.ID {
		t.Errorf("quotes: %+v", list)
	}
	b := n.SignIn("ana").Open("/@ana/" + top.ID + "/citations")
	if !b.Has("Retirer mon accord") {
		t.Errorf("page: %s", b.Text())
	}
	app(n, "ana").Post(statuses+"/"+top.ID+"/quotes/"+s.ID+"/revoke", nil).OK(&s)
	if s.Quote.State != "revoked" || s.Quote.QuotedStatus != nil {
		t.Errorf("revoked: %+v", s.Quote)
	}
	if doc := document(n, s.URI); strings.Contains(doc, top.URI) {
		t.Errorf("the document still quotes: %s", doc)
	}
	app(n, "ana").Post(statuses+"/"+top.ID+"/quotes/77/revoke", nil).Fails(404)
	app(n, "ana").Get(statuses + "/77/quotes").Fails(404)
	app(n, "ana").Send("DELETE", statuses+"/"+s.ID, nil).Fails(404)
	app(n, "bea").Send("DELETE", statuses+"/"+s.ID, nil).OK(nil)
	app(n, "ana").Send("DELETE", statuses+"/"+top.ID, nil).OK(nil)
}

// TestNeverWider tries every way of quoting something that is for fewer people.
func TestNeverWider(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	n.Person("bea", true)
	section := write(n, "ana", url.Values{"audience": {"section"}})
	followers := write(n, "ana", url.Values{"audience": {"followers"}})
	nobody := write(n, "ana", url.Values{"quote_approval_policy": {"nobody"}})
	fans := write(n, "ana", url.Values{"quote_approval_policy": {"followers"}})
	for _, x := range []struct {
		who, id, audience string
		status            int
	}{
		{"bea", section.ID, "public", 422}, {"bea", section.ID, "followers", 422}, {"bea", section.ID, "direct", 422}, {"bea", section.ID, "section", 200},
		{"ana", section.ID, "public", 422}, {"bea", followers.ID, "section", 404}, {"ana", followers.ID, "followers", 200}, {"ana", followers.ID, "section", 422},
		{"bea", nobody.ID, "public", 422}, {"bea", nobody.ID, "section", 422}, {"ana", nobody.ID, "public", 200}, {"bea", fans.ID, "public", 422},
		{"bea", "77", "public", 404}, {"bea", "x", "public", 404},
	} {
		a := app(n, x.who).Post(statuses, url.Values{"status": {"x"}, "audience": {x.audience}, "quoted_status_id": {x.id}})
		if a.Status != x.status {
			t.Errorf("%+v: %d %s", x, a.Status, a.Body)
		}
	}
	app(n, "ana").Post(statuses, url.Values{"status": {"x"}, "quote_approval_policy": {"friends"}}).Fails(422)
	app(n, "ana").Send("PUT", statuses+"/"+nobody.ID+"/interaction_policy", url.Values{"quote_approval_policy": {"friends"}}).Fails(422)
	app(n, "bea").Send("PUT", statuses+"/"+nobody.ID+"/interaction_policy", url.Values{"quote_approval_policy": {"public"}}).Fails(404)
	app(n, "ana").Send("PUT", statuses+"/"+nobody.ID+"/interaction_policy", url.Values{"quote_approval_policy": {"public"}}).OK(nil)
	if s := write(n, "bea", url.Values{"quoted_status_id": {nobody.ID}}); s.Quote.State != "accepted" {
		t.Errorf("%+v", s.Quote)
	}
}

// TestFederation quotes across three servers, and takes the consent back.
func TestFederation(t *testing.T) {
	c := testkit.NewCluster(t, 3)
	a, b, d := c[0], c[1], c[2]
	c.Follow(b, "zoe", a, "ana")
	c.Follow(d, "yan", b, "zoe")
	top := write(a, "ana", url.Values{"status": {"À citer"}})
	c.Settle()
	s := write(b, "zoe", url.Values{"quoted_status_id": {there(b, top.URI)}})
	if s.Quote == nil || s.Quote.State != "pending" || s.Quote.QuotedStatus != nil {
		t.Errorf("before the consent: %+v", s.Quote)
	}
	c.Settle()
	c.Settle()
	for _, x := range []struct {
		n   *testkit.Node
		who string
	}{{b, "zoe"}, {a, "ana"}, {d, "yan"}} {
		got := read(x.n, x.who, there(x.n, s.URI))
		if got.Quote == nil || got.Quote.State != "accepted" || got.Quote.QuotedStatus == nil || got.Quote.QuotedStatus.URI != top.URI {
			t.Errorf("%s sees %+v", x.who, got.Quote)
		}
	}
	if kinds := told(a, "ana"); !strings.Contains(kinds, "quote") {
		t.Errorf("the quoted author is told %q", kinds)
	}
	app(a, "ana").Post(statuses+"/"+top.ID+"/quotes/"+there(a, s.URI)+"/revoke", nil).OK(nil)
	c.Settle()
	c.Settle()
	for _, x := range []struct {
		n   *testkit.Node
		who string
	}{{b, "zoe"}, {a, "ana"}, {d, "yan"}} {
		if got := read(x.n, x.who, there(x.n, s.URI)); got.Quote != nil && (got.Quote.State == "accepted" || got.Quote.QuotedStatus != nil) {
			t.Errorf("%s still sees %+v", x.who, got.Quote)
		}
	}
	app(a, "ana").Send("PUT", statuses+"/"+top.ID+"/interaction_policy", url.Values{"quote_approval_policy": {"nobody"}}).OK(nil)
	c.Settle()
	if got := read(b, "zoe", there(b, top.URI)); got.QuoteApproval.CurrentUser != "denied" {
		t.Errorf("approval there: %+v", got.QuoteApproval)
	}
	app(b, "zoe").Post(statuses, url.Values{"status": {"x"}, "visibility": {"public"}, "quoted_status_id": {there(b, top.URI)}}).Fails(422)
}

// TestRequestsFromElsewhere asks as other servers do.
func TestRequestsFromElsewhere(t *testing.T) {
	n := testkit.New(t)
	ana := n.Person("ana", true)
	p := peer.New(peer.Options{AutoAccept: true})
	defer p.Close()
	bob := p.Actor("bob")
	open := write(n, "ana", nil)
	closed := write(n, "ana", url.Values{"quote_approval_policy": {"nobody"}})
	hidden := write(n, "ana", url.Values{"audience": {"section"}})
	request := func(kind, target, instrument string) string {
		t.Helper()
		id := p.NewID("request")
		body := map[string]any{"@context": as.Public[:strings.Index(as.Public, "#")], "type": kind, "id": id, "actor": bob.ID, "object": target,
			"instrument": instrument, "to": ana.URI}
		if answer, err := bob.Send(ctx, ana.Inbox, peer.JSON(body)); err != nil || answer.Status != 202 {
			t.Fatalf("%+v %v", answer, err)
		}
		testkit.Cluster{n}.Settle()
		return id
	}
	note, _ := bob.Note("<p>je cite</p>", func(x *as.Note) {
		x.Extra = map[string]any{"quote": open.URI}
		x.To = []string{as.Public}
	})
	body, err := note.Build()
	if err != nil {
		t.Fatal(err)
	}
	p.Serve(note.ID, body)
	request("QuoteRequest", open.URI, note.ID)
	got, err := p.Wait(peer.Posted("Accept"), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	stamp := as.HTTPURL(got.Doc.Refs("result").ID())
	d, err := bob.Fetch(ctx, stamp)
	if err != nil || !d.Is("QuoteAuthorization") || d.Refs("interactingObject").ID() != note.ID || d.Refs("interactionTarget").ID() != open.URI || d.AttributedTo() != ana.URI {
		t.Errorf("stamp %s: %v %v", stamp, d, err)
	}
	if s := read(n, "ana", there(n, note.ID)); s.Quote == nil || s.Quote.State != "accepted" {
		t.Errorf("the quotation here: %+v", s.Quote)
	}
	request("QuoteRequest", closed.URI, p.NewID("note"))
	if _, err := p.Wait(peer.Posted("Reject"), time.Second); err != nil {
		t.Error(err)
	}
	before := len(p.Received(peer.Posted("Accept"))) + len(p.Received(peer.Posted("Reject")))
	request("QuoteRequest", hidden.URI, p.NewID("note"))
	request("QuoteRequest", open.URI, n.URL+"/objects/forged")
	if after := len(p.Received(peer.Posted("Accept"))) + len(p.Received(peer.Posted("Reject"))); after != before {
		t.Error("what is hidden, or not theirs, was answered")
	}
	request("LikeRequest", open.URI, p.NewID("like"))
	if s := read(n, "ana", open.ID); s.FavouritesCount != 1 {
		t.Errorf("%d likes", s.FavouritesCount)
	}
	app(n, "ana").Post(statuses+"/"+open.ID+"/quotes/"+there(n, note.ID)+"/revoke", nil).OK(nil)
	testkit.Cluster{n}.Settle()
	if _, err := p.Wait(peer.Posted("Delete"), time.Second); err != nil {
		t.Error(err)
	}
	if _, err := bob.Fetch(ctx, stamp); err == nil {
		t.Error("the stamp is still served")
	}
}

// TestRulesOfOthers refuses what a remote author does not allow.
func TestRulesOfOthers(t *testing.T) {
	n := testkit.New(t)
	ana := n.Person("ana", true)
	p := peer.New(peer.Options{AutoAccept: true})
	defer p.Close()
	bob := p.Actor("bob")
	self := map[string]any{"automaticApproval": []any{bob.ID}, "manualApproval": []any{}}
	note, create := bob.Note("@ana pas touche", func(x *as.Note) {
		x.Tags = []as.Tag{{Type: "Mention", Href: ana.URI, Name: n.Handle("ana")}}
		x.Extra = map[string]any{"interactionPolicy": map[string]any{"canReply": self, "canLike": self, "canAnnounce": self, "canQuote": self}}
	})
	if _, err := bob.Send(ctx, ana.Inbox, create); err != nil {
		t.Fatal(err)
	}
	testkit.Cluster{n}.Settle()
	id := there(n, note.ID)
	app(n, "ana").Post(statuses+"/"+id+"/favourite", nil).Fails(422)
	app(n, "ana").Post(statuses+"/"+id+"/reblog", nil).Fails(422)
	app(n, "ana").Post(statuses, url.Values{"status": {"si"}, "visibility": {"public"}, "in_reply_to_id": {id}}).Fails(422)
	app(n, "ana").Post(statuses, url.Values{"status": {"si"}, "visibility": {"public"}, "quoted_status_id": {id}}).Fails(422)
	left, err := db.Get[int](ctx, n.DB.Read(), `select count(*) from post where local`)
	if err != nil || left != 0 {
		t.Errorf("%d posts, %v", left, err)
	}
}

// TestCorpus reads the rules that other servers really send.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("MAILLAGE_CORPUS")
	if dir == "" {
		t.Skip("MAILLAGE_CORPUS does not name the folder of documents")
	}
	for name, want := range map[string][3]int{ // of reply: automatic, manual; of quote: automatic
		"gotosocial/gts_extractpolicy_test_01_Note.json": {4, 1, -1},
		"gotosocial/gts_extractpolicy_test_02_Note.json": {-1, -1, -1},
		"fep-examples/fep-044f_03_Note.json":             {-1, -1, 1},
	} {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		d, err := as.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		r := quote.ReadRules(d)
		if r == nil {
			t.Errorf("%s: no rules", name)
			continue
		}
		got := [3]int{-1, -1, -1}
		if r.Reply != nil {
			got[0], got[1] = len(r.Reply.Auto), len(r.Reply.Manual)
		}
		if r.Quote != nil {
			got[2] = len(r.Quote.Auto)
		}
		if got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestConformance(t *testing.T) {
	contract := apitest.LoadContract(t)
	n := testkit.New(t)
	n.Person("ana", true)
	n.Person("bea", true)
	top := write(n, "ana", nil)
	s := write(n, "bea", url.Values{"quoted_status_id": {top.ID}})
	ana := app(n, "ana")
	conforms := func(a *apitest.Answer, operation string) {
		t.Helper()
		a.Body = withoutQuote(t, a.Body)
		contract.Conforms(a, operation)
	}
	conforms(ana.Get(statuses+"/"+top.ID), "get /api/v1/statuses/{id}")
	conforms(ana.Get(statuses+"/"+top.ID+"/quotes"), "get /api/v1/statuses/{id}/quotes")
	conforms(ana.Get(statuses+"/"+s.ID+"/quotes"), "get /api/v1/statuses/{id}/quotes")
	conforms(ana.Send("PUT", statuses+"/"+top.ID+"/interaction_policy", url.Values{"quote_approval_policy": {"followers"}}), "put /api/v1/statuses/{id}/interaction_policy")
	conforms(ana.Post(statuses+"/"+top.ID+"/quotes/"+s.ID+"/revoke", nil), "post /api/v1/statuses/{id}/quotes/{quoting_status_id}/revoke")
}

// withoutQuote empties the quotes of posts: the description wants each to have
// exactly one of two forms, of which every quote has both.
func withoutQuote(t *testing.T, body []byte) []byte {
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatal(err)
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for _, e := range list {
		e.(map[string]any)["quote"] = nil
	}
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
