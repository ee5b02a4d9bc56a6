package account

import (
	"cmp"
	"context"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/masto"
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

// Who may quote what somebody publishes for everybody; the names are those of package quote.
const (
	quotesEverybody = "public"
	quotesFollowers = "followers"
	quotesNobody    = "nobody"
)

// Defaults are what somebody's new posts are unless they say otherwise.
type Defaults struct {
	Audience  string // see package post
	Unlisted  bool   // goes with "public" only
	Lang      string // a code, "" when neither that of posts nor that of pages was chosen
	Sensitive bool
	Quotes    string // who may quote: public, followers, nobody
}

// Defaults gives those of an account. Whom somebody writes to is the section
// until they choose, and their followers for guests, who do not write to the
// section.
func (s *Service) Defaults(ctx context.Context, q db.Q, accountID int64) (Defaults, error) {
	login, err := s.Auth.Login(ctx, q, accountID)
	if apperr.Is(err, apperr.KindNotFound) {
		return Defaults{Audience: defaultSection, Quotes: quotesEverybody}, nil
	} else if err != nil {
		return Defaults{}, err
	}
	return readDefaults(login), nil
}

func readDefaults(l *auth.Login) Defaults {
	d := Defaults{Lang: cmp.Or(l.DefaultLang, l.Lang), Sensitive: l.DefaultSensitive, Quotes: cmp.Or(l.DefaultQuotes, quotesEverybody)}
	switch {
	case l.DefaultAudience == defaultFollowers, l.DefaultAudience == defaultPublic, l.DefaultAudience == defaultDirect:
		d.Audience = l.DefaultAudience
	case l.DefaultAudience == defaultUnlisted:
		d.Audience, d.Unlisted = defaultPublic, true
	case !l.Member:
		d.Audience = defaultFollowers
	default:
		d.Audience = defaultSection
	}
	return d
}

// privacy is the nearest visibility of a default audience that apps know.
func (d Defaults) privacy() string {
	switch {
	case d.Unlisted:
		return "unlisted"
	case d.Audience == defaultPublic, d.Audience == defaultDirect:
		return d.Audience
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
		if readDefaults(l).Audience == defaultSection {
			return defaultSection, true
		}
		return defaultFollowers, true
	}
	return "", false
}

// wanted checks the defaults that an app asks for, and gives what to store;
// what it does not name stays. A default that is public needs the consent that
// public posts need.
//
// Spec: Mastodon accounts#update_credentials
func (s *Service) wanted(ctx context.Context, a *Account, p masto.Params) (want auth.Defaults, change bool, err error) {
	login, err := s.Auth.Login(ctx, s.DB.Read(), a.ID)
	if err != nil {
		return want, false, err
	}
	want = login.Defaults
	if visibility := p.String("source[privacy]"); visibility != "" {
		audience, ok := defaultOf(visibility, login)
		switch {
		case !ok:
			return want, false, apperr.Invalid("post.bad_audience").Field("source[privacy]", "post.bad_audience")
		case (audience == defaultPublic || audience == defaultUnlisted) && !a.Public:
			return want, false, apperr.Invalid(needsConsent).Field("source[privacy]", needsConsent)
		}
		want.DefaultAudience = audience
	}
	if lang := p.Opt("source[language]"); lang != nil {
		code, ok := masto.Language(*lang)
		if !ok && *lang != "" {
			return want, false, apperr.Invalid("masto.bad_value", "source[language]").Field("source[language]", "masto.bad_value", "source[language]")
		}
		want.DefaultLang = code
	}
	if covered := p.OptBool("source[sensitive]"); covered != nil {
		want.DefaultSensitive = *covered
	}
	switch quotes := p.String("source[quote_policy]"); quotes {
	case "":
	case quotesEverybody, quotesFollowers, quotesNobody:
		want.DefaultQuotes = quotes
	default:
		return want, false, apperr.Invalid("account.bad_quotes").Field("source[quote_policy]", "account.bad_quotes")
	}
	return want, want != login.Defaults, nil
}

// SetDefaults stores what somebody's new posts are.
func (s *Service) SetDefaults(ctx context.Context, accountID int64, d auth.Defaults) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return s.Auth.SetDefaults(ctx, tx, accountID, d) })
}
