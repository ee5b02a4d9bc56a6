package federation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/fetch"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/jobs"
)

// A server that fetched a post has a copy of it, and must hear of its edits and
// of its deletion like those it was sent to. Who asked is found out afterwards:
// no answer waits for it.

const (
	seenBurst = 120 // fetches of one server that are written down in a minute
	seenBytes = 4096
)

// signatureHeaders are what a signature of a GET covers, and itself.
var signatureHeaders = []string{"Signature", "Signature-Input", "Date", "Accept", "Content-Type", "Digest", "User-Agent"}

// seen is the job that finds out who fetched a document, and writes it down.
type seen struct {
	Pattern   string
	Vars      map[string]string
	Target    string // of the request line
	Authority string
	Header    http.Header
	At        int64
	Tries     int
}

// wasSeen has a signed fetch looked into, once for each server and document.
func (e *Engine) wasSeen(c *httpx.Ctx, o route.Object, r route.ObjectRequest) error {
	host := claimedHost(c.R.Header)
	if o.Seen == nil || host == "" || host == as.Host(e.Base) {
		return nil
	}
	in := asSigned(c.R)
	key := host + " " + in.URL.Path
	if e.seen.Contains(key) {
		return nil
	}
	j := seen{Pattern: o.Pattern, Vars: r.Vars, Target: in.URL.RequestURI(), Authority: in.Host, Header: http.Header{}, At: e.Clock().UnixMilli()}
	size := len(j.Target)
	for _, name := range signatureHeaders {
		if v := in.Header.Values(name); len(v) > 0 {
			j.Header[name] = v
		}
		for _, v := range j.Header[name] {
			size += len(v)
		}
	}
	if _, ok := e.fetches.Allow(host); !ok || size > seenBytes {
		return nil
	}
	return e.DB.Write(c.Context(), func(ctx context.Context, tx *db.Tx) error {
		return jobs.Enqueue(ctx, tx, kindSeen, j, jobs.Key(key+" "+mark(in.Header)))
	})
}

// seenLater waits for the key to be known by then, and at last for our turn to ask again.
func (e *Engine) seenLater(ctx context.Context, j seen) error {
	waits := []time.Duration{20 * time.Second, recheck + time.Minute}
	if j.Tries >= len(waits) {
		return nil
	}
	at := e.Clock().Add(waits[j.Tries])
	j.Tries++
	return e.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return jobs.Enqueue(ctx, tx, kindSeen, j, jobs.At(at)) })
}

// mark tells one signature from another, so that a forged one does not
// stand for a true one.
func mark(h http.Header) string {
	sum := sha256.Sum256([]byte(h.Get("Signature")))
	return hex.EncodeToString(sum[:8])
}

func (e *Engine) noteSeen(ctx context.Context, j seen) error {
	u, err := url.ParseRequestURI(j.Target)
	if err != nil {
		return nil
	}
	// Of a server that we do not know, forged requests make us ask once in a while.
	_, err = e.Directory.ActorByKey(ctx, e.DB.Read(), claimedKey(j.Header))
	if apperr.Is(err, apperr.KindNotFound) {
		if _, ok := e.refetch.Allow("seen " + claimedHost(j.Header)); !ok {
			return e.seenLater(ctx, j)
		}
	} else if err != nil {
		return err
	}
	ctx = fetch.WithBudget(ctx, signerBudget)
	a, err := e.askerAt(ctx, &http.Request{Method: http.MethodGet, URL: u, Host: j.Authority, Header: j.Header}, time.UnixMilli(j.At))
	if err != nil {
		if apperr.Is(err, apperr.KindInternal) {
			return err
		}
		return nil // a signature that is not good tells nothing
	}
	inbox := a.BestInbox()
	if a.Local || inbox == "" || e.blocked(as.Host(inbox)) {
		return nil
	}
	e.seen.Add(as.Host(a.KeyID)+" "+u.Path, struct{}{})
	for _, o := range e.Objects {
		if o.Pattern == j.Pattern && o.Seen != nil {
			return e.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
				return o.Seen(ctx, tx, route.ObjectRequest{Vars: j.Vars, Signer: a}, inbox)
			})
		}
	}
	return nil
}
