package account

import (
	"context"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
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
// section until they choose, and their followers for guests, who do not write
// to the section. unlisted goes with "public" only.
func (s *Service) DefaultAudience(ctx context.Context, accountID int64) (audience string, unlisted bool, err error) {
	login, err := s.Auth.Login(ctx, s.DB.Read(), accountID)
	if apperr.Is(err, apperr.KindNotFound) {
		return defaultSection, false, nil
	} else if err != nil {
		return "", false, err
	}
	audience, unlisted = readDefault(login)
	return audience, unlisted, nil
}

func readDefault(l *auth.Login) (audience string, unlisted bool) {
	switch {
	case l.DefaultAudience == defaultFollowers, l.DefaultAudience == defaultPublic, l.DefaultAudience == defaultDirect:
		return l.DefaultAudience, false
	case l.DefaultAudience == defaultUnlisted:
		return defaultPublic, true
	case !l.Member:
		return defaultFollowers, false
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
func defaultOf(visibility string, l *auth.Login) (audience string, ok bool) {
	switch visibility {
	case "public":
		return defaultPublic, true
	case "unlisted":
		return defaultUnlisted, true
	case "direct":
		return defaultDirect, true
	case "private":
		if before, _ := readDefault(l); before == defaultSection {
			return defaultSection, true
		}
		return defaultFollowers, true
	}
	return "", false
}

// wanted checks the default audience that an app asks for, and gives what to
// store and whether it is a change. One that is public needs the consent that
// public posts need.
func (s *Service) wanted(ctx context.Context, a *Account, visibility string) (audience string, change bool, err error) {
	login, err := s.Auth.Login(ctx, s.DB.Read(), a.ID)
	if err != nil {
		return "", false, err
	}
	want, ok := defaultOf(visibility, login)
	if !ok {
		return "", false, apperr.Invalid("post.bad_audience").Field("source[privacy]", "post.bad_audience")
	}
	if (want == defaultPublic || want == defaultUnlisted) && !a.Public {
		return "", false, apperr.Invalid(needsConsent).Field("source[privacy]", needsConsent)
	}
	return want, want != login.DefaultAudience, nil
}

// setDefault stores a default audience.
func (s *Service) setDefault(ctx context.Context, accountID int64, audience string) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		login, err := s.Auth.Login(ctx, tx, accountID)
		if err != nil {
			return err
		}
		return s.Auth.SetPreferences(ctx, tx, accountID, login.Lang, audience)
	})
}
