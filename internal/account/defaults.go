package account

import (
	"context"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
)

// The audiences that somebody may have as their default for new posts. The
// names are those of package post; unlisted is public, kept out of timelines.
const (
	defaultSection   = "section"
	defaultFollowers = "followers"
	defaultPublic    = "public"
	defaultUnlisted  = "unlisted"
	defaultDirect    = "direct"
)

// DefaultAudience is whom somebody writes to unless they say otherwise: the
// section until they choose. unlisted goes with "public" only.
func (s *Service) DefaultAudience(ctx context.Context, accountID int64) (audience string, unlisted bool, err error) {
	login, err := s.Auth.Login(ctx, s.DB.Read(), accountID)
	if apperr.Is(err, apperr.KindNotFound) {
		return defaultSection, false, nil
	} else if err != nil {
		return "", false, err
	}
	audience, unlisted = readDefault(login.DefaultAudience)
	return audience, unlisted, nil
}

func readDefault(stored string) (audience string, unlisted bool) {
	switch stored {
	case defaultFollowers, defaultPublic, defaultDirect:
		return stored, false
	case defaultUnlisted:
		return defaultPublic, true
	}
	return defaultSection, false
}

// privacy is the nearest visibility of a default audience that apps know.
func privacy(audience string, unlisted bool) string {
	switch {
	case unlisted:
		return "unlisted"
	case audience == defaultPublic, audience == defaultDirect:
		return audience
	}
	return "private"
}

// defaultOf reads the visibility that an app sets as default. private keeps a
// default of the section, which apps see as private.
func defaultOf(visibility, before string) (audience string, ok bool) {
	switch visibility {
	case "public":
		return defaultPublic, true
	case "unlisted":
		return defaultUnlisted, true
	case "direct":
		return defaultDirect, true
	case "private":
		if before, _ := readDefault(before); before == defaultSection {
			return defaultSection, true
		}
		return defaultFollowers, true
	}
	return "", false
}

// setDefault stores the default audience that an app asks for. One that is
// public needs the consent that public posts need.
func (s *Service) setDefault(ctx context.Context, a *Account, visibility string) error {
	login, err := s.Auth.Login(ctx, s.DB.Read(), a.ID)
	if err != nil {
		return err
	}
	want, ok := defaultOf(visibility, login.DefaultAudience)
	if !ok {
		return apperr.Invalid("post.bad_audience").Field("source[privacy]", "post.bad_audience")
	}
	if (want == defaultPublic || want == defaultUnlisted) && !a.Public {
		return apperr.Invalid(needsConsent).Field("source[privacy]", needsConsent)
	}
	if want == login.DefaultAudience {
		return nil
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return s.Auth.SetPreferences(ctx, tx, a.ID, login.Lang, want)
	})
}
