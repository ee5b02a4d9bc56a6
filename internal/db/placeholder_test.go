package db

import (
	"slices"
	"testing"
)

func TestPositional(t *testing.T) {
	for _, c := range []struct {
		in, want string
		order    []int
	}{
		{`select 1`, `select 1`, nil},
		{`select $1, $2`, `select ?, ?`, nil},
		{`select $2, $1, $2, $10`, `select ?, ?, ?, ?`, []int{1, 0, 1, 9}},
		{`select '$1', 'it''s $2', "a$1", $1`, `select '$1', 'it''s $2', "a$1", ?`, nil},
		{"select $1 -- $2 isn't\n, $2 /* '$3 */", "select ? -- $2 isn't\n, ? /* '$3 */", nil},
		{`select $1 -- $2`, `select ? -- $2`, nil},
		{`select ?, $1`, `select ?, $1`, nil},
		{`select $name`, `select $name`, nil},
		{`select 'open $1`, `select 'open $1`, nil},
	} {
		got, order := positional(c.in)
		if got != c.want || !slices.Equal(order, c.order) {
			t.Errorf("%s: got %s %v", c.in, got, order)
		}
	}
}
