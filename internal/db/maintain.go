package db

import (
	"context"
	"errors"
	"fmt"
)

// ErrNotHere says that the engine has tools of its own for this.
var ErrNotHere = errors.New("db: for PostgreSQL use its own tools, such as pg_dump and pg_amcheck")

// Backup writes a consistent copy of a SQLite database to a new file, while
// others read and write. The copy is complete in itself and synced to disk.
//
// Spec: RE6
func (d *DB) Backup(ctx context.Context, path string) error {
	if d.dialect != SQLite {
		return ErrNotHere
	}
	pool, err := d.eng.admin()
	if err != nil {
		return fmt.Errorf("db: backup: %w", err)
	}
	defer pool.Close()
	if _, err := pool.ExecContext(ctx, `vacuum into $1`, path); err != nil {
		return fmt.Errorf("db: backup: %w", classify(err))
	}
	return syncFile(path)
}

// Forget empties SQLite's write-ahead log, where what was deleted can be read
// until it happens to be overwritten. While others read it leaves that for the
// next time, which is no error.
//
// Spec: P9
func (d *DB) Forget(ctx context.Context) error {
	if d.dialect != SQLite {
		return nil
	}
	pool, err := d.eng.admin()
	if err != nil {
		return fmt.Errorf("db: empty the log: %w", err)
	}
	defer pool.Close()
	var busy, pages, done int
	if err := pool.QueryRowContext(ctx, `pragma wal_checkpoint(truncate)`).Scan(&busy, &pages, &done); err != nil {
		return fmt.Errorf("db: empty the log: %w", classify(err))
	}
	return nil
}

// Check reads a whole SQLite database and lists what is damaged in it: pages,
// indexes, references. It takes long on a large one. Nothing is found in a
// sound database.
//
// Spec: RE6, RE10
func (d *DB) Check(ctx context.Context) (found []string, err error) {
	if d.dialect != SQLite {
		return nil, ErrNotHere
	}
	rows, err := d.Read().Query(ctx, `pragma integrity_check(20)`)
	if err != nil {
		if IsCorrupt(err) {
			return []string{err.Error()}, nil
		}
		return nil, fmt.Errorf("db: check: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, fmt.Errorf("db: check: %w", err)
		}
		if s != "ok" {
			found = append(found, s)
		}
	}
	if err := rows.Err(); err != nil {
		if IsCorrupt(err) {
			return append(found, err.Error()), nil
		}
		return found, fmt.Errorf("db: check: %w", err)
	}
	if len(found) > 0 {
		return found, nil
	}
	type broken struct{ Table, Parent string }
	refs, err := All[broken](ctx, d.Read(), `select "table", parent from pragma_foreign_key_check limit 20`)
	if err != nil {
		return found, fmt.Errorf("db: check: %w", err)
	}
	for _, r := range refs {
		found = append(found, "a row of "+r.Table+" refers to none of "+r.Parent)
	}
	return found, nil
}
