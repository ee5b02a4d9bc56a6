package web

import "strconv"

// mediaSet writes the pictures, sounds and videos of a post: one as wide as the
// text, several side by side. Those that not everybody may want to see are
// folded, unless the whole text is.
func (h *html) mediaSet(p PostCard) {
	if len(p.Media) == 0 {
		return
	}
	folded := p.Sensitive && p.CW == ""
	if folded {
		h.raw(`<details class="cw media-cw"><summary><span class="cw-words">`)
		h.t("web.sensitive")
		h.raw(`</span><span class="cw-show">`)
		h.t("web.sensitive_show")
		h.raw(`</span><span class="cw-hide">`)
		h.t("web.cw_hide")
		h.raw(`</span></summary>`)
	}
	if len(p.Media) > 1 {
		h.raw(`<div class="media-set">`)
	}
	for _, m := range p.Media {
		h.media(m)
	}
	if len(p.Media) > 1 {
		h.raw(`</div>`)
	}
	if folded {
		h.raw(`</details>`)
	}
}

// preview writes what a page says of itself to which a post links.
func (h *html) preview(l *LinkPreview) {
	if l == nil {
		return
	}
	h.raw(`<a class="link-card" href="`)
	h.address(l.URL)
	h.raw(`" rel="nofollow noopener noreferrer">`)
	if l.Image != "" {
		h.raw(`<img src="`)
		h.address(l.Image)
		h.raw(`" alt="" width="120" height="120" loading="lazy" decoding="async">`)
	}
	h.raw(`<span class="link-words"><span class="link-site">`)
	h.say(l.Site)
	h.raw(`</span><b class="link-title">`)
	h.say(l.Title)
	h.raw(`</b>`)
	if l.Text != "" {
		h.raw(`<span class="link-text">`)
		h.say(l.Text)
		h.raw(`</span>`)
	}
	h.raw(`</span></a>`)
}

func (h *html) media(m Media) {
	switch m.Kind {
	case "image":
		preview := m.PreviewURL
		if preview == "" {
			preview = m.URL
		}
		h.raw(`<figure class="media"><a href="`)
		h.address(m.URL)
		h.raw(`"><img src="`)
		h.address(preview)
		h.raw(`" alt="`)
		h.say(m.Alt)
		h.raw(`"`)
		if m.Width > 0 && m.Height > 0 {
			h.attr("width", strconv.Itoa(m.Width))
			h.attr("height", strconv.Itoa(m.Height))
		}
		h.raw(` loading="lazy" decoding="async"></a>`)
		if m.Alt != "" {
			h.raw(`<figcaption><b>`)
			h.t("web.alt")
			h.raw(`</b> `)
			h.typo(m.Alt)
			h.raw(`</figcaption>`)
		}
		h.raw(`</figure>`)
	case "video", "audio":
		h.raw(`<figure class="media"><` + m.Kind + ` src="`)
		h.address(m.URL)
		h.raw(`"`)
		if m.Kind == "video" && m.Width > 0 && m.Height > 0 {
			h.attr("width", strconv.Itoa(m.Width))
			h.attr("height", strconv.Itoa(m.Height))
		}
		if m.Alt != "" {
			h.attr("aria-label", m.Alt)
		}
		if m.Kind == "video" && m.PreviewURL != "" {
			h.attr("poster", safeAddress(m.PreviewURL))
		}
		h.raw(` controls preload="none"></` + m.Kind + `>`)
		if m.Alt != "" {
			h.raw(`<figcaption>`)
			h.typo(m.Alt)
			h.raw(`</figcaption>`)
		}
		h.raw(`</figure>`)
	default:
		h.raw(`<p class="file"><a href="`)
		h.address(m.URL)
		h.raw(`">`)
		h.icon("file-text", 20)
		switch {
		case m.Name != "":
			h.say(m.Name)
		case m.Alt != "":
			h.say(m.Alt)
		default:
			h.say(m.URL)
		}
		h.raw(`</a></p>`)
	}
}
