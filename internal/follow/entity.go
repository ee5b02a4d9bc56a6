package follow

import "github.com/maillage/maillage/internal/masto"

// Entity is how the viewer stands to an account, for client apps. There are no
// blocks, mutes and private notes yet, and so nobody has any.
//
// Spec: Mastodon entities/Relationship
func (r Relation) Entity(accountID int64) masto.Relationship {
	return masto.Relationship{
		ID: masto.ID(accountID), Following: r.Following, Requested: r.Requested, ShowingReblogs: r.Boosts && (r.Following || r.Requested),
		FollowedBy: r.FollowedBy, RequestedBy: r.RequestedBy,
	}
}
