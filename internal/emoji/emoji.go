package emoji

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"regexp"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/blob"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/media"
	"github.com/maillage/maillage/internal/media/picture"
)

// The bounds.
const (
	MaxFile    = 512 << 10 // bytes
	MaxOurs    = 500
	maxPerText = 60   // pictures taken from one document
	maxOfHost  = 3000 // kept of one other server
	hosts      = 200  // servers whose emoji are kept in memory
	freshFor   = time.Minute
)

// Emoji is one picture and its word. Times are unix milliseconds.
type Emoji struct {
	ID        int64
	Host      string // "" for ours
	Shortcode string
	URI       string
	URL       string // on the other server
	Type      string
	File      string // ours: its name in the store
	Category  string
	Disabled  bool
	CreatedAt int64
	UpdatedAt int64
}

const columns = `id, host, shortcode, uri, url, type, file, category, disabled, created_at, updated_at`

// Service holds the rules on emoji.
type Service struct {
	DB    *db.DB
	IDs   *ids.Maker
	Media *media.Service
	Base  string // "https://host"
	Log   *slog.Logger

	known *lru.Cache[string, known]
}

// known are the emoji of one server.
type known struct {
	list map[string]*Emoji
	at   time.Time
}

// New makes the service of one instance from the fields of s that are set.
func New(s Service) *Service {
	s.known, _ = lru.New[string, known](hosts) // fails only for a size below one
	return &s
}

var (
	valid = regexp.MustCompile(`^[A-Za-z0-9_]{2,50}$`)
	words = regexp.MustCompile(`:([A-Za-z0-9_]{2,50}):`)
)

// of gives the emoji of a server that are in use, by their words.
func (s *Service) of(host string) map[string]*Emoji {
	if k, ok := s.known.Get(host); ok && time.Since(k.at) < freshFor {
		return k.list
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	rows, err := db.All[Emoji](ctx, s.DB.Read(), `select `+columns+` from emoji where host = $1 and not disabled order by shortcode limit 3000`, host)
	if err != nil {
		s.Log.Warn("emoji not read", "err", err)
		return nil // words stay words
	}
	list := make(map[string]*Emoji, len(rows))
	for i := range rows {
		list[rows[i].Shortcode] = &rows[i]
	}
	s.known.Add(host, known{list, time.Now()})
	return list
}

// In finds the emoji of a server in texts, each once, in their order.
func (s *Service) In(host string, texts ...string) []*Emoji {
	var out []*Emoji
	var all map[string]*Emoji
	seen := map[string]bool{}
	for _, t := range texts {
		if strings.Count(t, ":") < 2 {
			continue
		}
		for _, m := range words.FindAllStringSubmatch(strings.ReplaceAll(t, "::", ": :"), -1) {
			if all == nil {
				if all = s.of(host); len(all) == 0 {
					return nil
				}
			}
			if e := all[m[1]]; e != nil && !seen[m[1]] {
				seen[m[1]] = true
				out = append(out, e)
			}
		}
	}
	return out
}

// address is where the picture is shown, for apps.
func (s *Service) address(e *Emoji) string {
	if e.Host == "" {
		return s.Base + Path + e.File + extension(e.Type)
	}
	return s.Media.Proxy(e.URL, media.UseEmoji)
}

func extension(kind string) string {
	switch kind {
	case "image/gif":
		return ".gif"
	case "image/jpeg":
		return ".jpg"
	}
	return ".png"
}

// Entity is an emoji as apps know it.
//
// Spec: Mastodon entities/CustomEmoji
func (s *Service) Entity(e *Emoji) masto.Emoji {
	u := s.address(e)
	return masto.Emoji{Shortcode: e.Shortcode, URL: u, StaticURL: u, VisibleInPicker: e.Host == "", Category: masto.OrNil(e.Category)}
}

func (s *Service) entities(list []*Emoji) masto.Array[masto.Emoji] {
	var out masto.Array[masto.Emoji]
	for _, e := range list {
		out = append(out, s.Entity(e))
	}
	return out
}

// OfAccount are the emoji in the name and the profile of an account.
func (s *Service) OfAccount(a *account.Account) masto.Array[masto.Emoji] {
	return s.entities(s.In(a.Host, a.DisplayName, a.Note, a.Fields))
}

// Add makes a picture one of ours; a word that has one gets the new one.
// Errors: KindInvalid "emoji.bad_word", "emoji.too_many" and those of pictures.
func (s *Service) Add(ctx context.Context, word, category string, file io.Reader) (*Emoji, error) {
	word = strings.Trim(strings.TrimSpace(word), ":")
	if !valid.MatchString(word) {
		return nil, apperr.Invalid("emoji.bad_word").Field("shortcode", "emoji.bad_word")
	}
	b, err := io.ReadAll(io.LimitReader(file, MaxFile+1))
	if err != nil {
		return nil, err
	}
	if len(b) > MaxFile {
		return nil, apperr.Invalid("emoji.too_large").Field("file", "emoji.too_large")
	}
	p, err := s.Media.Pool.Process(ctx, b, picture.ForEmoji)
	if errors.Is(err, picture.ErrApart) {
		return nil, apperr.Unavailable("media.no_decoder").Wrap(err)
	}
	if err != nil {
		return nil, apperr.Invalid("emoji.no_picture").Field("file", "emoji.no_picture").Wrap(err)
	}
	now := time.Now().UnixMilli()
	e := &Emoji{ID: s.IDs.New(), Shortcode: word, Type: p.Type, File: blob.NewName(), Category: strings.TrimSpace(category), CreatedAt: now, UpdatedAt: now}
	e.URI = s.Base + "/emoji/" + e.File
	if _, err := s.Media.Files.Put(ctx, e.File, strings.NewReader(string(p.Bytes))); err != nil {
		return nil, err
	}
	old := ""
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err := db.Get[int](ctx, tx, `select count(*) from emoji where host = ''`)
		if err != nil {
			return err
		}
		was, err := db.Get[Emoji](ctx, tx, `select `+columns+` from emoji where host = '' and shortcode = $1`, word)
		if err == nil {
			old = was.File
			_, err = tx.Exec(ctx, `update emoji set uri = $1, type = $2, file = $3, category = $4, disabled = false, updated_at = $5 where id = $6`,
				e.URI, e.Type, e.File, e.Category, now, was.ID)
			return err
		} else if !apperr.Is(err, apperr.KindNotFound) {
			return err
		}
		if n >= MaxOurs {
			return apperr.Invalid("emoji.too_many").Field("shortcode", "emoji.too_many")
		}
		return db.Insert(ctx, tx, "emoji", e)
	})
	s.known.Remove("")
	if err != nil {
		return nil, errors.Join(err, s.Media.Files.Delete(ctx, e.File))
	}
	if old != "" {
		return e, s.Media.Files.Delete(ctx, old)
	}
	return e, nil
}

