package instance

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/config"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/text"
	"github.com/maillage/maillage/internal/timeline"
	"github.com/maillage/maillage/web"
)

// The levels that have words of their own; any other is shown as written.
const (
	LevelSection    = "section"
	LevelFederation = "federation"
	LevelNational   = "national"
)

// Who may read which servers are set back or cut off.
const (
	ServersNobody  = ""
	ServersMembers = "members"
	ServersAll     = "all"
)

// Bounds of the settings, in characters.
const (
	MaxLine        = 120
	MaxSentence    = 300
	MaxDescription = 5000
	MaxPolicy      = 50000 // rules, privacy, terms
)

// How long another node, or this one, may show old settings and counts.
const (
	settingsAge = 10 * time.Second
	countsAge   = time.Minute
)

// Settings is what the people who run the server may change.
type Settings struct {
	Name        string // "Grenoble-Centre"
	Level       string // LevelSection …, or words
	Parent      string // name of the level above, "Isère"; "" for none
	Sentence    string // the one big sentence of the public page; "" = the usual one
	Description string // plain text, paragraphs separated by empty lines
	Contact     string // e-mail address shown to everybody; "" = none
	Accent      string // one of web.Accents
	Mark        string // one of web.Marks; "" = the initials of the name
	Rules       string // plain text, one a line
	Privacy     string // plain text; "" = the usual words
	Terms       string // plain text; "" = none
	Servers     string // who may read which servers are set back or cut off; ServersNobody …
	PolicyAt    string // when the last three were changed, unix milliseconds in decimal; "" = never
}

// Counts are the sizes that the server tells its members; strangers learn the
// last alone: how many we are, and how busy among ourselves, is nobody's business.
type Counts struct {
	Members int // people with an account who are members
	Posts   int // written here, not deleted
	Hosts   int // other servers met
	Public  int // of the posts, those for everyone
}

// Service holds the settings of one instance.
type Service struct {
	DB       *db.DB
	Timeline *timeline.Service
	Host     string
	Base     string              // "https://host", no slash at the end
	PushKey  string              // public key of web push
	Version  string              // of the program
	Media    masto.InstanceMedia // what files may be sent
	MaxMedia int                 // in one post
	// More lists the pages that stand outside the navigation, for one policy.
	More func(*httpx.Ctx, httpx.Policy) []MoreEntry

	defaults Settings

	mu         sync.Mutex
	signed     signed
	settings   Settings
	settingsAt time.Time
	counts     Counts
	countsAt   time.Time
	writers    []int64
	writersAt  time.Time
}

// New makes the service; the first values of the settings come from the configuration.
// Timeline is set before the pages are used.
func New(d *db.DB, cfg *config.Config) *Service {
	return &Service{DB: d, Host: cfg.Host, Base: cfg.BaseURL(),
		defaults: Settings{Name: cfg.Name, Level: cfg.Level, Accent: web.Accents()[0]}}
}

// fields ties each setting to its key.
func (s *Settings) fields() map[string]*string {
	return map[string]*string{
		"name": &s.Name, "level": &s.Level, "parent": &s.Parent, "sentence": &s.Sentence,
		"description": &s.Description, "contact": &s.Contact, "accent": &s.Accent, "mark": &s.Mark,
		"rules": &s.Rules, "privacy": &s.Privacy, "terms": &s.Terms, "servers_shown": &s.Servers, policyAt: &s.PolicyAt,
	}
}

// Settings gives the present settings, at most ten seconds old on another node.
func (s *Service) Settings(ctx context.Context) (Settings, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.settingsAt) < settingsAge {
		return s.settings, nil
	}
	rows, err := db.All[struct{ Key, Value string }](ctx, s.DB.Read(), `select key, value from setting`)
	if err != nil {
		return Settings{}, err
	}
	out := s.defaults
	fields := out.fields()
	for _, r := range rows {
		if f := fields[r.Key]; f != nil {
			*f = r.Value
		}
	}
	s.settings, s.settingsAt = out, time.Now()
	return out, nil
}

// Save stores all settings.
// Errors: KindInvalid with the fields "name", "sentence", "description", "contact", "accent", "mark".
func (s *Service) Save(ctx context.Context, set Settings) error {
	set, err := set.clean()
	if err != nil {
		return err
	}
	before, err := s.Settings(ctx)
	if err != nil {
		return err
	}
	set.PolicyAt = before.PolicyAt
	if set.Rules != before.Rules || set.Privacy != before.Privacy || set.Terms != before.Terms {
		set.PolicyAt = ids.String(time.Now().UnixMilli())
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		for key, value := range set.fields() {
			if err := put(ctx, tx, key, *value); err != nil {
				return err
			}
		}
		tx.AfterCommit(func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.settingsAt = time.Time{}
		})
		return nil
	})
}

func (s Settings) clean() (Settings, error) {
	for _, line := range []*string{&s.Name, &s.Level, &s.Parent, &s.Sentence, &s.Contact} {
		*line = text.PlainName(*line, MaxSentence)
	}
	s.Description = text.Clean(s.Description, 2*MaxDescription)
	for _, long := range []*string{&s.Rules, &s.Privacy, &s.Terms} {
		*long = text.Clean(*long, 2*MaxPolicy)
	}
	bad := apperr.Invalid("instance.invalid")
	if s.Name == "" {
		bad.Field("name", "instance.name_missing")
	}
	if utf8.RuneCountInString(s.Name) > MaxLine {
		bad.Field("name", "instance.too_long", MaxLine)
	}
	if utf8.RuneCountInString(s.Description) > MaxDescription {
		bad.Field("description", "instance.too_long", MaxDescription)
	}
	for name, long := range map[string]string{"rules": s.Rules, "privacy": s.Privacy, "terms": s.Terms} {
		if utf8.RuneCountInString(long) > MaxPolicy {
			bad.Field(name, "instance.too_long", MaxPolicy)
		}
	}
	if s.Contact != "" && !strings.Contains(s.Contact, "@") {
		bad.Field("contact", "instance.bad_contact")
	}
	if !slices.Contains(web.Accents(), s.Accent) {
		bad.Field("accent", "instance.bad_accent")
	}
	if s.Mark != "" && !slices.Contains(web.Marks(), s.Mark) {
		bad.Field("mark", "instance.bad_mark")
	}
	if !slices.Contains([]string{ServersNobody, ServersMembers, ServersAll}, s.Servers) {
		bad.Field("servers_shown", "httpx.bad_request")
	}
	if len(bad.Fields) > 0 {
		return s, bad
	}
	return s, nil
}

func put(ctx context.Context, tx *db.Tx, key, value string) error {
	_, err := tx.Exec(ctx, `insert into setting (key, value) values ($1, $2)
		on conflict (key) do update set value = excluded.value`, key, value)
	return err
}

// Counts gives the sizes, at most a minute old.
func (s *Service) Counts(ctx context.Context) (Counts, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.countsAt) < countsAge {
		return s.counts, nil
	}
	n, err := db.Get[Counts](ctx, s.DB.Read(), `select
		(select count(*) from login where member and not disabled) as members,
		(select count(*) from post where local and boost_of_id = 0 and deleted_at = 0) as posts,
		(select count(distinct host) from account where host <> '' and deleted_at = 0) as hosts,
		(select count(*) from post where local and boost_of_id = 0 and deleted_at = 0 and audience = 'public') as public`)
	if err != nil {
		return Counts{}, err
	}
	s.counts, s.countsAt = n, time.Now()
	return n, nil
}
