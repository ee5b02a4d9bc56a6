package web

// acts is the line of what the viewer may do with a post.
func (h *html) acts(page *Page, p PostCard) {
	h.raw(`<footer class="acts">`)
	switch {
	case p.CanReply:
		h.raw(`<a class="act" href="`)
		h.address(p.URL)
		h.raw(`#reply">`)
		switch {
		case p.RepliesCount > 0:
			h.icon("message-square", 20)
			h.tn("web.replies", p.RepliesCount)
		case p.Number > 0:
			h.icon("reply", 20)
			h.t("web.reply")
		default:
			h.icon("message-square", 20)
			h.t("web.reply")
		}
		h.raw(`</a>`)
	case p.RepliesCount > 0:
		h.repliesLink(p)
	}
	if p.CanBoost {
		h.act(page, p, "boost", "repeat-2", p.Boosted)
	}
	if p.CanBookmark {
		h.act(page, p, "bookmark", "bookmark", p.Bookmarked)
	}
	h.raw(`<details class="menu more"><summary aria-label="`)
	h.t("web.more", "Name", p.Author.Name)
	h.raw(`">`)
	h.icon("ellipsis", 20)
	h.raw(`</summary><div class="menu-list">`)
	if p.CanFavourite {
		h.act(page, p, "favourite", "heart", p.Favourited)
	}
	if p.CanPin {
		h.act(page, p, "pin", "pin", p.Pinned)
	}
	if p.QuoteURL != "" {
		h.menuLink(p.QuoteURL, "quote", "quote.act")
	}
	h.menuLink(p.at(), "link", "web.open")
	h.originalLink("", p)
	if p.MuteURL != "" {
		h.menuLink(p.MuteURL, "eye-off", "web.mute")
	}
	if p.ReportURL != "" {
		h.menuLink(p.ReportURL, "flag", "web.report")
	}
	if p.CanEdit {
		h.menuLink(p.URL+"/edit", "pen-line", "web.edit")
	}
	if p.CanDelete {
		h.raw(`<details class="confirm"><summary>`)
		h.icon("trash-2", 20)
		h.t("web.delete_ask")
		h.raw(`</summary><form method="post" action="`)
		h.address(p.URL + "/delete")
		h.raw(`">`)
		h.hidden(page, "")
		h.raw(`<p>`)
		h.t("web.delete_words")
		h.raw(`</p><button class="button danger small">`)
		h.t("web.delete")
		h.raw(`</button></form></details>`)
	}
	h.raw(`</div></details></footer>`)
}

// publicActs is what a visitor without an account may do: read on.
func (h *html) publicActs(p PostCard) {
	if p.RepliesCount == 0 && p.OriginalURL == "" {
		return
	}
	h.raw(`<footer class="acts">`)
	if p.RepliesCount > 0 {
		h.repliesLink(p)
	}
	h.originalLink("act", p)
	h.raw(`</footer>`)
}

func (h *html) repliesLink(p PostCard) {
	h.raw(`<a class="act" href="`)
	h.address(p.at())
	h.raw(`">`)
	h.icon("message-square", 20)
	h.tn("web.replies", p.RepliesCount)
	h.raw(`</a>`)
}

func (h *html) originalLink(class string, p PostCard) {
	if p.OriginalURL == "" {
		return
	}
	h.raw(`<a`)
	h.attr("class", class)
	h.raw(` href="`)
	h.address(p.OriginalURL)
	h.raw(`" rel="noopener noreferrer">`)
	h.icon("external-link", 20)
	h.t("web.original")
	h.raw(`</a>`)
}

func (h *html) menuLink(to, icon, key string) {
	h.raw(`<a href="`)
	h.address(to)
	h.raw(`">`)
	h.icon(icon, 20)
	h.t(key)
	h.raw(`</a>`)
}

// act is a form with one button that does or undoes; a script that is there
// sends it and replaces the post by its new state.
func (h *html) act(page *Page, p PostCard, name, icon string, on bool) {
	to, pressed, key := p.URL+"/"+name, "false", "web."+name
	if on {
		to, pressed, key = p.URL+"/un"+name, "true", key+"_on"
	}
	h.raw(`<form method="post" action="`)
	h.address(to)
	h.raw(`" hx-post="`)
	h.address(to)
	h.raw(`" hx-target="#post-`)
	h.say(p.ID)
	h.raw(`" hx-select="#post-`)
	h.say(p.ID)
	h.raw(`" hx-swap="outerHTML">`)
	h.hidden(page, "#post-"+p.ID)
	h.raw(`<button id="`) // by which htmx gives the focus back after the replacement
	h.raw(name)
	h.raw(`-`)
	h.say(p.ID)
	h.raw(`" class="act`)
	if on {
		h.raw(` is-on`)
	}
	h.raw(`" aria-pressed="` + pressed + `">`)
	h.icon(icon, 20)
	h.t(key)
	h.raw(`</button></form>`)
}

// hidden writes the token and where to return.
func (h *html) hidden(page *Page, fragment string) {
	h.raw(`<input type="hidden" name="` + CSRFField + `" value="`)
	h.say(page.CSRF)
	h.raw(`"><input type="hidden" name="back" value="`)
	h.say(page.Path)
	h.say(fragment)
	h.raw(`">`)
}
