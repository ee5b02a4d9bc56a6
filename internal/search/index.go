package search

import (
	"context"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
)

// The index of words of posts is what the database is best at: FTS5 on SQLite, a
// tsvector with a GIN index on PostgreSQL. The words are prepared here, the same
// for both: folded, without a plural s or x, one sign of a script without spaces
// each. This file is the only place that knows the two forms.

// Bounds.
const (
	maxWordRunes = 60
	maxWords     = 4000 // of one post
	indexBatch   = 200
	lookAt       = 20_000
)

// indexJob is the kind of the job that puts older posts into the index.
const indexJob = "search.index"

var ddl = map[db.Dialect][]string{
	db.SQLite: {
		`create virtual table if not exists post_fts using fts5(words, tokenize = 'unicode61 remove_diacritics 0')`,
		`insert into post_fts (post_fts, rank) values ('secure-delete', 1)`, // what is erased leaves no word
	},
	db.Postgres: {
		`select pg_advisory_xact_lock(20261122117450)`, // nodes may start together
		`create table if not exists post_words (post_id bigint primary key references post (id) on delete cascade, words tsvector not null)`,
		`create index if not exists post_words_words on post_words using gin (words)`,
	},
}

// Open makes the index if need be, and has a job fill it with what was here before.
func (s *Service) Open(ctx context.Context) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		for _, sql := range ddl[s.DB.Dialect()] {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return err
			}
		}
		n, err := db.Get[int](ctx, tx, `select count(*) from (select post_id from post_search_todo limit 1) as t`)
		if err != nil || n == 0 {
			return err
		}
		return jobs.Enqueue(ctx, tx, indexJob, struct{}{}, jobs.Key(indexJob))
	})
}

// Jobs fills the index.
func (s *Service) Jobs() []jobs.Kind {
	return []jobs.Kind{{Name: indexJob, Handle: s.fill, MaxTries: 20, Timeout: time.Hour, Concurrency: 1}}
}

// fill indexes what is still to be, a few posts in each transaction.
func (s *Service) fill(ctx context.Context, _ []byte) error {
	for {
		n := 0
		err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			ids, err := db.All[int64](ctx, tx, `select post_id from post_search_todo order by post_id desc limit $1`, indexBatch)
			if n = len(ids); err != nil || n == 0 {
				return err
			}
			for _, id := range ids {
				p, err := post.Raw(ctx, tx, id)
				if err == nil && p.DeletedAt == 0 {
					err = s.Index(ctx, tx, p)
				}
				if err != nil && !apperr.Is(err, apperr.KindNotFound) {
					return err
				}
			}
			_, err = tx.Exec(ctx, `delete from post_search_todo where post_id >= $1`, ids[n-1])
			return err
		})
		if err != nil || n == 0 {
			return err
		}
	}
}

// Index puts a post, new or edited, into the index, in its transaction.
func (s *Service) Index(ctx context.Context, tx *db.Tx, p *post.Post) error {
	if p.BoostOfID != 0 {
		return nil
	}
	words := strings.Join(Words(p.Title+"\n"+p.Warning+"\n"+text.Plain(p.Content)), " ")
	if s.DB.Dialect() == db.Postgres {
		_, err := tx.Exec(ctx, `insert into post_words (post_id, words) values ($1, to_tsvector('simple', $2))
			on conflict (post_id) do update set words = excluded.words`, p.ID, words)
		return err
	}
	if p.EditedAt != 0 {
		if err := s.unindex(ctx, tx, p); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, `insert or replace into post_fts (rowid, words) values ($1, $2)`, p.ID, words)
	return err
}

// unindex takes a post out of the index.
func (s *Service) unindex(ctx context.Context, tx *db.Tx, p *post.Post) error {
	if p.BoostOfID != 0 {
		return nil
	}
	sql := `delete from post_fts where rowid = $1`
	if s.DB.Dialect() == db.Postgres {
		sql = `delete from post_words where post_id = $1`
	}
	_, err := tx.Exec(ctx, sql, p.ID)
	return err
}

