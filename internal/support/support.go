package support

import (
	"fmt"
	"strings"
)

// State is how far something is spoken.
type State string

// The states.
const (
	Yes    State = "Yes"    // both ways, as far as it concerns a server like this
	Partly State = "Partly" // the note says what is missing
	No     State = "No"     // and the note says why
)

// Row is one specification, or a habit of peers that has none.
type Row struct {
	Spec  string // "FEP-8b32", "RFC 9421"; or a name
	Name  string
	State State
	Note  string
	Code  []string // "internal/post/ap.go:onDelete": a file and a symbol in it
	Tests []string // "internal/federation/inbox_test.go:TestOneEffect"
}

// Part is a chapter of the table.
type Part struct {
	Title string
	Rows  []Row
}

// Page writes FEDERATION.md.
func Page() string {
	var b strings.Builder
	b.WriteString(intro)
	for _, p := range Table() {
		fmt.Fprintf(&b, "\n## %s\n\n| what | state | notes | code | tests |\n|---|---|---|---|---|\n", p.Title)
		for _, r := range p.Rows {
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", what(r), r.State, r.Note, cites(r.Code), cites(r.Tests))
		}
	}
	b.WriteString(outro)
	return b.String()
}

func what(r Row) string {
	switch {
	case strings.HasPrefix(r.Spec, "FEP-"):
		id := strings.ToLower(strings.TrimPrefix(r.Spec, "FEP-"))
		return fmt.Sprintf("[%s](https://codeberg.org/fediverse/fep/src/branch/main/fep/%s/fep-%s.md) %s", r.Spec, id, id, r.Name)
	case r.Name == "":
		return r.Spec
	}
	return r.Spec + " " + r.Name
}

// cites writes citations as links into the repository.
func cites(list []string) string {
	out := make([]string, len(list))
	for i, c := range list {
		file, symbol, _ := strings.Cut(c, ":")
		out[i] = fmt.Sprintf("[%s](%s)", symbol, file)
	}
	return strings.Join(out, ", ")
}

const intro = `# Federation

What this server speaks with others. This file is written from the table in
` + "`internal/support`" + `, whose citations a test follows; do not edit it by hand.

Maillage is a social network for the sections of a movement. Most of what is
written here stays here; what is for everyone, for followers or for people named
travels by ActivityPub, and nothing travels for anybody who did not agree to be
reached from outside.

NodeInfo says ` + "`maillage`" + `. It gives no numbers of members or posts: the size of a
political body is nobody's business.
`

const outro = `
## Good to know

- Ids of actors are ` + "`/users/{key}`" + `, of objects ` + "`/objects/{key}`" + `, with 128 random bits each. Web pages are
  ` + "`/@name`" + ` and ` + "`/@name/{id}`" + `.
- The Application actor answers at ` + "`/`" + ` and ` + "`/actor`" + `; it signs all GETs.
- The inbox answers 202 before anything is fetched. 400 is final, 401 is a signature that does not
  hold, 403 a server that is not spoken with, 404 an inbox of nobody (and 202, where the key is not
  known yet: keys that are made up tell nothing), 429 and 503 carry ` + "`Retry-After`" + `.
- One server may send 20 activities a second, 100 at once.
- Deletions of what is not known here cost nobody a request.
- A document is believed from its own server alone, or with an integrity proof of its owner.
- Remote contexts are never fetched, and linked-data signatures are never read.
`
