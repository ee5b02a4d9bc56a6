package federation

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/fetch"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/memo"
	"github.com/maillage/maillage/internal/outbox"
)

// Deliver makes one try of one delivery: it is the outbox.Sender of the
// instance. Before each try it looks whether what is sent may still go there,
// and it signs for this moment.
//
// Spec: AP 7.1; Spec: RFC 9421; Spec: FEP-8fcf
func (e *Engine) Deliver(ctx context.Context, it outbox.Item) outbox.Result {
	host, last := as.Host(it.Inbox), it.Audience == outbox.Farewell
	if e.blocked(host) && !last || e.own(it.Inbox) {
		return outbox.Result{Permanent: true, Err: errors.New("host is blocked or our own")}
	}
	if may, err := e.judge(ctx, it); err != nil {
		return outbox.Result{Err: err}
	} else if !may {
		return outbox.Result{Permanent: true, Err: errors.New("no longer to be sent")}
	}
	key, err := e.keyOf(ctx, it.ActorID)
	if err != nil {
		return outbox.Result{Permanent: apperr.Is(err, apperr.KindNotFound), Err: err}
	}
	prefer, err := e.scheme(ctx, host)
	if err != nil {
		return outbox.Result{Err: err}
	}
	var more []fetch.Header
	if it.Audience == followersAudience || it.Audience == groupAudience {
		if more, err = e.syncHeader(ctx, it.ActorID, it.Inbox); err != nil {
			return outbox.Result{Err: err}
		}
	}
	if it.Tries > 0 && e.refusals.before(host, it.Body) {
		return outbox.Result{Permanent: true, Err: errRefused}
	}
	posting, end := e.refusals.begin(ctx, host, it.Body)
	defer end()
	d, err := e.Client.Post(posting, it.Inbox, it.Body, key, prefer, more...)
	if err == nil {
		if d.Scheme != prefer {
			err = e.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return e.learn(ctx, tx, host, d.Scheme) })
			if err != nil {
				e.Log.Warn("signature scheme of a server not written down", "err", err)
			}
		}
		return outbox.Result{OK: true}
	}
	switch {
	case errors.Is(context.Cause(posting), errRefused):
		return outbox.Result{Permanent: true, Err: errRefused}
	case d.Status == http.StatusGone:
		return outbox.Result{Gone: true, Err: errors.Join(err, e.suspectGone(ctx, it.Inbox))}
	case d.Status == http.StatusInternalServerError && unanswerable(it):
		return outbox.Result{Permanent: true, Err: err}
	case errors.Is(err, fetch.ErrTemporary) && !last:
		return outbox.Result{RetryAfter: d.RetryAfter, Broken: d.Status == http.StatusInternalServerError || d.Silent, Err: err}
	default:
		return outbox.Result{Permanent: true, Err: err}
	}
}

// judge reports whether what waited may still go where it was to go.
func (e *Engine) judge(ctx context.Context, it outbox.Item) (bool, error) {
	switch {
	case it.PostID != 0 && e.Current != nil:
		return e.current(ctx, it)
	case it.PostID == 0 && it.Audience == groupAudience && e.Member != nil:
		return e.Member(ctx, e.DB.Read(), it.ActorID, it.Inbox)
	case it.Audience == outbox.Invitation && e.Invites != nil:
		return e.Invites(ctx, e.DB.Read(), it.Body, it.Inbox)
	}
	return true, nil
}

// current is e.Current, asked once for all the inboxes that a public post goes to
// for as long as nothing changes: there are thousands of them.
func (e *Engine) current(ctx context.Context, it outbox.Item) (bool, error) {
	if it.Audience != publicAudience {
		return e.Current(ctx, e.DB.Read(), it.PostID, it.Inbox)
	}
	return memo.Do(ctx, e.Memo, "current/"+ids.String(it.PostID), func(ctx context.Context) (bool, int, error) {
		ok, err := e.Current(ctx, e.DB.Read(), it.PostID, it.Inbox)
		return ok, 1, err
	})
}

// keyOf is Directory.Key, asked once for all the deliveries of an actor for as
// long as nothing changes.
func (e *Engine) keyOf(ctx context.Context, actorID int64) (*sig.Key, error) {
	return memo.Do(ctx, e.Memo, "key/"+ids.String(actorID), func(ctx context.Context) (*sig.Key, int, error) {
		k, err := e.Directory.Key(ctx, e.DB.Read(), actorID)
		return k, 4096, err // about what two private keys take
	})
}

// unanswerable reports whether a server that broke over a delivery is to be left
// in peace with it: GoToSocial breaks over the QuoteRequest that it does not know,
// and over a Follow that it has already, which is made anew later.
func unanswerable(it outbox.Item) bool {
	var a struct {
		Type string `json:"type"`
	}
	if json.Unmarshal(it.Body, &a) != nil {
		return false
	}
	return a.Type == "QuoteRequest" || a.Type == "Follow" && it.Tries > 0
}

// suspectGone has the actor behind an inbox of its own looked at again: an
// inbox that is gone is not yet an actor that is.
func (e *Engine) suspectGone(ctx context.Context, inbox string) error {
	return e.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		a, err := e.Directory.ActorByInbox(ctx, tx, inbox)
		if apperr.Is(err, apperr.KindNotFound) {
			return nil // a shared one
		} else if err != nil {
			return err
		}
		return jobs.Enqueue(ctx, tx, kindRefresh, refresh{URI: a.URI}, jobs.Key(a.URI))
	})
}
