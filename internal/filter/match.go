package filter

import (
	"context"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
)

// Bounds of the cache of compiled filters.
const maxCached = 2000

// compiled are the filters of one person, ready to be matched.
type compiled struct {
	version int64
	filters []ready
}

// ready is one filter with its words folded.
type ready struct {
	*Filter
	words []word
	posts map[int64]bool
}

type word struct {
	folded string
	shown  string
	whole  bool
}

// Hit is a filter that a post meets, and by what.
type Hit struct {
	Filter   *Filter
	Keywords []string
	Posts    []int64
}

// compile gives somebody's filters as they are now: from the cache when their
// version, which is read each time, is the same.
func (s *Service) compile(ctx context.Context, q db.Q, accountID int64) (*compiled, error) {
	version, err := db.Get[int64](ctx, q, `select version from filter_version where account_id = $1`, accountID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, nil // never had any
	} else if err != nil {
		return nil, err
	}
	s.mu.Lock()
	have := s.cache[accountID]
	s.mu.Unlock()
	if have != nil && have.version == version {
		return have, nil
	}
	list, err := all(ctx, q, accountID)
	if err != nil {
		return nil, err
	}
	c := &compiled{version: version}
	for _, f := range list {
		r := ready{Filter: f, posts: make(map[int64]bool, len(f.Statuses))}
		for _, k := range f.Keywords {
			if folded := text.Fold(k.Keyword); folded != "" {
				r.words = append(r.words, word{folded, k.Keyword, k.WholeWord})
			}
		}
		for _, p := range f.Statuses {
			r.posts[p.PostID] = true
		}
		c.filters = append(c.filters, r)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cache == nil || len(s.cache) >= maxCached {
		s.cache = make(map[int64]*compiled)
	}
	s.cache[accountID] = c
	return c, nil
}

// match gives the filters that a post meets. The text is folded once, and only
// when some filter has words.
func (c *compiled) match(w *post.View, now time.Time) []Hit {
	var out []Hit
	var folded string
	for i := range c.filters {
		f := &c.filters[i]
		if f.expired(now) {
			continue
		}
		var h Hit
		for _, k := range f.words {
			if folded == "" {
				folded = haystack(w)
			}
			if contains(folded, k) {
				h.Keywords = append(h.Keywords, k.shown)
			}
		}
		if f.posts[w.ID] {
			h.Posts = append(h.Posts, w.ID)
		}
		if h.Keywords != nil || h.Posts != nil {
			h.Filter = f.Filter
			out = append(out, h)
		}
	}
	return out
}

// haystack is all that a post says, folded; it is never empty.
func haystack(w *post.View) string {
	var b strings.Builder
	b.WriteByte(' ')
	for _, s := range []string{w.Title, w.Warning} {
		b.WriteString(s)
		b.WriteByte('\n')
	}
	b.WriteString(text.Plain(w.Content))
	for _, t := range w.Tags {
		b.WriteString("\n#" + t.Shown)
	}
	return text.Fold(b.String())
}

// contains looks for a word; a whole one must not touch letters or digits at
// those of its ends that are letters or digits.
func contains(s string, k word) bool {
	if !k.whole {
		return strings.Contains(s, k.folded)
	}
	first, _ := utf8.DecodeRuneInString(k.folded)
	last, _ := utf8.DecodeLastRuneInString(k.folded)
	for from := 0; ; {
		i := strings.Index(s[from:], k.folded)
		if i < 0 {
			return false
		}
		i += from
		before, _ := utf8.DecodeLastRuneInString(s[:i])
		after, _ := utf8.DecodeRuneInString(s[i+len(k.folded):])
		if !(inWord(first) && inWord(before)) && !(inWord(last) && inWord(after)) {
			return true
		}
		_, size := utf8.DecodeRuneInString(s[i:])
		from = i + size
	}
}

func inWord(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_')
}

// load matches the filters of the reader against a page of posts.
func (s *Service) load(ctx context.Context, q db.Q, v *auth.Viewer, views []*post.View) error {
	if v == nil {
		return nil
	}
	c, err := s.compile(ctx, q, v.AccountID)
	if err != nil || c == nil || len(c.filters) == 0 {
		return err
	}
	now := time.Now()
	for _, w := range views {
		if w.Mine {
			continue
		}
		if hits := c.match(w, now); hits != nil {
			w.SetPart(partName, hits)
		}
	}
	return nil
}