// Part reads what authors say of searching, and takes posts that are erased out of the index.
func (s *Service) Part() post.Part {
	return post.Part{Name: "search", Take: takeConsent, Bury: func(ctx context.Context, tx *db.Tx, p *post.Post) error {
		if err := forgetConsent(ctx, tx, p); err != nil {
			return err
		}
		return s.unindex(ctx, tx, p)
	}}
}

// Words are the words of a text as the index knows them.
func Words(s string) []string {
	var out []string
	for _, w := range strings.FieldsFunc(text.Fold(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r) }) {
		if len(out) >= maxWords {
			break
		}
		out = appendWord(out, w)
	}
	return out
}

func appendWord(out []string, w string) []string {
	start := 0
	for i, r := range w {
		if unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai) {
			if start < i {
				out = append(out, stem(w[start:i]))
			}
			out = append(out, string(r))
			start = i + utf8.RuneLen(r)
		}
	}
	if start < len(w) {
		out = append(out, stem(w[start:]))
	}
	return out
}

// stem takes the mark of the plural from a word, in French and English, and cuts what is too long.
func stem(w string) string {
	if n := utf8.RuneCountInString(w); n > maxWordRunes {
		w = string([]rune(w)[:maxWordRunes])
	} else if n >= 4 && (strings.HasSuffix(w, "s") || strings.HasSuffix(w, "x")) && !strings.HasSuffix(w, "ss") {
		w = w[:len(w)-1]
	}
	return w
}

// matching is the part of a statement that finds posts by words: what to read
// from, as "… p", the column of their id, which gives the order, and the condition.
func (s *Service) matching(q Query, args []any) (from, id, where string, _ []any) {
	if len(q.Words) == 0 {
		return `post p`, `p.id`, `p.boost_of_id = 0`, args
	}
	args = append(args, s.expression(q))
	arg := "$" + strconv.Itoa(len(args))
	if s.DB.Dialect() == db.Postgres {
		return `post_words x join post p on p.id = x.post_id`, `p.id`, `x.words @@ to_tsquery('simple', ` + arg + `)`, args
	}
	return `post_fts x cross join post p on p.id = x.rowid`, `x.rowid`, `x.post_fts match ` + arg, args
}

// floor is the id below which no post is looked at, 0 where they are few enough.
func (s *Service) floor(ctx context.Context, q Query, in Among) (int64, error) {
	most := s.LookAt
	if most == 0 {
		most = lookAt
	}
	if q.From != "" || in.AccountID != 0 || in.Following || q.Library || !q.Before.IsZero() {
		most *= 10 // what is looked for may lie further back
	}
	args := []any{most, int64(math.MaxInt64)}
	if in.MaxID != 0 {
		args[1] = in.MaxID
	}
	sql := `select id from post where id < $2 order by id desc limit 1 offset $1`
	if len(q.Words) > 0 {
		args = append(args, s.expression(q))
		sql = `select rowid from post_fts where post_fts match $3 and rowid < $2 order by rowid desc limit 1 offset $1`
		if s.DB.Dialect() == db.Postgres {
			sql = `select post_id from post_words where words @@ to_tsquery('simple', $3) and post_id < $2 order by post_id desc limit 1 offset $1`
		}
	}
	id, err := db.Get[int64](ctx, s.DB.Read(), sql, args...)
	if apperr.Is(err, apperr.KindNotFound) {
		return 0, nil
	}
	return id, err
}

// expression says which words a post must have in the engine's own language.
// Words are letters and digits only, so nothing in them is a sign of it.
func (s *Service) expression(q Query) string {
	and, not, next, mark := ` AND `, ` NOT `, ` `, `"`
	if s.DB.Dialect() == db.Postgres {
		and, not, next, mark = ` & `, ` & !`, `' <-> '`, `'`
	}
	term := func(words []string) string {
		t := mark + strings.Join(words, next) + mark
		if len(words) > 1 {
			t = `(` + t + `)`
		}
		return t
	}
	var b strings.Builder
	b.WriteString(`(`)
	for i, w := range q.Words {
		if i > 0 {
			b.WriteString(and)
		}
		b.WriteString(term(w))
	}
	b.WriteString(`)`)
	for _, w := range q.Without {
		b.WriteString(not + term(w))
	}
	return b.String()
}
