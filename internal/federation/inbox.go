package federation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/discovery"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/httpx"
)

// received is a POST to an inbox on its way through the checks.
type received struct {
	body      []byte
	doc       *as.Doc
	request   *http.Request // what was signed
	signature *sig.Signature
	signer    *route.Actor // nil while the key is not known
	forwarded bool         // signed by another server than the actor's
	author    *route.Actor // of what is forwarded, if it carries their proof
	at        time.Time
	network   string // it came from, for the limit on unknown keys only
}

// errDropped says that a request was understood and is of no interest: 202.
var errDropped = errors.New("federation: dropped")

// inbox answers POST /inbox and POST /users/{key}/inbox: 202 once the activity
// is stored, or kept until its key is known; 400 for what no retry can mend;
// 401 for a signature that is not good.
//
// Spec: AP 5.2, AP 7; Spec: SG1…SG13
func (e *Engine) inbox(c *httpx.Ctx) error {
	ctx := c.Context()
	hidden, absent := false, false
	if key := c.Var("key"); key != "" {
		var err error
		hidden, err = e.hasInbox(ctx, e.Base+"/users/"+key, claimedHost(c.R.Header))
		if absent = apperr.Is(err, apperr.KindNotFound); err != nil && !absent {
			return err
		}
	}
	in, err := e.peek(c.R)
	if err != nil && (hidden || absent) {
		err = apperr.NotFound("account.not_found").Wrap(err)
	}
	if err != nil {
		return err
	}
	in.network = c.Addr()
	if absent {
		err = e.turnAway(ctx, in)
	} else {
		err = e.lead(ctx, in)
	}
	var wait *busyError
	switch {
	case err == nil, errors.Is(err, errDropped):
		return c.NoContent(http.StatusAccepted)
	case errors.As(err, &wait):
		c.W.Header().Set("Retry-After", strconv.Itoa(int(wait.after/time.Second)+1))
		return wait.err
	case (hidden || absent) && !apperr.Is(err, apperr.KindInternal):
		return apperr.NotFound("account.not_found") // to whoever is not the server that it claims to be
	default:
		return err
	}
}

// busyError is a refusal for now, with the time after which to come back.
type busyError struct {
	err   error
	after time.Duration
}

func (b *busyError) Error() string { return b.err.Error() }
func (b *busyError) Unwrap() error { return b.err }

// hasInbox reports whether there is an actor of ours to receive from a server.
// One that strangers may not know of is answered for like one that does not
// exist; hidden says that it is one, which the claimed server may know of.
func (e *Engine) hasInbox(ctx context.Context, uri, claimed string) (hidden bool, err error) {
	a, err := e.Directory.ActorByURI(ctx, e.DB.Read(), uri)
	switch {
	case err != nil:
		return false, err
	case a.Deleted:
		return false, apperr.Gone("account.gone")
	case !a.Local, a.Suspended:
		return false, apperr.NotFound("account.not_found")
	case a.Reachable:
		return false, nil
	}
	if e.ReachableBy != nil && claimed != "" {
		if yes, err := e.ReachableBy(ctx, a.ID, claimed); err != nil || yes {
			return true, err
		}
	}
	return false, apperr.NotFound("account.not_found")
}

// turnAway answers what is sent to nobody as if it were for a hidden group of which the
// claimed server may know: whose key is not known yet hears 202 there too. Else whoever
// has its address would learn, by keys that do not exist, which servers have members.
//
// Spec: P1
func (e *Engine) turnAway(ctx context.Context, in *received) error {
	err := e.authenticate(ctx, in)
	if err == nil {
		err = e.authorize(in)
	}
	switch {
	case err != nil:
		return err
	case in.signer != nil || in.doc.Is(needObject...) && len(in.doc.Object()) == 0:
		return apperr.NotFound("account.not_found")
	}
	if st, ok := e.unknowns.Allow(in.network); !ok {
		return &busyError{apperr.TooMany("federation.too_many"), st.Retry}
	}
	return e.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { // and nothing is kept
		return e.room(ctx, tx, as.Host(in.signature.KeyID), len(in.body))
	})
}

