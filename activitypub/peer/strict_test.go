package peer

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A note and an activity that every reader takes, and what each refuses of them.
const (
	goodNote = `{"@context":["https://www.w3.org/ns/activitystreams",{"sensitive":"as:sensitive","Hashtag":"as:Hashtag"}],"id":"https://a.example/1","type":"Note",
		"attributedTo":"https://a.example/ana","content":"<p>Bonjour</p>","published":"2026-11-20T10:00:00Z","to":["https://www.w3.org/ns/activitystreams#Public"],
		"cc":["https://a.example/ana/followers"],"tag":[{"type":"Mention","href":"https://b.example/bea","name":"@bea@b.example"}],"attachment":[],
		"replies":{"id":"https://a.example/1/r","type":"Collection","first":{"type":"CollectionPage","items":[]}},"sensitive":false,
		"source":{"content":"Bonjour","mediaType":"text/plain"}}`
	goodAnnounce = `{"@context":"https://www.w3.org/ns/activitystreams","id":"https://a.example/2","type":"Announce","actor":"https://a.example/ana",
		"object":"https://b.example/1","to":["https://www.w3.org/ns/activitystreams#Public"],"cc":[]}`
)

func reader(name string) Strict {
	for _, r := range Readers() {
		if r.Name == name {
			return r
		}
	}
	panic(name)
}

func TestStrictReadersTakeWhatIsRight(t *testing.T) {
	for _, r := range Readers() {
		if r.Document == nil {
			continue
		}
		for _, doc := range []string{goodNote, goodAnnounce} {
			if err := r.Document([]byte(doc)); err != nil {
				t.Errorf("%s: %v", r.Name, err)
			}
		}
	}
}

func TestStrictReadersRefuse(t *testing.T) {
	type swap struct{ old, new string }
	author := swap{`"attributedTo":"https://a.example/ana"`, `"attributedTo":"https://b.example/bob"`}
	for name, swaps := range map[string][]swap{
		"mastodon": {author, {`"published":"2026-11-20T10:00:00Z",`, ``}, {`<p>Bonjour</p>`, `<table>Bonjour</table>`}, {`"content":"<p>Bonjour</p>",`, ``},
			{`"name":"@bea@b.example"`, `"name":"bea"`}, {`"to":["https://www.w3.org/ns/activitystreams#Public"],`, `"to":[],`}, {`"type":"Note"`, `"type":"Article"`}},
		"gotosocial": {{`"type":"CollectionPage"`, `"type":"OrderedCollectionPage"`}, {`"attributedTo":"https://a.example/ana"`, `"attributedTo":["https://a.example/ana","https://a.example/g"]`}},
		"lemmy": {author, {`"cc":["https://a.example/ana/followers"],`, ``}, {`"attachment":[]`, `"attachment":[{"type":"PropertyValue"}]`}, {`"attachment":[]`, `"attachment":[{"type":"Video"}]`},
			{`"sensitive":false`, `"language":"fr"`}, {`"sensitive":false`, `"audience":["https://a.example/g"]`}, {`"sensitive":false`, `"image":[{"type":"Image"}]`},
			{`{"content":"Bonjour","mediaType":"text/plain"}`, `"https://a.example/src"`}, {`"type":"Note"`, `"type":"Page","inReplyTo":"https://b.example/2"`}},
		"nodebb":     {author, {`"attributedTo":"https://a.example/ana"`, `"attributedTo":["https://a.example/ana"]`}, {`"type":"Note"`, `"type":"Image"`}},
		"smithereen": {author, {`"sensitive":false`, `"target":"https://a.example/g/wall"`}, {`"sensitive":false`, `"target":{"type":"OrderedCollection","id":"https://a.example/g/wall"}`}},
		"misskey":    {author},
		"mobilizon":  {{`"type":"Note"`, `"type":"Event"`}},
		"peertube":   {{`"sensitive":false`, `"inReplyTo":["https://b.example/2"]`}},
		"friendica":  {{`"sensitive":"as:sensitive",`, ``}, {`"https://www.w3.org/ns/activitystreams",`, `"https://www.w3.org/ns/activitystreams","https://a.example/context",`}, {`"sensitive":false`, `"quoteUri":"https://b.example/1"`}},
	} {
		for _, s := range swaps {
			doc := strings.Replace(goodNote, s.old, s.new, 1)
			if name == "mastodon" && strings.Contains(s.new, `"to":[]`) {
				doc = strings.Replace(doc, `"cc":["https://a.example/ana/followers"]`, `"cc":[]`, 1)
			}
			if doc == goodNote {
				t.Fatalf("%s: %s is not in the note", name, s.old)
			}
			if reader(name).Document([]byte(doc)) == nil {
				t.Errorf("%s takes %s", name, s.new)
			}
		}
	}
	embedded := strings.Replace(goodAnnounce, `"https://b.example/1"`, goodNote, 1)
	for _, name := range []string{"mastodon", "gotosocial"} {
		if reader(name).Document([]byte(embedded)) == nil {
			t.Errorf("%s takes an Announce of something embedded", name)
		}
	}
	onWall := strings.Replace(goodNote, `"sensitive":false`, `"target":{"type":"OrderedCollection","id":"https://a.example/g/wall","attributedTo":"https://a.example/g"}`, 1)
	for kind, bad := range map[string]bool{"Create": true, "Update": false} {
		doc := `{"type":"` + kind + `","id":"https://a.example/2","actor":"https://a.example/ana","object":` + onWall + `}`
		if err := reader("smithereen").Document([]byte(doc)); (err != nil) != bad {
			t.Errorf("smithereen and the %s of a post on another's wall: %v", kind, err)
		}
	}
	if MastodonReads([]byte(strings.Replace(goodAnnounce, `#Public`, `#Some`, 1))) == nil {
		t.Error("mastodon shows a private Announce")
	}
	if reader("misskey").Document([]byte(strings.Replace(goodAnnounce, `"https://b.example/1"`, `["https://b.example/1","https://b.example/2"]`, 1))) == nil {
		t.Error("misskey takes an Announce of two")
	}
	for _, o := range []string{`{"type":"Delete","object":"https://b.example/1","id":"https://a.example/3"}`, `{"type":"Delete","object":"https://b.example/1","actor":"https://a.example/ana"}`} {
		if NodeBBReads([]byte(strings.Replace(goodAnnounce, `"https://b.example/1"`, o, 1))) == nil {
			t.Errorf("nodebb takes an Announce of %s", o)
		}
	}
	if NodeBBReads([]byte(strings.Replace(goodAnnounce, `"https://b.example/1"`, strings.Replace(goodNote, `["https://www.w3.org/ns/activitystreams#Public"]`, `"https://www.w3.org/ns/activitystreams#Public"`, 1), 1))) == nil {
		t.Error("nodebb reads to as a list of letters")
	}
	event := `{"type":"Event","id":"https://a.example/1","startTime":null,"endTime":null,"timezone":null,"maximumAttendeeCapacity":null,"participantCount":null,
		"onlineLink":null,"joinMode":null,"externalParticipationUrl":null,"anonymousParticipation":null,"isOnline":null,"buyTicketsLink":null,"feeCurrency":null,"feeAmount":null}`
	if err := PieFedReadsEvent([]byte(event)); err != nil {
		t.Error(err)
	}
	for _, key := range pieFedKeys {
		if PieFedReadsEvent([]byte(strings.Replace(event, `"`+key+`"`, `"x"`, 1))) == nil {
			t.Errorf("piefed does without %s", key)
		}
	}
	if LemmyShows([]byte(goodNote)) != nil || LemmyShows([]byte(strings.Replace(goodNote, "#Public", "#Some", 1))) == nil {
		t.Error("what lemmy shows")
	}
}

