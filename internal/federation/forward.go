package federation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/fetch"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/jobs"
)

// Servers pass on to their followers what others answered to their people, as
// it came: the signature on the request is then the forwarder's, and the one
// inside the body is of a kind that we do not read. Such an activity is a hint
// that something happened elsewhere, never a word of its author. What it names
// is fetched from its own server, and nothing but that is believed.
//
// Spec: AP 7.1.2; Spec: SG8, OR13

// Only an activity that carries its author's proof is more than a hint.

// forwardable reports whether a foreign activity may be looked into at all.
func forwardable(d *as.Doc) bool {
	return as.CheckActivity(d, d.Actor()) == nil && (d.Is(looked...) || sig.HasProof(d.Bytes))
}

// looked are the activities of which a server of origin can be asked.
var looked = []string{"Create", "Update", "Delete", "Announce", "Like"}

// maxProven is the size up to which what is forwarded waits, with the proof it
// carries, for its author to be looked up.
const maxProven = 32 << 10

// forwarded is the job that looks into an activity that another server passed
// on: kind and addresses, of which none is believed.
type forwarded struct {
	Kind, ID, Actor, Object string
	Body                    []byte `json:",omitempty"` // where it carries a proof that may yet hold
}

// subject is the address whose own server knows the truth.
func (j *forwarded) subject() string {
	if j.Kind == "Announce" || j.Kind == "Like" {
		return j.ID
	}
	return j.Object
}

// lookInto has an activity of another server looked into. The inbox does not
// remember its id: else who forwards could take the place of the true one.
func (e *Engine) lookInto(ctx context.Context, tx *db.Tx, d *as.Doc) error {
	j := forwarded{ID: d.ID(), Actor: d.Actor(), Object: d.Object().ID()}
	for _, k := range looked {
		if d.Is(k) {
			j.Kind = k
		}
	}
	if sig.HasProof(d.Bytes) && len(d.Bytes) <= maxProven && as.ValidID(j.Actor, e.LocalTest) == nil {
		j.Body = d.Bytes
	} else if !as.SameOrigin(j.subject(), j.Actor) || as.ValidID(j.subject(), e.LocalTest) != nil {
		e.observe(j.Kind, "ignored")
		return nil
	}
	// What nobody's server vouches for may be passed on faster than it can be
	// looked into; hints that find no place are not kept.
	n, err := db.Get[int](ctx, tx, `select count(*) from (select 1 from job where kind = $1 and state <> 'parked' limit $2) as n`, kindForward, maxForwards)
	if err != nil || n >= maxForwards {
		e.observe(j.Kind, "ignored")
		return err
	}
	return e.enqueueForwarded(ctx, tx, j, time.Time{})
}

// maxForwards is how many hints wait at most.
const maxForwards = 500

// enqueueForwarded adds the job; however often a thing is passed on, one waits.
func (e *Engine) enqueueForwarded(ctx context.Context, tx *db.Tx, j forwarded, at time.Time) error {
	key := j.Kind + " " + j.subject()
	if len(j.Body) > 0 {
		sum := sha256.Sum256(j.Body) // a forged one does not stand for a true one
		key = "proven " + hex.EncodeToString(sum[:])
	}
	opts := []jobs.Option{jobs.Key(key)}
	if !at.IsZero() {
		opts = append(opts, jobs.At(at))
	}
	return jobs.Enqueue(ctx, tx, kindForward, j, opts...)
}

// errLater says that a thing was looked at too short a while ago.
var errLater = errors.New("federation: looked at a short while ago")

// checkForwarded asks the server of origin, and does what is true of it.
func (e *Engine) checkForwarded(ctx context.Context, j forwarded) error {
	ctx = fetch.WithBudget(ctx, forwardBudget)
	if done, err := e.takeProven(ctx, j.Body); done || err != nil {
		return err
	}
	if j.Kind == "" || !as.SameOrigin(j.subject(), j.Actor) || as.ValidID(j.subject(), e.LocalTest) != nil {
		e.observe(cutKind(j.Kind), "ignored")
		return nil
	}
	in, err := e.truth(ctx, &j)
	if err == nil && in != nil {
		in.ReceivedAt, in.Hinted = e.Clock(), true
		err = e.do(ctx, in, func(context.Context, *db.Tx) error { return nil })
	} else if err == nil {
		e.observe(j.Kind, "ignored")
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errLater):
		return e.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			return e.enqueueForwarded(ctx, tx, j, e.Clock().Add(recheck))
		})
	case temporary(err):
		return err
	}
	e.Log.Debug("forwarded activity refused", "kind", j.Kind, "err", err)
	e.observe(j.Kind, "refused")
	return nil
}

