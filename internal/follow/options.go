package follow

import (
	"regexp"
	"strings"

	"github.com/maillage/maillage/internal/apperr"
)

// Options are the settings of a follow; nil leaves a thing as it is, and is the
// usual for a new one.
//
// Spec: Mastodon accounts#follow
type Options struct {
	Boosts    *bool    // show boosts in the home timeline; usually so
	Notify    *bool    // notify of each post; usually not
	Languages []string // only posts in these in the home timeline; empty for all
}

const maxLanguages = 20

var language = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$`)

// languages is how the wanted languages are kept: each between commas, so that
// one is found in the database by a simple comparison.
func (o Options) languages() (string, error) {
	var out strings.Builder
	seen := map[string]bool{}
	for _, l := range o.Languages {
		if l == "" {
			continue
		}
		if !language.MatchString(l) || len(seen) == maxLanguages || len(l) > 12 {
			return "", apperr.Invalid("follow.bad_language").Field("languages", "follow.bad_language")
		}
		// A post in Swiss French is in French.
		l, _, _ = strings.Cut(strings.ToLower(l), "-")
		if !seen[l] {
			seen[l] = true
			out.WriteString("," + l)
		}
	}
	if out.Len() == 0 {
		return "", nil
	}
	return out.String() + ",", nil
}

// LanguageList reads what languages wrote.
func LanguageList(kept string) []string {
	if kept = strings.Trim(kept, ","); kept == "" {
		return nil
	}
	return strings.Split(kept, ",")
}
