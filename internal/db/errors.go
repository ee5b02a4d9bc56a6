package db

import (
	"database/sql"
	"errors"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"

	"github.com/maillage/maillage/internal/apperr"
)

// ErrNoRows is inside the error of Get when there was no row.
var ErrNoRows = sql.ErrNoRows

// SQLite's result codes, https://sqlite.org/rescode.html.
const (
	sqliteBusy       = 5
	sqliteLocked     = 6
	sqliteReadOnly   = 8
	sqliteIOErr      = 10
	sqliteCorrupt    = 11
	sqliteFull       = 13
	sqliteNotADB     = 26
	sqliteForeignKey = 787
	sqlitePrimaryKey = 1555
	sqliteUnique     = 2067
	sqliteRowid      = 2579
)

// codes gives the SQLite result code or the PostgreSQL SQLSTATE inside err.
func codes(err error) (int, string) {
	var se *sqlite.Error
	if errors.As(err, &se) {
		return se.Code(), ""
	}
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		return 0, pe.Code
	}
	return 0, ""
}

// IsUnique reports whether err is a violated primary key or unique index.
func IsUnique(err error) bool {
	s, p := codes(err)
	return s == sqliteUnique || s == sqlitePrimaryKey || s == sqliteRowid || p == "23505"
}

// IsForeignKey reports whether err is a violated reference.
func IsForeignKey(err error) bool {
	s, p := codes(err)
	return s == sqliteForeignKey || p == "23503"
}

// IsBusy reports whether err is a lock that was not obtained: trying again later may work.
func IsBusy(err error) bool {
	s, p := codes(err)
	return s&0xff == sqliteBusy || s&0xff == sqliteLocked || p == "40001" || p == "40P01" || p == "55P03"
}

// IsFull reports whether err is a disk without room.
func IsFull(err error) bool {
	s, p := codes(err)
	return s&0xff == sqliteFull || p == "53100"
}

// IsCorrupt reports whether err is a damaged database file.
func IsCorrupt(err error) bool {
	s, p := codes(err)
	return s&0xff == sqliteCorrupt || s == sqliteNotADB || p == "XX001" || p == "XX002"
}

// classify makes errors of the store itself, not of what it was asked,
// apperr.KindUnavailable.
func classify(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := apperr.As(err); ok {
		return err
	}
	s, p := codes(err)
	var connect *pgconn.ConnectError
	var op *net.OpError
	switch {
	case errors.Is(err, ErrClosed), IsBusy(err), IsFull(err), IsCorrupt(err), s&0xff == sqliteIOErr, s&0xff == sqliteReadOnly,
		strings.HasPrefix(p, "08"), strings.HasPrefix(p, "57P"), strings.HasPrefix(p, "53"),
		errors.As(err, &connect), errors.As(err, &op):
		return apperr.Unavailable("error.unavailable").Wrap(err)
	case p == "22021", p == "22P05":
		// PostgreSQL takes no NUL and nothing but UTF-8: what was asked for is no text. Spec: TX1
		return apperr.BadRequest("httpx.bad_request").Wrap(err)
	}
	return err
}
