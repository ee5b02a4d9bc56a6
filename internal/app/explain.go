package app

import (
	"errors"
	"strings"

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
// English, and on one line; other errors it leaves as they are. nil gives nil.
func (s *Shared) Explain(err error) error {
	e, ok := apperr.As(err)
	if !ok {
		return err
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
