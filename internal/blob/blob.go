package blob

import (
	"context"
	"io"
	"regexp"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/ids"
)

// File is an open file, to be closed.
type File interface {
	io.ReadSeekCloser
}

// Store keeps files by name.
type Store interface {
	// Put writes a new file of all that r gives, and gives its size in bytes.
	Put(ctx context.Context, name string, r io.Reader) (int64, error)
	// Open opens a file; KindNotFound when there is none of that name.
	Open(ctx context.Context, name string) (File, error)
	// Delete removes files; it tries all of them before it says what failed.
	Delete(ctx context.Context, names ...string) error
	// Names calls f for every file, in no order, until f says no.
	Names(ctx context.Context, f func(name string) bool) error
}

var valid = regexp.MustCompile(`^[a-z2-7]{26}$`)

// NewName makes a name for a new file, which nobody can guess.
func NewName() string { return ids.Key() }

// Valid reports whether name is one that NewName could have made.
func Valid(name string) bool { return valid.MatchString(name) }

func notFound(name string) error {
	if !Valid(name) {
		return apperr.NotFound("httpx.not_found")
	}
	return nil
}
