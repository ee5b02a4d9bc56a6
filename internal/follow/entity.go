package follow

import "github.com/maillage/maillage/internal/masto"

// Entity is how the viewer stands to an account, for client apps.
//
// Spec: Mastodon entities/Relationship
func (r Relation) Entity(accountID int64) masto.Relationship {
	known := r.Following || r.Requested
	e := masto.Relationship{
		ID: masto.ID(accountID), Following: r.Following, Requested: r.Requested,
		ShowingReblogs: r.Boosts && known, Notifying: r.Notify && known, FollowedBy: r.FollowedBy, RequestedBy: r.RequestedBy,
		Blocking: r.Blocking, BlockedBy: r.BlockedBy, Muting: r.Muting, MutingNotifications: r.MutingNotices,
		MutingExpiresAt: masto.AtOrNil(r.MuteUntil), DomainBlocking: r.DomainBlocking, Endorsed: r.Endorsed, Note: r.Note,
	}
	if known {
		e.Languages = LanguageList(r.Languages)
	}
	return e
}
