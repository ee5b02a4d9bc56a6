package post

import (
	"html"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/text"
)

// Entity is a post as client apps show it to v; every API answer that holds a
// post uses it. What an app knows of audiences is the nearest visibility; the
// audience itself is beside it.
//
// Spec: Mastodon entities/Status
func (s *Service) Entity(v *auth.Viewer, w *View) masto.Status {
	e := masto.Status{
		ID: masto.ID(w.ID), CreatedAt: masto.At(w.CreatedAt), Sensitive: w.Sensitive, SpoilerText: w.Warning,
		Visibility: w.Audience.Mastodon(w.Listed), Language: masto.OrNil(w.Lang), URI: w.URI, URL: masto.OrNil(w.URL),
		RepliesCount: w.RepliesCount, ReblogsCount: w.Boosts(), FavouritesCount: w.Likes(),
		EditedAt: masto.AtOrNil(w.EditedAt), Content: content(w.Post), Account: s.Accounts.EntityFor(v, w.Author),
		Maillage: &masto.StatusExtra{Audience: string(w.Audience)},
	}
	// A post for everyone names nobody whom v may not know of; whoever may read
	// another one belongs to those it is for.
	named := func(a *account.Account) bool { return w.Audience != Public || a.ID == w.AccountID || a.VisibleTo(v) }
	if w.ReplyTo != nil && named(w.ReplyTo) {
		e.InReplyToID, e.InReplyToAccountID = masto.IDOrNil(w.ReplyToID), masto.IDOrNil(w.ReplyToAccount)
	}
	for _, a := range w.Mentions {
		if !named(a) {
			continue
		}
		e.Mentions = append(e.Mentions, masto.Mention{ID: masto.ID(a.ID), Username: a.Username, URL: a.URL, Acct: a.Acct()})
	}
	for _, t := range w.Tags {
		e.Tags = append(e.Tags, masto.StatusTag{Name: text.TagName(t.Shown), URL: s.TagURL(t.Tag)})
	}
	if w.Boost != nil {
		inner := s.Entity(v, w.Boost)
		e.Reblog = &inner
		// Apps that draw the wrapper itself find the same as in the post inside.
		e.Content, e.SpoilerText, e.Sensitive = inner.Content, inner.SpoilerText, inner.Sensitive
		e.Language, e.Mentions, e.Tags = inner.Language, inner.Mentions, inner.Tags
		e.RepliesCount, e.ReblogsCount, e.FavouritesCount = inner.RepliesCount, inner.ReblogsCount, inner.FavouritesCount
		e.MediaAttachments, e.Emojis, e.Card, e.Poll = inner.MediaAttachments, inner.Emojis, inner.Card, inner.Poll
	}
	if v != nil {
		no := false
		e.Favourited, e.Reblogged, e.Muted, e.Bookmarked = masto.Ptr(w.Liked), masto.Ptr(w.Boosted), &no, &no
		e.Filtered = &masto.Array[masto.FilterHit]{}
		if w.Mine && w.BoostOfID == 0 {
			e.Pinned = &no
		}
	}
	if w.Boost != nil {
		e.Muted, e.Bookmarked, e.Filtered = e.Reblog.Muted, e.Reblog.Bookmarked, e.Reblog.Filtered
		return e
	}
	for _, part := range s.Parts {
		if part.Entity != nil {
			part.Entity(v, w, &e)
		}
	}
	return e
}

// Entities is Entity for many.
func (s *Service) Entities(v *auth.Viewer, views []*View) []masto.Status {
	out := make([]masto.Status, len(views))
	for i, w := range views {
		out[i] = s.Entity(v, w)
	}
	return out
}

// content puts the title of an article before its text: apps have no place for one.
func content(p *Post) string {
	if p.Title == "" {
		return p.Content
	}
	return "<p><strong>" + html.EscapeString(p.Title) + "</strong></p>" + p.Content
}

// TagURL is the page of a folded hashtag.
func (s *Service) TagURL(tag string) string { return s.Accounts.Base + "/tags/" + tag }

// FromMastodon reads the visibility that an app gives a new post. private means
// the section for somebody whose default is the section; "" means the default.
// ok is false for what is no visibility.
//
// Spec: Mastodon statuses#create
func FromMastodon(visibility string, byDefault Audience, unlistedByDefault bool) (a Audience, unlisted, ok bool) {
	switch visibility {
	case "":
		return byDefault, unlistedByDefault, true
	case "public":
		return Public, false, true
	case "unlisted":
		return Public, true, true
	case "direct":
		return Direct, false, true
	case "private":
		if byDefault == Section {
			return Section, false, true
		}
		return Followers, false, true
	}
	return "", false, false
}
