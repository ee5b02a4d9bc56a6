package federation

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/fetch"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/memo"
)

// ContentType is what documents are served as.
const ContentType = "application/activity+json; charset=utf-8"

// actorPattern is where the documents of actors are.
const actorPattern = "/users/{key}"

// Bounds on finding out who asks for a document.
const (
	signerBudget = 4
	signerTime   = 5 * time.Second
)

// Routes declares the inboxes, the documents of all features and discovery.
func (e *Engine) Routes(r *httpx.Router) {
	size := httpx.MaxBody(as.MaxBytes)
	r.Post("/inbox", httpx.Peer, e.inbox, size)
	r.Post("/users/{key}/inbox", httpx.Peer, e.inbox, size)
	for _, o := range e.Objects {
		r.Get(o.Pattern, httpx.Peer, e.documents(o))
	}
	// The instance's own actor answers at fixed addresses too.
	r.Get("/actor", httpx.Peer, e.applicationDocument)
	r.Get("/", httpx.Peer, e.applicationDocument)
	e.discovery(r)
}

// documents serves the documents of one declaration.
func (e *Engine) documents(o route.Object) httpx.Handler {
	return func(c *httpx.Ctx) error {
		r := route.ObjectRequest{Vars: vars(c, o.Pattern), Query: c.R.URL.Query()}
		// Our own actor signs our questions: without its key nobody could answer them.
		if a, err := e.Application(c.Context()); err == nil && o.Pattern == actorPattern {
			r.Open = a.URI == e.Base+"/users/"+r.Vars["key"]
		}
		return e.serve(c, o, r)
	}
}

// vars gives the variables of a pattern.
func vars(c *httpx.Ctx, pattern string) map[string]string {
	out := map[string]string{}
	for {
		_, rest, ok := strings.Cut(pattern, "{")
		if !ok {
			return out
		}
		name, after, _ := strings.Cut(rest, "}")
		name, _, _ = strings.Cut(name, ":")
		out[name], pattern = c.Var(name), after
	}
}

// serve answers with a document, as far as who asks may see it. Who asks is
// looked at only when a stranger may not see it: to verify a signature costs
// time, and two servers that verify each other's questions would never answer.
//
// Spec: AP 3.2; Spec: FEP-4f05
func (e *Engine) serve(c *httpx.Ctx, o route.Object, r route.ObjectRequest) error {
	h := c.W.Header()
	h.Add("Vary", "Accept, Signature")
	if claimed := claimedHost(c.R.Header); claimed != "" && e.blocked(claimed) {
		return apperr.Forbidden("federation.blocked")
	}
	if !r.Open && !forPeople(c.R) {
		if err := e.mayAsk(c); err != nil {
			return err
		}
	}
	if e.SignedOnly != nil && !r.Open && e.SignedOnly(c.Context()) {
		if err := e.askedBy(c, &r); err != nil {
			return err
		}
	}
	if r.Signer == nil && !r.Open {
		if err := e.heedBlocks(c, &r); err != nil {
			return err
		}
	}
	body, err := e.made(c, o, r)
	if r.Signer == nil && apperr.Is(err, apperr.KindNotFound) && signed(c.R.Header) {
		if r.Signer, err = e.asker(c.Context(), c.R); err != nil {
			return err
		}
		body, err = o.Serve(c.Context(), r)
		c.Private()
	}
	status := http.StatusOK
	if err != nil {
		if !apperr.Is(err, apperr.KindGone) || body == nil {
			return err
		}
		status = http.StatusGone // with a tombstone
	}
	if status == http.StatusOK && forPeople(c.R) {
		if to := e.page(body); to != "" {
			return c.Redirect(to)
		}
	}
	if status == http.StatusOK && signed(c.R.Header) {
		if err := e.wasSeen(c, o, r); err != nil {
			return err
		}
	}
	return c.Bytes(status, ContentType, body)
}

// heedBlocks has a signature verified although a stranger may see the document,
// when whoever it names is blocked by somebody here: it may be theirs. Somebody
// suspended is refused by the claim alone.
//
// Spec: PV6; Spec: OR16
func (e *Engine) heedBlocks(c *httpx.Ctx, r *route.ObjectRequest) error {
	key := claimedKey(c.R.Header)
	if key == "" || e.Barred == nil {
		return nil
	}
	ctx := c.Context()
	a, err := e.Directory.ActorByKey(ctx, e.DB.Read(), key)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	if a.Suspended {
		return apperr.Forbidden("federation.blocked")
	}
	barred, err := e.Barred(ctx, e.DB.Read(), a)
	if err != nil || !barred {
		return err
	}
	r.Signer, err = e.asker(ctx, c.R)
	c.Private()
	return err
}

