package officehours

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/i18n"
	"github.com/maillage/maillage/web"
)

// homeZone is the one that pages need not name.
const homeZone = "Europe/Paris"

// words speaks the language of an account, for what is written to it.
func (s *Service) words(ctx context.Context, accountID int64) *i18n.Localizer {
	lang, err := db.Get[string](ctx, s.DB.Read(), `select l.lang from login l where l.account_id = $1`, accountID)
	if err != nil {
		lang = ""
	}
	return s.wordsOf(lang)
}

// wordsOf are the sentences of a language that we have.
func (s *Service) wordsOf(lang string) *i18n.Localizer {
	if !i18n.Known(lang) {
		lang = i18n.Languages()[0]
	}
	return s.bundle().Localizer(lang)
}

func joinWords(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, ", ")
}

func newBundle() *i18n.Bundle {
	b := web.NewBundle()
	if err := b.AddFS(wordFiles()); err != nil {
		panic(err) // the folder is embedded
	}
	return b
}

func zoneWords(l *i18n.Localizer, zone string) string {
	return l.T("officehours.zone." + strings.ReplaceAll(zone, "/", "_"))
}

// whenWords is a moment on the clock of its place.
func whenWords(l *i18n.Localizer, at time.Time, zone string, now time.Time) string {
	s := l.DateTime(at, now)
	if zone != homeZone {
		s += " (" + zoneWords(l, zone) + ")"
	}
	return s
}

// weekly is « le jeudi, de 18 h à 20 h ».
func weekly(l *i18n.Localizer, o *Offer) string {
	clock := func(m int64) string { return l.Clock(time.Date(2000, 1, 1, int(m/60), int(m%60), 0, 0, time.UTC)) }
	s := l.T("officehours.weekly", "Day", strings.Fields(l.T("cal.weekdays"))[o.Weekday], "From", clock(o.Begins), "To", clock(o.Ends))
	if o.Zone != homeZone {
		s += " (" + zoneWords(l, o.Zone) + ")"
	}
	return s
}

func slotName(minutes int64) string { return strconv.FormatInt(minutes, 10) }
