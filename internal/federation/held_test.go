package federation_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/fetch"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/db/dbtest"
	"github.com/maillage/maillage/internal/federation"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/i18n"
	"github.com/maillage/maillage/internal/post"
)

// fill keeps requests of made-up keys, as an attack would: each host so many of so many bytes.
func (n *node) fill(hosts, each, bytes int) {
	n.t.Helper()
	type row struct {
		ID, ReceivedAt                          int64
		KeyID, Host, Target, Authority, Headers string
		Body                                    []byte
	}
	var rows []row
	for h := range hosts {
		for i := range each {
			host := fmt.Sprintf("h%d.localhost", h)
			rows = append(rows, row{int64(h*each + i + 1), n.now.now().UnixMilli(), fmt.Sprintf("http://%s/k%d", host, i), host, "/inbox", n.host, "{}", make([]byte, bytes)})
		}
	}
	err := n.db.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error { return db.InsertMany(ctx, tx, "inbox_unverified", rows) })
	if err != nil {
		n.t.Fatal(err)
	}
}

// TestCrowdsGiveWay: somebody new is heard although strangers have filled all places.
func TestCrowdsGiveWay(t *testing.T) {
	for name, fill := range map[string]func(*node){
		"many requests": func(n *node) { n.fill(20, 100, 10) },
		"large bodies":  func(n *node) { n.fill(4, 20, 900<<10) },
	} {
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			n, s := newNodeOn(t, d), newStranger(t)
			t.Log(name)
			fill(n)
			before := n.count(`select count(*) from inbox_unverified`)
			if got := s.send(n, s.activity("Create", s.note("bonjour"))); got != http.StatusAccepted {
				t.Fatalf("answered %d", got)
			}
			settle(n)
			if n.byURI(s.actor("hana")) == nil {
				t.Error("who is new is not known")
			}
			if left := n.count(`select count(*) from inbox_unverified`); left < before/2 || left >= before {
				t.Errorf("%d of %d are left", left, before)
			}
		}, schema()...)
	}
	// Where nobody stands out, nobody is pushed out.
	n, s := newNode(t), newStranger(t)
	n.fill(200, 10, 10)
	if got := s.send(n, s.activity("Create", s.note("bonjour"))); got != http.StatusServiceUnavailable {
		t.Errorf("answered %d, want 503", got)
	}
	// What has waited in vain makes place.
	n.now.move(3 * time.Minute)
	if got := s.send(n, s.activity("Create", s.note("bonjour"))); got != http.StatusAccepted {
		t.Errorf("later answered %d", got)
	}
}

// TestKeysThatCannotBeHadAreGivenUp: what nobody can verify is not kept for long.
func TestKeysThatCannotBeHadAreGivenUp(t *testing.T) {
	n, s := newNode(t), newStranger(t)
	s.answer("/users/hana", http.StatusServiceUnavailable)
	s.send(n, s.activity("Create", s.note("un")))
	settle(n)
	n.now.move(3 * time.Minute)
	s.send(n, s.activity("Create", s.note("deux")))
	settle(n)
	if got := n.count(`select count(*) from inbox_unverified`); got != 1 {
		t.Errorf("%d are kept, want the last alone", got)
	}
}