// made makes a document. What a stranger gets is kept while it is current,
// for it is asked for by every server that meets it.
func (e *Engine) made(c *httpx.Ctx, o route.Object, r route.ObjectRequest) ([]byte, error) {
	if r.Signer != nil {
		return o.Serve(c.Context(), r)
	}
	name := "document\n" + c.R.URL.EscapedPath() + "?" + c.R.URL.RawQuery + "\n" + o.Pattern + strconv.FormatBool(r.Open)
	return memo.Do(c.Context(), e.Memo, name, func(ctx context.Context) ([]byte, int, error) {
		body, err := o.Serve(ctx, r)
		return body, len(body), err
	})
}

// askedBy finds out who asks where everybody must say so. People with a browser
// are led to the page, which has rules of its own.
//
// Spec: PV; Spec: AP 3.2
func (e *Engine) askedBy(c *httpx.Ctx, r *route.ObjectRequest) error {
	if forPeople(c.R) {
		return nil
	}
	if !signed(c.R.Header) {
		return apperr.Unauthorized("federation.signature")
	}
	a, err := e.asker(c.Context(), c.R)
	if err != nil {
		return err
	}
	if e.blocked(as.Host(a.URI)) {
		return apperr.Forbidden("federation.blocked")
	}
	r.Signer = a
	c.Private()
	return nil
}

// forPeople reports whether a browser asks.
func forPeople(r *http.Request) bool {
	return !httpx.WantsActivity(r) && strings.Contains(strings.Join(r.Header.Values("Accept"), ","), "text/html")
}

// page is the path of the page of a document, "" when there is none here.
func (e *Engine) page(body []byte) string {
	d, err := as.Parse(body)
	if err != nil || !e.own(d.URL()) || d.URL() == d.ID() {
		return ""
	}
	u, err := url.Parse(d.URL())
	if err != nil {
		return ""
	}
	return u.RequestURI()
}

// claimedHost is the host that a request says to be signed by, "" when unsigned.
// It is enough to refuse, never to allow.
func claimedHost(h http.Header) string { return as.Host(claimedKey(h)) }

// claimedKey is the id of the key that a request says to be signed with.
func claimedKey(h http.Header) string { return sig.Claimed(h) }

// asker verifies who signed a GET. A key that is not known is fetched, within
// a small budget; its owner is stored like any actor met.
func (e *Engine) asker(ctx context.Context, r *http.Request) (*route.Actor, error) {
	return e.askerAt(ctx, asSigned(r), e.Clock())
}

// askerAt is asker for a request as it was received at a moment.
func (e *Engine) askerAt(ctx context.Context, r *http.Request, at time.Time) (*route.Actor, error) {
	s, err := sig.ParseRequest(r, nil, e.sigOptions(at))
	if err != nil {
		return nil, apperr.Unauthorized("federation.signature").Wrap(err)
	}
	if e.own(s.KeyID) {
		return nil, apperr.Unauthorized("federation.own_actor")
	}
	if e.blocked(as.Host(s.KeyID)) { // whatever it claimed to be
		return nil, apperr.Forbidden("federation.blocked")
	}
	a, err := e.Directory.ActorByKey(ctx, e.DB.Read(), s.KeyID)
	if apperr.Is(err, apperr.KindNotFound) {
		a, err = e.newAsker(ctx, s)
		if err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	} else if err := e.verify(s, a.PublicKey); err != nil {
		if rerr := e.refetchKey(ctx, a); rerr != nil {
			return nil, rerr
		}
		return nil, apperr.Unauthorized("federation.signature").Wrap(err)
	}
	if a.Suspended || a.Deleted {
		return nil, apperr.Forbidden("federation.blocked")
	}
	return a, nil
}

func (e *Engine) newAsker(ctx context.Context, s *sig.Signature) (*route.Actor, error) {
	ctx, cancel := context.WithTimeout(fetch.WithBudget(ctx, signerBudget), signerTime)
	defer cancel()
	var k *foundKey
	if err := e.ask(func() (err error) { k, err = e.fetchKey(ctx, s.KeyID); return err }); err != nil {
		return nil, apperr.Unauthorized("federation.signature").Wrap(err)
	}
	if err := e.verify(s, k.pem); err != nil {
		return nil, apperr.Unauthorized("federation.signature").Wrap(err)
	}
	return e.storeActor(ctx, k.doc, k.handleHost)
}

// applicationDocument serves the instance's own actor, whose id is elsewhere.
//
// Spec: FEP-d556, FEP-2677
func (e *Engine) applicationDocument(c *httpx.Ctx) error {
	a, err := e.Application(c.Context())
	if err != nil {
		return err
	}
	key := strings.TrimPrefix(a.URI, e.Base+"/users/")
	for _, o := range e.Objects {
		if o.Pattern == actorPattern {
			return e.serve(c, o, route.ObjectRequest{Vars: map[string]string{"key": key}, Open: true})
		}
	}
	return apperr.NotFound("account.not_found")
}
