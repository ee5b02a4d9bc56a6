package route

import "github.com/maillage/maillage/activitypub/as"

// Own reports whether an activity that is undone is its sender's: it names them
// as its actor, or, as some servers write it, nobody.
//
// Spec: OR4; Spec: AP 6.10
func Own(undone *as.Doc, by *Actor) bool {
	actor := undone.Actor()
	return actor == "" || actor == by.URI
}
