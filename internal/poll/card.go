package poll

import (
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/web"
)

// card draws a poll: the form for who may vote, the numbers for who has voted,
// wrote it or comes after its end, and for visitors.
func card(c *httpx.Ctx, w *post.View, card *web.PostCard) {
	p := post.PartOf[*Poll](w, name)
	if p == nil {
		return
	}
	out := &web.Poll{
		Multiple: p.Multiple, Secret: p.HideTotals, Votes: int(p.Votes()), Voters: int(p.Voters), Voted: p.Voted,
		Closed: p.Closed(), Outside: !w.Local,
	}
	if p.ClosesAt != 0 {
		out.ClosesAt = time.UnixMilli(p.ClosesAt)
	}
	if c.Viewer != nil && !p.Voted && !p.Mine && !out.Closed {
		out.VoteURL = w.Path() + "/vote"
	}
	out.Results = out.VoteURL == "" && !p.Hidden()
	for _, o := range p.Options {
		x := web.PollOption{Title: o.Title, Mine: slices.Contains(p.Own, o.Position)}
		if out.Results {
			x.Votes = int(o.Votes)
		}
		out.Options = append(out.Options, x)
	}
	card.Poll = out
}

// keep is the duration that leaves a poll open as long as it was to be.
const keep = "keep"

// compose fills the fields of the composer: what was typed, else the poll of
// the post being edited, else nothing. A post without a poll gets none by an edit.
func compose(c *httpx.Ctx, form url.Values, old *post.View, composer *web.Composer) error {
	f := &web.PollFields{}
	chosen := strconv.Itoa(usualDuration)
	var options []string
	if old != nil {
		have := post.PartOf[*Poll](old, name)
		if have == nil {
			return nil
		}
		f.Edit, f.Open, chosen = true, true, keep
		f.Multiple, f.Hide = have.Multiple, have.HideTotals
		for _, o := range have.Options {
			options = append(options, o.Title)
		}
		f.Durations = append(f.Durations, web.PollDuration{Value: keep, Label: c.T("poll.keep_end")})
	}
	if _, typed := form["poll_duration"]; typed {
		options = nil
		for _, o := range form["poll_option"] {
			if o != "" {
				options, f.Open = append(options, o), true
			}
		}
		chosen, f.Multiple, f.Hide = form.Get("poll_duration"), form.Get("poll_multiple") != "", form.Get("poll_hide") != ""
	}
	for _, d := range durations {
		label := c.Loc.N("poll.days", d/86400)
		if d < 86400 {
			label = c.Loc.N("poll.hours", d/3600)
		}
		f.Durations = append(f.Durations, web.PollDuration{Value: strconv.Itoa(d), Label: label})
	}
	for i := range f.Durations {
		f.Durations[i].Chosen = f.Durations[i].Value == chosen
	}
	options = options[:min(len(options), MaxOptions)]
	shown := max(4, len(options))
	f.Options = append(options, make([]string, shown-len(options))...)
	f.More = make([]string, MaxOptions-shown)
	f.Error = composer.Error("poll")
	composer.Poll = f
	return nil
}
