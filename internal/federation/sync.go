package federation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/fetch"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/jobs"
)

// Two servers may come to differ about who follows whom, and then what is for
// followers goes to people who are none. So each such delivery says what its
// sender holds of the receiver's people, as a digest, and the receiver asks for
// the list when its own differs. The list names the receiver's people only.
//
// Spec: FEP-8fcf

// followersAudience is how the outbox names what is for followers.
const followersAudience = "followers"

// publicAudience is how it names what is for everyone.
const publicAudience = "public"

// groupAudience is how it names what is for the members of a group: they are
// its followers.
const groupAudience = "group"

// SyncPath, after an actor's id, is where the list for one server is.
const SyncPath = "/followers_synchronization"

// maxListed bounds a list of followers that is read.
const maxListed = 20000

// synchronization is the job that compares who follows an actor elsewhere.
type synchronization struct{ Actor, URL, Digest string }

// syncHeader says to a server who of its people follows the actor, on what is
// for followers.
func (e *Engine) syncHeader(ctx context.Context, actorID int64, inbox string) ([]fetch.Header, error) {
	if e.Followers == nil {
		return nil, nil
	}
	a, err := e.Directory.ActorByID(ctx, e.DB.Read(), actorID)
	if err != nil || a.Followers == "" {
		return nil, err
	}
	ids, err := e.Followers.FollowersAt(ctx, e.DB.Read(), actorID, as.Origin(inbox))
	if err != nil {
		return nil, err
	}
	return []fetch.Header{{Name: sig.Synchronization,
		Value: `collectionId="` + a.Followers + `", url="` + a.URI + SyncPath + `", digest="` + digestOf(ids) + `"`}}, nil
}

// digestOf is the digest of a part of a followers collection.
func digestOf(ids []string) string {
	var out [sha256.Size]byte
	for _, id := range ids {
		sum := sha256.Sum256([]byte(id))
		for i := range out {
			out[i] ^= sum[i]
		}
	}
	return hex.EncodeToString(out[:])
}

// toSync reads what a delivery says of its sender's followers here, nil when it
// says nothing of use: the header must be signed, about the sender's own
// followers, and lead to its own server.
func (e *Engine) toSync(in *received) *synchronization {
	values := in.request.Header[http.CanonicalHeaderKey(sig.Synchronization)]
	if e.Followers == nil || in.forwarded || len(values) != 1 || !in.signature.Covers(strings.ToLower(sig.Synchronization)) {
		return nil
	}
	p, err := sig.ParseParams(values[0])
	if err != nil || p["collectionId"] != in.signer.Followers || in.signer.Followers == "" || len(p["digest"]) != 2*sha256.Size ||
		as.ValidID(p["url"], e.LocalTest) != nil || !as.SameOrigin(p["url"], in.signer.URI) {
		return nil
	}
	j := &synchronization{Actor: in.signer.URI, URL: p["url"], Digest: strings.ToLower(p["digest"])}
	// The same said again, as with each post, is looked at once in a while.
	if _, ok := e.syncs.Allow(j.Actor + " " + j.Digest); !ok {
		return nil
	}
	return j
}

func (e *Engine) enqueueSync(ctx context.Context, tx *db.Tx, j *synchronization) error {
	if j == nil {
		return nil
	}
	return jobs.Enqueue(ctx, tx, kindSync, j, jobs.Key(j.Actor))
}

// synchronize compares, and asks for the list where the two differ.
func (e *Engine) synchronize(ctx context.Context, j synchronization) error {
	a, err := e.Directory.ActorByURI(ctx, e.DB.Read(), j.Actor)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	ours, err := e.Followers.FollowersHere(ctx, e.DB.Read(), a.ID)
	if err != nil || digestOf(ours) == j.Digest || a.Suspended || a.Deleted || e.blocked(as.Host(j.URL)) {
		return err
	}
	listed, err := e.listed(fetch.WithBudget(ctx, forwardBudget), j.URL)
	if err != nil {
		if temporary(err) {
			return err
		}
		e.Log.Debug("list of followers refused", "err", err)
		return nil
	}
	return e.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return e.Followers.SettleFollowers(ctx, tx, a.ID, listed) })
}

// listed reads a collection of ids with the pages it has.
func (e *Engine) listed(ctx context.Context, uri string) ([]string, error) {
	var out []string
	seen := map[string]bool{}
	for at := uri; at != "" && !seen[at]; {
		seen[at] = true
		d, err := e.Client.Document(ctx, at, e.Key(ctx))
		if err != nil {
			return nil, failure(err)
		}
		items := append(d.Refs("orderedItems").IDs(), d.Refs("items").IDs()...)
		next := d.Refs("next").ID()
		if first := d.Refs("first"); len(items) == 0 && next == "" {
			if page := first.Doc(); page != nil {
				items = append(page.Refs("orderedItems").IDs(), page.Refs("items").IDs()...)
				next = page.Refs("next").ID()
			} else {
				next = first.ID()
			}
		}
		for _, id := range items {
			if e.own(id) {
				out = append(out, id)
			}
		}
		if next != "" && !as.SameOrigin(next, uri) || len(out) > maxListed {
			return nil, apperr.Forbidden("federation.refused")
		}
		at = next
	}
	return out, nil
}
