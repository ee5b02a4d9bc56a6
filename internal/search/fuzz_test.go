package search

import (
	"context"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/db/dbtest"
)

// FuzzQuery: whatever somebody types, it is a question that the index answers.
//
// Spec: TX1; Spec: AC11; Spec: Mastodon search operators
func FuzzQuery(f *testing.F) {
	for _, s := range []string{
		`marche from:@ana@a.example has:media -"pas ça" before:2026-12-01`, `"sans fin`, `«à» “b” -`, `a" OR words:b NOT (c`, `AND NOT * ^x NEAR(a b)`, "x\x00y \xff '; drop table post; --",
		`after:0000-00-00 during:9999-12-31 is: language:xx in:nowhere`, `東京都 ไทย étés ﬀ İ`, `from: from:me "" '' <-> !a & b | c:*`,
	} {
		f.Add(s)
	}
	d := dbtest.SQLite(f)
	err := d.Write(f.Context(), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, ddl[db.SQLite][0])
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	s := &Service{DB: d}
	f.Fuzz(func(t *testing.T, typed string) {
		q := Parse(typed)
		if len(q.Words)+len(q.Without) > maxTerms {
			t.Errorf("%d terms", len(q.Words)+len(q.Without))
		}
		for _, term := range append(q.Words, q.Without...) {
			for _, w := range term {
				if w == "" || !utf8.ValidString(w) || utf8.RuneCountInString(w) > maxWordRunes {
					t.Errorf("%q has the word %q", typed, w)
				}
			}
		}
		if len(q.Words) == 0 {
			return
		}
		if _, err := db.All[int64](t.Context(), d.Read(), `select rowid from post_fts where post_fts match $1`, s.expression(q)); err != nil {
			t.Errorf("%q became %q, which is no question: %v", typed, s.expression(q), err)
		}
	})
}

// TestAsksOnce: an operator repeated to the end of a question costs what one costs.
func TestAsksOnce(t *testing.T) {
	q := Parse(strings.Repeat("has:link is:reply ", 100))
	if len(q.Has) != 1 || len(q.Is) != 1 {
		t.Errorf("%d and %d conditions", len(q.Has), len(q.Is))
	}
}