// takeProven takes in what carries its author's proof, now that the author may
// be asked for; done is false when the proof does not hold.
func (e *Engine) takeProven(ctx context.Context, body []byte) (done bool, err error) {
	if len(body) == 0 {
		return false, nil
	}
	d, err := as.Parse(body)
	if err != nil {
		return false, nil
	}
	if _, err := e.Proven(ctx, d, true); err != nil {
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		return false, nil
	}
	return true, e.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return e.storeItem(ctx, tx, e.seq.New(), d, e.Clock()) })
}

// truth gives the activity as its origin vouches for it, nil when there is none.
func (e *Engine) truth(ctx context.Context, j *forwarded) (*route.Inbound, error) {
	if j.Object == j.Actor && (j.Kind == "Update" || j.Kind == "Delete") {
		return nil, e.seeActor(ctx, j.Actor)
	}
	switch j.Kind {
	case "Announce", "Like":
		d, err := e.Fetch(ctx, j.ID)
		if err != nil {
			return nil, err
		}
		// Also one with an author besides its actor must be of one origin.
		if d.ID() != j.ID || !d.Is(j.Kind) || as.CheckActivity(d, j.ID) != nil {
			return nil, apperr.Forbidden("federation.origin")
		}
		actor, err := e.Resolve(ctx, d.Actor())
		return &route.Inbound{Doc: d, Actor: actor}, err
	case "Delete":
		return e.deletion(ctx, j)
	}
	here, _, err := e.known(ctx, j.Object)
	if err != nil || here != (j.Kind == "Update") {
		return nil, err // a new post that is here, or an edit of one that is not
	}
	d, err := e.asked(ctx, j)
	if err != nil {
		return nil, err
	}
	if j.Kind == "Update" && d.Updated().IsZero() {
		return nil, nil // its own server tells of no edit
	}
	actor, err := e.Resolve(ctx, d.AttributedTo())
	if err != nil {
		return nil, err
	}
	return said(j.Kind, d.ID(), actor, json.RawMessage(d.Bytes))
}

// deletion confirms that something is gone. What was only for some is hidden
// from us too when we ask in our own name: there a 404 says nothing.
//
// Spec: FEP-4f05; Spec: FE7
func (e *Engine) deletion(ctx context.Context, j *forwarded) (*route.Inbound, error) {
	actor, err := e.Directory.ActorByURI(ctx, e.DB.Read(), j.Actor)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	here, public, err := e.known(ctx, j.Object)
	if err != nil || !here {
		return nil, err
	}
	d, err := e.anew(ctx, j.Kind, j.Object)
	switch {
	case err == nil && d.Is("Tombstone"), apperr.Is(err, apperr.KindGone), public && apperr.Is(err, apperr.KindNotFound):
		return said("Delete", j.Object, actor, j.Object)
	case err == nil, apperr.Is(err, apperr.KindNotFound):
		return nil, nil // it is still there, as far as we can see
	}
	return nil, err
}

// seeActor has an actor that we know looked at: it has changed, or a 410 from
// its server ends it.
func (e *Engine) seeActor(ctx context.Context, uri string) error {
	a, err := e.Directory.ActorByURI(ctx, e.DB.Read(), uri)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	return e.refetchKey(ctx, a)
}

func (e *Engine) known(ctx context.Context, uri string) (here, public bool, err error) {
	if e.Known == nil {
		return false, false, nil
	}
	return e.Known(ctx, e.DB.Read(), uri)
}

// asked fetches what an author is said to have written or edited.
func (e *Engine) asked(ctx context.Context, j *forwarded) (*as.Doc, error) {
	if j.Kind == "Update" {
		return e.anew(ctx, j.Kind, j.Object)
	}
	return e.Fetch(ctx, j.Object)
}

// anew fetches what we have had before, whatever is remembered of failures, at
// most once in a while for each kind of thing said of it: who edits and then
// deletes wants it gone now.
func (e *Engine) anew(ctx context.Context, kind, uri string) (*as.Doc, error) {
	if e.blocked(as.Host(uri)) {
		return nil, apperr.Forbidden("federation.blocked") // never "not found": that would confirm
	}
	if _, ok := e.refetch.Allow(kind + " " + uri); !ok {
		return nil, errLater
	}
	d, err := e.Client.Document(ctx, uri, e.Key(ctx))
	if err != nil {
		return nil, failure(err)
	}
	if d.ID() != uri {
		return nil, apperr.Forbidden("federation.origin")
	}
	return d, nil
}

// said makes the activity that an author would have sent.
func said(kind, id string, actor *route.Actor, object any) (*route.Inbound, error) {
	b, err := as.Activity{Type: kind, ID: id + "#" + kind, Actor: actor.URI, Object: object}.Build()
	if err != nil {
		return nil, err
	}
	d, err := as.Parse(b)
	if err != nil {
		return nil, apperr.BadRequest("federation.malformed").Wrap(err)
	}
	return &route.Inbound{Doc: d, Actor: actor}, nil
}
