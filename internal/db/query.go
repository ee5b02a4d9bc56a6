package db

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/maillage/maillage/internal/apperr"
)

// oncer is a Q that can reuse a statement when its rows are surely closed before the next use.
type oncer interface {
	queryOnce(ctx context.Context, sql string, args ...any) (*sql.Rows, error)
}

// Count is what was asked of the database: queries of Get and All, and the rows
// that All has read.
type Count struct{ Queries, Rows atomic.Int64 }

// countKey is the key of a *Count in a context.
type countKey struct{}

// Counting gives a context under which n counts.
func Counting(ctx context.Context, n *Count) context.Context {
	return context.WithValue(ctx, countKey{}, n)
}

func query(ctx context.Context, q Q, text string, args []any) (*sql.Rows, error) {
	if n, ok := ctx.Value(countKey{}).(*Count); ok {
		n.Queries.Add(1)
	}
	var rows *sql.Rows
	var err error
	if o, ok := q.(oncer); ok {
		rows, err = o.queryOnce(ctx, text, args...)
	} else {
		rows, err = q.Query(ctx, text, args...)
	}
	if err != nil {
		return nil, fail(err, text)
	}
	return rows, nil
}

// fail names the statement, never its arguments.
func fail(err error, text string) error {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > 80 {
		text = text[:80] + "…"
	}
	return classify(fmt.Errorf("%w [%s]", err, text))
}

// Get reads one row into a T: a struct by column name, a pointer to one, or a
// single value. A NULL is the zero value, or nil in a pointer. More rows than
// one are ignored. Without a row the error is apperr.KindNotFound and
// errors.Is(err, ErrNoRows).
func Get[T any](ctx context.Context, q Q, text string, args ...any) (T, error) {
	var v T
	rows, err := query(ctx, q, text, args)
	if err != nil {
		return v, err
	}
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return v, fail(err, text)
		}
		return v, apperr.NotFound("error.not_found").Wrap(ErrNoRows)
	}
	s, err := newScan[T](rows)
	if err == nil {
		err = s.row(rows, &v)
	}
	if err == nil {
		err = rows.Close()
	}
	if err != nil {
		return v, fail(err, text)
	}
	return v, nil
}

// All reads all rows, each as Get does. No row is an empty slice. On SQLite
// the end of ctx is noticed between rows only: a query that may compute for
// long goes through Q.Query, which is interrupted.
func All[T any](ctx context.Context, q Q, text string, args ...any) ([]T, error) {
	rows, err := query(ctx, q, text, args)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	s, err := newScan[T](rows)
	if err != nil {
		return nil, fail(err, text)
	}
	var all []T
	for rows.Next() {
		if len(all)%64 == 63 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		var zero T
		all = append(all, zero)
		if err := s.row(rows, &all[len(all)-1]); err != nil {
			return nil, fail(err, text)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fail(err, text)
	}
	if n, ok := ctx.Value(countKey{}).(*Count); ok {
		n.Rows.Add(int64(len(all)))
	}
	return all, nil
}

// Exec runs a statement and tells how many rows it touched.
func Exec(ctx context.Context, q Q, text string, args ...any) (int64, error) {
	r, err := q.Exec(ctx, text, args...)
	if err != nil {
		return 0, fail(err, text)
	}
	return r.RowsAffected()
}

// In gives "($3,$4,$5)" and the arguments for it, for `x in `+frag with from
// the number of the first placeholder. For no values it is "(null)", which
// nothing is in.
func In[T any](from int, vals []T) (frag string, args []any) {
	if len(vals) == 0 {
		return "(null)", nil
	}
	var b strings.Builder
	args = make([]any, len(vals))
	for i, v := range vals {
		args[i] = v
		b.WriteByte(",("[btoi(i == 0)])
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(from + i))
	}
	b.WriteByte(')')
	return b.String(), args
}

// Pad repeats the last value until there is a power of two of them: `x in
// (…)` means the same, and has few texts that stay prepared.
func Pad[T any](vals []T) []T {
	n := 1
	for n < len(vals) {
		n *= 2
	}
	if len(vals) == 0 || n == len(vals) {
		return vals
	}
	out := append(make([]T, 0, n), vals...)
	for len(out) < n {
		out = append(out, vals[len(vals)-1])
	}
	return out
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
