package web

import (
	"fmt"
	"html/template"
	"strconv"

	"github.com/maillage/maillage/internal/text"
)

// card writes a post. The dot of the part "post-card" is Bound{page, PostCard}.
func (h *html) card(b Bound) (template.HTML, error) {
	var p PostCard
	switch v := b.V.(type) {
	case PostCard:
		p = v
	case *PostCard:
		p = *v
	default:
		return "", fmt.Errorf("post-card: %T is no PostCard", b.V)
	}
	if p.Removed {
		h.removedCard(p)
		return h.done(), nil
	}
	h.Grow(len(p.HTML) + 3500)
	h.raw(`<article class="item post`)
	for _, c := range []struct {
		on    bool
		class string
	}{{p.Author.Outside, " is-outside"}, {p.Number > 0, " in-thread"}, {p.Focus, " is-focus"}} {
		if c.on {
			h.raw(c.class)
		}
	}
	h.raw(`" id="post-`)
	h.say(p.ID)
	h.raw(`" aria-labelledby="post-`)
	h.say(p.ID)
	h.raw(`-who">`)
	if p.BoostedBy != nil {
		h.raw(`<p class="item-over">`)
		h.icon("repeat-2", 16)
		h.raw(`<span>`)
		h.t("web.boosted_by")
		h.raw(` `)
		h.link("", p.BoostedBy.URL, p.BoostedBy.Name)
		h.raw(`</span></p>`)
	}
	h.raw(`<div class="item-mark">`)
	h.number(p)
	if p.Meeting != nil {
		h.dateBlock(p.Meeting.DateBlock)
	} else {
		h.linkedFace(p.Author.Mark())
	}
	h.raw(`</div><header class="item-head">`)
	if p.Meeting != nil {
		h.kicker(p)
	} else {
		h.who(p)
	}
	h.raw(`<p class="meta">`)
	if p.Number > 0 {
		h.threadMeta(p)
	} else {
		h.meta(p)
	}
	h.raw(`</p></header><div class="item-body">`)
	if p.Title != "" {
		h.raw(`<h2 class="item-title">`)
		h.link("", p.at(), text.Typo(h.l.Lang(), p.Title))
		h.raw(`</h2>`)
	}
	if p.Meeting != nil {
		h.facts(b.Page, p)
	}
	if p.Meeting == nil || p.Focus {
		h.body(b.Page, p)
	}
	h.raw(`</div>`)
	if b.Viewer != nil {
		h.acts(b.Page, p)
	} else {
		h.publicActs(p)
	}
	h.raw("</article>\n")
	return h.done(), nil
}

func (h *html) number(p PostCard) {
	if p.Number == 0 {
		return
	}
	n := strconv.Itoa(p.Number)
	h.raw(`<a class="item-number" href="#post-`)
	h.say(p.ID)
	h.raw(`" aria-label="`)
	h.t("web.message_n", "N", n)
	h.raw(`">` + n + `</a>`)
}

// who is the line of the name.
func (h *html) who(p PostCard) {
	a := p.Author
	h.raw(`<p class="who" id="post-`)
	h.say(p.ID)
	h.raw(`-who">`)
	if a.URL != "" {
		h.raw(`<a class="name" href="`)
		h.address(a.URL)
		h.raw(`">`)
		h.named(a.Name, a.Emoji)
		h.raw(`</a>`)
	} else {
		h.raw(`<b class="name">`)
		h.named(a.Name, a.Emoji)
		h.raw(`</b>`)
	}
	switch {
	case a.Outside:
		h.raw(` <span class="role handle">@`)
		h.say(a.Handle)
		h.raw(`</span>`)
	case a.Role != "":
		h.raw(` <span class="role">`)
		h.typo(a.Role)
		h.raw(`</span>`)
	}
	if a.Doubt != "" {
		h.raw(` <span class="tag tag-outside">`)
		h.icon("circle-alert", 16)
		h.t("web.doubt." + a.Doubt)
		h.raw(`</span>`)
	}
	if a.Guest {
		h.raw(` <span class="tag">`)
		h.t("web.guest")
		h.raw(`</span>`)
	}
	if a.Outside && p.Number > 0 {
		h.raw(` <span class="tag tag-outside">`)
		h.icon("globe", 16)
		if a.Software != "" {
			h.say(a.Software)
		} else {
			h.t("web.outside")
		}
		h.raw(`</span>`)
	}
	h.raw(`</p>`)
}

