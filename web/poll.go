package web

import (
	"strconv"
	"time"
)

// Poll is the vote of a post: a form while the viewer may vote, a table of
// results when they may see them.
type Poll struct {
	VoteURL  string // where the form goes; "" when the viewer cannot vote
	Multiple bool
	Options  []PollOption
	Results  bool // show the numbers
	Secret   bool // the numbers are kept until it closes
	Votes    int
	Voters   int // -1 = not known
	Voted    bool
	Closed   bool
	ClosesAt time.Time // zero = never
	Outside  bool      // the vote goes to another server
}

// PollOption is one answer.
type PollOption struct {
	Title string
	Votes int
	Mine  bool
}

// PollFields are the fields of a poll in the composer.
type PollFields struct {
	Options   []string // as many as are shown, "" for an empty field
	More      []string // further ones, folded
	Durations []PollDuration
	Multiple  bool
	Hide      bool
	Open      bool   // something is filled in
	Error     string // what is wrong with it
	Edit      bool   // of a poll that people vote in
}

// PollDuration is one time that a poll may take.
type PollDuration struct {
	Value  string
	Label  string
	Chosen bool
}

func (h *html) poll(page *Page, p PostCard) {
	poll := p.Poll
	if poll == nil {
		return
	}
	h.raw(`<div class="poll">`)
	if poll.VoteURL != "" {
		h.pollForm(page, p)
	} else if poll.Results {
		h.pollResults(poll)
	} else {
		h.raw(`<ul class="poll-options">`)
		for _, o := range poll.Options {
			h.raw(`<li>`)
			h.typo(o.Title)
			h.ticked(o)
			h.raw(`</li>`)
		}
		h.raw(`</ul>`)
	}
	h.pollMeta(poll)
	h.raw(`</div>`)
}

func (h *html) pollForm(page *Page, p PostCard) {
	h.raw(`<form method="post" action="`)
	h.address(p.Poll.VoteURL)
	h.raw(`"><fieldset class="poll-choices"><legend class="vh">`)
	kind := "radio"
	if h.t("poll.choose_one"); p.Poll.Multiple {
		kind = "checkbox"
		h.raw(` `)
		h.t("poll.choose_several")
	}
	h.raw(`</legend>`)
	for i, o := range p.Poll.Options {
		h.raw(`<label class="poll-choice"><input type="` + kind + `" name="choice" value="` + strconv.Itoa(i) + `"`)
		if kind == "radio" {
			h.raw(` required`)
		}
		h.raw(`><span>`)
		h.typo(o.Title)
		h.raw(`</span></label>`)
	}
	h.raw(`</fieldset>`)
	h.hidden(page, "#post-"+p.ID)
	h.raw(`<button class="button small">`)
	h.icon("vote", 20)
	h.t("poll.vote")
	h.raw(`</button></form>`)
}

// pollResults is a table, in which a bar repeats each number.
func (h *html) pollResults(poll *Poll) {
	whole := poll.Votes
	if poll.Multiple && poll.Voters > 0 {
		whole = poll.Voters
	}
	h.raw(`<table class="poll-results"><caption class="vh">`)
	h.t("poll.results")
	h.raw(`</caption><thead class="vh"><tr><th scope="col">`)
	h.t("poll.option")
	h.raw(`</th><th scope="col">`)
	h.t("poll.share")
	h.raw(`</th><th scope="col">`)
	h.t("poll.votes")
	h.raw(`</th></tr></thead><tbody>`)
	for _, o := range poll.Options {
		share := 0
		if whole > 0 {
			share = min(100, (200*o.Votes+whole)/(2*whole))
		}
		n := strconv.Itoa(share)
		h.raw(`<tr><th scope="row">`)
		h.typo(o.Title)
		h.ticked(o)
		h.raw(`<svg class="poll-bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="poll-rest" width="100" height="8"/><rect class="poll-part" width="` + n + `" height="8"/></svg></th><td class="num">`)
		h.t("poll.percent", "N", n)
		h.raw(`</td><td class="num">`)
		h.say(h.l.Number(int64(o.Votes)))
		h.raw(`</td></tr>`)
	}
	h.raw(`</tbody></table>`)
}

func (h *html) ticked(o PollOption) {
	if !o.Mine {
		return
	}
	h.raw(` <span class="poll-mine">`)
	h.icon("check", 16)
	h.t("poll.yours")
	h.raw(`</span>`)
}

// pollMeta says how many voted, until when, and what becomes of a vote.
func (h *html) pollMeta(poll *Poll) {
	h.raw(`<p class="meta poll-meta"><span>`)
	if poll.Voters >= 0 {
		h.tn("poll.voters", poll.Voters)
	} else {
		h.tn("poll.votes_n", poll.Votes)
	}
	h.raw(`</span>`)
	if !poll.ClosesAt.IsZero() {
		at := poll.ClosesAt.In(h.loc)
		h.raw(`<span class="dot">`)
		if poll.Closed {
			h.t("poll.closed_at", "At", h.l.DateTime(at, h.now))
		} else {
			h.t("poll.open_until", "At", h.l.DateTime(at, h.now))
		}
		h.raw(`</span>`)
	}
	if poll.Secret && !poll.Closed {
		h.raw(`<span class="dot">`)
		h.t("poll.hidden")
		h.raw(`</span>`)
	}
	if poll.VoteURL != "" {
		h.raw(`<span class="dot">`)
		if poll.Outside {
			h.t("poll.goes_out")
		} else {
			h.t("poll.not_shown")
		}
		h.raw(`</span>`)
	}
	h.raw(`</p>`)
}