// peek reads a request and refuses what cannot be an activity, whoever sent it.
func (e *Engine) peek(r *http.Request) (*received, error) {
	if !discovery.IsActivityType(r.Header.Get("Content-Type")) {
		return nil, apperr.BadRequest("federation.content_type")
	}
	if enc := r.Header.Get("Content-Encoding"); enc != "" && enc != "identity" {
		return nil, apperr.BadRequest("federation.content_encoding")
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return nil, apperr.TooLarge("federation.too_large").Wrap(err)
		}
		return nil, apperr.BadRequest("federation.unreadable").Wrap(err)
	}
	doc, err := as.Parse(body)
	switch as.ReasonOf(err) {
	case "":
	case as.TooLarge:
		return nil, apperr.TooLarge("federation.too_large").Wrap(err)
	default:
		return nil, apperr.BadRequest("federation.malformed").Wrap(err)
	}
	if len(doc.ID()) > as.MaxURL {
		return nil, apperr.BadRequest("federation.malformed")
	}
	return &received{body: body, doc: doc, request: asSigned(r), at: e.Clock()}, nil
}

// asSigned is the request with the path as it stood in the request line: that
// was signed, even where the router trimmed it.
func asSigned(r *http.Request) *http.Request {
	u, err := url.ParseRequestURI(r.RequestURI)
	if err != nil {
		return r
	}
	out := new(http.Request)
	*out = *r
	out.URL = u
	return out
}

type receivedKey struct{}

// lead takes a request through go-fed's sequence for an inbox.
func (e *Engine) lead(ctx context.Context, in *received) error {
	envelope, err := envelope(in.doc)
	if err != nil {
		return err
	}
	r := &http.Request{
		Method: http.MethodPost, URL: &url.URL{Path: in.request.URL.Path}, Host: e.Host,
		Header: http.Header{"Content-Type": {"application/activity+json"}}, Body: io.NopCloser(bytes.NewReader(envelope)),
	}
	w := &verdict{header: http.Header{}}
	handled, err := e.spine.PostInbox(context.WithValue(ctx, receivedKey{}, in), w, r)
	switch {
	case err != nil:
		return err
	case !handled || w.status != http.StatusOK:
		return apperr.BadRequest("federation.malformed")
	}
	return nil
}

// verdict catches the status that go-fed would have written.
type verdict struct {
	header http.Header
	status int
}

func (v *verdict) Header() http.Header         { return v.header }
func (v *verdict) Write(b []byte) (int, error) { return len(b), nil }
func (v *verdict) WriteHeader(status int)      { v.status = status }

// verbs are the activity types that go-fed knows; it answers 400 to others, so
// those go through it as plain activities.
var verbs = []string{
	"Accept", "Add", "Announce", "Arrive", "Block", "Create", "Delete", "Dislike", "Flag", "Follow", "Ignore", "Invite", "Join",
	"Leave", "Like", "Listen", "Move", "Offer", "Question", "Read", "Reject", "Remove", "TentativeAccept", "TentativeReject",
	"Travel", "Undo", "Update", "View",
}

// envelope is what go-fed gets to see of an activity: id, type and actor. It
// would drop or rewrite parts of the rest.
func envelope(d *as.Doc) ([]byte, error) {
	kind := "Activity"
	for _, v := range verbs {
		if d.Is(v) {
			kind = v
			break
		}
	}
	if as.Origin(d.ID()) == "" || as.Origin(d.Actor()) == "" {
		return nil, apperr.BadRequest("federation.malformed")
	}
	return json.Marshal(map[string]string{
		"@context": "https://www.w3.org/ns/activitystreams", "id": d.ID(), "type": kind, "actor": d.Actor(),
	})
}
