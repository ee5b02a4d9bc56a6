package text

import (
	"slices"
	"testing"
)

func TestHashtagsAreAsWritten(t *testing.T) {
	got := Hashtags("#Réunion ce soir, #REUNION et #logement ; pas a#b ni #42")
	if want := []string{"Réunion", "logement"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
