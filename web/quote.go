package web

import (
	"html/template"
	"time"

	"github.com/maillage/maillage/internal/text"
)

// Quote is the post that a post quotes, or why it is not shown.
type Quote struct {
	State     string // accepted, pending, rejected, revoked, deleted, unauthorized
	Author    Author
	URL       string // our page of it
	CreatedAt time.Time
	Title     string
	CW        string
	HTML      template.HTML
	Lang      string
}

// QuoteField is what the composer says of the post being quoted.
type QuoteField struct {
	ID, Name, Text string
	Error          string
}

// quote writes the quoted post behind a thin rule, or a sentence.
func (h *html) quote(q *Quote) {
	if q == nil {
		return
	}
	if q.State != "accepted" {
		h.raw(`<p class="quoted quoted-state">`)
		h.icon("quote", 16)
		h.t("quote.state." + q.State)
		h.raw(`</p>`)
		return
	}
	h.raw(`<blockquote class="quoted" aria-label="`)
	h.t("quote.by", "Name", q.Author.Name)
	h.raw(`"><p class="quoted-who">`)
	h.icon("quote", 16)
	h.link("name", q.Author.URL, q.Author.Name)
	h.raw(` <span class="dot"><a class="when" href="`)
	h.address(q.URL)
	h.raw(`">`)
	at := q.CreatedAt.In(h.loc)
	h.when(at, h.l.Ago(at, h.now))
	h.raw(`</a></span></p>`)
	if q.Title != "" {
		h.raw(`<p><b>`)
		h.typo(q.Title)
		h.raw(`</b></p>`)
	}
	if q.CW != "" {
		h.raw(`<details class="cw"><summary><span class="cw-words">`)
		h.typo(q.CW)
		h.raw(`</span></summary>`)
	}
	h.raw(`<div class="prose"`)
	if q.Lang != h.l.Lang() {
		h.attr("lang", q.Lang)
	}
	h.raw(`>`)
	h.WriteString(text.TypoHTML(q.Lang, string(q.HTML)))
	h.raw(`</div>`)
	if q.CW != "" {
		h.raw(`</details>`)
	}
	h.raw(`</blockquote>`)
}
