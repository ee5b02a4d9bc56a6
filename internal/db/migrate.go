package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pressly/goose/v3"
)

// ErrNewer is inside the error of Migrate for a database of a newer program.
var ErrNewer = errors.New("the database is newer than this program")

// versionTable is goose's.
const versionTable = "goose_db_version"

// pgMigrateLock serialises the nodes that start at the same time on one PostgreSQL.
const pgMigrateLock = 0x6d61696c6c616765

// Migrate brings the schema up to date. Each fsys holds files
// 20261122103000_name.sql with "-- +goose Up", at its root or in migrations/;
// those of all together are one sequence, and one that was added with an
// earlier version than some already applied is applied still. Each file is one
// transaction. A database that knows a version that no file has is left
// untouched: the error says so in a sentence and is ErrNewer.
//
// Spec: RE7
func Migrate(ctx context.Context, d *DB, fsys ...fs.FS) error {
	files, err := collect(d.dialect, fsys)
	if err != nil {
		return err
	}
	pool, err := d.eng.admin()
	if err != nil {
		return fmt.Errorf("db: migrate: %w", err)
	}
	defer pool.Close()
	if d.dialect == Postgres {
		conn, err := pool.Conn(ctx)
		if err != nil {
			return fmt.Errorf("db: migrate: %w", err)
		}
		defer conn.Close()
		if _, err := conn.ExecContext(ctx, `select pg_advisory_lock($1)`, int64(pgMigrateLock)); err != nil {
			return fmt.Errorf("db: migrate: %w", err)
		}
		defer conn.ExecContext(context.WithoutCancel(ctx), `select pg_advisory_unlock($1)`, int64(pgMigrateLock))
	}
	applied, err := appliedVersions(ctx, d, pool)
	if err != nil {
		return fmt.Errorf("db: migrate: %w", err)
	}
	if err := refuseNewer(files, applied); err != nil {
		return err
	}
	if files.allIn(applied) {
		return nil
	}
	dialect := goose.DialectSQLite3
	if d.dialect == Postgres {
		dialect = goose.DialectPostgres
	}
	p, err := goose.NewProvider(dialect, pool, files, goose.WithAllowOutofOrder(true),
		goose.WithDisableGlobalRegistry(true), goose.WithSlog(slog.New(slog.DiscardHandler)))
	if err != nil {
		return fmt.Errorf("db: migrate: %w", err)
	}
	done, err := p.Up(ctx)
	d.schema.Store(nil)
	if err != nil {
		return fmt.Errorf("db: migrate: %w", err)
	}
	if len(done) > 0 {
		d.log.Info("schema migrated", "files", len(done), "version", done[len(done)-1].Source.Version)
	}
	return nil
}

// SchemaVersion is the newest version applied, 0 for an empty database.
func SchemaVersion(ctx context.Context, d *DB) (int64, error) {
	pool, err := d.eng.admin()
	if err != nil {
		return 0, err
	}
	defer pool.Close()
	applied, err := appliedVersions(ctx, d, pool)
	if err != nil || len(applied) == 0 {
		return 0, err
	}
	return slices.Max(applied), nil
}

func appliedVersions(ctx context.Context, d *DB, pool *sql.DB) ([]int64, error) {
	exists := `select count(*) from sqlite_schema where name = $1`
	if d.dialect == Postgres {
		exists = `select count(*) from pg_tables where tablename = $1 and schemaname = any(current_schemas(false))`
	}
	q := pgPool{pool}
	n, err := Get[int](ctx, q, exists, versionTable)
	if err != nil || n == 0 {
		return nil, err
	}
	return All[int64](ctx, q, `select version_id from `+versionTable+` where is_applied and version_id > 0`)
}

func refuseNewer(files memFS, applied []int64) error {
	known := files.versions()
	for _, v := range applied {
		if _, ok := known[v]; !ok {
			var most int64
			for k := range known {
				most = max(most, k)
			}
			return fmt.Errorf("%w: it is at schema version %d, which this program does not know; it knows up to %d. "+
				"Install the newer program, or restore a backup made with this one", ErrNewer, slices.Max(applied), most)
		}
	}
	return nil
}

// collect reads the migrations of all fsys, in the engine's own types.
func collect(dialect Dialect, fsys []fs.FS) (memFS, error) {
	all := memFS{}
	for _, f := range fsys {
		if f == nil {
			continue
		}
		for _, pattern := range []string{"*.sql", "migrations/*.sql"} {
			names, err := fs.Glob(f, pattern)
			if err != nil {
				return nil, fmt.Errorf("db: migrate: %w", err)
			}
			for _, name := range names {
				b, err := fs.ReadFile(f, name)
				if err != nil {
					return nil, fmt.Errorf("db: migrate: %w", err)
				}
				base := path.Base(name)
				if _, err := goose.NumericComponent(base); err != nil {
					return nil, fmt.Errorf("db: migration %s: the name must start with a version and _", base)
				}
				if _, twice := all[base]; twice {
					return nil, fmt.Errorf("db: migration %s exists twice", base)
				}
				all[base] = translate(dialect, string(b))
			}
		}
	}
	if len(all) == 0 {
		return nil, errors.New("db: no migrations")
	}
	return all, nil
}

var (
	blobType  = regexp.MustCompile(`(?i)\bblob\b`)
	serialKey = regexp.MustCompile(`(?i)\bbigserial(\s+not\s+null)?\s+primary\s+key\b`)
	textType  = regexp.MustCompile(`(?i)^(\s*(?:alter\s+table\s+\w+\s+add\s+column\s+)?\w+\s+text)\b`)
	bigintKey = regexp.MustCompile(`(?i)\bbigint((?:\s+not\s+null)?\s+primary\s+key)\b`)
)

// translate writes our common SQL in an engine's types. On SQLite a key of
// type integer is the row itself, where one of type bigint would be an index
// beside it; both hold 64 bits. On PostgreSQL texts are ordered by their bytes,
// as on SQLite, whatever the language of the database: ranges of beginnings
// depend on it.
func translate(dialect Dialect, text string) string {
	lines := strings.SplitAfter(text, "\n")
	for i, l := range lines {
		code, comment, found := strings.Cut(l, "--")
		if dialect == Postgres {
			code = textType.ReplaceAllString(code, `$1 collate "C"`)
			code = blobType.ReplaceAllString(code, "bytea")
		} else {
			code = serialKey.ReplaceAllString(code, "integer primary key autoincrement")
			code = bigintKey.ReplaceAllString(code, "integer$1")
		}
		if found {
			code += "--" + comment
		}
		lines[i] = code
	}
	return strings.Join(lines, "")
}
