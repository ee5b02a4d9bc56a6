package post

import (
	"html/template"
	"strconv"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/text"
	"github.com/maillage/maillage/web"
)

// unlisted is the name that pages give to public posts kept out of the public lists.
const unlisted = "unlisted"

// Path is our page of the post.
func (w *View) Path() string {
	if w.Boost != nil {
		return w.Boost.Path()
	}
	return w.Author.Path() + "/" + strconv.FormatInt(w.ID, 10)
}

// Card shows a post in a list or a thread, with the acts that the viewer has.
func Card(c *httpx.Ctx, w *View) web.PostCard {
	if w.Boost != nil {
		card := Card(c, w.Boost)
		card.ID = strconv.FormatInt(w.ID, 10) // the same post may stand in the list by itself
		card.BoostedBy = &web.Link{Name: w.Author.Name(), URL: w.Author.Path()}
		return card
	}
	card := web.PostCard{
		ID: strconv.FormatInt(w.ID, 10), URL: w.Path(), Kind: w.Kind,
		Author: account.Author(w.Author), Audience: string(w.Audience), CreatedAt: w.Created(),
		Title: w.Title, CW: w.Warning, HTML: template.HTML(w.Content), Lang: w.Lang, // sanitised when it was stored
		RepliesCount: int(w.RepliesCount), Favourited: w.Liked, Boosted: w.Boosted,
	}
	if w.EditedAt != 0 {
		card.EditedAt = time.UnixMilli(w.EditedAt)
	}
	switch {
	case w.Audience == Public && !w.Listed:
		card.Audience = unlisted
	case w.Audience == Followers && !w.Mine:
		card.AudienceWords = c.T("post.their_followers")
	case w.Audience == Direct && !w.Mine:
		card.AudienceWords = c.T("post.you_and_others")
	}
	if r := w.ReplyTo; r != nil && w.ReplyToID != 0 && !r.Gone() && (c.Viewer != nil || !r.Local() || r.Public) {
		card.ReplyTo = &web.Link{Name: r.Name()}
		if r.VisibleTo(c.Viewer) {
			card.ReplyTo.URL = r.Path() + "/" + strconv.FormatInt(w.ReplyToID, 10)
		}
	}
	if !w.Local {
		if card.OriginalURL = w.URL; card.OriginalURL == "" {
			card.OriginalURL = w.URI
		}
	}
	if c.Viewer != nil {
		card.CanReply, card.CanFavourite = true, true
		card.CanBoost = w.Boosted || w.Audience == Public || w.Audience == Section || w.Audience == Followers && w.Mine
		card.CanEdit, card.CanDelete = w.Mine, w.Mine
		if !w.Mine {
			card.ReportURL = w.Author.Path() + "/signaler?post=" + card.ID
			card.MuteURL = w.Author.Path() + "/masquer"
		}
	}
	for _, part := range w.parts {
		if part.Card != nil {
			part.Card(c, w, &card)
		}
	}
	return card
}

// Cards is Card for a list.
func Cards(c *httpx.Ctx, views []*View) []web.PostCard {
	out := make([]web.PostCard, 0, len(views))
	for _, w := range views {
		out = append(out, Card(c, w))
	}
	return out
}

// Showable leaves out, for a stranger, the posts of people who are not, or no
// longer, public, and those that come from other servers.
func Showable(c *httpx.Ctx, views []*View) []*View {
	if c.Viewer != nil {
		return views
	}
	out := make([]*View, 0, len(views))
	for _, w := range views {
		if w.Author.VisibleTo(nil) && (w.Boost == nil || w.Boost.Author.VisibleTo(nil)) {
			out = append(out, w)
		}
	}
	return out
}

// Excerpt is the beginning of what a post says, or its warning when it has one.
func (w *View) Excerpt(most int) string {
	s := w.Warning
	if s == "" {
		s = w.Title
	}
	if s == "" {
		s = text.Plain(w.Content)
	}
	s = strings.Join(strings.Fields(s), " ")
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	s = string(r[:most])
	if i := strings.LastIndexByte(s, ' '); i > len(s)/2 {
		s = s[:i]
	}
	return strings.TrimRight(s, " ,;:.") + "…"
}
