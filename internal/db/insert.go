package db

import (
	"context"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// Rows per statement are powers of two up to insertRows, so that the texts are
// few and stay prepared; insertParams is below both engines' limits.
const (
	insertRows   = 128
	insertParams = 32000
)

// Insert adds one row; its columns are row's fields, all of them.
func Insert(ctx context.Context, q Q, table string, row any) error {
	v := reflect.ValueOf(row)
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if !isRow(v.Type()) {
		return fmt.Errorf("db: insert into %s: a %T is no row", table, row)
	}
	p := planOf(v.Type())
	_, err := Exec(ctx, q, insertSQL(table, p.cols, 1), p.values(nil, v)...)
	return err
}

// InsertMany adds rows, many with each statement.
func InsertMany[T any](ctx context.Context, q Q, table string, rows []T) error {
	t := reflect.TypeFor[T]()
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if !isRow(t) {
		return fmt.Errorf("db: insert into %s: a %v is no row", table, t)
	}
	p := planOf(t)
	n := insertRows
	for len(rows) > 0 {
		for n > 1 && (n > len(rows) || n*len(p.cols) > insertParams) {
			n /= 2
		}
		args := make([]any, 0, n*len(p.cols))
		for i := range rows[:n] {
			args = p.values(args, reflect.Indirect(reflect.ValueOf(&rows[i]).Elem()))
		}
		if _, err := Exec(ctx, q, insertSQL(table, p.cols, n), args...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

func (p *plan) values(args []any, v reflect.Value) []any {
	for _, f := range p.fields {
		args = append(args, v.FieldByIndex(f).Interface())
	}
	return args
}

func insertSQL(table string, cols []string, rows int) string {
	var b strings.Builder
	b.WriteString("insert into " + table + " (" + strings.Join(cols, ", ") + ") values ")
	n := 0
	for r := range rows {
		if r > 0 {
			b.WriteByte(',')
		}
		for i := range cols {
			b.WriteByte(",("[btoi(i == 0)])
			n++
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(n))
		}
		b.WriteByte(')')
	}
	return b.String()
}
