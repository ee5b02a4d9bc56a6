package account

import (
	"github.com/maillage/maillage/internal/masto"
)

// Spec: Mastodon profile#get
func (s *Service) apiProfile(r *masto.Req) error {
	if err := mayReadProfile(r); err != nil {
		return err
	}
	return s.answerProfile(r)
}

// Spec: Mastodon profile#patch
func (s *Service) apiSetProfile(r *masto.Req) error {
	if err := s.amend(r); err != nil {
		return err
	}
	return s.answerProfile(r)
}

// answerProfile answers with what the holder of the token edits: source texts, and
// pictures only where some were chosen. Who follows whom is hidden of everybody,
// and no tab of pictures or of what is featured is on our pages to be left out: an
// app that asks for anything else is answered what holds.
//
// Spec: Mastodon entities/Profile
func (s *Service) answerProfile(r *masto.Req) error {
	a, err := ByID(r.Context(), s.DB.Read(), r.Viewer.AccountID)
	if err != nil {
		return err
	}
	e := masto.Profile{
		ID: masto.ID(a.ID), DisplayName: a.DisplayName, Note: a.NoteSource, Fields: plainFields(a),
		Locked: a.Locked, Bot: a.Bot, Discoverable: a.Discoverable, Indexable: a.Indexable,
		AvatarDescription: a.AvatarAlt, HeaderDescription: a.HeaderAlt, AttributionDomains: a.Attributions(),
		HideCollections: true, ShowMedia: true, ShowMediaReplies: true,
	}
	if s.Portraits.Address != nil {
		e.Avatar, e.Header = masto.OrNil(s.Portraits.Address(a, false, a.ID)), masto.OrNil(s.Portraits.Address(a, true, a.ID))
		e.AvatarStatic, e.HeaderStatic = e.Avatar, e.Header
	}
	if s.Featured != nil {
		if e.FeaturedTags, err = s.Featured(r.Context(), a); err != nil {
			return err
		}
	}
	return r.OK(e)
}