// TestStrictRequestsRefuse signs requests in ways that one server or another does not take.
func TestStrictRequestsRefuse(t *testing.T) {
	ctx := context.Background()
	here, there := New(Options{}), New(Options{})
	defer here.Close()
	defer there.Close()
	ana := here.Actor("ana")
	sent := func(faults ...Fault) Request {
		_, create := ana.Note("<p>x</p>", nil)
		if _, err := ana.Send(ctx, there.URL+"/inbox", create, faults...); err != nil {
			t.Fatal(err)
		}
		all := there.Received(func(r Request) bool { return r.Method == http.MethodPost })
		return all[len(all)-1]
	}
	good := sent()
	for _, r := range Readers() {
		if err := r.Request(good); err != nil {
			t.Errorf("%s refuses a good one: %v", r.Name, err)
		}
	}
	late4, late8, modern := sent(Date(-4*time.Minute)), sent(Date(-8*time.Minute)), sent(Modern)
	old, created, wrong := sent(Date(-13*time.Hour)), sent(Created), sent(WrongKey)
	for name, takes := range map[string][5]bool{ // 4 minutes late, 8 minutes late, RFC 9421, 13 hours late, (created)
		"mastodon": {true, true, true, false, false}, "gotosocial": {true, true, false, true, false}, "lemmy": {true, true, false, false, false},
		"smithereen": {true, false, false, false, false}, "friendica": {true, false, false, false, false}, "misskey": {true, true, false, true, false},
		"pixelfed": {true, true, false, true, false}, "mobilizon": {true, true, false, false, false}, "peertube": {true, true, false, true, false},
	} {
		for i, r := range []Request{late4, late8, modern, old, created} {
			r.Fault = nil // of what the signature itself is worth, the package that made it has a test
			if got := reader(name).Request(r) == nil; got != takes[i] {
				t.Errorf("%s, case %d: taken %t", name, i, got)
			}
		}
		if reader(name).Request(wrong) == nil {
			t.Errorf("%s takes a forged one", name)
		}
	}
	plain := good
	plain.Header = good.Header.Clone()
	plain.Header.Set("Content-Type", "application/json")
	if reader("gotosocial").Request(plain) == nil {
		t.Error("gotosocial takes other content types")
	}
	if reader("nodebb").Request(plain) == nil {
		t.Error("nodebb takes other content types")
	}
	another := good
	another.Header = good.Header.Clone()
	another.Header.Set("Signature", strings.Replace(good.Header.Get("Signature"), "/users/ana#", "/actor#", 1))
	if reader("peertube").Request(another) == nil {
		t.Error("peertube takes what another signed")
	}
	oddly := good
	oddly.Header = good.Header.Clone()
	oddly.Header.Set("Date", time.Now().UTC().Format(time.RFC3339))
	if reader("mobilizon").Request(oddly) == nil || reader("smithereen").Request(oddly) == nil {
		t.Error("a Date of another form is taken")
	}
}
