package post

import "slices"

// Audience says who may read a post.
type Audience string

// The six audiences, from the closest to the widest, and the people named.
const (
	Section   Audience = "section"   // members with an account here
	Movement  Audience = "movement"  // affiliated instances
	Group     Audience = "group"     // the members of a group, ScopeID
	Followers Audience = "followers" // who follows the author
	Public    Audience = "public"    // everyone
	Direct    Audience = "direct"    // the people mentioned
)

// Offered are the audiences that a person may choose for a new post.
var offered = []Audience{Section, Movement, Followers, Public, Direct}

// Offered reports whether people may choose a for a new post.
func (a Audience) Offered() bool { return slices.Contains(offered, a) }

// Leaves reports whether posts for a may leave the instance.
func (a Audience) Leaves() bool { return a != Section }

// Mastodon is the nearest visibility that client apps know. What they do not
// know reads as private, never as something wider.
//
// Spec: Mastodon entities/Status#visibility
func (a Audience) Mastodon(listed bool) string {
	switch {
	case a == Public && listed:
		return "public"
	case a == Public:
		return "unlisted"
	case a == Direct:
		return "direct"
	default:
		return "private"
	}
}

// reach orders the audiences by how far they go, for the rule on replies.
// Followers and group are crowds of their own: they fit only in themselves and in public.
func (a Audience) within(parent Audience) bool {
	switch parent {
	case Public:
		return true
	case Movement:
		return a == Movement || a == Section || a == Direct
	default:
		return a == parent || a == Direct
	}
}
