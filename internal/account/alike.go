package account

import (
	"context"
	"slices"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/text"
)

// What makes a name doubtful, for pages; see web.Author.
const (
	doubtAlike = "alike" // somebody here has it
	doubtMixed = "mixed" // of letters of several alphabets
)

// compared bounds with how many names one is compared.
const compared = 300

// alike reports whether somebody of another server has a name that is taken for that
// of one of ours, or of the instance. Only those count whom everybody may know of:
// else a name made up elsewhere would tell who is a member. Somebody who moved here
// or says that the other is themselves passes for nobody.
//
// Spec: TX8; Spec: P2
func alike(ctx context.Context, tx *db.Tx, a *Account) (bool, error) {
	name := text.Skeleton(a.Name())
	if a.Kind == Application || len(name) < 3 {
		return false, nil
	}
	words := []string{name} // written as one word here, in whatever letters there
	for _, w := range wordsOf(a.Name(), maxWords) {
		words = append(words, w, text.Skeleton(w))
	}
	slices.Sort(words)
	words = slices.Compact(words)
	in, args := db.In(3, words)
	rows, err := db.All[struct{ DisplayName, Username string }](ctx, tx, `select a.display_name, a.username from account a where a.host = '' and a.deleted_at = 0 and not a.hidden
		and (a.kind = 'Application' or a.public and a.reachable and a.id in (select w.account_id from account_word w where w.word in `+in+`))
		and not exists (select 1 from account_alias l where l.account_id = a.id and l.uri = $1) limit $2`, append([]any{a.URI, compared}, args...)...)
	if err != nil {
		return false, err
	}
	for _, r := range rows {
		if r.DisplayName == "" {
			r.DisplayName = r.Username
		}
		if text.Skeleton(r.DisplayName) == name {
			return true, nil
		}
	}
	return false, nil
}

// doubt says what is doubtful in the name of somebody of another server.
func (a *Account) doubt() string {
	switch {
	case a.Local():
		return ""
	case a.Alike:
		return doubtAlike
	case text.MixedScripts(a.DisplayName), text.MixedScripts(a.Username):
		return doubtMixed
	}
	return ""
}