// origin says in words that someone is from outside.
func (h *html) origin(a Author) {
	h.raw(`<span class="from-outside">`)
	h.icon("globe", 16)
	if a.Software != "" {
		h.t("web.from_software", "Software", a.Software)
	} else {
		h.t("web.from_outside")
	}
	h.raw(`</span>`)
}

func (h *html) meta(p PostCard) {
	if p.Author.Outside {
		h.origin(p.Author)
	}
	// What comes from outside is for everyone unless something is said.
	if p.Audience != "" && (!p.Author.Outside || p.Audience != "public" && p.Audience != "unlisted") {
		if p.Author.Outside {
			h.raw(`<span class="dot audience">`)
		} else {
			h.raw(`<span class="audience">`)
		}
		h.icon(audienceIcon(p.Audience), 16)
		if p.AudienceWords != "" {
			h.typo(p.AudienceWords)
		} else {
			h.t("audience." + p.Audience)
		}
		h.raw(`</span>`)
	}
	if p.ReplyTo != nil {
		h.raw(`<span class="dot">`)
		h.t("web.replies_to")
		h.raw(` `)
		h.link("", p.ReplyTo.URL, p.ReplyTo.Name)
		h.raw(`</span>`)
	}
	if p.Group != nil {
		h.raw(`<span class="dot">`)
		h.t("web.in_group")
		h.raw(` `)
		h.link("", p.Group.URL, p.Group.Name)
		h.raw(`</span>`)
	}
	h.raw(`<span class="dot"><a class="when" href="`)
	h.address(p.at())
	h.raw(`">`)
	at := p.CreatedAt.In(h.loc)
	if p.Focus {
		h.when(at, h.l.DateTime(at, h.now))
	} else {
		h.when(at, h.l.Ago(at, h.now))
	}
	h.raw(`</a></span>`)
	h.edited(p)
}

func (h *html) threadMeta(p PostCard) {
	at := p.CreatedAt.In(h.loc)
	h.raw(`<a class="when" href="`)
	h.address(p.at())
	h.raw(`">`)
	h.when(at, h.l.Moment(at, h.now))
	h.raw(`</a>`)
	if p.ReplyToNumber > 0 {
		h.raw(`<span class="dot">`)
		h.t("web.replies_to_number")
		h.raw(` `)
		to := ""
		if p.ReplyTo != nil {
			to = p.ReplyTo.URL
		}
		h.link("", to, strconv.Itoa(p.ReplyToNumber))
		h.raw(`</span>`)
	}
	h.edited(p)
}

func (h *html) edited(p PostCard) {
	if p.EditedAt.IsZero() {
		return
	}
	h.raw(`<span class="dot" title="`)
	h.say(h.l.DateTime(p.EditedAt.In(h.loc), h.now))
	h.raw(`">`)
	h.t("web.edited")
	h.raw(`</span>`)
}

// body is the text, folded behind its warning if there is one.
func (h *html) body(page *Page, p PostCard) {
	if p.CW == "" {
		h.prose(page, p)
		return
	}
	h.raw(`<details class="cw"><summary><span class="cw-words">`)
	h.typo(p.CW)
	h.raw(`</span><span class="cw-show">`)
	h.t("web.cw_show")
	h.raw(`</span><span class="cw-hide">`)
	h.t("web.cw_hide")
	h.raw(`</span></summary>`)
	h.prose(page, p)
	h.raw(`</details>`)
}

func (h *html) prose(page *Page, p PostCard) {
	h.raw(`<div class="prose"`)
	if p.Lang != h.l.Lang() {
		h.attr("lang", p.Lang)
	}
	h.raw(`>`)
	h.WriteString(text.TypoHTML(p.Lang, string(p.HTML)))
	h.raw(`</div>`)
	h.mediaSet(p)
	h.preview(p.Preview)
	h.quote(p.Quote)
	h.poll(page, p)
}

func (h *html) removedCard(p PostCard) {
	h.raw(`<article class="item removed`)
	if p.Number > 0 {
		h.raw(` in-thread`)
	}
	h.raw(`" id="post-`)
	h.say(p.ID)
	h.raw(`"><p>`)
	h.number(p)
	h.icon("shield", 20)
	h.raw(`<span>`)
	if p.RemovedWords != "" {
		h.typo(p.RemovedWords)
	} else {
		h.t("web.removed")
	}
	h.raw("</span></p></article>\n")
}
