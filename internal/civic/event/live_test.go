package event_test

import (
	"bufio"
	"html"
	"image/color"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// three are the points of the meetings here.
func three(d *event.Draft) {
	d.Items = []event.Item{{At: "18 h", Title: "Accueil"}, {At: "18 h 15", Title: "Le budget"}, {At: "19 h", Title: "Vote", Decision: true}}
}

// began are the times that were noted, 0 for none.
func began(t *testing.T, n *testkit.Node, p *post.Post) []int64 {
	t.Helper()
	return rowsWhere[int64](t, n, `select began_at from meeting_item where post_id = $1 order by position`, p.ID)
}

// TestLive tells of a meeting as it happens: ana moves on, everybody who may read
// it sees where it stands, and afterwards its times are the chapters of the recording.
func TestLive(t *testing.T) {
	for name, e := range engines() {
		t.Run(name, func(t *testing.T) {
			n := testkit.NewOn(t, e)
			n.Person("ana", true)
			p := make1(t, n, "ana", func(d *event.Draft) { three(d); d.Audience = post.Public })
			at := event.Path + "/" + idOf(p)
			ana, kim, stranger := n.SignIn("ana"), n.SignIn("kim"), n.NewBrowser()
			if kim.Open(at); kim.Has("Suivre la réunion") {
				t.Error("the page of the day is offered weeks before")
			}
			tonight(t, n, p)
			if kim.Open(at).Click("Suivre la réunion"); !kim.Has("La réunion a commencé") || strings.Contains(kim.Body, "Passer à") {
				t.Errorf("kim: %s", kim.Text())
			}
			ana.Open(at+"/direct").Submit(at+"/direct", nil)
			ana.Submit(at+"/direct", nil)
			if !ana.Has("En cours : Le budget") || !ana.Has("Passer à : Vote") {
				t.Errorf("ana: %s", ana.Text())
			}
			for who, b := range map[string]*testkit.Browser{"kim": kim, "stranger": stranger} {
				if b.Open(at + "/direct"); !b.Has("En cours : Le budget") || !strings.Contains(b.Body, `aria-current="step"`) {
					t.Errorf("%s: %s", who, b.Text())
				}
			}
			// Who presses what they had before them moves once.
			s := service(n)
			for range 2 {
				if err := s.Stage(ctx, n.Viewer("ana"), p.ID, "to", 1, 2); err != nil {
					t.Fatal(err)
				}
				if err := s.Stage(ctx, n.Viewer("ana"), p.ID, "back", 1, 0); err != nil {
					t.Fatal(err)
				}
			}
			if got := began(t, n, p); len(got) != 3 || got[0] == 0 || got[1] <= got[0] || got[2] <= got[1] {
				t.Errorf("noted: %v", got)
			}
			if err := s.Stage(ctx, n.Viewer("ana"), p.ID, "back", 2, 0); err != nil || began(t, n, p)[2] != 0 {
				t.Errorf("the last one is not taken back: %v", err)
			}
			if err := s.Stage(ctx, n.Viewer("ana"), p.ID, "end", 1, 0); err != nil {
				t.Fatal(err)
			}
			if kim.Open(at + "/direct"); !kim.Has("La réunion est finie") || strings.Contains(kim.Body, `aria-current="step"`) {
				t.Errorf("after the end: %s", kim.Text())
			}

			// The recording, first elsewhere, then here.
			start := time.UnixMilli(rowsWhere[int64](t, n, `select starts_at from meeting where post_id = $1`, p.ID)[0])
			zone, _ := time.LoadLocation("Europe/Paris")
			clock := func(d time.Duration) string { return start.Add(d).In(zone).Format("15:04:05") }
			ana.Open(at+"/direct/video").Submit(at+"/direct/video", map[string]string{"replay_url": "https://video.example/w/1.mp4", "recording": "25:99"})
			if ana.Status != http.StatusUnprocessableEntity || !ana.Has("Donnez une heure") || !strings.Contains(ana.Body, "https://video.example/w/1.mp4") {
				t.Errorf("%d %s", ana.Status, ana.Text())
			}
			ana.Submit(at+"/direct/video", map[string]string{"replay_url": "https://video.example/w/1.mp4", "recording": clock(time.Minute), "began_0": clock(0), "began_1": clock(5 * time.Minute), "began_2": clock(65*time.Minute + 7*time.Second)})
			kim.Open(at).Click("Revoir la réunion")
			if strings.Contains(kim.Body, "<video") || strings.Contains(kim.Body, `src="https:`) || !kim.Has("La vidéo est sur video.example") || !kim.Has("4:00 Le budget") || !kim.Has("1:04:07 Vote") || !kim.Has("0:00 Accueil") {
				t.Errorf("elsewhere: %s", kim.Body)
			}
			ana.Open(at+"/direct/video").Submit(at+"/direct/video", map[string]string{"replay_url": n.URL + "/films/conseil.mp4"})
			stranger.Open(at + "/direct")
			if !strings.Contains(stranger.Body, `<video src="/films/conseil.mp4" controls`) || !strings.Contains(stranger.Body, `href="`+at+`/direct?t=240#lecteur"`) {
				t.Errorf("here: %s", stranger.Body)
			}
			if stranger.Open(at + "/direct?t=240"); !strings.Contains(stranger.Body, `<video src="/films/conseil.mp4#t=240"`) {
				t.Errorf("at a chapter: %s", stranger.Body)
			}
			ana.Open(at+"/direct/video").Submit(at+"/direct/video", map[string]string{"replay_url": n.URL + "/media/abc/original.mp4?e=1&s=2"})
			if !ana.Has("ne dure que deux jours") {
				t.Errorf("an address that ends is taken: %s", ana.Text())
			}
			// An edit of the agenda keeps the times.
			had := began(t, n, p)
			if err := s.Edit(ctx, n.Viewer("ana"), p.ID, draft(func(d *event.Draft) {
				three(d)
				d.Items[1].Title = "Le budget, suite"
				d.Items = append(d.Items[:2:2], event.Item{Title: "Pause"}, d.Items[2])
			})); err != nil {
				t.Fatal(err)
			}
			if got := began(t, n, p); !slices.Equal(got, []int64{had[0], had[1], 0, had[2]}) {
				t.Errorf("after the edit %v, before %v", got, had)
			}
			if rows := rowsWhere[string](t, n, `select replay_url from meeting where post_id = $1`, p.ID); rows[0] == "" {
				t.Error("the edit forgets the recording")
			}
		})
	}
}

// TestTalk: those who come and the organiser talk, nobody else does or hears it.
func TestTalk(t *testing.T) {
	for name, e := range engines() {
		t.Run(name, func(t *testing.T) {
			n, mails := testkit.NewMailing(t, e)
			n.Person("ana", true)
			p := make1(t, n, "ana", func(d *event.Draft) { three(d); d.Audience = post.Public })
			at := event.Path + "/" + idOf(p)
			direct, messages := at+"/direct", at+"/direct/messages"
			zoe := outsider(t, n, mails, at, "zoe", nil)
			for _, who := range []string{"bob", "kim"} {
				if _, err := say(n, who, p, event.Room, 0); err != nil {
					t.Fatal(err)
				}
			}
			bob, kim := n.SignIn("bob").Open(direct), n.SignIn("kim")
			if strings.Contains(bob.Body, messages) || !bob.Has("On n’écrit ici que le jour de la réunion") {
				t.Errorf("one writes weeks before: %s", bob.Text())
			}
			ends := rowsWhere[int64](t, n, `select ends_at from meeting where post_id = $1`, p.ID)[0]
			tonight(t, n, p)
			bob.Open(direct).Submit(messages, map[string]string{"message": " "})
			if bob.Status != http.StatusUnprocessableEntity || !bob.Has("Écrivez votre message") {
				t.Errorf("%d %s", bob.Status, bob.Text())
			}
			bob.Submit(messages, map[string]string{"message": "On entend bien au fond"})
			zoe.Open(direct).Submit(messages, map[string]string{"message": "Oui, très bien"})
			kim.Open(direct)
			for _, b := range []*testkit.Browser{bob.Open(direct), zoe, kim, n.SignIn("ana").Open(direct)} {
				if !b.Has("On entend bien au fond") || !b.Has("Oui, très bien") || !b.Has("zoe") {
					t.Errorf("inside: %s", b.Text())
				}
			}
			// Nobody else: a member who does not come, a stranger, who has given up.
			for who, b := range map[string]*testkit.Browser{"eve": n.SignIn("eve"), "stranger": n.NewBrowser()} {
				if b.Open(direct); b.Has("On entend") || b.Has("zoe") || strings.Contains(b.Body, messages) || b.Status != http.StatusOK {
					t.Errorf("%s reads along: %s", who, b.Text())
				}
			}
			if _, err := say(n, "kim", p, event.No, 0); err != nil {
				t.Fatal(err)
			}
			if kim.Submit(messages, map[string]string{"message": "Encore moi"}); kim.Status != http.StatusNotFound {
				t.Errorf("who gave up writes: %d", kim.Status)
			}
			all := rowsWhere[struct {
				ID   int64
				Body string
			}](t, n, `select id, body from meeting_message order by id`)
			if len(all) != 2 {
				t.Fatalf("%+v", all)
			}
			// One's own message, or any for the organiser; never another's.
			remove := func(i int) string { return at + "/direct/retirer/" + ids.String(all[i].ID) }
			if strings.Contains(zoe.Body, remove(0)) {
				t.Error("zoe is offered to remove bob's")
			}
			ana := n.SignIn("ana").Open(direct)
			ana.Submit(remove(0), nil)
			if ana.Has("On entend") || !ana.Has("très bien") {
				t.Errorf("the organiser removes: %s", ana.Text())
			}
			// Too fast is refused, and what was typed is kept.
			for range 12 {
				if zoe.Open(direct).Submit(messages, map[string]string{"message": "encore"}); zoe.Status != http.StatusOK {
					break
				}
			}
			if zoe.Status != http.StatusUnprocessableEntity || !zoe.Has("Attendez un peu") || !strings.Contains(zoe.Body, `value="encore"`) {
				t.Errorf("%d %s", zoe.Status, zoe.Text())
			}
			// The questions of the page come back to it.
			bob.Open(direct).Submit(at+"/questions", map[string]string{"body": "Et la crèche ?"})
			if bob.URL.Path != direct || !bob.Has("Et la crèche") {
				t.Errorf("%s %s", bob.URL, bob.Text())
			}
			// All is forgotten with who came.
			run(t, n, `update meeting set ends_at = $2 where post_id = $1`, p.ID, ends)
			run(t, n, `update job set run_at = 1 where kind = 'event.forget'`)
			settle(t, n)
			if left := rowsWhere[int64](t, n, `select count(*) from meeting_message`); left[0] != 0 {
				t.Errorf("%d messages are left", left[0])
			}
		})
	}
}

// TestLiveIsForWhoMayRead: the page, its stream and its buttons follow the rules of the meeting.
func TestLiveIsForWhoMayRead(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	p := make1(t, n, "ana", three) // for the section
	q := make1(t, n, "ana", func(d *event.Draft) { three(d); d.Audience = post.Public })
	tonight(t, n, p)
	at := event.Path + "/" + idOf(p)
	for _, page := range []string{"/direct", "/direct/flux"} {
		if _, status := get(t, n.URL+at+page); status != http.StatusNotFound {
			t.Errorf("a stranger gets %s of the section: %d", page, status)
		}
	}
	if _, status := get(t, n.URL+event.Path+"/"+idOf(q)+"/direct/flux"); status != http.StatusNotFound {
		t.Errorf("the stream of a day to come: %d", status)
	}
	if _, err := say(n, "bob", p, event.Room, 0); err != nil {
		t.Fatal(err)
	}
	s, bob := service(n), n.SignIn("bob")
	if err := s.Stage(ctx, n.Viewer("bob"), p.ID, "to", -1, 0); err == nil || began(t, n, p)[0] != 0 {
		t.Errorf("bob moves on: %v", err)
	}
	if bob.Open(at + "/direct/video"); bob.Status != http.StatusNotFound {
		t.Errorf("bob says where it is watched: %d", bob.Status)
	}
	if err := s.SetVideo(ctx, n.Viewer("bob"), p.ID, event.VideoDraft{ReplayUrl: "https://x.example"}); err == nil {
		t.Error("bob says where the recording is")
	}
	if err := s.Stage(ctx, n.Viewer("ana"), q.ID, "to", -1, 0); err == nil {
		t.Error("a meeting begins weeks before")
	}
	if err := s.SetVideo(ctx, n.Viewer("ana"), p.ID, event.VideoDraft{WatchUrl: "javascript:alert(1)"}); err == nil {
		t.Error("any address is taken")
	}
	// One's own message only: bob's is not eve's to take away.
	if _, err := say(n, "eve", p, event.Room, 0); err != nil {
		t.Fatal(err)
	}
	bob.Open(at+"/direct").Submit(at+"/direct/messages", map[string]string{"message": "De bob"})
	id := rowsWhere[int64](t, n, `select id from meeting_message`)[0]
	eve := n.SignIn("eve").Open(at + "/direct")
	eve.Submit(at+"/direct/messages", map[string]string{"message": "D'eve"})
	mine := rowsWhere[int64](t, n, `select id from meeting_message where id <> $1`, id)[0]
	eve.Body = ""
	run(t, n, `update meeting_message set id = id + 1000000 where id = $1`, mine) // her form now names what is not there
	run(t, n, `update meeting_message set id = $2 where id = $1`, id, mine)       // but bob's
	if eve.Submit(at+"/direct/retirer/", nil); eve.Status != http.StatusNotFound || len(rowsWhere[int64](t, n, `select id from meeting_message`)) != 2 {
		t.Errorf("eve removes bob's message: %d", eve.Status)
	}
}

// TestLiveStream: what is new is told to who has the page open, and what is said
// only to those inside.
func TestLiveStream(t *testing.T) {
	for name, e := range engines() {
		t.Run(name, func(t *testing.T) {
			n := testkit.NewOn(t, e)
			n.Person("ana", true)
			p := make1(t, n, "ana", func(d *event.Draft) { three(d); d.Audience = post.Public })
			tonight(t, n, p)
			res, err := http.Get(n.URL + event.Path + "/" + idOf(p) + "/direct/flux")
			if err != nil || res.Header.Get("Content-Type") != "text/event-stream" {
				t.Fatal(res, err)
			}
			defer res.Body.Close()
			news := make(chan string, 100)
			go func() {
				defer close(news)
				for sc := bufio.NewScanner(res.Body); sc.Scan(); {
					if strings.HasPrefix(sc.Text(), "data:") || strings.HasPrefix(sc.Text(), "event:") {
						news <- sc.Text()
					}
				}
			}()
			hears := func() {
				t.Helper()
				for _, want := range []string{"event: change", "data: 1"} {
					select {
					case got := <-news:
						if got != want {
							t.Fatalf("%q", got)
						}
					case <-time.After(20 * time.Second):
						t.Fatal("nothing is told")
					}
				}
			}
			hears() // what came before
			n.SignIn("ana").Open(event.Path+"/"+idOf(p)+"/direct").Submit(event.Path+"/"+idOf(p)+"/direct/messages", map[string]string{"message": "entre nous"})
			if err := service(n).Stage(ctx, n.Viewer("ana"), p.ID, "to", -1, 0); err != nil {
				t.Fatal(err)
			}
			hears()
			select {
			case got := <-news:
				t.Errorf("a stranger hears that people talk: %q", got)
			case <-time.After(2500 * time.Millisecond):
			}
		})
	}
}

// TestTimesOfPoints: an edited agenda keeps what was noted, and a recording that
// began late has no chapter for what was over.
func TestTimesOfPoints(t *testing.T) {
	was := []event.Item{{Title: "A", BeganAt: 10_000}, {Title: "B", BeganAt: 70_000}, {Title: "C"}}
	for what, x := range map[string]struct {
		titles string
		want   []int64
	}{"moved": {"B A C", []int64{70_000, 10_000, 0}}, "renamed": {"A X C", []int64{10_000, 70_000, 0}}, "put before": {"N A B C", []int64{0, 10_000, 70_000, 0}},
		"taken out": {"B C", []int64{70_000, 0}}, "twice": {"A A", []int64{10_000, 70_000}}} {
		var items []event.Item
		for _, title := range strings.Fields(x.titles) {
			items = append(items, event.Item{Title: title, BeganAt: 5})
		}
		var got []int64
		for _, y := range event.KeepTimes(was, items) {
			got = append(got, y.BeganAt)
		}
		if !slices.Equal(got, x.want) {
			t.Errorf("%s: %v, want %v", what, got, x.want)
		}
	}
	for at, want := range map[int64]string{0: "0:00 A, 1:00 B", 5_000: "0:05 A, 1:05 B", 40_000: "0:00 A, 0:30 B", 70_000: "0:00 B", 100_000: "0:00 B"} {
		if got := strings.Join(event.ClockChapters(was, at), ", "); got != want {
			t.Errorf("recorded from %d: %s, want %s", at, got, want)
		}
	}
}

// TestLiveInBrowsers: two people have the page open; what one does shows for the
// other without a reload, and what she was typing stays.
func TestLiveInBrowsers(t *testing.T) {
	browser := tabs(t)
	n := testkit.New(t)
	n.Person("ana", true)
	n.Person("bob", true)
	p := make1(t, n, "ana", three)
	if _, err := say(n, "bob", p, event.Room, 0); err != nil {
		t.Fatal(err)
	}
	tonight(t, n, p)
	at := event.Path + "/" + idOf(p) + "/direct"
	bob := browser(n).signIn(n.URL, "bob").open(at)
	bob.reads("La réunion a commencé").do(chromedp.SendKeys(`#message`, "Je commence"), chromedp.Evaluate[chromedp.Void](`void (window.same = true)`))
	ana := browser(n).signIn(n.URL, "ana").open(at)
	ana.press(`.live-organise button.primary`).reads("En cours : Accueil")
	bob.reads("En cours : Accueil")
	ana.do(chromedp.SendKeys(`#message`, "Bonsoir à toutes et tous")).press(`form[action$="/messages"] button`)
	bob.reads("Bonsoir à toutes et tous")
	left, err := chromedp.Run(bob.ctx, chromedp.Evaluate[string](`String(window.same) + " " + document.getElementById("message").value`))
	if err != nil || left != "true Je commence" {
		t.Errorf("bob's page was loaded anew, or lost what he typed: %q %v", left, err)
	}
	bob.press(`form[action$="/messages"] button`)
	ana.reads("Je commence")
	ana.sound("live-organiser")
	bob.sound("live")
	ana.press(`#live-talk > :last-child button`)
	for range 100 {
		if said, err := chromedp.Run(bob.ctx, chromedp.Evaluate[string](`document.getElementById("live-talk").innerText`)); err != nil {
			t.Fatal(err)
		} else if !strings.Contains(said, "Je commence") {
			break
		}
		bob.do(chromedp.Sleep(50 * time.Millisecond))
	}
	if said, _ := chromedp.Run(bob.ctx, chromedp.Evaluate[string](`document.getElementById("live-talk").innerText`)); strings.Contains(said, "Je commence") || !strings.Contains(said, "Bonsoir") {
		t.Errorf("what was removed stays on the other page: %s", said)
	}
	ana.open(at + "/video").sound("live-video")
}

// TestFilmOfAMeeting: a film that the organiser sends is made anew here, plays in
// the page for who may read the meeting, and goes away when it is dropped.
func TestFilmOfAMeeting(t *testing.T) {
	sound := testkit.Drawn(t, "a.mp3", "sine=d=2")
	t.Run("of a person", func(t *testing.T) {
		n := testkit.New(t)
		n.Person("ana", true)
		filmed(t, n, sound, "ana", make1(t, n, "ana", three)) // for the section
	})
	t.Run("of a body", func(t *testing.T) {
		n := testkit.New(t)
		o, _ := bureau(t, n)
		p := make1(t, n, "bob", func(d *event.Draft) { three(d); d.OrganeID = o.AccountID })
		filmed(t, n, sound, "cleo", p) // whoever acts in its name
		if of := rowsWhere[int64](t, n, `select count(*) from organe_act where post_id = $1`, p.ID); of[0] == 0 {
			t.Error("nobody knows who acted")
		}
	})
}

func filmed(t *testing.T, n *testkit.Node, sound []byte, who string, p *post.Post) {
	t.Helper()
	tonight(t, n, p)
	at := event.Path + "/" + idOf(p) + "/direct"
	still := map[string][]byte{"media_1": poster(t, color.Black)}
	if b := n.SignIn(who).Open(at+"/video").SubmitFiles(at+"/video", nil, still); b.Status != http.StatusUnprocessableEntity || !strings.Contains(b.Body, `id="media_ids-error"`) || strings.Contains(b.Body, `name="media_id"`) {
		t.Errorf("a picture as the film: %d %s", b.Status, b.Text())
	}
	if left := rowsWhere[int64](t, n, `select id from media`); len(left) != 0 {
		t.Error("the refused picture stays")
	}
	if b := n.SignIn(who).Open(at+"/video").Submit(at+"/video", map[string]string{"replay_url": "https://photos.example/salle.JPG?large=1"}); b.Status != http.StatusUnprocessableEntity || !strings.Contains(b.Body, `id="replay_url-error"`) {
		t.Errorf("the address of a picture as that of the recording: %d %s", b.Status, b.Text())
	}
	ana := n.SignIn(who).Open(at+"/video").SubmitFiles(at+"/video", map[string]string{"media_alt_1": "Toute la réunion"}, map[string][]byte{"media_1": sound})
	if ana.Status != http.StatusUnprocessableEntity || !strings.Contains(ana.Body, `name="media_id"`) {
		t.Fatalf("%d %s", ana.Status, ana.Text())
	}
	settle(t, n)
	ana.Submit(at+"/video", nil)
	if of := rowsWhere[int64](t, n, `select account_id from media where post_id = $1`, p.ID); len(of) != 1 || of[0] != p.AccountID {
		t.Fatalf("the file is of %v, not of the author", of)
	}
	run(t, n, `update meeting set starts_at = starts_at - 36000000, ends_at = ends_at - 36000000 where post_id = $1`, p.ID)
	_, src, ok := strings.Cut(n.SignIn("kim").Open(at).Body, `<audio src="`)
	src, _, _ = strings.Cut(src, `"`)
	if src = html.UnescapeString(src); !ok || !strings.HasPrefix(src, "/media/") || !strings.Contains(src, "&s=") {
		t.Fatalf("kim hears %q", src)
	}
	if _, status := get(t, n.URL+src); status != http.StatusOK {
		t.Errorf("the sound answers %d", status)
	}
	id := rowsWhere[int64](t, n, `select id from media where post_id = $1`, p.ID)[0]
	edits := func() int64 { return rowsWhere[int64](t, n, `select edited_at from post where id = $1`, p.ID)[0] }
	was := edits()
	if ana.Open(at+"/video").Submit(at+"/video", map[string]string{"recording": "18:00:00"}); ana.Status != http.StatusOK || edits() != was {
		t.Errorf("times alone edit the post: %d", ana.Status)
	}
	ana.Open(at+"/video").Submit(at+"/video", map[string]string{"drop_" + ids.String(id): "1"})
	if left := rowsWhere[int64](t, n, `select id from media where post_id = $1`, p.ID); len(left) != 0 {
		t.Error("the sound stays")
	}
	if _, status := get(t, n.URL+src); status != http.StatusGone {
		t.Errorf("what was dropped answers %d", status)
	}
}
