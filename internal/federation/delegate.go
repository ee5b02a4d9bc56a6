package federation

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/go-fed/activity/pub"
	"github.com/go-fed/activity/streams/vocab"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
)

// delegate gives go-fed's sequence for an inbox its steps: authenticate,
// authorise, store. What go-fed parsed is the envelope; the steps work on the
// bytes received, which travel in the context. Of the rest of its interface,
// nothing is enabled: clients use another API, and inboxes are not for reading.
type delegate struct{ e *Engine }

var _ pub.DelegateActor = (*delegate)(nil)

var errNotServed = errors.New("federation: not served by this endpoint")

func receivedIn(ctx context.Context) *received {
	in, ok := ctx.Value(receivedKey{}).(*received)
	if !ok {
		panic("federation: sequence entered without a request")
	}
	return in
}

// AuthenticatePostInbox checks who speaks, as far as that is possible without the network.
func (d *delegate) AuthenticatePostInbox(ctx context.Context, _ http.ResponseWriter, _ *http.Request) (context.Context, bool, error) {
	err := d.e.authenticate(ctx, receivedIn(ctx))
	return ctx, err == nil, err
}

// PostInboxRequestBodyHook has nothing to add.
func (d *delegate) PostInboxRequestBodyHook(ctx context.Context, _ *http.Request, _ pub.Activity) (context.Context, error) {
	return ctx, nil
}

// AuthorizePostInbox checks whether who speaks may.
func (d *delegate) AuthorizePostInbox(ctx context.Context, _ http.ResponseWriter, _ pub.Activity) (bool, error) {
	err := d.e.authorize(receivedIn(ctx))
	return err == nil, err
}

// needObject are the activities that mean nothing without one.
var needObject = []string{"Accept", "Add", "Announce", "Block", "Create", "Delete", "Dislike", "Flag", "Follow", "Like", "Reject", "Remove", "Undo", "Update"}

// PostInbox stores the activity with the job that works it off.
func (d *delegate) PostInbox(ctx context.Context, _ *url.URL, _ pub.Activity) error {
	in := receivedIn(ctx)
	if in.doc.Is(needObject...) && len(in.doc.Object()) == 0 {
		return pub.ErrObjectRequired
	}
	if in.signer == nil {
		return d.e.hold(ctx, in)
	}
	if behind, err := d.e.behind(ctx, in); err != nil {
		return err
	} else if behind {
		return d.e.hold(ctx, in)
	}
	if in.forwarded && in.author == nil {
		return d.e.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return d.e.lookInto(ctx, tx, in.doc) })
	}
	return d.e.accept(ctx, in)
}

// InboxForwarding forwards nothing: every server that is addressed gets its
// own delivery, and peers refuse what its author did not sign.
func (d *delegate) InboxForwarding(context.Context, *url.URL, pub.Activity) error { return nil }

// The rest belongs to protocols that are not enabled.

func (d *delegate) PostOutboxRequestBodyHook(ctx context.Context, _ *http.Request, _ vocab.Type) (context.Context, error) {
	return ctx, errNotServed
}

func (d *delegate) AuthenticateGetInbox(ctx context.Context, _ http.ResponseWriter, _ *http.Request) (context.Context, bool, error) {
	return ctx, false, apperr.NotFound("httpx.not_found").Wrap(errNotServed)
}

func (d *delegate) AuthenticatePostOutbox(ctx context.Context, _ http.ResponseWriter, _ *http.Request) (context.Context, bool, error) {
	return ctx, false, errNotServed
}

func (d *delegate) AuthenticateGetOutbox(ctx context.Context, _ http.ResponseWriter, _ *http.Request) (context.Context, bool, error) {
	return ctx, false, errNotServed
}

func (d *delegate) PostOutbox(context.Context, pub.Activity, *url.URL, map[string]any) (bool, error) {
	return false, errNotServed
}

func (d *delegate) AddNewIDs(context.Context, pub.Activity) error { return errNotServed }

func (d *delegate) Deliver(context.Context, *url.URL, pub.Activity) error { return errNotServed }

func (d *delegate) WrapInCreate(context.Context, vocab.Type, *url.URL) (vocab.ActivityStreamsCreate, error) {
	return nil, errNotServed
}

func (d *delegate) GetOutbox(context.Context, *http.Request) (vocab.ActivityStreamsOrderedCollectionPage, error) {
	return nil, errNotServed
}

func (d *delegate) GetInbox(context.Context, *http.Request) (vocab.ActivityStreamsOrderedCollectionPage, error) {
	return nil, errNotServed
}
