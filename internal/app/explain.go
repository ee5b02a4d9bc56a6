package app

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"github.com/maillage/maillage/internal/apperr"
)

// explained is an error in words, for a terminal.
type explained struct {
	words string
	err   error
}

func (e *explained) Error() string { return e.words }
func (e *explained) Unwrap() error { return e.err }

// Explain puts an error of the services into the words of the pages, in
// English, and on one line; it says of a file what to do about it; other errors
// it leaves as they are. nil gives nil.
func (s *Shared) Explain(err error) error {
	e, ok := apperr.As(err)
	if !ok {
		return explainFile(err)
	}
	l := s.renderer.Bundle().Localizer("en")
	var words []string
	add := func(key string, args []any) {
		if l.Has(key) {
			words = append(words, strings.Join(strings.Fields(l.T(key, args...)), " "))
		}
	}
	for _, f := range e.Fields {
		add(f.Key, f.Args)
	}
	if len(words) == 0 {
		add(e.Key, e.Args)
	}
	if len(words) == 0 {
		return err
	}
	if cause := errors.Unwrap(e); cause != nil && e.Kind == apperr.KindInternal {
		words = append(words, "("+cause.Error()+")")
	}
	return &explained{strings.Join(words, " "), err}
}

// explainFile says in words that a file or folder does not let us in.
func explainFile(err error) error {
	file := (*fs.PathError)(nil)
	if !errors.As(err, &file) {
		return err
	}
	switch {
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return &explained{fmt.Sprintf("%s cannot be written (%v): give the folder to the user who runs maillage, or choose another with --dir", file.Path, file.Err), err}
	case errors.Is(err, syscall.ENOSPC):
		return &explained{fmt.Sprintf("%s cannot be written: the disk is full", file.Path), err}
	}
	return err
}
