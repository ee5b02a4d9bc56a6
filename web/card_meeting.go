package web

import "strconv"

// Meeting is what a card says of a meeting: its day in the margin, its facts
// instead of a text, and the answers that one may give.
type Meeting struct {
	DateBlock         // in the zone of the meeting
	Kicker, Of string // "Réunion" "de la section"
	Status     string // that it is called off or put off, "" when it is not
	Facts      []Fact
	Action     string // where an answer is sent, "" when there is nothing to answer
	Companions int    // that the viewer brings, kept with another answer
	Answers    []Answer
}

// Fact is a line with an icon.
type Fact struct{ Icon, Text string }

// Answer is one of the buttons beside each other.
type Answer struct {
	Value, Label string
	Chosen       bool
}

// DateBlock is a day as the mark of a meeting. What is past withdraws its colour.
type DateBlock struct {
	Weekday, Day, Month string
	Past, Small         bool
}

// dateBlock writes the mark of a meeting.
func (h *html) dateBlock(m DateBlock) {
	h.raw(`<span class="date-block`)
	if m.Past {
		h.raw(` is-past`)
	}
	if m.Small {
		h.raw(` date-small`)
	}
	h.raw(`" aria-hidden="true"><span class="date-weekday">`)
	h.say(m.Weekday)
	h.raw(`</span><b>`)
	h.say(m.Day)
	h.raw(`</b><span class="date-month">`)
	h.say(m.Month)
	h.raw(`</span></span>`)
}

// kicker says what it is and whose, in the place of the name.
func (h *html) kicker(p PostCard) {
	h.raw(`<p class="kicker" id="post-`)
	h.say(p.ID)
	h.raw(`-who"><b class="is-accent">`)
	h.typo(p.Meeting.Kicker)
	h.raw(`</b> `)
	h.typo(p.Meeting.Of)
	if p.Meeting.Status != "" {
		h.raw(` <b class="tag tag-danger">`)
		h.typo(p.Meeting.Status)
		h.raw(`</b>`)
	}
	h.raw(`</p>`)
}

// facts are when, where and how many, and what the viewer answers.
func (h *html) facts(page *Page, p PostCard) {
	m := p.Meeting
	h.raw(`<ul class="fact-list">`)
	for _, f := range m.Facts {
		h.raw(`<li>`)
		h.icon(f.Icon, 20)
		h.raw(`<span>`)
		h.typo(f.Text)
		h.raw(`</span></li>`)
	}
	h.raw(`</ul>`)
	if m.Action == "" || page.Viewer == nil {
		return
	}
	h.raw(`<form class="buttons" method="post" action="`)
	h.address(m.Action)
	h.raw(`">`)
	h.hidden(page, "#post-"+p.ID)
	if m.Companions > 0 {
		h.raw(`<input type="hidden" name="companions" value="`)
		h.raw(strconv.Itoa(m.Companions))
		h.raw(`">`)
	}
	for _, a := range m.Answers {
		pressed := "false"
		if a.Chosen {
			pressed = "true"
		}
		h.raw(`<button class="button small" name="answer" value="`)
		h.say(a.Value)
		h.raw(`" aria-pressed="` + pressed + `">`)
		if a.Chosen {
			h.icon("check", 16)
		}
		h.typo(a.Label)
		h.raw(`</button>`)
	}
	h.raw(`</form>`)
}
