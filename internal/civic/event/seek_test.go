package event_test

import (
	"context"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestChaptersSeekInAFilm: in a real browser, a chapter of the film that the
// organiser sent moves the film there, by the mouse and by the keyboard, and plays
// it; its address alone opens the film at that place.
func TestChaptersSeekInAFilm(t *testing.T) {
	chrome, err := exec.LookPath("chromium")
	if err != nil {
		missing(t, "no Chromium on this machine")
	}
	film := testkit.Recording(t, "a.mp4", "-f", "lavfi", "-i", "testsrc=size=64x36:rate=5:duration=40", "-pix_fmt", "yuv420p")
	n := testkit.New(t)
	n.Person("ana", true)
	p := make1(t, n, "ana", func(d *event.Draft) { three(d); d.Audience = post.Public })
	tonight(t, n, p)
	at := event.Path + "/" + idOf(p) + "/direct"
	began := time.Now().Add(-time.Minute).In(mustZone(t, "Europe/Paris"))
	clock := func(after time.Duration) string { return began.Add(after).Format("15:04:05") }
	ana := n.SignIn("ana").Open(at+"/video").SubmitFiles(at+"/video", map[string]string{"media_alt_1": "Toute la réunion"}, map[string][]byte{"media_1": film})
	settle(t, n)
	ana.Submit(at+"/video", map[string]string{"recording": clock(0), "began_0": clock(0), "began_1": clock(12 * time.Second), "began_2": clock(30 * time.Second)})
	run(t, n, `update meeting set starts_at = starts_at - 36000000, ends_at = ends_at - 36000000 where post_id = $1`, p.ID)

	ctx, cancel := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chrome), chromedp.NoSandbox, chromedp.Flag("accept-lang", "fr"))...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	// stands waits until the film is within ten seconds after a place.
	stands := func(how string, from int) {
		t.Helper()
		got, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`new Promise(done => { let left = 100; const look = () => {
			const v = document.querySelector("video"), is = v.readyState > 0 && !v.seeking && v.currentTime >= `+strconv.Itoa(from)+` && v.currentTime < `+strconv.Itoa(from+10)+`;
			is || --left == 0 ? done(is) : setTimeout(look, 100) }; look() })`, chromedp.EvalAwaitPromise))
		if err != nil || !got {
			t.Errorf("%s: the film is not at %d s (%v)", how, from, err)
		}
	}
	act := func(steps ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(ctx, steps...); err != nil {
			t.Fatal(err)
		}
	}
	act(chromedp.Navigate(n.URL+at), chromedp.WaitVisible(`a[data-seek="30"]`))
	act(chromedp.Click(`a[data-seek="30"]`))
	stands("by the mouse", 30)
	act(chromedp.Focus(`a[data-seek="12"]`), chromedp.KeyEvent("\r"))
	stands("by the keyboard", 12)
	act(chromedp.Navigate(n.URL + at + "?t=30#lecteur"))
	stands("by its address", 30)
}
