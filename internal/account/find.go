package account

import (
	"context"
	"strconv"
	"strings"
	"unicode"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/text"
)

// Bounds of the index of names.
const (
	maxWords   = 12 // of one account
	maxWordLen = 40 // bytes
	maxAsked   = 5  // of one search
)

// wordsOf cuts a name into its distinct words, folded.
func wordsOf(s string, most int) []string {
	var out []string
	seen := map[string]bool{}
	for _, w := range strings.FieldsFunc(text.Fold(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' }) {
		w = cut(w, maxWordLen)
		if !seen[w] && len(out) < most {
			seen[w] = true
			out = append(out, w)
		}
	}
	return out
}

// indexName writes the words by which an account is found, in place of the former ones.
func indexName(ctx context.Context, tx *db.Tx, a *Account) error {
	if _, err := tx.Exec(ctx, `delete from account_word where account_id = $1`, a.ID); err != nil {
		return err
	}
	if a.Kind == Application {
		return nil
	}
	type row struct {
		Word      string
		AccountID int64
	}
	var rows []row
	// The parts of a user name count too: jean_dupont is found by dupont.
	for _, w := range wordsOf(a.Username+" "+strings.ReplaceAll(a.Username, "_", " ")+" "+a.DisplayName, maxWords) {
		rows = append(rows, row{w, a.ID})
	}
	return db.InsertMany(ctx, tx, "account_word", rows)
}

// Query asks for accounts by name.
type Query struct {
	Text          string // beginnings of words of a name, or of an address with an @
	FollowedBy    int64  // only whom this account follows; 0 for all
	Private       bool   // the asker is a member: our private people are found too
	Limit, Offset int
}

// Find finds accounts by the beginnings of the words of their names, accents
// and case aside: our people first, then by address.
func Find(ctx context.Context, q db.Q, o Query) ([]*Account, error) {
	where, args := `deleted_at = 0 and suspended_at = 0 and kind <> 'Application' and not hidden`, []any{}
	add := func(sql string, vals ...any) {
		for _, v := range vals {
			args = append(args, v)
			sql = strings.Replace(sql, "?", "$"+strconv.Itoa(len(args)), 1)
		}
		where += sql
	}
	asked := strings.TrimLeft(strings.TrimSpace(o.Text), "@!")
	if strings.Contains(asked, "@") {
		begin, end := between(strings.ToLower(asked))
		add(` and handle >= ? and handle < ?`, begin, end)
	} else {
		words := wordsOf(asked, maxAsked)
		if len(words) == 0 {
			return nil, nil
		}
		for _, w := range words {
			begin, end := between(w)
			add(` and id in (select account_id from account_word where word >= ? and word < ?)`, begin, end)
		}
	}
	if !o.Private {
		add(` and public`)
	}
	if o.FollowedBy != 0 {
		add(` and id in (select target_id from follow where account_id = ? and accepted)`, o.FollowedBy)
	}
	args = append(args, o.Limit, o.Offset)
	rows, err := db.All[Account](ctx, q, `select `+columns+` from account where `+where+`
		order by case when host = '' then 0 else 1 end, handle limit $`+strconv.Itoa(len(args)-1)+` offset $`+strconv.Itoa(len(args)), args...)
	out := make([]*Account, len(rows))
	for i := range rows {
		out[i] = &rows[i]
	}
	return out, err
}

// between gives the range of texts that begin with prefix.
func between(prefix string) (begin, end string) { return prefix, prefix + "\U0010ffff" }
