package web

// audienceIcons are fixed: the same drawing means the same readers everywhere.
var audienceIcons = map[string]string{
	"section": "house", "movement": "waypoints", "group": "users", "followers": "user-round-check",
	"public": "globe", "unlisted": "globe", "direct": "at-sign",
}

func audienceIcon(key string) string {
	if name, ok := audienceIcons[key]; ok {
		return name
	}
	return "globe"
}

// face writes the round mark of a person.
func (h *html) face(m Mark) {
	kind := m.Kind
	if kind == "" {
		kind = "person"
	}
	h.raw(`<span class="mark mark-`)
	h.say(kind)
	if m.Tint > 0 && m.Tint <= 6 {
		h.raw(` tint-`)
		h.WriteByte('0' + byte(m.Tint))
	}
	if m.Small {
		h.raw(` mark-small`)
	}
	h.raw(`" aria-hidden="true">`)
	switch {
	case m.AvatarURL != "":
		h.raw(`<img src="`)
		h.address(m.AvatarURL)
		h.raw(`" alt="" width="52" height="52" loading="lazy" decoding="async">`)
	case m.Initials != "":
		h.say(m.Initials)
	default:
		h.say(Initials(m.Name))
	}
	if kind == "outside" {
		h.raw(`<span class="mark-globe">`)
		h.icon("globe", 16)
		h.raw(`</span>`)
	}
	h.raw(`</span>`)
}

// linkedFace writes the mark as a link to the person's page, which the name
// beside it repeats: so it is kept out of the keyboard's way.
func (h *html) linkedFace(m Mark) {
	if m.URL == "" {
		h.face(m)
		return
	}
	h.raw(`<a class="mark-link" href="`)
	h.address(m.URL)
	h.raw(`" tabindex="-1" aria-hidden="true">`)
	h.face(m)
	h.raw(`</a>`)
}