// Disable takes one of ours out of use, or back into it.
func (s *Service) Disable(ctx context.Context, word string, disabled bool) error {
	err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err := db.Exec(ctx, tx, `update emoji set disabled = $1, updated_at = $2 where host = '' and shortcode = $3`, disabled, time.Now().UnixMilli(), word)
		if err == nil && n == 0 {
			err = apperr.NotFound("emoji.not_found")
		}
		return err
	})
	s.known.Remove("")
	return err
}

// Ours lists the emoji of this instance by category and word, also those out of use.
func (s *Service) Ours(ctx context.Context) ([]Emoji, error) {
	return db.All[Emoji](ctx, s.DB.Read(), `select `+columns+` from emoji where host = '' order by category, shortcode`)
}

// Take keeps the emoji that a document of another server brings, of its own server.
//
// Spec: Mastodon toot:Emoji
func (s *Service) Take(ctx context.Context, tx *db.Tx, host string, d *as.Doc) error {
	if host == "" || d == nil {
		return nil
	}
	taken := 0
	for _, t := range d.Tags() {
		word := strings.Trim(t.Name, ":")
		if t.Type != "Emoji" || !valid.MatchString(word) || as.HTTPURL(t.Icon) == "" || len(t.Icon) > 1500 {
			continue
		}
		if taken++; taken > maxPerText {
			break
		}
		if k, ok := s.known.Peek(host); ok && k.list[word] != nil && k.list[word].URL == t.Icon {
			continue
		}
		now := time.Now().UnixMilli()
		if _, err := tx.Exec(ctx, `insert into emoji (id, host, shortcode, uri, url, created_at, updated_at)
			select cast($1 as bigint), cast($2 as text), cast($3 as text), cast($4 as text), cast($5 as text), cast($6 as bigint), cast($6 as bigint)
			where (select count(*) from emoji where host = $2) < $7
			on conflict (host, shortcode) do update set uri = excluded.uri, url = excluded.url, updated_at = excluded.updated_at`,
			s.IDs.New(), host, word, as.HTTPURL(t.ID), t.Icon, now, maxOfHost); err != nil {
			return err
		}
		tx.AfterCommit(func() { s.known.Remove(host) })
	}
	return nil
}
