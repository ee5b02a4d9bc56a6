// Package civic is what the civic leaves of the product stand on: the services
// of the trunk, handed to each leaf as one value.
//
// A leaf is one folder below this one and one line in the list of features:
//
//	event.Feature(a.trunk()),
//
// Its Feature builds its service, and hooks it to the trunk's services where it
// needs to know what happens there. It is called once for each instance before
// the database is migrated, so it may keep the services and must not call them.
// It is called once more, with the zero Trunk, for the templates and words that
// all instances share: then there is nothing to hook to, and Trunk.Real is false.
//
// Leaves never import leaves, and the trunk never imports a leaf.
package civic

import (
	"log/slog"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/blob"
	"github.com/maillage/maillage/internal/config"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/follow"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/instance"
	"github.com/maillage/maillage/internal/mail"
	"github.com/maillage/maillage/internal/media"
	"github.com/maillage/maillage/internal/movement"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/organe"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/timeline"
	"github.com/maillage/maillage/internal/visitor"
)

// Trunk is what leaves build on.
type Trunk struct {
	Config   *config.Config
	DB       *db.DB
	IDs      *ids.Maker
	Log      *slog.Logger
	Accounts *account.Service
	Notify   *notify.Service
	Follows  *follow.Service
	Posts    *post.Service
	Groups   *group.Service
	Timeline *timeline.Service
	Instance *instance.Service
	Mail     *mail.Service
	Visitors *visitor.Service
	Movement *movement.Service
	Organes  *organe.Service
	Media    *media.Service

	// Files keeps what people send.
	Files blob.Store
	// Fetch asks other servers; it works once the instance is built.
	Fetch route.Fetcher
}

// Real reports whether there is an instance behind it.
func (t Trunk) Real() bool { return t.DB != nil }