// TestNothingOvertakesWhatIsHeld: what comes once a key is known waits for what came before.
func TestNothingOvertakesWhatIsHeld(t *testing.T) {
	n, s := newNode(t), newStranger(t)
	ana := n.person("ana")
	p := n.must(n.posts.Create(context.Background(), ana, post.Draft{Text: "Bonjour", Audience: post.Public}))
	like := s.activity("Like", p.URI)
	s.answer("/users/hana", http.StatusServiceUnavailable)
	s.mustSend(n, like)
	settle(n)
	if got := n.count(`select count(*) from inbox_unverified`); got != 1 {
		t.Fatalf("%d are held", got)
	}
	s.answer("/users/hana", 0)
	if err := n.db.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error { // met otherwise meanwhile
		d, err := as.Parse(marshal(t, s.actorDoc("hana")))
		if err != nil {
			return err
		}
		_, err = n.accounts.StoreActor(ctx, tx, d, "")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	s.mustSend(n, s.activity("Undo", like))
	settle(n)
	if n.count(`select count(*) from inbox_item`) == 1 {
		t.Error("what came second went before what came first")
	}
	for range 3 {
		n.now.move(30 * time.Second)
		settle(n)
	}
	if left, done := n.count(`select count(*) from inbox_unverified`), n.count(`select count(*) from inbox_item where state = 2`); left != 0 || done != 2 {
		t.Errorf("%d are held, %d are done", left, done)
	}
	if got := n.count(`select count(*) from post_like`); got != 0 {
		t.Errorf("%d likes after it was taken back", got)
	}
}

// hanging is a server that takes every request and never answers; open counts them.
func hanging(t *testing.T) (base string, open *counter) {
	open = &counter{}
	end := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		open.add("GET")
		select {
		case <-end:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(srv.Close)
	t.Cleanup(func() { close(end) })
	return srv.URL, open
}

// TestSilentServerIsLeftAlone: one that hangs keeps a worker once, not once for each of its addresses.
func TestSilentServerIsLeftAlone(t *testing.T) {
	n := newNode(t)
	base, open := hanging(t)
	e, err := federation.New(federation.Options{DB: n.db, Directory: n.accounts, Base: n.base, Host: n.host, Scheme: "http", LocalTest: true,
		Client: fetch.New(fetch.Config{UserAgent: "Test", Guard: fetch.Guard{Local: true}, Scheme: "http", Timeout: 100 * time.Millisecond})})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		if _, err := e.Fetch(context.Background(), fmt.Sprint(base, "/", i)); err == nil {
			t.Fatal("something came")
		}
	}
	if got := open.get("GET"); got != 1 {
		t.Errorf("%d requests, want 1", got)
	}
}

// TestAskersAreFew: questions signed by keys that hang do not keep the server from answering others.
func TestAskersAreFew(t *testing.T) {
	n, s := newNode(t), newStranger(t)
	base, _ := hanging(t)
	var wg sync.WaitGroup
	quick := make(chan int, 60)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	for i := range 60 {
		wg.Go(func() {
			r, err := http.NewRequestWithContext(ctx, "GET", n.base+"/objects/"+fmt.Sprint("x", i), nil)
			if err != nil {
				t.Error(err)
				return
			}
			r.Header.Set("Accept", "application/activity+json")
			key := *s.key
			key.ID = fmt.Sprint(base, "/k", i)
			if err := signGet(r, &key); err != nil {
				t.Error(err)
				return
			}
			if res, err := http.DefaultClient.Do(r); err == nil {
				res.Body.Close()
				quick <- res.StatusCode
			}
		})
	}
	wg.Wait()
	if len(quick) < 40 {
		t.Errorf("%d of 60 were answered at once", len(quick))
	}
}

func signGet(r *http.Request, key *sig.Key) error { return sig.SignGet(r, key, time.Now(), false) }

// TestUnknownKeysFromOneNetwork: whoever makes up keys of ever other servers is
// known by where the requests come from.
func TestUnknownKeysFromOneNetwork(t *testing.T) {
	n := newNode(t) // for its database and directory
	e, err := federation.New(federation.Options{DB: n.db, Directory: n.accounts, Base: "https://section.example", Host: "section.example",
		Client: fetch.New(fetch.Config{UserAgent: "Test"}), Log: testLog()})
	if err != nil {
		t.Fatal(err)
	}
	r, words := httpx.NewRouter(), i18n.New(nil)
	e.Routes(r)
	h, err := httpx.NewServer(httpx.Options{BaseURL: "https://section.example", Router: r, Strings: words, Log: testLog()})
	if err != nil {
		t.Fatal(err)
	}
	send := func(i int, from string) int {
		base := fmt.Sprintf("https://h%d.example", i)
		body := marshal(t, doc{"id": base + "/a", "type": "Create", "actor": base + "/u", "object": base + "/n"})
		req := httptest.NewRequest("POST", "https://section.example/inbox", bytes.NewReader(body))
		req.Header.Set("Content-Type", "application/activity+json")
		req.RemoteAddr = from
		if err := sig.SignPost(req, body, &sig.Key{ID: base + "/u#key", RSA: keys()[2]}, time.Now()); err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, req)
		return w.Code
	}
	got := map[int]int{}
	for i := range 130 {
		got[send(i, "203.0.113.7:1000")]++
	}
	if got[202] < 100 || got[202] > 103 || got[429] != 130-got[202] {
		t.Errorf("answers: %v", got)
	}
	if s := send(1000, "198.51.100.9:1000"); s != 202 {
		t.Errorf("somebody else is answered %d", s)
	}
}
