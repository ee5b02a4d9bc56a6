package media

import (
	"errors"
	"fmt"
	"testing"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/media/picture"
)

// TestME04WhatIsSaid: whoever sends a picture is told what became of it, also
// when the decoder was ended or does not start.
//
// Spec: ME4
func TestME04WhatIsSaid(t *testing.T) {
	for cause, want := range map[error]struct {
		kind apperr.Kind
		key  string
	}{
		picture.ErrType: {apperr.KindInvalid, "media.bad_type"}, picture.ErrAVIF: {apperr.KindInvalid, "media.avif"}, picture.ErrSize: {apperr.KindInvalid, "media.too_many_pixels"}, picture.ErrBroken: {apperr.KindInvalid, "media.broken"},
		picture.ErrCostly: {apperr.KindInvalid, "media.costly"}, picture.ErrApart: {apperr.KindUnavailable, "media.no_decoder"},
	} {
		e, ok := apperr.As(pictureError(fmt.Errorf("%w: more", cause)))
		if !ok || e.Kind != want.kind || e.Key != want.key || !errors.Is(e, cause) {
			t.Errorf("%v is said as %v", cause, e)
		}
	}
}
