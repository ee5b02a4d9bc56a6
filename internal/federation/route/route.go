// Package route holds the types by which features plug into the federation
// engine: which activities a feature understands, which objects it serves, and
// what the engine offers and asks in return.
//
// It sits below every feature, so that none of them imports the engine itself.
package route

import (
	"context"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/db"
)

// Actor is what the engine needs to know of an actor, ours or another server's.
type Actor struct {
	ID          int64
	URI         string
	Type        string // ActivityStreams actor type
	Username    string
	Host        string // "" for ours
	Inbox       string
	SharedInbox string // "" when the server has none
	Followers   string // URI of the followers collection
	KeyID       string
	PublicKey   string // PEM
	Local       bool
	Reachable   bool // ours: WebFinger and the actor document answer to strangers
	Suspended   bool
	Deleted     bool
	FetchedAt   time.Time
}

// BestInbox is where one delivery serves all of the actor's server.
func (a *Actor) BestInbox() string {
	if a.SharedInbox != "" {
		return a.SharedInbox
	}
	return a.Inbox
}

// Directory is the book of actors that the engine consults; the account slice keeps it.
// The lookups return apperr.KindNotFound for an actor that is not known here.
type Directory interface {
	ActorByURI(ctx context.Context, q db.Q, uri string) (*Actor, error)
	ActorByID(ctx context.Context, q db.Q, id int64) (*Actor, error)
	ActorByKey(ctx context.Context, q db.Q, keyID string) (*Actor, error)
	// ActorByHandle finds by user name and host; host "" means ours.
	ActorByHandle(ctx context.Context, q db.Q, name, host string) (*Actor, error)
	// ActorByInbox finds the remote actor whose own inbox it is; a shared one is nobody's own.
	ActorByInbox(ctx context.Context, q db.Q, inbox string) (*Actor, error)
	// StoreActor inserts or refreshes a remote actor from its own fetched, origin-checked document.
	// handleHost is the host of its WebFinger address, "" for that of its id.
	StoreActor(ctx context.Context, tx *db.Tx, doc *as.Doc, handleHost string) (*Actor, error)
	// KeyOf is a public key of an actor by its id, as PEM: the one in the actor or another that it lists.
	KeyOf(ctx context.Context, q db.Q, a *Actor, keyID string) (pem string, err error)
	// Key holds the private keys of one of our actors.
	Key(ctx context.Context, q db.Q, actorID int64) (*sig.Key, error)
	// Forget marks a remote actor as gone for good.
	Forget(ctx context.Context, tx *db.Tx, uri string) error
}

// What software may say that it implements.
//
// Spec: FEP-844e
const (
	ImplementsRFC9421 = "https://datatracker.ietf.org/doc/html/rfc9421"
	ImplementsEd25519 = "https://datatracker.ietf.org/doc/html/rfc9421#name-eddsa-using-curve-edwards25519"
	// ImplementsClosedGroups is our profile of groups that only their members read: what
	// a group sends stays with its members, and is erased when the last of them leaves.
	ImplementsClosedGroups = "https://w3id.org/maillage#closed-groups"
)

// Followers keeps the two ends of follows alike; the follow slice knows them.
// All lists are of ids of actors.
//
// Spec: FEP-8fcf
type Followers interface {
	// FollowersAt lists who of the actors of an origin follows one of ours.
	FollowersAt(ctx context.Context, q db.Q, actorID int64, origin string) ([]string, error)
	// FollowersHere lists who of ours follows an actor of another server.
	FollowersHere(ctx context.Context, q db.Q, actorID int64) ([]string, error)
	// SettleFollowers makes ours what the actor's own server says: who is not
	// listed follows no more, and who is listed but does not follow says so.
	SettleFollowers(ctx context.Context, tx *db.Tx, actorID int64, listed []string) error
}

// Fetcher is what a handler may ask of the network, before any transaction is open.
// All three look into the database first and count against the budget of the activity.
type Fetcher interface {
	Resolve(ctx context.Context, uri string) (*Actor, error)
	ResolveHandle(ctx context.Context, name, host string) (*Actor, error)
	// Fetch gets an object from its own origin, origin rules checked.
	Fetch(ctx context.Context, uri string) (*as.Doc, error)
}

// Inbound is an activity whose signer has been verified.
type Inbound struct {
	Doc        *as.Doc
	Actor      *Actor  // the signer, who is the activity's actor
	Object     *as.Doc // embedded and of the actor's own origin, else nil
	ObjectURI  string
	ReceivedAt time.Time

	// Inside says that the activity was taken out of an Announce from its actor's own
	// server. The Announce is handled too, and says when.
	Inside bool

	// Hinted says that another server told of the activity, and that its actor's own
	// server was asked what is true of it. The document is of our making.
	Hinted bool

	// Via is the group that announced the activity to its members alone, with the
	// proof of its actor; nil for what came from its actor's own server.
	Via *Actor
}

// Activity declares that a feature handles one kind of activity.
//
// Prepare may fetch what is missing, with no transaction open; it may be nil.
// Handle does the work in one transaction and must be idempotent: the same
// activity may arrive many times and in any order. An error of
// apperr.KindInternal or KindUnavailable is tried again; any other is final.
//
// Every declaration that matches an activity is run, all in one transaction, in
// the order of the list of features: a Delete says only an id, and each feature
// looks whether it is one of its own.
type Activity struct {
	Type    string // "Create"
	Object  string // type of the object; "" when only its id is given; "*" for any, "" included
	Prepare func(ctx context.Context, f Fetcher, in *Inbound) error
	Handle  func(ctx context.Context, tx *db.Tx, in *Inbound) error
}

// ObjectRequest is a GET for an ActivityPub document.
type ObjectRequest struct {
	Vars   map[string]string
	Query  map[string][]string
	Signer *Actor // nil for a stranger
	Open   bool   // it is served to strangers also where nothing else is
}

// Object declares a path under which a feature serves ActivityPub documents.
// Serve returns the document's bytes, or an apperr: NotFound also for what the
// signer may not see, Gone with the tombstone that stands in its place, if any.
// It is asked without a signer first; who signed is verified, and Serve asked
// again, only if that is NotFound.
type Object struct {
	Pattern string // gorilla/mux pattern, "/objects/{key}"
	Serve   func(ctx context.Context, r ObjectRequest) ([]byte, error)
	// Seen is told, some time after, whose signed request was answered and which
	// inbox reaches that server. It may be nil.
	Seen func(ctx context.Context, tx *db.Tx, r ObjectRequest, inbox string) error
}
