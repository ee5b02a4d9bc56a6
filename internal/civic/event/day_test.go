package event_test

import (
	"fmt"
	"image"
	"image/color"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// tonight moves a meeting to this evening.
func tonight(t *testing.T, n *testkit.Node, p *post.Post) {
	t.Helper()
	at := time.Now()
	run(t, n, `update meeting set starts_at = $2, ends_at = $3 where post_id = $1`, p.ID, at.UnixMilli(), at.Add(time.Hour).UnixMilli())
}

var (
	size = regexp.MustCompile(`viewBox="0 0 (\d+) `)
	bars = regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1`)
)

// readQR reads the code of a page as a phone does, with another library than the one that drew it.
func readQR(t *testing.T, body string) string {
	t.Helper()
	_, body, _ = strings.Cut(body, `class="qr"`)
	body, _, _ = strings.Cut(body, "</svg>")
	m := size.FindStringSubmatch(body)
	if m == nil {
		t.Fatal("no code on the page")
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		t.Fatal(err)
	}
	const scale = 4
	img := image.NewGray(image.Rect(0, 0, n*scale, n*scale))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	for _, m := range bars.FindAllStringSubmatch(body, -1) {
		x, _ := strconv.Atoi(m[1])
		y, _ := strconv.Atoi(m[2])
		w, _ := strconv.Atoi(m[3])
		for py := y * scale; py < (y+1)*scale; py++ {
			for px := x * scale; px < (x+w)*scale; px++ {
				img.SetGray(px, py, color.Gray{})
			}
		}
	}
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	// Drawn, not photographed: looking for a code at an angle misses one in many.
	drawn := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_PURE_BARCODE: true}
	got, err := qrcode.NewQRCodeReader().Decode(bitmap, drawn)
	if err != nil {
		t.Fatal(err)
	}
	return got.GetText()
}

// TestDoor tells the story of an evening: a code is shown, members, visitors and a
// passer-by are noted by it, and somebody by their own code.
func TestDoor(t *testing.T) {
	n, mails := testkit.NewMailing(t, testkit.SQLite)
	n.Person("ana", true)
	p := make1(t, n, "ana", func(d *event.Draft) { d.Audience, d.Capacity = post.Public, "4" })
	at := event.Path + "/" + idOf(p)
	zoe := outsider(t, n, mails, at, "zoe", nil)
	if _, err := say(n, "bob", p, event.Room, 0); err != nil {
		t.Fatal(err)
	}
	ana, bob := n.SignIn("ana"), n.SignIn("bob")
	if ana.Open(at + "/accueil"); !ana.Has("L’accueil ouvre") || strings.Contains(ana.Body, "<form method=\"post\" action=\""+at+"/accueil") {
		t.Errorf("three weeks before: %s", ana.Text())
	}
	tonight(t, n, p)
	if bob.Open(at + "/accueil"); bob.Status != http.StatusNotFound {
		t.Errorf("a participant has the code: %d", bob.Status)
	}
	ana.Open(at+"/accueil").Submit(at+"/accueil", nil)
	link := readQR(t, ana.Body)
	if !strings.HasPrefix(link, n.URL+at+"/present?code=") {
		t.Fatal(link)
	}
	code := link[len(link)-6:]
	if !ana.Has(code) {
		t.Error("the code is not in words")
	}
	bob.Open(link).Submit(at+"/present", nil)
	zoe.Open(at+"/present").Submit(at+"/present", map[string]string{"code": code})
	lou := n.NewBrowser().Open(link).Submit(at+"/present", map[string]string{"name": "Lou de passage"})
	for who, b := range map[string]*testkit.Browser{"bob": bob, "zoe": zoe, "lou": lou} {
		if !b.Has("Votre présence est notée") {
			t.Errorf("%s: %s", who, b.Text())
		}
	}
	if b := n.NewBrowser().Open(at+"/present").Submit(at+"/present", map[string]string{"name": "Mal", "code": "00000x"}); b.Status != http.StatusUnprocessableEntity || !b.Has("Ce code n’est pas celui de ce soir") {
		t.Errorf("%d %s", b.Status, b.Text())
	}
	if b := n.NewBrowser().Open(link).Submit(at+"/present", map[string]string{"name": " "}); b.Status != http.StatusUnprocessableEntity {
		t.Errorf("somebody without a name: %d", b.Status)
	}
	n.NewBrowser().Open(link).Submit(at+"/present", map[string]string{"name": "Max"})
	if b := n.NewBrowser().Open(link).Submit(at+"/present", map[string]string{"name": "Trop"}); !b.Has("La salle est pleine") || seated(t, n, p.ID) != 4 {
		t.Errorf("%d in a room of four: %s", seated(t, n, p.ID), b.Text())
	}
	if ana.Open(at + "/accueil"); !ana.Has("4 personnes sont là") {
		t.Error(ana.Text())
	}
	// Eve comes another time; her own code leads the organiser to her, and nobody else.
	eve := n.SignIn("eve")
	q := make1(t, n, "ana", nil)
	if _, err := say(n, "eve", q, event.Room, 0); err != nil {
		t.Fatal(err)
	}
	ticket := readQR(t, eve.Open(event.Path+"/"+idOf(q)).Body)
	if b := bob.Open(ticket); b.Status != http.StatusNotFound {
		t.Errorf("bob sees who comes: %d", b.Status)
	}
	ana.Open(ticket).Submit(event.Path+"/"+idOf(q)+"/inscrits/", map[string]string{"here": "1"})
	if rows := rowsOf(t, n, q.ID); !ana.Has("eve est là") || len(rows) != 1 || rows[0].PresentAt == 0 {
		t.Errorf("%+v %s", rows, ana.Text())
	}
}

// TestQuestionsAndRides are for those who come, and for nobody else.
func TestQuestionsAndRides(t *testing.T) {
	n, mails := testkit.NewMailing(t, testkit.SQLite)
	n.Person("ana", true)
	p := make1(t, n, "ana", func(d *event.Draft) { d.Audience = post.Public })
	at := event.Path + "/" + idOf(p)
	bob, kim := n.SignIn("bob"), n.SignIn("kim")
	for _, page := range []string{"/questions", "/covoiturage"} {
		if bob.Open(at + page); bob.Status != http.StatusNotFound {
			t.Errorf("%s is shown to who does not come", page)
		}
	}
	zoe := outsider(t, n, mails, at, "zoe", nil)
	for _, who := range []string{"bob", "kim"} {
		if _, err := say(n, who, p, event.Room, 0); err != nil {
			t.Fatal(err)
		}
	}
	bob.Open(at+"/questions").Submit(at+"/questions", map[string]string{"body": " "})
	if bob.Status != http.StatusUnprocessableEntity || !bob.Has("Écrivez votre question") {
		t.Errorf("%d %s", bob.Status, bob.Text())
	}
	bob.Submit(at+"/questions", map[string]string{"body": "Et la crèche ?"})
	zoe.Open(at+"/questions").Submit(at+"/questions", map[string]string{"body": "Et la piscine ?"})
	kim.Open(at + "/questions")
	if strings.Index(kim.Text(), "crèche") > strings.Index(kim.Text(), "piscine") || !kim.Has("zoe") {
		t.Error(kim.Text())
	}
	rows, err := db.All[struct{ ID, VisitorID int64 }](ctx, n.DB.Read(), `select id, visitor_id from meeting_question order by id`)
	if err != nil || len(rows) != 2 || rows[1].VisitorID == 0 {
		t.Fatal(rows, err)
	}
	kim.Submit(at+"/questions/"+ids.String(rows[1].ID), nil)
	if strings.Index(kim.Text(), "crèche") < strings.Index(kim.Text(), "piscine") {
		t.Errorf("what two have does not come first: %s", kim.Text())
	}
	ana := n.SignIn("ana").Open(at + "/questions")
	ana.Submit(at+"/questions/"+ids.String(rows[1].ID), map[string]string{"act": "answered"})
	if !ana.Has("répondu") || strings.Index(ana.Text(), "crèche") > strings.Index(ana.Text(), "piscine") {
		t.Error(ana.Text())
	}

	bob.Open(at+"/covoiturage").Submit(at+"/covoiturage", map[string]string{"place": "", "seats": "1", "contact": "06 00 00 00 01"})
	if bob.Status != http.StatusUnprocessableEntity || !strings.Contains(bob.Body, "06 00 00 00 01") {
		t.Error(bob.Text())
	}
	bob.Submit(at+"/covoiturage", map[string]string{"place": "Échirolles", "seats": "1", "contact": "06 00 00 00 01"})
	ride, err := db.Get[int64](ctx, n.DB.Read(), `select id from meeting_ride`)
	if err != nil {
		t.Fatal(err)
	}
	car := at + "/covoiturage/" + ids.String(ride)
	for who, b := range map[string]*testkit.Browser{"zoe": zoe, "kim": kim} {
		b.Open(at+"/covoiturage").Submit(car, map[string]string{"contact": who + " 06"})
		if !b.Has("Vous avez demandé") || strings.Contains(b.Body, "06 00 00 00 01") {
			t.Errorf("%s: %s", who, b.Text())
		}
	}
	asks := `select account_id, visitor_id from meeting_ride_ask where visitor_id <> 0`
	guest, err := db.Get[struct{ AccountID, VisitorID int64 }](ctx, n.DB.Read(), asks)
	if err != nil {
		t.Fatal(err)
	}
	if bob.Open(at + "/covoiturage"); !bob.Has("zoe 06") || !bob.Has("kim 06") {
		t.Error(bob.Text())
	}
	bob.Submit(car, map[string]string{"act": "yes", "account": "0", "visitor": ids.String(guest.VisitorID)})
	bob.Submit(car, map[string]string{"act": "yes", "account": ids.String(n.Person("kim", false).ID), "visitor": "0"})
	if !bob.Has("Il ne reste pas de place") {
		t.Error(bob.Text())
	}
	if zoe.Open(at + "/covoiturage"); !zoe.Has("06 00 00 00 01") || strings.Contains(zoe.Body, "kim 06") {
		t.Error(zoe.Text())
	}
	if kim.Open(at + "/covoiturage"); kim.Has("06 00 00 00 01") || kim.Has("zoe 06") {
		t.Error(kim.Text())
	}
	settle(t, n)
	if l := mails.Last("zoe@dehors.example"); !strings.HasPrefix(l.Subject, "Covoiturage") || strings.Contains(l.Raw, "06 00 00 00 01") {
		t.Errorf("%s", l.Subject)
	}
	// All is forgotten with the list, and with the person.
	zoe.Open("/visite").Submit("/visite/effacer", nil)
	if err := n.Accounts.Delete(ctx, n.Person("bob", false).ID); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"meeting_question", "meeting_question_too", "meeting_ride", "meeting_ride_ask"} {
		left, err := db.Get[int](ctx, n.DB.Read(), `select count(*) from `+table)
		if err != nil || left != 0 {
			t.Errorf("%s has %d rows, %v", table, left, err)
		}
	}
}

// TestMobilizonLikePeer joins with a word to the organiser, is told of changes though
// it follows nobody, and takes its Join back by its id alone.
func TestMobilizonLikePeer(t *testing.T) {
	n := testkit.New(t)
	inbox := n.Person("ana", true).Inbox
	p := make1(t, n, "ana", func(d *event.Draft) { d.Audience = post.Public })
	far := peer.New(peer.Options{Software: "mobilizon"})
	defer far.Close()
	bob := far.Actor("bob")
	send := func(a as.Activity) {
		t.Helper()
		a.Actor = bob.ID
		if answer, err := bob.Send(ctx, inbox, a); err != nil || answer.Status != 202 {
			t.Fatal(answer, err)
		}
		settle(t, n)
	}
	join := as.Activity{Type: "Join", ID: bob.ID + "/join/1", Object: p.URI, Extra: map[string]any{"participationMessage": "J’apporte le <b>café</b>"},
		ExtraContext: map[string]any{"mz": "https://joinmobilizon.org/ns#", "participationMessage": "mz:participationMessage"}}
	send(join)
	rows := rowsOf(t, n, p.ID)
	if len(rows) != 1 || rows[0].Message != "J’apporte le café" || len(far.Received(peer.Posted("Accept"))) != 1 {
		t.Fatalf("%+v", rows)
	}
	if ana := n.SignIn("ana").Open(event.Path + "/" + idOf(p) + "/inscrits"); !ana.Has("J’apporte le café") {
		t.Error(ana.Text())
	}
	if err := service(n).SetStatus(ctx, n.Viewer("ana"), p.ID, event.Postponed, ""); err != nil {
		t.Fatal(err)
	}
	settle(t, n)
	if len(far.Received(peer.Posted("Update"))) != 1 {
		t.Error("who joined is not told of the change")
	}
	send(as.Activity{Type: "Undo", ID: bob.ID + "/undo/1", Object: join.ID})
	if rows := rowsOf(t, n, p.ID); rows[0].Answer != event.No {
		t.Errorf("%+v", rows)
	}
	for _, kind := range []string{"TentativeAccept", "TentativeJoin"} { // the second is Smithereen's
		send(as.Activity{Type: "Leave", ID: bob.ID + "/leave/" + kind, Object: p.URI})
		maybe := fmt.Sprintf(`{"@context":["https://www.w3.org/ns/activitystreams",{"sm":"http://smithereen.software/ns#","TentativeJoin":"sm:TentativeJoin"}],"type":%q,"id":%q,"actor":%q,"object":%q}`,
			kind, bob.ID+"/maybe/"+kind, bob.ID, p.URI)
		if answer, err := bob.Send(ctx, inbox, []byte(maybe)); err != nil || answer.Status != 202 {
			t.Fatal(answer, err)
		}
		settle(t, n)
		if rows := rowsOf(t, n, p.ID); len(rows) != 1 || rows[0].Answer != event.Maybe {
			t.Errorf("%s: %+v", kind, rows)
		}
	}
}

// TestSayingSoRegistersNobody: « je viens » from Mastodon is answered, once, to
// them alone, with a link.
func TestSayingSoRegistersNobody(t *testing.T) {
	n, _ := testkit.NewMailing(t, testkit.SQLite)
	inbox := n.Person("ana", true).Inbox
	p := make1(t, n, "ana", func(d *event.Draft) { d.Audience = post.Public })
	far := peer.New(peer.Options{Software: "mastodon"})
	defer far.Close()
	bob := far.Actor("bob")
	for _, words := range []string{"<p>@ana Je viens !</p>", "<p>@ana Je ne viens pas</p>", "<p>@ana je viens de lire</p>"} {
		_, create := bob.Note(words, func(x *as.Note) { x.InReplyTo = p.URI })
		if answer, err := bob.Send(ctx, inbox, create); err != nil || answer.Status != 202 {
			t.Fatal(answer, err)
		}
		settle(t, n)
	}
	got := far.Received(func(r peer.Request) bool {
		return peer.Posted("Create")(r) && strings.Contains(string(r.Body), event.Path+"/"+idOf(p)+"/venir")
	})
	if len(got) != 1 || strings.Contains(string(got[0].Body), as.Public) || len(rowsOf(t, n, p.ID)) != 0 {
		t.Errorf("%d answers, %d seats", len(got), len(rowsOf(t, n, p.ID)))
	}
}

// TestAMessageAboutAMeetingGoesToOneAlone: what is written to somebody about a meeting
// reaches nobody else, though its title names people: they would learn who comes.
//
// Spec: P7
func TestAMessageAboutAMeetingGoesToOneAlone(t *testing.T) {
	n, _ := testkit.NewMailing(t, testkit.SQLite)
	inbox := n.Person("ana", true).Inbox
	n.Person("ines", true)
	far, other := peer.New(peer.Options{Software: "mastodon"}), peer.New(peer.Options{Software: "mastodon"})
	defer far.Close()
	defer other.Close()
	bob, zoe := far.Actor("bob"), other.Actor("zoe")
	p := make1(t, n, "ana", func(d *event.Draft) {
		d.Audience, d.Title = post.Public, "Débat avec @ines et "+"@"+zoe.Handle()
	})
	settle(t, n)
	had := len(other.Requests())
	_, create := bob.Note("<p>@ana Je viens !</p>", func(x *as.Note) { x.InReplyTo = p.URI })
	if answer, err := bob.Send(ctx, inbox, create); err != nil || answer.Status != 202 {
		t.Fatal(answer, err)
	}
	settle(t, n)
	got := far.Received(func(r peer.Request) bool {
		return peer.Posted("Create")(r) && strings.Contains(string(r.Body), event.Path+"/"+idOf(p)+"/venir")
	})
	if len(got) != 1 || !strings.Contains(string(got[0].Body), "Débat avec @ines") {
		t.Fatalf("%d messages to bob", len(got))
	}
	if whom := got[0].Doc.To(); len(whom) != 1 || whom[0] != bob.ID {
		t.Errorf("the message is for %v", whom)
	}
	if len(other.Requests()) != had {
		t.Errorf("the server of somebody named is asked or sent to: %d", len(other.Requests())-had)
	}
	if told := rowsWhere[int](t, n, `select count(*) from notification x join account a on a.id = x.account_id where a.username = 'ines'`); told[0] != 0 {
		t.Error("who is named is told")
	}
}
