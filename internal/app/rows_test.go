package app_test

import (
	"testing"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/testkit"
)

// column is one of a table, as an expression that gives its value as text.
type column struct{ Table, Name, Text string }

// columnsOf are the columns of all tables of an instance, but of those that the engine and
// the migrations keep for themselves, on either engine.
func columnsOf(t *testing.T, n *testkit.Node) []column {
	t.Helper()
	sql := `select m.name as "table", c.name as name, 'cast("' || c.name || '" as text)' as text from sqlite_master m join pragma_table_info(m.name) c
		where m.type = 'table' and m.name not like 'sqlite_%' and m.name not like 'goose%' order by m.name, c.cid`
	if n.DB.Dialect() == db.Postgres {
		sql = `select table_name as "table", column_name as name, case when data_type = 'bytea' then 'encode("' || column_name || '", ''escape'')' else 'cast("' || column_name || '" as text)' end as text
			from information_schema.columns where table_schema = current_schema() and table_name not like 'goose%' order by table_name, ordinal_position`
	}
	out, err := db.All[column](ctx, n.DB.Read(), sql)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
